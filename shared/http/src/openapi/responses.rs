//! The responses of an operation: success, problems, and the responses of API Gateway itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::description::{Description, NO_STORE};
use super::schemas::Schemas;
use crate::manners::{LOOK_AGAIN, REVALIDATED, is_followed_up};
use crate::operations::Operation;
use crate::problem::Problem;
use crate::routes::Access;

/// The media type of problems.
const PROBLEM: &str = "application/problem+json";

/// The Responses Object.
pub(super) fn responses(
    operation: Operation,
    description: &Description,
    problems: Vec<Problem>,
    schemas: &mut Schemas,
) -> Value {
    let mut responses: BTreeMap<String, Value> = BTreeMap::new();
    for answer in &description.answers {
        let mut response = answer.response.clone();
        response["description"] = json!(answer.description);
        response["headers"]["Cache-Control"] = cache_control(cached(operation, description));
        if description.has_tag(operation.reads()) {
            response["headers"]["ETag"] = etag();
        }
        if answer.status == "202" && is_followed_up(operation) {
            response["headers"]["Retry-After"] = json!({
                "description": "Seconds after which the answer may have changed.",
                "schema": { "type": "integer", "const": LOOK_AGAIN },
            });
        }
        if operation.takes_keys() {
            response["headers"]["Idempotent-Replayed"] = json!({
                "description": "Present only if this is the answer to an earlier request with the same \
                    `Idempotency-Key`.",
                "schema": { "type": "string", "enum": ["true"] },
            });
        }
        responses.insert(answer.status.to_owned(), response);
    }
    if description.has_tag(operation.reads()) {
        let not_modified = json!({
            "description": "The caller already has this response, as `If-None-Match` says. No body.",
            "headers": {
                "Cache-Control": cache_control(cached(operation, description)),
                "ETag": etag(),
            },
        });
        responses.insert("304".to_owned(), not_modified);
    }
    for (status, group) in by_status(problems) {
        responses.insert(status.to_string(), problem_response(&group, schemas));
    }
    for (status, description, message) in gateway(operation.route().access) {
        let response = responses.entry(status.to_owned()).or_insert_with(
            || json!({ "description": format!("{description}."), "headers": {}, "content": {} }),
        );
        response["content"]["application/json"] = json!({
            "schema": schemas.answered::<GatewayMessage>(),
            "examples": { message.replace(' ', ""): { "value": { "message": message } } },
        });
    }
    responses.values_mut().for_each(either_of_two);
    json!(responses)
}

/// Gives both media types of a response the same schema, which takes the body of either. Generated
/// clients read one media type of a response, whichever it is, as this one is sent or not.
fn either_of_two(response: &mut Value) {
    let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) else {
        return;
    };
    if !content.contains_key(PROBLEM) || content.len() == 1 {
        return;
    }
    let schemas: Vec<Value> = content
        .values_mut()
        .map(|media_type| media_type["schema"].take())
        .collect();
    for media_type in content.values_mut() {
        media_type["schema"] = json!({ "anyOf": schemas });
    }
}

/// A response of API Gateway itself.
#[derive(schemars::JsonSchema, serde::Serialize)]
struct GatewayMessage {
    /// The status in words.
    message: String,
}

/// The `Cache-Control` of the good answers.
fn cached(operation: Operation, description: &Description) -> &'static str {
    if operation.reads() && description.cache_control == NO_STORE {
        REVALIDATED
    } else {
        description.cache_control
    }
}

fn etag() -> Value {
    json!({
        "description": "The entity tag of the response, for `If-None-Match` (RFC 9110).",
        "schema": { "type": "string" },
        "example": super::parameters::TAG,
    })
}

fn cache_control(value: &str) -> Value {
    json!({
        "description": "Who may cache the response, and for how long (RFC 9111).",
        "schema": { "type": "string", "const": value },
    })
}

fn by_status(problems: Vec<Problem>) -> BTreeMap<u16, Vec<Problem>> {
    let mut by_status: BTreeMap<u16, Vec<Problem>> = BTreeMap::new();
    for problem in problems {
        by_status.entry(problem.status).or_default().push(problem);
    }
    by_status
}

/// The problems with one status: which codes there are, and an example of each.
fn problem_response(problems: &[Problem], schemas: &mut Schemas) -> Value {
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("- `{}`: {}", problem.code, problem.title))
        .collect();
    let examples: Map<String, Value> = problems
        .iter()
        .map(|problem| (problem.code.to_owned(), json!({ "value": problem })))
        .collect();
    let mut headers = json!({
        "Cache-Control": cache_control(NO_STORE),
    });
    if problems.iter().any(|problem| problem.retry_after.is_some()) {
        headers["Retry-After"] = json!({
            "description": "Seconds after which the request is worth repeating.",
            "schema": { "type": "integer", "minimum": 1 },
        });
    }
    json!({
        "description": lines.join("\n"),
        "headers": headers,
        "content": { PROBLEM: {
            "schema": schemas.answered::<Problem>(),
            "examples": examples,
        } },
    })
}

/// What API Gateway answers itself: status, when, and its message.
fn gateway(access: Access) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut answers = vec![
        ("429", "Over the rate of the API", "Too Many Requests"),
        ("500", "A function failed", "Internal Server Error"),
        (
            "503",
            "A function could not be invoked, or ran out of time",
            "Service Unavailable",
        ),
    ];
    match access {
        Access::Anyone => {}
        Access::ClientAdmin | Access::LassoSupport | Access::MassMail => answers.push((
            "401",
            "No token, or a token that is expired, forged, of another issuer or for another audience",
            "Unauthorized",
        )),
    }
    answers
}
