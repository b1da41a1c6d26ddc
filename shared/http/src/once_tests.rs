//! Requests with a key, on a ledger in memory, with a handler that counts what it does.

use std::sync::atomic::{AtomicUsize, Ordering};

use domain_auth::ports::StoreError;
use futures::FutureExt;
use lambda_http::Body;

use super::*;

#[test]
fn a_body_in_json_is_the_same_in_any_order_and_another_request_is_not() {
    let of = |path: &str, body: &str| {
        let request = lambda_http::http::Request::post(format!("https://api{path}"));
        fingerprint_of(&request.body(Body::from(body)).expect("a request"))
    };
    let first = of("/domains", r#"{"a": 1, "b": {"c": 2, "d": 3}}"#);
    assert_eq!(first, of("/domains", r#"{"b":{"d":3,"c":2},"a":1}"#));
    assert_ne!(first, of("/domains", r#"{"b":{"d":3,"c":2},"a":2}"#));
    assert_ne!(first, of("/domains/a.com", r#"{"a":1,"b":{"c":2,"d":3}}"#));
    assert_ne!(of("/a", "b"), of("/", "ab"));
    assert_eq!(first.0.len(), 64);
}

/// A ledger that must not be asked.
struct NoLedger;

impl IdempotencyLedger for NoLedger {
    async fn begin(&self, _: &Attempt) -> Result<Begun, StoreError> {
        panic!("nothing is read and nothing written without a key")
    }

    async fn keep(&self, _: &Attempt, _: &StoredAnswer) -> Result<(), StoreError> {
        panic!("nothing is kept without a key")
    }

    async fn forget(&self, _: &Attempt) -> Result<(), StoreError> {
        panic!("nothing is forgotten without a key")
    }
}

struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }

    async fn sleep(&self, _: std::time::Duration) {}
}

async fn answered(key: Option<&str>) -> (u16, usize) {
    let runs = AtomicUsize::new(0);
    let mut request = Request::new(Body::Empty);
    if let Some(key) = key {
        let key = HeaderValue::from_bytes(key.as_bytes()).expect("a header");
        request.headers_mut().insert(IDEMPOTENCY_KEY, key);
    }
    let claims = ClaimNames {
        client_id: "client".to_owned(),
        roles: "roles".to_owned(),
    };
    let handling = async {
        runs.fetch_add(1, Ordering::SeqCst);
        Ok(Reply::new(String::new()))
    };
    let reply = once(&NoLedger, &NoClock, &claims, &request, handling).await;
    (reply.status().as_u16(), runs.load(Ordering::SeqCst))
}

#[test]
fn without_a_key_or_a_caller_no_ledger_is_asked_and_a_bad_key_is_refused() {
    let now = |key| answered(key).now_or_never().unwrap();
    assert_eq!(now(None), (200, 1));
    // Who may not call is the handler's to refuse.
    assert_eq!(now(Some("a-key")), (200, 1));
    for bad in ["", "\"a", "schlüssel"] {
        assert_eq!(now(Some(bad)), (400, 0), "{bad}");
    }
}
