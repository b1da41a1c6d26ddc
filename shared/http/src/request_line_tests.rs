use lambda_http::http::StatusCode;
use lambda_http::{Request, RequestExt};
use serde_json::{Value, json};

use super::*;
use crate::caller::{ClaimNames, PersonClaims};
use crate::entry::{lambda_request_of, observed};
use crate::problem::ApiError;
use crate::reply::{json as json_reply, problem};

const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.secret";

fn names() -> ClaimNames {
    ClaimNames {
        client_id: "custom:client_id".to_owned(),
        roles: "cognito:groups".to_owned(),
        mass_mail_scope: Some("lasso/mass-mail".to_owned()),
        person: PersonClaims::default(),
    }
}

/// An event of the route, with a token, whose Lambda context is a second from its deadline.
fn event(route: &str, parameters: &Value, body: &Value) -> ParsedRequest {
    let (method, path) = route.split_once(' ').unwrap();
    let event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": { "authorization": format!("Bearer {TOKEN}"), "host": "api.example" },
        "pathParameters": parameters,
        "requestContext": {
            "accountId": "1", "apiId": "a", "stage": "$default", "timeEpoch": 0,
            "requestId": "api-1",
            "routeKey": route,
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1" },
            "authorizer": { "jwt": { "claims": {
                "custom:client_id": "maple-homes", "cognito:groups": "client-admin", "sub": "jane"
            }, "scopes": null } },
        },
        "body": body.to_string(),
        "isBase64Encoded": false,
    });
    let mut context = Context::default();
    context.request_id = "lambda-1".to_owned();
    context.deadline = millis_from_now(1_000);
    let request: Request = lambda_request_of(event).unwrap().into();
    ParsedRequest::new(request.with_lambda_context(context), Some(&names()))
}

#[expect(clippy::disallowed_methods, reason = "as Lambda makes a deadline")]
fn millis_from_now(millis: u64) -> u64 {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    u64::try_from(now.as_millis()).unwrap() + millis
}

/// The lines that a request leaves.
fn lines(request: ParsedRequest, answer: impl AsyncFn(ParsedRequest) -> Reply) -> Vec<Value> {
    use std::io::Read as _;

    let (mut written, out) = std::io::pipe().unwrap();
    let lines = domain_auth_logs::subscriber("info", std::sync::Arc::new(out));
    tracing::subscriber::with_default(lines, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(observed(&|request| answer(request), request));
    });
    let mut text = String::new();
    written.read_to_string(&mut text).unwrap();
    assert!(!text.contains("secret"), "{text}");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn line(request: ParsedRequest, answer: impl AsyncFn(ParsedRequest) -> Reply) -> Value {
    let mut lines = lines(request, answer);
    let last = lines.pop().unwrap();
    let about_requests = lines
        .iter()
        .filter(|line| line.get("duration_ms").is_some());
    assert_eq!(about_requests.count(), 0, "{lines:?}");
    last
}

/// Without what differs from run to run.
fn told(mut line: Value) -> Value {
    let members = line.as_object_mut().unwrap();
    assert!(members.remove("duration_ms").unwrap().is_u64());
    assert!(members.remove("timestamp").is_some());
    line
}

#[test]
fn a_request_that_succeeds_leaves_one_line() {
    let body = json!({ "domain": " Maple.Example. ", "contact_email": "jane@maple.example" });
    let request = event("POST /domains", &json!({}), &body);
    let line = line(request, async |_| {
        json_reply(StatusCode::CREATED, &json!({ "code": "x" }))
    });
    assert_eq!(
        told(line),
        json!({
            "level": "INFO",
            "message": "a request was answered",
            "operation": "AddDomain",
            "client": "maple-homes",
            "domain": "maple.example",
            "status": 201,
            "request_id": "lambda-1",
            "api_request_id": "api-1",
        })
    );
}

#[test]
fn a_request_that_is_refused_leaves_one_line_with_the_code() {
    let parameters = json!({ "client": "cedar~2Fhomes", "domain": "cedar.example" });
    let route = "POST /staff/clients/{client}/domains/{domain}/complete";
    let request = event(route, &parameters, &json!({}));
    let line = line(request, async |request| {
        problem(ApiError::Forbidden, &request)
    });
    assert_eq!(
        told(line),
        json!({
            "level": "INFO",
            "message": "a request was answered",
            "operation": "CompleteDomain",
            "client": "cedar/homes",
            "domain": "cedar.example",
            "status": 403,
            "code": "forbidden",
            "request_id": "lambda-1",
            "api_request_id": "api-1",
        })
    );
}

#[test]
fn an_internal_error_is_logged_with_its_cause_and_then_as_a_warning() {
    let error = || {
        ApiError::Ses(domain_auth::ports::SesError::Unavailable {
            operation: "CreateEmailIdentity",
            source: "connection reset".into(),
        })
    };
    let request = event(
        "GET /domains/{domain}",
        &json!({ "domain": "maple.example" }),
        &json!(null),
    );
    let lines = lines(request, async |request| problem(error(), &request));
    let [cause, line] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(cause["level"], "ERROR");
    assert_eq!(
        cause["error"],
        "Amazon SES did not answer CreateEmailIdentity: connection reset"
    );
    assert_eq!(cause["request_id"], line["request_id"]);
    assert_eq!(line["level"], "WARN");
    assert!(line["status"].as_u64().unwrap() >= 500, "{line}");
    assert!(line["code"].is_string(), "{line}");
}

#[test]
fn hostile_domain_names_are_logged_short_and_without_hidden_characters() {
    let refused = async |request: ParsedRequest| problem(ApiError::NotFound, &request);
    for (sent, shown) in [
        ("jane.doe@maple.example", "j***@maple.example"),
        (
            "https://maple.example/x?token=secret",
            "https://maple.example/x…",
        ),
        (
            "maple\u{202e}.example\u{2028}\n{\"level\":\"ERROR\"}",
            "maple.example {\"level\":\"ERROR\"}",
        ),
    ] {
        let request = event("POST /domains", &json!({}), &json!({ "domain": sent }));
        assert_eq!(line(request, refused)["domain"], shown, "{sent}");
    }
    let long = "x.".repeat(5_000);
    let parameters = json!({ "domain": long });
    let request = event("GET /domains/{domain}", &parameters, &json!(null));
    let line_of_long = line(request, refused);
    let shown = line_of_long["domain"].as_str().unwrap();
    assert_eq!(shown.chars().count(), LONGEST + 1);
}

#[test]
fn only_the_domain_of_a_sender_is_logged() {
    let parameters = json!({ "address": "jane.doe@mail.maple.example" });
    let request = event("GET /senders/{address}", &parameters, &json!(null));
    let line = line(request, async |_| json_reply(StatusCode::OK, &json!({})));
    assert_eq!(line["domain"], "mail.maple.example");
    assert!(!line.to_string().contains("doe"), "{line}");
}

#[test]
fn a_body_that_names_no_domain_leaves_a_line_without_one() {
    for body in [json!("text"), json!({ "domain": 5 }), json!(null)] {
        let request = event("POST /domains", &json!({}), &body);
        let line = line(request, async |request| {
            problem(ApiError::NotFound, &request)
        });
        assert!(line.get("domain").is_none(), "{line}");
        assert_eq!(line["client"], "maple-homes");
    }
}

#[test]
fn a_request_that_times_out_is_logged_before_the_function_ends() {
    let request = event("GET /domains", &json!({}), &json!(null));
    let lines = lines(request, async |_| {
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        json_reply(StatusCode::OK, &json!({}))
    });
    assert_eq!(lines[0]["code"], "timed_out");
    assert_eq!(lines[0]["level"], "WARN");
    assert_eq!(lines[0]["client"], "maple-homes");
    assert!(lines[0].get("status").is_none(), "{}", lines[0]);
    assert_eq!(lines[1]["status"], 200, "the answer came in time after all");
}
