//! Who may ask about senders, and about which client's senders.

use domain_auth::names::ClientId;
use lambda_http::RequestExt;
use serde_json::{Value, json};

use super::*;
use crate::PersonClaims;
use crate::entry::request_of;

const ONE: &str = "GET /senders/{address}";
const MANY: &str = "POST /senders";

/// A question with these claims about the senders of `client`, asked in both ways.
fn asked(claims: &Value, client: Option<&str>) -> [ParsedRequest; 2] {
    let query = client
        .map(|client| format!("client={client}"))
        .unwrap_or_default();
    let body = client.map_or_else(|| json!({}), |client| json!({ "client": client }));
    [
        question(ONE, claims, &query, ""),
        question(MANY, claims, "", &body.to_string()),
    ]
}

fn question(route: &str, claims: &Value, query: &str, body: &str) -> ParsedRequest {
    let (method, path) = route.split_once(' ').unwrap();
    let event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": query,
        "headers": {},
        "pathParameters": { "address": "a@example.com" },
        "requestContext": {
            "accountId": "1", "apiId": "a", "stage": "$default", "timeEpoch": 0,
            "routeKey": route,
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1" },
            "authorizer": { "jwt": { "claims": claims, "scopes": null } },
        },
        "body": body,
        "isBase64Encoded": false,
    });
    let names = ClaimNames {
        client_id: "custom:client_id".to_owned(),
        roles: "cognito:groups".to_owned(),
        mass_mail_scope: Some("lasso/mass-mail".to_owned()),
        person: PersonClaims::default(),
    };
    request_of(event, &names).unwrap()
}

/// The token of a program with client credentials, as Amazon Cognito makes it.
fn program(scope: &str) -> Value {
    json!({ "sub": "4f", "client_id": "4f", "token_use": "access", "scope": scope })
}

fn administrator() -> Value {
    json!({ "sub": "jane", "custom:client_id": "maple", "cognito:groups": "[client-admin]" })
}

fn client(request: &ParsedRequest) -> Option<&str> {
    request.client().ok().map(ClientId::as_str)
}

#[test]
fn a_program_may_ask_about_any_client_that_it_names() {
    let in_group = json!({ "sub": "4f", "cognito:groups": "[mass-mail]" });
    let scp = json!({ "sub": "4f", "scp": "[openid lasso/mass-mail]" });
    for claims in [
        program("lasso/mass-mail"),
        program("other/read lasso/mass-mail"),
        scp,
        in_group,
    ] {
        for request in asked(&claims, Some("cedar")) {
            assert!(request.authorize().is_ok(), "{claims}");
            assert_eq!(client(&request), Some("cedar"));
            assert!(!request.has_own_client());
            assert!(
                matches!(request.actor(), Err(ApiError::Forbidden)),
                "it does nothing"
            );
        }
    }
}

#[test]
fn a_program_has_to_name_a_client() {
    for (named, detail) in [(None, "is required"), (Some("%C3%A9"), "letters, digits")] {
        let [request, _] = asked(&program("lasso/mass-mail"), named);
        let Err(ApiError::Invalid(errors)) = request.client_of_senders() else {
            panic!("{named:?}");
        };
        assert_eq!(errors[0].parameter.as_deref(), Some("client"));
        assert!(errors[0].detail.contains(detail), "{errors:?}");
    }
}

#[test]
fn a_client_administrator_asks_only_about_their_own_client() {
    for named in [None, Some("maple")] {
        for request in asked(&administrator(), named) {
            assert_eq!(client(&request), Some("maple"));
            assert!(request.has_own_client());
        }
    }
    for named in ["cedar", "Maple", "maple%20", ""] {
        for request in asked(&administrator(), Some(named)) {
            assert!(
                matches!(request.authorize(), Err(ApiError::Forbidden)),
                "{named}"
            );
            assert!(client(&request).is_none());
        }
    }
}

#[test]
fn an_administrator_with_the_mass_mail_role_may_ask_about_any_client() {
    let mut claims = administrator();
    claims["cognito:groups"] = json!("[client-admin mass-mail]");
    for request in asked(&claims, Some("cedar")) {
        assert_eq!(client(&request), Some("cedar"));
    }
    for request in asked(&claims, None) {
        assert_eq!(client(&request), Some("maple"));
    }
}

#[test]
fn no_other_role_or_scope_may_ask() {
    let support = json!({ "sub": "sam", "cognito:groups": "lasso-support" });
    let no_role = json!({ "sub": "max", "custom:client_id": "maple" });
    for claims in [
        program("lasso/mass-mail-2 mass-mail"),
        program(""),
        support,
        no_role,
    ] {
        for named in [None, Some("maple")] {
            for request in asked(&claims, named) {
                assert!(
                    matches!(request.authorize(), Err(ApiError::Forbidden)),
                    "{claims}"
                );
            }
        }
    }
}

#[test]
fn a_body_with_sender_addresses_may_be_larger_than_other_bodies() {
    let body = |size: usize| format!(r#"{{"client":"{}"}}"#, "a".repeat(size));
    let claims = program("lasso/mass-mail");
    let large = question(MANY, &claims, "", &body(MAX_BODY));
    assert!(large.fields().is_ok());
    let too_large = question(MANY, &claims, "", &body(MAX_SENDERS_BODY));
    assert!(matches!(too_large.fields(), Err(ApiError::TooManySenders)));
    assert!(too_large.raw().query_string_parameters().is_empty());
}
