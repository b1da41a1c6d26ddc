//! HTTP features for browsers and caches: CORS, validators, compression, and the location of a new
//! domain.

use std::io::Read as _;

use flate2::read::GzDecoder;
use reqwest::header::{self, HeaderMap, HeaderName};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde_json::{Value, json};

use crate::Suite;
use crate::world::{Shared, World, answer_to, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared("only_pages_of_allowed_origins_may_call_the_api", origins);
    suite.shared("a_polling_page_gets_304_until_the_domain_changes", polled);
    suite.shared(
        "the_document_is_served_compact_and_compressed_and_once",
        document,
    );
    suite.shared("the_location_header_leads_to_the_added_domain", location);
}

/// The origin that the local stack allows with `AllowedOrigins`.
const ORIGIN: &str = "http://localhost:3000";

async fn origins(world: Shared) {
    let preflight = async |origin: &str| {
        let request = world
            .request(Method::OPTIONS, "/domains", None)
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
            .header(
                header::ACCESS_CONTROL_REQUEST_HEADERS,
                "authorization,content-type,idempotency-key",
            );
        sent(request).await
    };
    let allowed = preflight(ORIGIN).await;
    assert!(allowed.status().is_success(), "{allowed:?}");
    assert_eq!(
        value(&allowed, &header::ACCESS_CONTROL_ALLOW_ORIGIN),
        ORIGIN
    );
    let headers = words(&allowed, &header::ACCESS_CONTROL_ALLOW_HEADERS);
    for name in [
        "authorization",
        "content-type",
        "idempotency-key",
        "if-none-match",
    ] {
        assert!(headers.iter().any(|allowed| allowed == name), "{headers:?}");
    }
    let methods = words(&allowed, &header::ACCESS_CONTROL_ALLOW_METHODS);
    for method in ["get", "post", "put", "patch", "delete"] {
        assert!(
            methods.iter().any(|allowed| allowed == method),
            "{methods:?}"
        );
    }

    let other = preflight("https://elsewhere.example").await;
    assert_eq!(
        other.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN),
        None
    );

    let read = async |origin: &str, token: Option<&str>| {
        let request = world.request(Method::GET, "/domains?limit=1", token);
        sent(request.header(header::ORIGIN, origin)).await
    };
    let answer = read(ORIGIN, Some(world.client_admin())).await;
    assert_eq!(value(&answer, &header::ACCESS_CONTROL_ALLOW_ORIGIN), ORIGIN);
    let shown = words(&answer, &header::ACCESS_CONTROL_EXPOSE_HEADERS);
    for name in ["etag", "location", "retry-after"] {
        assert!(shown.iter().any(|shown| shown == name), "{shown:?}");
    }
    let answer = read("https://elsewhere.example", Some(world.client_admin())).await;
    assert_eq!(
        answer.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN),
        None
    );
}

async fn polled(world: Shared) {
    let domain = world.fresh_domain();
    let community = format!("The {domain} community");
    let body = json!({ "domain": domain, "community": community });
    world
        .post_domains(world.client_admin(), body.to_string())
        .await;
    let one = format!("/domains/{domain}");
    let list = format!(
        "/domains?community={}",
        crate::world::percent_encoded(&community)
    );
    let sender = format!("/senders/sales@{domain}");
    let mut tags = Vec::new();
    for path in [&one, &list, &sender] {
        let tag = tag_of(&world, path).await;
        let again = answer_to(known(&world, path, &tag)).await;
        assert_eq!(
            (again.status, again.text.as_str()),
            (StatusCode::NOT_MODIFIED, ""),
            "{path}"
        );
        tags.push(tag);
    }
    // Its claim is dropped, so all three responses change.
    let removed = answer_to(world.request(Method::DELETE, &one, Some(world.client_admin()))).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    let statuses = [StatusCode::NOT_FOUND, StatusCode::OK, StatusCode::OK];
    for ((path, tag), status) in [&one, &list, &sender].into_iter().zip(&tags).zip(statuses) {
        let answer = answer_to(known(&world, path, tag)).await;
        assert_eq!(answer.status, status, "{path}");
    }
    // The entity tag of one client's response does not match for another.
    let request = world.request(Method::GET, &list, Some(world.other_client_admin()));
    let other = answer_to(request.header(header::IF_NONE_MATCH, &tags[1])).await;
    assert_eq!(
        (other.status, &other.body["items"]),
        (StatusCode::OK, &json!([]))
    );
}

async fn tag_of(world: &World, path: &str) -> String {
    let request = world.request(Method::GET, path, Some(world.client_admin()));
    let answer = sent(request).await;
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    value(&answer, &header::ETAG).to_owned()
}

fn known(world: &World, path: &str, tag: &str) -> RequestBuilder {
    let request = world.request(Method::GET, path, Some(world.client_admin()));
    request.header(header::IF_NONE_MATCH, tag)
}

async fn document(world: Shared) {
    let read = async |headers: HeaderMap| {
        let request = world.request(Method::GET, "/openapi.json", None);
        sent(request.headers(headers)).await
    };
    let plain = read(HeaderMap::new()).await;
    assert_eq!(plain.headers().get(header::CONTENT_ENCODING), None);
    let plain_tag = value(&plain, &header::ETAG).to_owned();
    let plain = plain.text().await.unwrap();
    assert!(!plain.contains('\n'), "it is compact");

    let gzip = HeaderMap::from_iter([(header::ACCEPT_ENCODING, "gzip".parse().unwrap())]);
    let packed = read(gzip.clone()).await;
    assert_eq!(value(&packed, &header::CONTENT_ENCODING), "gzip");
    assert_eq!(value(&packed, &header::CONTENT_TYPE), "application/json");
    let tag = value(&packed, &header::ETAG).to_owned();
    assert_ne!(tag, plain_tag);
    let octets = packed.bytes().await.unwrap();
    assert!(
        octets.len() * 4 < plain.len(),
        "{} of {}",
        octets.len(),
        plain.len()
    );
    let mut unpacked = String::new();
    GzDecoder::new(&*octets)
        .read_to_string(&mut unpacked)
        .unwrap();
    assert!(unpacked == plain, "both are the same document");
    let committed = include_str!("../../docs/openapi.json");
    let committed: Value = serde_json::from_str(committed).unwrap();
    assert!(committed == serde_json::from_str::<Value>(&plain).unwrap());

    let mut again = gzip;
    again.insert(header::IF_NONE_MATCH, tag.parse().unwrap());
    let again = read(again).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert!(again.bytes().await.unwrap().is_empty());
}

async fn location(world: Shared) {
    let domain = world.fresh_domain();
    let request = world.request(Method::POST, "/domains", Some(world.client_admin()));
    let added = sent(request.json(&json!({ "domain": domain }))).await;
    // The header is resolved as every client does it (RFC 9110 section 10.2.2). The API of the local
    // stack has a base path.
    let location = added.url().join(value(&added, &header::LOCATION)).unwrap();
    assert_ne!(location.path(), format!("/domains/{domain}"));
    let found = read_at(&world, location).await;
    assert_eq!(found["domain"], domain);
    // Appended to the base URL, like the paths of the document.
    let path = text(&found["path"]);
    let at_path = Url::parse(&format!("{}{path}", world.info.api_url)).unwrap();
    assert_eq!(read_at(&world, at_path).await["domain"], domain);
}

async fn read_at(world: &World, url: Url) -> Value {
    let below = url
        .as_str()
        .strip_prefix(&world.info.api_url)
        .expect("below the base URL");
    let request = world.request(Method::GET, below, Some(world.client_admin()));
    let answer = answer_to(request).await;
    assert_eq!(answer.status, StatusCode::OK, "{url}");
    answer.body
}

async fn sent(request: RequestBuilder) -> Response {
    request.send().await.expect("an answer")
}

fn value<'a>(answer: &'a Response, name: &HeaderName) -> &'a str {
    let value = answer.headers().get(name);
    let value = value.unwrap_or_else(|| panic!("{name} in {answer:?}"));
    value.to_str().expect("a header in ASCII")
}

/// The items of a header that is a list, in lower case.
fn words(answer: &Response, name: &HeaderName) -> Vec<String> {
    let words = value(answer, name).split(',');
    words.map(|word| word.trim().to_ascii_lowercase()).collect()
}
