use domain_auth::history::Person;
use domain_auth::names::DisplayName;
use serde_json::json;

use super::*;
use crate::caller::PersonClaims;
use crate::entry::lambda_request_of;

/// A request of the route, by a caller with these roles at `maple-homes`.
pub(crate) fn request(route: &str, path: &Value, roles: &str, body: &str) -> ParsedRequest {
    let event = event(route, path, roles, body);
    ParsedRequest::new(lambda_request_of(event).unwrap().into(), Some(&names()))
}

fn event(route: &str, path: &Value, roles: &str, body: &str) -> Value {
    let (method, raw_path) = route.split_once(' ').unwrap();
    json!({
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
    })
}

fn names() -> ClaimNames {
    ClaimNames {
        client_id: "custom:client_id".to_owned(),
        roles: "cognito:groups".to_owned(),
        mass_mail_scope: Some("lasso/mass-mail".to_owned()),
        person: PersonClaims::default(),
    }
}

const RELEASE: &str = "POST /staff/clients/{client}/domains/{domain}/release";

#[test]
fn a_client_administrator_acts_only_for_the_client_of_the_token() {
    let path = json!({ "client": "cedar-homes", "domain": "cedar.example" });
    let request = request("GET /domains/{domain}", &path, "client-admin", "");
    let (client, domain) = request.domain().unwrap();
    assert_eq!(
        (client.as_str(), domain.as_str()),
        ("maple-homes", "cedar.example")
    );
    let actor = request.actor().unwrap();
    assert!(matches!(actor, Actor::ClientAdmin { subject, .. } if subject == "jane"));
}

/// Who acts, of a token with these claims beside those of [`request`].
fn actor_with(roles: &str, more: &Value) -> Actor {
    let path = json!({ "client": "cedar-homes", "domain": "cedar.example" });
    let mut event = event("GET /domains/{domain}", &path, roles, "");
    if roles == "lasso-support" {
        event["routeKey"] = json!(RELEASE);
        event["requestContext"]["routeKey"] = json!(RELEASE);
    }
    let claims = event["requestContext"]["authorizer"]["jwt"]["claims"].as_object_mut();
    claims.unwrap().extend(more.as_object().unwrap().clone());
    let names = ClaimNames {
        person: PersonClaims::new(Some("name, email".to_owned()), Some("org".to_owned())),
        ..names()
    };
    let request = ParsedRequest::new(lambda_request_of(event).unwrap().into(), Some(&names));
    request.actor().unwrap()
}

fn person(name: &str, client_name: Option<&str>) -> Option<Person> {
    let client_name = client_name.and_then(DisplayName::of_claim);
    Person::new(DisplayName::of_claim(name), client_name)
}

#[test]
fn the_name_of_a_person_is_the_first_name_claim_of_the_token() {
    let of_client = |more: &Value| match actor_with("client-admin", more) {
        Actor::ClientAdmin { person, .. } => person,
        other => panic!("{other:?}"),
    };
    let both = json!({ "name": "Anna Berg", "email": "anna@maple.example", "org": "Maple Homes" });
    assert_eq!(of_client(&both), person("Anna Berg", Some("Maple Homes")));
    let address = json!({ "email": "anna@maple.example", "email_verified": "true" });
    assert_eq!(of_client(&address), person("anna@maple.example", None));
    let empty = json!({ "name": " ", "email": "anna@maple.example" });
    assert_eq!(of_client(&empty), person("anna@maple.example", None));
    let hidden = json!({ "name": "Anna\u{202e}\r\nBerg" });
    assert_eq!(of_client(&hidden), person("Anna Berg", None));
    assert_eq!(of_client(&json!({})), None);
}

#[test]
fn an_unverified_address_is_not_shown() {
    let claims = json!({ "email": "sam@lasso.example", "email_verified": "false" });
    assert_eq!(
        actor_with("client-admin", &claims),
        Actor::client_admin("jane")
    );
}

#[test]
fn a_person_at_lasso_is_shown_without_an_organization() {
    let claims = json!({ "name": "Sam Field", "org": "Lasso" });
    let expected = Actor::LassoSupport {
        subject: "jane".to_owned(),
        person: person("Sam Field", None),
    };
    assert_eq!(actor_with("lasso-support", &claims), expected);
}

#[test]
fn lasso_support_acts_for_the_client_of_the_path() {
    let path = json!({ "client": "cedar~2Fhomes", "domain": "cedar.example" });
    let request = request(RELEASE, &path, "lasso-support", "");
    assert_eq!(request.client().unwrap().as_str(), "cedar/homes");
    let actor = request.actor().unwrap();
    assert!(matches!(actor, Actor::LassoSupport { subject, .. } if subject == "jane"));
}

#[test]
fn a_caller_without_the_role_is_only_told_that_it_is_missing() {
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
fn a_path_without_a_valid_client_or_domain_is_not_found() {
    for path in [
        json!({ "client": "no client!", "domain": "cedar.example" }),
        json!({ "client": "cedar-homes", "domain": "no domain!" }),
        json!({}),
    ] {
        let request = request(RELEASE, &path, "lasso-support", "");
        let refusal = request.domain().err();
        assert!(
            matches!(refusal, Some(ApiError::NotFound | ApiError::NoSuchClient)),
            "{path}"
        );
    }
    let nowhere = request("GET /nowhere", &json!({}), "client-admin", "");
    assert!(matches!(nowhere.authorize(), Err(ApiError::NoRoute)));
    assert!(matches!(nowhere.operation(), Err(ApiError::NoRoute)));
}

#[test]
fn a_body_that_is_not_a_json_object_or_is_too_large_is_refused() {
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
fn an_optional_body_counts_as_absent_only_if_it_is_empty() {
    let fields = |body: &str| {
        let route = "POST /domains/{domain}/notify";
        request(route, &json!({}), "client-admin", body).fields_if_any()
    };
    assert!(fields("").unwrap().is_none());
    assert!(fields(" \n").unwrap().is_none());
    assert!(fields("{}").unwrap().is_some());
    assert!(fields("null").is_err());
}
