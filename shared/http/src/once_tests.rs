//! Requests with a key, on a ledger in memory, with a handler that counts its calls.

use std::sync::atomic::{AtomicUsize, Ordering};

use domain_auth::limits::ClientRecord;
use domain_auth::names::ClientId;
use domain_auth::ports::StoreError;
use futures::FutureExt;
use lambda_http::Body;
use serde_json::json;

use super::*;
use crate::request::tests::request;

#[test]
fn the_request_fingerprint_ignores_the_order_of_json_members() {
    let of = |path: &str, body: &str| {
        let request = lambda_http::http::Request::post(format!("https://api{path}"));
        let request = request.body(Body::from(body)).expect("a request");
        fingerprint_of(&ParsedRequest::new(request, None))
    };
    let first = of("/domains", r#"{"a": 1, "b": {"c": 2, "d": 3}}"#);
    assert_eq!(first, of("/domains", r#"{"b":{"d":3,"c":2},"a":1}"#));
    assert_ne!(first, of("/domains", r#"{"b":{"d":3,"c":2},"a":2}"#));
    assert_ne!(first, of("/domains/a.com", r#"{"a":1,"b":{"c":2,"d":3}}"#));
    assert_ne!(of("/a", "b"), of("/", "ab"));
    assert_ne!(of("/a?confirm=b", ""), of("/a?confirm=c", ""));
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

impl ReadClientRecord for NoLedger {
    async fn client_record(&self, _: &ClientId) -> Result<ClientRecord, StoreError> {
        panic!("nothing is read without a key")
    }

    async fn count_domains(&self, _: &ClientId) -> Result<u32, StoreError> {
        panic!("nothing is counted")
    }
}

struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }

    async fn sleep(&self, _: std::time::Duration) {}
}

/// The status of an answer to a request of a caller with these roles, and whether it was handled.
fn answered(roles: &str, key: Option<&str>) -> (u16, bool) {
    let runs = AtomicUsize::new(0);
    let mut request = request("POST /domains", &json!({}), roles, "{}");
    if let Some(key) = key {
        let key = HeaderValue::from_bytes(key.as_bytes()).expect("a header");
        request.raw_mut().headers_mut().insert(IDEMPOTENCY_KEY, key);
    }
    let handling = async {
        runs.fetch_add(1, Ordering::SeqCst);
        Ok(Reply::new(String::new()))
    };
    let reply = once(&NoLedger, &NoClock, &request, handling).now_or_never();
    let status = reply.expect("nothing to wait for").status().as_u16();
    (status, runs.load(Ordering::SeqCst) > 0)
}

#[test]
fn without_an_idempotency_key_the_ledger_is_not_asked() {
    assert_eq!(answered("client-admin", None), (200, true));
}

#[test]
fn a_caller_without_permission_is_refused_before_the_ledger_and_the_handler_run() {
    assert_eq!(answered("", None), (403, false));
    assert_eq!(answered("lasso-support", Some("a-key")), (403, false));
}

#[test]
fn an_invalid_idempotency_key_is_refused_first() {
    for roles in ["client-admin", ""] {
        for bad in ["", "\"a", "schlüssel"] {
            assert_eq!(answered(roles, Some(bad)), (400, false), "{bad}");
        }
    }
}
