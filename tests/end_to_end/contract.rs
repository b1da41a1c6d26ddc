//! Every response of the API in the tests is checked against `docs/openapi.json`: its status, media
//! type, headers and body. An undocumented response fails the test.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use domain_auth_http::Operation;
use jsonschema::Validator;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json");
    let text = std::fs::read_to_string(file).expect("the OpenAPI document");
    let mut document = serde_json::from_str(&text).expect("the OpenAPI document in JSON");
    closed(&mut document);
    document
});

/// Compiled schemas, by their position in the document.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// A request and its response, to be checked against the document.
pub(crate) struct Exchange<'a> {
    pub(crate) method: &'a str,
    /// Percent-encoded, below the base of the API.
    pub(crate) path: &'a str,
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a str,
}

/// The document's example of a body, for operations that have one.
pub(crate) fn example_body(operation: Operation) -> Option<Value> {
    let route = operation.route();
    let place = pointer(&[
        "paths",
        route.path,
        &route.method.to_lowercase(),
        "requestBody",
        "content",
        "application/json",
        "example",
    ]);
    DOCUMENT.pointer(&place).cloned()
}

/// Panics if the response is not as documented.
pub(crate) fn assert_described(exchange: &Exchange<'_>) {
    let Exchange { method, path, .. } = exchange;
    // The emulator's response for a function that crashed; API Gateway returns 500.
    if exchange.status == 502 && exchange.body.contains("Runtime.ExitError") {
        return;
    }
    let Some(operation) = Operation::at(method, path) else {
        assert_eq!(exchange.status, 404, "nothing is at {method} {path}");
        return;
    };
    if let Err(difference) = compare(operation, exchange) {
        panic!(
            "{operation} does not answer as docs/openapi.json says: {difference}\n{} {}",
            exchange.status, exchange.body
        );
    }
}

fn compare(operation: Operation, exchange: &Exchange<'_>) -> Result<(), String> {
    let route = operation.route();
    let response = pointer(&[
        "paths",
        route.path,
        &route.method.to_lowercase(),
        "responses",
        &exchange.status.to_string(),
    ]);
    let described = DOCUMENT
        .pointer(&response)
        .ok_or_else(|| format!("the status {} is not described", exchange.status))?;
    let header = |name: &str| {
        exchange
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let content_type = header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let content = described["content"]
        .as_object()
        .map_or(0, serde_json::Map::len);
    if content == 0 {
        let empty = exchange.body.is_empty();
        return empty
            .then_some(())
            .ok_or_else(|| "a body where none is described".to_owned());
    }
    if described["content"].get(media_type).is_none() {
        return Err(format!("the media type {content_type:?} is not described"));
    }
    // API Gateway's own responses do not have the service's headers.
    let by_gateway = exchange.status >= 400 && media_type == "application/json";
    for (name, described) in described["headers"].as_object().into_iter().flatten() {
        let expected = &described["schema"]["const"];
        if !by_gateway && expected.is_string() && header(name) != expected.as_str() {
            return Err(format!("the header {name} is {:?}", header(name)));
        }
    }
    let body = serde_json::from_str(exchange.body)
        .ok()
        .filter(|_| media_type.ends_with("json"))
        .unwrap_or_else(|| Value::String(exchange.body.to_owned()));
    // Two media types of a response share a schema, so the code decides which one it is.
    let code = body["code"].as_str().filter(|_| exchange.status >= 400);
    match code {
        Some(code)
            if described["content"][media_type]["examples"]
                .get(code)
                .is_none() =>
        {
            return Err(format!("the code {code} is not described for {media_type}"));
        }
        None if media_type == "application/problem+json" => {
            return Err("a problem without a code".to_owned());
        }
        Some(_) | None => {}
    }
    let schema = response + &pointer(&["content", media_type, "schema"]);
    let errors: Vec<String> = validator(&schema)
        .iter_errors(&body)
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect();
    errors
        .is_empty()
        .then_some(())
        .ok_or_else(|| errors.join("; "))
}

/// A JSON Pointer (RFC 6901).
fn pointer(words: &[&str]) -> String {
    let escaped = words
        .iter()
        .map(|word| word.replace('~', "~0").replace('/', "~1"));
    escaped.fold(String::new(), |path, word| path + "/" + &word)
}

fn validator(place: &str) -> Arc<Validator> {
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let made = validators.entry(place.to_owned()).or_insert_with(|| {
        let mut schema = DOCUMENT.pointer(place).expect("a schema").clone();
        schema["$schema"] = DOCUMENT["jsonSchemaDialect"].clone();
        schema["components"] = DOCUMENT["components"].clone();
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&schema);
        Arc::new(validator.expect("a JSON Schema"))
    });
    Arc::clone(made)
}

/// The document allows members that are added later. The tests do not: every member has to be
/// documented.
fn closed(document: &mut Value) {
    let schemas = document.pointer_mut("/components/schemas");
    let schemas = schemas.and_then(Value::as_object_mut).expect("schemas");
    for schema in schemas.values_mut() {
        if schema.get("properties").is_some() {
            schema["unevaluatedProperties"] = json!(false);
        }
    }
}
