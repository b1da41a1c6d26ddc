//! `/control`: limits, delays, faults, counts, and invalid requests.

use std::time::Duration;

use aws_sdk_ses::error::{ProvideErrorMetadata, SdkError};
use serde_json::json;
use tokio::time::Instant;

use super::Bench;

#[tokio::test]
async fn an_identity_operation_may_be_called_once_per_second() {
    let bench = Bench::limited().await;
    bench.verify("maple.com").await;
    let again = bench
        .v1
        .verify_domain_identity()
        .domain("cedar.com")
        .send()
        .await;
    let error = again.unwrap_err().into_service_error();
    assert_eq!(
        (error.code(), error.message()),
        (Some("Throttling"), Some("Rate exceeded"))
    );

    // Each operation has its own limit, and each API its own error name.
    bench.create("maple2.com").await;
    let again = bench
        .v2
        .create_email_identity()
        .email_identity("cedar.com")
        .send()
        .await;
    let raw = again.as_ref().unwrap_err().raw_response().unwrap();
    assert_eq!(raw.status().as_u16(), 429);
    let error = again.unwrap_err().into_service_error();
    assert!(error.is_too_many_requests_exception(), "{error:?}");

    tokio::time::sleep(Duration::from_millis(1_050)).await;
    bench.verify("cedar.com").await;
    let calls = bench.report().await["calls"].clone();
    assert_eq!(
        calls["VerifyDomainIdentity"],
        json!({ "accepted": 2, "throttled": 1, "faulted": 0 })
    );
    // A throttled call has no effect.
    assert_eq!(bench.status("maple2.com").await.unwrap(), "Pending");
}

#[tokio::test]
async fn the_rate_can_be_changed_and_follows_the_clock() {
    let bench = Bench::limited().await;
    bench.control(json!({ "rate": 0.01 })).await;
    bench.verify("a.com").await;
    bench
        .v1
        .verify_domain_identity()
        .domain("b.com")
        .send()
        .await
        .unwrap_err();
    bench.control(json!({ "advance_seconds": 100 })).await;
    bench.verify("b.com").await;
    bench.control(json!({ "rate": 0 })).await;
    for _ in 0..10 {
        bench.verify("c.com").await;
    }
}

#[tokio::test]
async fn a_fault_applies_the_set_number_of_times_and_prevents_the_operation() {
    let bench = Bench::new().await;
    let faults = json!([
        { "operation": "CreateEmailIdentity", "times": 2, "error": "Throttling" },
        { "operation": "*", "times": 1, "error": "InternalFailure" },
    ]);
    bench.control(json!({ "faults": faults })).await;
    let create = || {
        bench
            .v2
            .create_email_identity()
            .email_identity("maple.com")
            .send()
    };
    for _ in 0..2 {
        let error = create().await.unwrap_err().into_service_error();
        assert!(error.is_too_many_requests_exception(), "{error:?}");
    }
    let error = create().await.unwrap_err().into_service_error();
    assert_eq!(error.code(), Some("InternalFailure"));
    create().await.unwrap();
    assert_eq!(bench.emulator.received().len(), 1);
    let report = bench.report().await;
    assert_eq!(report["faults"], json!([]));
    assert_eq!(
        report["calls"]["CreateEmailIdentity"],
        json!({ "accepted": 1, "throttled": 0, "faulted": 3 })
    );
}

#[tokio::test]
async fn a_fault_without_a_number_stays_until_it_is_cleared() {
    let bench = Bench::new().await;
    bench
        .control(json!({ "faults": [{ "operation": "*", "error": "LimitExceededException" }] }))
        .await;
    for _ in 0..3 {
        let create = bench.v2.create_email_identity().email_identity("maple.com");
        let error = create.send().await.unwrap_err().into_service_error();
        assert!(error.is_limit_exceeded_exception(), "{error:?}");
        let verify = bench.v1.verify_domain_identity().domain("maple.com");
        let error = verify.send().await.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some("LimitExceeded"));
    }
    bench.control(json!({ "faults": [] })).await;
    bench.create("maple.com").await;
}

#[tokio::test]
async fn a_dropped_call_has_no_answer_and_no_effect() {
    let bench = Bench::new().await;
    let faults = json!([{ "operation": "CreateEmailIdentity", "times": 1, "error": "drop" }]);
    bench.control(json!({ "faults": faults })).await;
    let create = || {
        bench
            .v2
            .create_email_identity()
            .email_identity("maple.com")
            .send()
    };
    let error = create().await.unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    assert!(bench.emulator.received().is_empty());
    create().await.unwrap();
}

#[tokio::test]
async fn an_operation_takes_effect_even_if_its_answer_is_lost() {
    let bench = Bench::new().await;
    let faults = json!([
        { "operation": "CreateEmailIdentity", "times": 1, "error": "drop_after" },
        { "operation": "SendEmail", "times": 1, "error": "drop_after" },
    ]);
    bench.control(json!({ "faults": faults })).await;
    let create = || {
        bench
            .v2
            .create_email_identity()
            .email_identity("maple.com")
            .send()
    };
    let error = create().await.unwrap_err();
    assert!(matches!(error, SdkError::DispatchFailure(_)), "{error:?}");
    let error = create().await.unwrap_err().into_service_error();
    assert!(error.is_already_exists_exception(), "{error:?}");
    let sent = bench.v2.send_email().send().await.unwrap_err();
    assert!(matches!(sent, SdkError::DispatchFailure(_)), "{sent:?}");
    assert_eq!(
        bench.emulator.received().last().unwrap().target,
        "/v2/email/outbound-emails"
    );
}

#[tokio::test]
async fn latency_delays_all_operations_or_one() {
    let bench = Bench::new().await;
    let time = async || {
        let started = Instant::now();
        bench.verify("maple.com").await;
        started.elapsed()
    };
    bench.control(json!({ "latency_ms": 200 })).await;
    assert!(time().await >= Duration::from_millis(200));
    bench
        .control(json!({ "latency_ms": { "CreateEmailIdentity": 5_000 } }))
        .await;
    assert!(time().await < Duration::from_secs(3));
}

#[tokio::test]
async fn control_refuses_unknown_settings_and_changes_nothing() {
    let bench = Bench::new().await;
    let before = bench.report().await;
    for (body, expected) in [
        (
            r#"{"window_seconds": 1, "speed": 2}"#,
            "unknown field `speed`",
        ),
        (
            r#"{"faults": [{"operation": "Nothing", "error": "drop"}]}"#,
            "`Nothing` is not an operation",
        ),
        (
            r#"{"faults": [{"operation": "*", "error": "Explosion"}]}"#,
            "`Explosion` is not an error",
        ),
        (
            r#"{"faults": [{"operation": "*", "error": "drop", "when": 1}]}"#,
            "unknown field `when`",
        ),
        (
            r#"{"latency_ms": {"Nothing": 1}}"#,
            "`Nothing` is not an operation",
        ),
        (r#"{"rate": -1}"#, "`rate` is a number"),
        (
            r#"{"advance_seconds": -1}"#,
            "`advance_seconds` is a number",
        ),
        ("not json", "expected"),
    ] {
        let (status, answer) = bench.post_control(body.to_owned()).await;
        assert_eq!(status, 400, "{body}");
        let message = answer["error"].as_str().unwrap();
        assert!(message.contains(expected), "{body}: {message}");
    }
    let mut after = bench.report().await;
    after["now"] = before["now"].clone();
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_reset_restores_the_initial_state() {
    let bench = Bench::new().await;
    bench.create("maple.com").await;
    bench
        .control(json!({ "advance_seconds": 100, "latency": 1, "window": 5, "recheck": 7 }))
        .await;
    let report = bench.control(json!({ "reset": true })).await;
    assert_eq!(report["identities"], 0);
    assert_eq!(report["rate"], 1.0);
    assert_eq!(report["window_seconds"], 72.0 * 3_600.0);
    assert_eq!(report["recheck_ms"], 1_000);
    assert_eq!(report["advanced_seconds"], 0.0);
    assert_eq!(report["latency_ms"], json!({}));
    assert_eq!(report["calls"], json!({}));
}

#[tokio::test]
async fn the_number_of_identities_of_the_account_is_limited() {
    let bench = Bench::new().await;
    bench.control(json!({ "identity_limit": 1 })).await;
    bench.create("maple.com").await;
    let create = bench.v2.create_email_identity().email_identity("cedar.com");
    let error = create.send().await.unwrap_err().into_service_error();
    assert!(error.is_limit_exceeded_exception(), "{error:?}");
    bench
        .v1
        .verify_domain_identity()
        .domain("cedar.com")
        .send()
        .await
        .unwrap_err();
    bench.verify("maple.com").await;
}
