use lambda_http::{Body, Request};
use serde_json::json;

use super::*;
use crate::entry::lambda_request_of;
use crate::problem::ApiError;
use crate::reply::{json, json_for_a_minute, json_for_everybody, no_content, problem, sent};

fn request(route: &str, headers: &serde_json::Value) -> ParsedRequest {
    let (method, path) = route.split_once(' ').unwrap();
    let event = json!({
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "1", "apiId": "a", "stage": "$default", "timeEpoch": 0,
            "requestId": "api-1", "routeKey": route,
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1" },
        },
        "isBase64Encoded": false,
    });
    let request: Request = lambda_request_of(event).unwrap().into();
    ParsedRequest::new(request, None)
}

const GET: &str = "GET /domains/{domain}";

fn domain() -> Reply {
    json(StatusCode::OK, &json!({ "domain": "maplehomes.com" }))
}

/// The answer to the same question by a caller that has the answer with these tags.
fn again(tags: &str) -> Reply {
    Manners::of(&request(GET, &json!({ "if-none-match": tags }))).applied(domain())
}

fn header(reply: &Reply, name: header::HeaderName) -> Option<&str> {
    reply.headers().get(name)?.to_str().ok()
}

#[test]
fn the_records_response_varies_by_the_accept_header() {
    const RECORDS: &str = "GET /domains/{domain}/records";
    let records = Manners::of(&request(RECORDS, &json!({}))).applied(domain());
    assert_eq!(
        header(&records, header::VARY),
        Some("Accept, Authorization")
    );
}

#[test]
fn a_read_has_an_etag_and_an_unchanged_answer_is_304() {
    let first = Manners::of(&request(GET, &json!({}))).applied(domain());
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(
        header(&first, header::CACHE_CONTROL),
        Some("private, no-cache")
    );
    assert_eq!(header(&first, header::VARY), Some("Authorization"));
    let tag = header(&first, header::ETAG).unwrap();

    for known in [
        tag,
        "*",
        &format!("W/{tag}"),
        &format!("\"another\" , {tag}"),
    ] {
        let answer = again(known);
        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(answer.body(), "");
        assert_eq!(header(&answer, header::ETAG), Some(tag));
        assert_eq!(
            header(&answer, header::CACHE_CONTROL),
            Some("private, no-cache")
        );
        assert_eq!(header(&answer, header::CONTENT_TYPE), None);
    }
    for other in ["\"another\"", "", tag.trim_matches('"')] {
        let answer = again(other);
        assert_eq!(
            (answer.status(), answer.body()),
            (StatusCode::OK, first.body())
        );
    }
}

#[test]
fn a_different_body_has_a_different_etag() {
    let manners = Manners::of(&request(GET, &json!({})));
    let [one, other] = ["pending", "verified"]
        .map(|status| manners.applied(json(StatusCode::OK, &json!({ "status": status }))));
    assert_ne!(one.headers()[header::ETAG], other.headers()[header::ETAG]);
}

#[test]
fn a_cache_lifetime_of_a_minute_is_kept() {
    let manners = Manners::of(&request("GET /senders/{address}", &json!({})));
    let answer = manners.applied(json_for_a_minute(StatusCode::OK, &json!({})));
    assert_eq!(
        header(&answer, header::CACHE_CONTROL),
        Some("private, max-age=60")
    );
    assert!(answer.headers().contains_key(header::ETAG));
}

#[test]
fn errors_and_changes_have_no_etag() {
    let any = json!({ "if-none-match": "*" });
    let read = request(GET, &any);
    let refused = Manners::of(&read).applied(problem(ApiError::NotFound, &read));
    let added = Manners::of(&request("POST /domains", &any)).applied(domain());
    let removed = Manners::of(&request("DELETE /domains/{domain}", &any)).applied(no_content());
    for answer in [refused, added, removed] {
        assert_ne!(answer.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(header(&answer, header::ETAG), None);
        assert_eq!(
            header(&answer, header::CACHE_CONTROL),
            Some("private, no-store")
        );
    }
}

#[test]
fn an_answer_that_must_not_be_stored_has_no_etag() {
    let mut page = domain();
    let never = HeaderValue::from_static("no-store");
    page.headers_mut().insert(header::CACHE_CONTROL, never);
    let answer = Manners::of(&request(GET, &json!({ "if-none-match": "*" }))).applied(page);
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(header(&answer, header::ETAG), None);
    assert_eq!(header(&answer, header::CACHE_CONTROL), Some("no-store"));
}

#[test]
fn an_accepted_change_has_retry_after() {
    let accepted = |route| {
        let answer = json(StatusCode::ACCEPTED, &json!({}));
        Manners::of(&request(route, &json!({}))).applied(answer)
    };
    let added = accepted("POST /domains");
    assert_eq!(header(&added, header::RETRY_AFTER), Some("60"));
    // There is nothing to look at, and nothing to send again.
    let emailed = accepted("POST /domains/{domain}/instructions");
    assert_eq!(header(&emailed, header::RETRY_AFTER), None);
    let made = Manners::of(&request("POST /domains", &json!({})));
    let made = made.applied(json(StatusCode::CREATED, &json!({})));
    assert_eq!(header(&made, header::RETRY_AFTER), None);
}

const PACKED: &[u8] = &[0x1f, 0x8b, 0xff];

fn document(accepted: &str) -> Reply {
    let request = request("GET /openapi.json", &json!({ "accept-encoding": accepted }));
    Manners::of(&request).applied(json_for_everybody(&request, "{}", PACKED))
}

#[test]
fn only_callers_that_accept_gzip_get_it() {
    for accepted in ["gzip", "br, gzip;q=0.5", "GZIP", "*", "deflate, *;q=0.1"] {
        let reply = document(accepted);
        assert_eq!(
            header(&reply, header::CONTENT_ENCODING),
            Some("gzip"),
            "{accepted}"
        );
        assert!(matches!(sent(reply).body(), Body::Binary(octets) if octets == PACKED));
    }
    for accepted in [
        "",
        "br",
        "identity",
        "gzip;q=0",
        "gzip;q=0.0, *",
        "*;q=0",
        "xgzip",
    ] {
        let reply = document(accepted);
        assert_eq!(header(&reply, header::CONTENT_ENCODING), None, "{accepted}");
        assert!(matches!(sent(reply).body(), Body::Text(text) if text == "{}"));
    }
}

#[test]
fn the_plain_and_gzipped_documents_have_different_etags() {
    let (packed, plain) = (document("gzip"), document("identity"));
    assert_eq!(header(&packed, header::VARY), Some("Accept-Encoding"));
    assert_eq!(
        header(&packed, header::CACHE_CONTROL),
        Some("public, max-age=300")
    );
    assert_ne!(
        packed.headers()[header::ETAG],
        plain.headers()[header::ETAG]
    );
}
