use serde_json::json;

use super::*;
use crate::entry::lambda_request_of;

/// A request of the route, by a caller with these roles at `maple-homes`.
pub(crate) fn request(route: &str, path: &Value, roles: &str, body: &str) -> ParsedRequest {
    let (method, raw_path) = route.split_once(' ').unwrap();
    let event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": raw_path,
        "rawQueryString": "",
        "headers": {},
        "pathParameters": path,
        "requestContext": {
            "accountId": "1", "apiId": "a", "stage": "$default", "timeEpoch": 0,
            "requestId": "api-1",
            "routeKey": route,
            "http": { "method": method, "path": raw_path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1" },
            "authorizer": { "jwt": { "claims": {
                "custom:client_id": "maple-homes", "cognito:groups": roles, "sub": "jane"
            }, "scopes": null } },
        },
        "body": body,
        "isBase64Encoded": false,
    });
    let names = ClaimNames {
        client_id: "custom:client_id".to_owned(),
        roles: "cognito:groups".to_owned(),
        mass_mail_scope: Some("lasso/mass-mail".to_owned()),
    };
    ParsedRequest::new(lambda_request_of(event).unwrap().into(), Some(&names))
}

const RELEASE: &str = "POST /staff/clients/{client}/domains/{domain}/release";

#[test]
fn a_client_administrator_acts_for_the_client_of_the_token_alone() {
    let path = json!({ "client": "cedar-homes", "domain": "cedar.example" });
    let request = request("GET /domains/{domain}", &path, "client-admin", "");
    let (client, domain) = request.domain().unwrap();
    assert_eq!(
        (client.as_str(), domain.as_str()),
        ("maple-homes", "cedar.example")
    );
    let actor = request.actor().unwrap();
    assert!(matches!(actor, Actor::ClientAdmin { subject } if subject == "jane"));
}

#[test]
fn lasso_support_acts_for_the_client_of_the_path() {
    let path = json!({ "client": "cedar~2Fhomes", "domain": "cedar.example" });
    let request = request(RELEASE, &path, "lasso-support", "");
    assert_eq!(request.client().unwrap().as_str(), "cedar/homes");
    let actor = request.actor().unwrap();
    assert!(matches!(actor, Actor::LassoSupport { subject } if subject == "jane"));
}

#[test]
fn a_caller_without_the_role_learns_nothing_but_that() {
    let path = json!({ "client": "no client!", "domain": "no domain!" });
    for (route, roles) in [
        (RELEASE, "client-admin"),
        (RELEASE, ""),
        ("GET /domains/{domain}", "lasso-support"),
        ("GET /domains/{domain}", "other"),
    ] {
        let request = request(route, &path, roles, "{");
        let refusals = [
            request.authorize().err(),
            request.client().err(),
            request.domain().err(),
            request.actor().err(),
        ];
        for refusal in refusals {
            assert!(
                matches!(refusal, Some(ApiError::Forbidden)),
                "{route} {roles}: {refusal:?}"
            );
        }
    }
}

#[test]
fn what_names_nothing_is_not_found() {
    for path in [
        json!({ "client": "no client!", "domain": "cedar.example" }),
        json!({ "client": "cedar-homes", "domain": "no domain!" }),
        json!({}),
    ] {
        let request = request(RELEASE, &path, "lasso-support", "");
        let refusal = request.domain().err();
        assert!(matches!(refusal, Some(ApiError::NotFound)), "{path}");
    }
    let nowhere = request("GET /nowhere", &json!({}), "client-admin", "");
    assert!(matches!(nowhere.authorize(), Err(ApiError::NoRoute)));
    assert!(matches!(nowhere.operation(), Err(ApiError::NoRoute)));
}

#[test]
fn a_body_that_is_no_json_object_or_too_large_is_refused() {
    let refusal = |body: &str| {
        let request = request("POST /domains", &json!({}), "client-admin", body);
        request.fields().err()
    };
    for body in ["", "{", &"[".repeat(4_000)] {
        assert!(matches!(refusal(body), Some(ApiError::MalformedJson(_))));
    }
    for body in ["[]", "null", "5"] {
        let Some(ApiError::Invalid(errors)) = refusal(body) else {
            panic!("{body} was accepted");
        };
        assert_eq!(errors, [FieldError::field("", "must be a JSON object")]);
    }
    let large = format!(r#"{{"domain":"{}"}}"#, "a".repeat(MAX_BODY));
    assert!(matches!(refusal(&large), Some(ApiError::TooLarge)));
}

#[test]
fn a_body_that_may_be_absent_is_absent_only_if_it_is_empty() {
    let fields = |body: &str| {
        let route = "POST /domains/{domain}/notify";
        request(route, &json!({}), "client-admin", body).fields_if_any()
    };
    assert!(fields("").unwrap().is_none());
    assert!(fields(" \n").unwrap().is_none());
    assert!(fields("{}").unwrap().is_some());
    assert!(fields("null").is_err());
}
