//! The answers as they are sent: in the JSON of each, the next step is there, and the call that it names is
//! in the OpenAPI document and for the reader of the answer; and the functions send what the rules are held to.

use std::sync::LazyLock;

use answer_rules::Answer;
use domain_auth_http::{Access, Operation, json};
use lambda_http::http::StatusCode;
use serde_json::Value;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../docs/openapi.json")).expect("a document in JSON")
});

/// The problems in the JSON of an answer.
pub(crate) fn wrong(answer: &Answer) -> Vec<String> {
    let client = answer.client.as_ref().map(body);
    let staff = [body(&answer.staff), body(&answer.entry)];
    let of_client = client
        .iter()
        .filter_map(|view| fault(view, Access::ClientAdmin));
    let of_staff = staff
        .iter()
        .filter_map(|view| fault(view, Access::LassoSupport));
    of_client.chain(of_staff).collect()
}

/// The answers of the functions that the rules are not checked against.
pub(crate) fn others(
    answer: &Answer,
    client: Option<&Value>,
    staff: Option<&Value>,
) -> Option<String> {
    let ours = (answer.client.as_ref().map(body), Some(body(&answer.staff)));
    let same = ours.0.as_ref() == client && ours.1.as_ref() == staff;
    (!same).then(|| format!("{ours:?} is answered as {client:?} and {staff:?}"))
}

/// The body of a reply.
fn body(view: &impl serde::Serialize) -> Value {
    let reply = json(StatusCode::OK, view);
    serde_json::from_str(reply.body()).expect("a body in JSON")
}

fn fault(view: &Value, reader: Access) -> Option<String> {
    let step = &view["next_step"];
    let told = |member: &str| step[member].as_str().is_some_and(|text| !text.is_empty());
    if !told("code") || !told("sentence") {
        return Some(format!("no next step in {view}"));
    }
    if step.get("call").is_none() {
        return Some(format!("the next step says nothing of a call: {step}"));
    }
    let call = &step["call"];
    if call.is_null() {
        return None;
    }
    let (method, path) = (call["method"].as_str()?, call["path"].as_str()?);
    let Some(operation) = Operation::at(method, path) else {
        return Some(format!("there is nothing at {method} {path}"));
    };
    let route = operation.route();
    let described = &DOCUMENT["paths"][route.path][method.to_lowercase()];
    if described["operationId"].is_null() {
        return Some(format!("{} is not in the OpenAPI document", route.key()));
    }
    (route.access != reader).then(|| format!("{} is not for {reader:?}: {step}", route.key()))
}
