//! The OpenAPI document, made from the code's own types: the routes of [`Operation`] with their
//! descriptions, bodies from the serialized types, problems from the only match of [`ApiError`]. It
//! is built only in tests. The functions serve the committed `docs/openapi.json`, which a test
//! compares with this document.

mod description;
mod enums;
pub(crate) mod examples;
mod interning;
pub(crate) mod look;
mod order;
pub(crate) mod parameters;
mod responses;
pub(crate) mod samples;
mod schemas;
pub(crate) mod story;

use std::collections::BTreeSet;
use std::mem;

use serde_json::{Map, Value, json};

use crate::operations::Operation;
use crate::problem::{ApiError, Problem};
use crate::routes::Access;

pub(crate) use description::{Description, GoodAnswer, RequestBody};
pub use order::InOrder;
pub(crate) use schemas::Schemas;

/// The document.
pub fn document() -> Value {
    let mut schemas = Schemas::new();
    let mut codes = BTreeSet::new();
    let mut paths = Map::new();
    for operation in Operation::ALL {
        let route = operation.route();
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        item[route.method.to_lowercase()] = described(*operation, &mut schemas, &mut codes);
    }
    let examples = interning::intern(&mut paths);
    let schemas = components(schemas, &codes, &paths);
    json!({
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Lasso Domain Authentication",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Gets the sending domains of Lasso's clients authenticated with Amazon SES.",
            "description": DESCRIPTION,
            "contact": { "name": "Lasso support", "url": "https://support.lassocrm.com" },
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": servers(),
        "tags": [
            { "name": tag(Access::ClientAdmin), "description": CLIENT_ADMIN },
            { "name": tag(Access::MassMail), "description": MASS_MAIL },
            { "name": tag(Access::LassoSupport), "description": LASSO_SUPPORT },
            { "name": tag(Access::Anyone), "description": "Needs no token." },
        ],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": TOKEN,
            } },
            "examples": examples,
            "schemas": schemas,
        },
    })
}

/// The servers of the API. The first URL is relative, so a document that an API has served describes that
/// API.
fn servers() -> Value {
    json!([
        { "url": ".", "description": "The API that serves this document." },
        {
            "url": "https://{api}.execute-api.{region}.amazonaws.com",
            "description": "A deployment: the output `ApiUrl` of its stack.",
            "variables": {
                "api": { "default": "api", "description": "The identifier of the HTTP API." },
                "region": { "default": "us-east-1", "description": "The AWS region." },
            },
        },
    ])
}

const DESCRIPTION: &str = "\
The service covers the whole life of a sending domain: from the moment a Client Administrator \
types its name until Lasso support switches sending on, and as long as Lasso sends from it.

Errors are problem details (RFC 9457, `application/problem+json`) with a stable `code`: programs \
should check that. API Gateway answers some requests itself, with `application/json` and only a \
`message`: no valid token (401), too many requests (429), a function that failed (500, 503). So \
check `Content-Type` first, and then `code`.

Lists have pages. A page may be short or empty and still be followed by another page: only a \
`next_cursor` of `null` ends a list. A cursor is valid only for the list that returned it (the \
same client, filters and domain). It stays valid while entries are added and removed. Times are \
RFC 3339 in UTC, with three digits of a second.";

const CLIENT_ADMIN: &str = "\
For the role `client-admin` with a client. A Client Administrator sees the domains of their own \
client. The answer for another client's domain is the same as for a domain that does not exist.";

const MASS_MAIL: &str = "\
For the mass-mail product, a program with the role `mass-mail`, which names the client that it \
asks about; and for a Client Administrator, about their own client. These calls change nothing.";

const LASSO_SUPPORT: &str = "\
For the role `lasso-support`, across all clients.";

const TOKEN: &str = "\
A token of the issuer that the service was deployed with (the ID token, with Amazon Cognito). \
Client and roles are read from its claims, by default `custom:client_id` and `cognito:groups`. The \
mass-mail product may send an access token that it got with client credentials: then its role is the \
scope that the service was deployed with.";

fn tag(access: Access) -> &'static str {
    match access {
        Access::Anyone => "Everybody",
        Access::ClientAdmin => "Client Administrator",
        Access::LassoSupport => "Lasso support",
        Access::MassMail => "Senders",
    }
}

/// The schemas that the paths need, with every `code` that there is.
fn components(
    schemas: Schemas,
    codes: &BTreeSet<&str>,
    paths: &Map<String, Value>,
) -> Map<String, Value> {
    let mut components = schemas.into_components();
    let code = components
        .get_mut("Problem")
        .and_then(|problem| problem.pointer_mut("/properties/code"))
        .expect("a schema of problems");
    code["enum"] = json!(codes);
    // A schema whose properties have become those of a variant is no longer needed.
    let texts: Vec<String> = paths
        .values()
        .chain(components.values())
        .map(Value::to_string)
        .collect();
    components.retain(|name, _| {
        let reference = format!("\"#/components/schemas/{name}\"");
        texts.iter().any(|text| text.contains(&reference))
    });
    components
}

/// The Operation Object. The `code` of each problem is added to `codes`.
fn described(
    operation: Operation,
    schemas: &mut Schemas,
    codes: &mut BTreeSet<&'static str>,
) -> Value {
    let route = operation.route();
    let mut description = operation.describe(schemas);
    let problems = problems(operation, mem::take(&mut description.problems));
    codes.extend(problems.iter().map(|problem| problem.code));
    let role = match route.access {
        Access::Anyone => "Needs no token.",
        Access::ClientAdmin => "Needs the role `client-admin`, and a client.",
        Access::LassoSupport => "Needs the role `lasso-support`.",
        Access::MassMail => {
            "Needs the role `mass-mail`, or `client-admin` and a client: then only about that client."
        }
    };
    let has_tag = description.has_tag(operation.reads());
    let detail = description.detail;
    let gap = if detail.is_empty() { "" } else { "\n\n" };
    let mut described = json!({
        "operationId": operation.id(),
        "tags": [tag(route.access)],
        "summary": route.summary.trim_end_matches('.'),
        "description": format!("{detail}{gap}{role}"),
        "security": match route.access {
            Access::Anyone => json!([]),
            Access::ClientAdmin | Access::LassoSupport | Access::MassMail => {
                json!([{ "token": [] }])
            }
        },
        "responses": responses::responses(operation, &description, problems, schemas),
    });
    let mut parameters: Vec<Value> = route.parameters().map(parameters::in_path).collect();
    parameters.extend(description.query);
    if operation.takes_keys() {
        parameters.push(parameters::idempotency_key());
    }
    if has_tag {
        parameters.push(parameters::if_none_match());
    }
    if !parameters.is_empty() {
        described["parameters"] = Value::Array(parameters);
    }
    if let Some(body) = description.body {
        described["requestBody"] = json!({
            "required": body.required,
            "content": { "application/json": { "schema": body.schema, "example": body.example } },
        });
    }
    described
}

/// Every problem of an operation, with its own ones between those that others have as well.
fn problems(operation: Operation, own: Vec<ApiError>) -> Vec<Problem> {
    let mut errors = Vec::new();
    match operation.route().access {
        Access::Anyone => {}
        Access::ClientAdmin | Access::LassoSupport | Access::MassMail => {
            errors.extend(samples::of_every_call());
        }
    }
    let is_invalid =
        |error: &ApiError| matches!(error, ApiError::Invalid(_) | ApiError::OtherConfirmed);
    if !operation.ignores_parameters() && !own.iter().any(is_invalid) {
        errors.push(samples::unknown_parameter(operation.query_parameters()));
    }
    errors.extend(own);
    if operation.takes_keys() {
        errors.extend(samples::of_keys());
    }
    errors.into_iter().map(example).collect()
}

fn example(error: ApiError) -> Problem {
    let mut problem = error.into_problem();
    if problem.status >= 500 {
        problem.request_id = Some("8b7d0f3e-52a5-4c8e-9a53-0c7a4d1e6f21".to_owned());
    }
    problem
}
