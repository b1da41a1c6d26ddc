//! What an operation answers: the good answers, the problems, and what API Gateway says itself.

use std::collections::BTreeMap;

use domain_auth::handoff::HandoffFormat;
use serde_json::{Map, Value, json};

use super::examples;
use super::problems::problems;
use super::schemas::Schemas;
use crate::history_view::HistoryView;
use crate::instructions_view::InstructionsView;
use crate::limits_view::ClientLimitsView;
use crate::notified_view::NotifiedView;
use crate::problem::Problem;
use crate::routes::{Access, Operation};
use crate::sender_view::SenderView;
use crate::staff_view::{StaffDomainView, StaffListView};
use crate::view::{DomainListView, DomainView};

/// The Responses Object.
pub(super) fn responses(operation: Operation, schemas: &mut Schemas) -> Value {
    let mut responses: BTreeMap<String, Value> = BTreeMap::new();
    for (status, description, response) in good(operation, schemas) {
        let mut response = response;
        response["description"] = json!(description);
        response["headers"]["Cache-Control"] = cache_control(operation);
        if operation.takes_keys() {
            response["headers"]["Idempotent-Replayed"] = json!({
                "description": "Only where this is the answer to an earlier request with the same \
                    `Idempotency-Key`.",
                "schema": { "type": "string", "enum": ["true"] },
            });
        }
        responses.insert(status.to_owned(), response);
    }
    for (status, group) in by_status(problems(operation)) {
        responses.insert(status.to_string(), problem_response(&group, schemas));
    }
    for (status, description, message) in gateway(operation) {
        let response = responses.entry(status.to_owned()).or_insert_with(
            || json!({ "description": format!("{description}."), "headers": {}, "content": {} }),
        );
        response["content"]["application/json"] = json!({
            "schema": schemas.answered::<GatewayMessage>(),
            "examples": { message.replace(' ', ""): { "value": { "message": message } } },
        });
    }
    json!(responses)
}

/// What API Gateway answers itself: nothing of this service.
#[derive(schemars::JsonSchema, serde::Serialize)]
struct GatewayMessage {
    /// The status in words.
    message: String,
}

type Good = (&'static str, &'static str, Value);

fn good(operation: Operation, schemas: &mut Schemas) -> Vec<Good> {
    let domain = schemas.answered::<DomainView>();
    match operation {
        Operation::AddDomain => added(&domain),
        Operation::ListDomains => {
            let schema = schemas.answered::<DomainListView>();
            let list = one(&schema, "domains", &examples::list());
            vec![("200", "A page of domains.", list)]
        }
        Operation::GetDomain | Operation::CheckDomain => {
            let domain = one(&domain, "diagnosed", &examples::diagnosed());
            vec![("200", "The domain.", domain)]
        }
        Operation::RestartDomain => {
            let domain = one(&domain, "pending", &examples::pending());
            vec![("200", "The domain, waiting again.", domain)]
        }
        Operation::NotifyReady => {
            let schema = schemas.answered::<NotifiedView>();
            let domain = one(&schema, "ready", &examples::notified());
            vec![("200", "The domain, and what is still missing.", domain)]
        }
        Operation::SendInstructions => {
            let schema = schemas.answered::<InstructionsView>();
            let sent = one(&schema, "sent", &examples::instructions());
            vec![("202", "The email is on its way.", sent)]
        }
        Operation::RemoveDomain => {
            let nothing = json!({ "headers": {} });
            vec![("204", "It is removed, or is being removed.", nothing)]
        }
        Operation::GetRecords => vec![("200", "The records.", handoff(schemas))],
        Operation::GetHistory => {
            let schema = schemas.answered::<HistoryView>();
            let history = one(&schema, "history", &examples::history());
            vec![("200", "A page of the history.", history)]
        }
        Operation::GetClientHistory => {
            let schema = schemas.answered::<HistoryView>();
            let history = one(&schema, "client-history", &examples::client_history());
            vec![("200", "A page of the history.", history)]
        }
        Operation::GetSender => {
            let sender = some(&schemas.answered::<SenderView>(), &examples::senders());
            vec![("200", "Yes or no, and why.", sender)]
        }
        Operation::ListQueue => {
            let schema = schemas.answered::<StaffListView>();
            let list = one(&schema, "queue", &examples::queue());
            vec![("200", "A page of the queue.", list)]
        }
        Operation::GetClientDomain | Operation::CompleteDomain => {
            staff("The domain.", "completed", &examples::staff(), schemas)
        }
        Operation::GetClientLimits | Operation::SetClientLimits => {
            let schema = schemas.answered::<ClientLimitsView>();
            let limits = one(&schema, "limits", &examples::limits());
            vec![("200", "The limits of the client.", limits)]
        }
        Operation::RecheckDomain => staff(
            "The domain, as it was seen just now.",
            "completed",
            &examples::staff(),
            schemas,
        ),
        Operation::ReleaseDomain => released(schemas),
        Operation::AdoptIdentity => staff(
            "The domain; the poller goes on.",
            "adopted",
            &examples::adopted(),
            schemas,
        ),
        Operation::RejectDomain => staff("The domain.", "rejected", &examples::rejected(), schemas),
        Operation::DescribeApi => {
            let document = json!({ "headers": {}, "content": { "application/json": {
                "schema": { "type": "object", "required": ["openapi", "info", "paths"] },
            } } });
            vec![("200", "The OpenAPI document.", document)]
        }
    }
}

fn added(domain: &Value) -> Vec<Good> {
    let mut added = one(domain, "pending", &examples::pending());
    added["headers"]["Location"] = json!({
        "description": "The path of the domain.",
        "schema": { "type": "string", "format": "uri-reference" },
        "example": "/domains/maplehomes.com",
    });
    let mut waiting = added.clone();
    waiting["content"]["application/json"]["examples"] = json!({
        "provisioning": { "value": examples::provisioning() },
        "contested": { "value": examples::contested() },
    });
    vec![
        ("200", "The client has the domain already.", added.clone()),
        ("201", "The domain, with the records to publish.", added),
        (
            "202",
            "The domain waits: for Amazon SES (`provisioning`), or for proof (`contested`).",
            waiting,
        ),
    ]
}

fn released(schemas: &mut Schemas) -> Vec<Good> {
    let schema = schemas.answered::<StaffDomainView>();
    let done = one(&schema, "released", &examples::released());
    let goes_on = one(&schema, "granted", &examples::granted());
    vec![
        ("200", "The domain, as it stands now.", done),
        (
            "202",
            "It is granted, and the claims of others give way to it step by step: the domain, which is \
             `contested` until the service has done the rest, within minutes.",
            goes_on,
        ),
    ]
}

fn staff(
    description: &'static str,
    name: &str,
    example: &Value,
    schemas: &mut Schemas,
) -> Vec<Good> {
    let schema = schemas.answered::<StaffDomainView>();
    vec![("200", description, one(&schema, name, example))]
}

fn one(schema: &Value, name: &str, example: &Value) -> Value {
    some(schema, &json!({ name: { "value": example } }))
}

fn some(schema: &Value, examples: &Value) -> Value {
    let json = json!({ "schema": schema, "examples": examples });
    json!({ "headers": {}, "content": { "application/json": json } })
}

/// Every hand-off format under its media type.
fn handoff(schemas: &mut Schemas) -> Value {
    let [record_set, change_batch] = schemas.handoff();
    let mut content: Map<String, Value> = Map::new();
    for format in HandoffFormat::ALL {
        let media_type = format.content_type().split(';').next().unwrap_or_default();
        let body = examples::handed_off(format);
        let value = serde_json::from_str(&body).unwrap_or(Value::String(body));
        let entry = content.entry(media_type).or_insert_with(|| {
            let schema = match format {
                HandoffFormat::Json | HandoffFormat::Route53 => {
                    json!({ "anyOf": [record_set, change_batch] })
                }
                HandoffFormat::Zone
                | HandoffFormat::Csv
                | HandoffFormat::Terraform
                | HandoffFormat::Text
                | HandoffFormat::Html => json!({ "type": "string" }),
            };
            json!({ "schema": schema, "examples": {} })
        });
        entry["examples"][format.as_str()] = json!({ "value": value });
    }
    json!({
        "headers": { "Content-Disposition": {
            "description": "A name for saving it.",
            "schema": { "type": "string" },
            "example": "inline; filename=\"maplehomes.com-dns-records.zone\"",
        } },
        "content": content,
    })
}

fn cache_control(operation: Operation) -> Value {
    let value = match operation {
        Operation::GetSender => "private, max-age=60",
        Operation::DescribeApi => "public, max-age=300",
        Operation::AddDomain
        | Operation::ListDomains
        | Operation::GetDomain
        | Operation::GetRecords
        | Operation::GetHistory
        | Operation::CheckDomain
        | Operation::RestartDomain
        | Operation::NotifyReady
        | Operation::SendInstructions
        | Operation::RemoveDomain
        | Operation::ListQueue
        | Operation::GetClientDomain
        | Operation::GetClientHistory
        | Operation::CompleteDomain
        | Operation::RecheckDomain
        | Operation::ReleaseDomain
        | Operation::AdoptIdentity
        | Operation::GetClientLimits
        | Operation::SetClientLimits
        | Operation::RejectDomain => NO_STORE,
    };
    constant("Who may keep the answer, and how long.", value)
}

const NO_STORE: &str = "private, no-store";

fn constant(description: &str, value: &str) -> Value {
    json!({ "description": description, "schema": { "type": "string", "const": value } })
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
    let codes: Vec<&str> = problems.iter().map(|problem| problem.code).collect();
    let status = problems.first().map(|problem| problem.status);
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| format!("- `{}`: {}", problem.code, problem.title))
        .collect();
    let examples: Map<String, Value> = problems
        .iter()
        .map(|problem| (problem.code.to_owned(), json!({ "value": problem })))
        .collect();
    let mut headers = json!({
        "Cache-Control": constant("Who may keep the answer, and how long.", NO_STORE),
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
        "content": { "application/problem+json": {
            "schema": {
                "allOf": [schemas.answered::<Problem>()],
                "properties": {
                    "status": { "const": status },
                    "code": { "enum": codes },
                    "type": { "enum": problems
                        .iter()
                        .map(|problem| &problem.problem_type)
                        .collect::<Vec<_>>() },
                },
            },
            "examples": examples,
        } },
    })
}

/// What API Gateway answers itself: status, when, and its message.
fn gateway(operation: Operation) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut answers = vec![
        ("429", "Over the rate of the API", "Too Many Requests"),
        ("500", "A function failed", "Internal Server Error"),
        (
            "503",
            "A function could not be invoked, or ran out of time",
            "Service Unavailable",
        ),
    ];
    match operation.route().access {
        Access::Anyone => {}
        Access::ClientAdmin | Access::LassoSupport => answers.push((
            "401",
            "No token, or one that is expired, forged, of another issuer or for another audience",
            "Unauthorized",
        )),
    }
    answers
}
