//! Requests from the files in `events/`, and responses in a form that is easy to read in a
//! snapshot.

use std::path::Path;

use domain_auth_http::{ClaimNames, ParsedRequest, PersonClaims, Reply, request_of};
use serde_json::{Value, json};

/// The form of a response in a snapshot.
pub type Answer = Value;

/// The request in a file with an event of an HTTP API.
pub fn request_in(file: &Path) -> ParsedRequest {
    let text = std::fs::read_to_string(file).expect("an event file");
    request_with(serde_json::from_str(&text).expect("an event in JSON"))
}

/// The request in an event of an HTTP API.
pub fn request_with(event: Value) -> ParsedRequest {
    let claims = ClaimNames {
        client_id: "custom:client_id".to_owned(),
        roles: "cognito:groups".to_owned(),
        mass_mail_scope: Some("lasso/mass-mail".to_owned()),
        person: PersonClaims::new(
            Some("name,email".to_owned()),
            Some("custom:client_name".to_owned()),
        ),
    };
    request_of(event, &claims).expect("an event of an HTTP API")
}

/// Status, headers and body.
pub fn answer_of(reply: &Reply) -> Answer {
    let headers: serde_json::Map<String, Value> = reply
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = value.to_str().expect("a header in ASCII");
            (name.to_string(), json!(value))
        })
        .collect();
    let body = serde_json::from_str(reply.body()).unwrap_or_else(|_| json!(reply.body()));
    json!({ "status": reply.status().as_u16(), "headers": headers, "body": body })
}
