//! Behaviour that only a real account can show, each variant tested.

use aws_sdk_sesv2::types::VerificationStatus;
use serde_json::{Value, json};

use super::Bench;

async fn behave(bench: &Bench, behaviour: Value) {
    bench.control(json!({ "behaviour": behaviour })).await;
}

async fn pass_the_window(bench: &Bench) {
    bench
        .control(json!({ "advance_seconds": 73 * 3_600 }))
        .await;
}

#[tokio::test]
async fn a_missing_txt_record_fails_the_v1_status_only_if_so_configured() {
    for (text_missing, expected) in [("success", "Success"), ("failed", "Failed")] {
        let bench = Bench::new().await;
        behave(&bench, json!({ "text_missing": text_missing })).await;
        let lines = bench.create("maple.com").await;
        bench.verify("maple.com").await;
        bench.publish("maple.com", &lines).await;
        assert_eq!(bench.status("maple.com").await.unwrap(), "Success");
        pass_the_window(&bench).await;
        assert_eq!(bench.status("maple.com").await.unwrap(), expected);
        let get = bench.v2.get_email_identity().email_identity("maple.com");
        assert!(get.send().await.unwrap().verified_for_sending_status);
    }
}

#[tokio::test]
async fn tokens_change_after_deletion_and_creation_if_so_configured() {
    let bench = Bench::new().await;
    behave(&bench, json!({ "tokens": "fresh" })).await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let lines = bench.create("maple.com").await;
        let token = bench.verify("maple.com").await;
        assert_eq!(bench.verify("maple.com").await, token);
        assert!(seen.insert((lines.clone(), token)), "{lines:?} again");
        bench.publish("maple.com", &lines).await;
        assert_eq!(bench.dkim("maple.com").await, "Success");
        let delete = bench.v2.delete_email_identity().email_identity("maple.com");
        delete.send().await.unwrap();
    }
}

#[tokio::test]
async fn the_child_of_a_verified_domain_may_send_and_has_its_own_status() {
    let bench = Bench::new().await;
    behave(&bench, json!({ "inheritance": "sending_only" })).await;
    let made = json!([{ "name": "maple.com", "verified": true }]);
    bench.control(json!({ "identities": made })).await;
    let create = bench.v2.create_email_identity();
    let created = create.email_identity("mail.maple.com").send().await;
    assert!(created.unwrap().verified_for_sending_status);
    assert_eq!(bench.status("mail.maple.com").await.unwrap(), "Pending");
    let get = bench.v2.get_email_identity();
    let got = get.email_identity("mail.maple.com").send().await.unwrap();
    assert!(got.verified_for_sending_status);
    assert_eq!(got.verification_status, Some(VerificationStatus::Pending));
    let list = bench.v2.list_email_identities().send().await.unwrap();
    let mut listed = list.email_identities().iter();
    let is_child = |name: Option<&str>| name == Some("mail.maple.com");
    let child = listed.find(|identity| is_child(identity.identity_name()));
    let child = child.unwrap();
    assert_eq!(child.verification_status, Some(VerificationStatus::Pending));
    assert!(child.sending_enabled);
}

#[tokio::test]
async fn failed_dkim_restarts_as_configured() {
    for (failed_dkim, status, same_tokens) in [
        ("restarts", "Success", true),
        ("stays_failed", "Failed", true),
        ("new_tokens", "Pending", false),
    ] {
        let bench = Bench::new().await;
        behave(&bench, json!({ "failed_dkim": failed_dkim })).await;
        let lines = bench.create("maple.com").await;
        let before = bench.shown("maple.com").await["dkim_tokens"].clone();
        pass_the_window(&bench).await;
        assert_eq!(bench.dkim("maple.com").await, "Failed");
        bench.publish("maple.com", &lines).await;
        let verify = bench.v1.verify_domain_dkim().domain("maple.com");
        let tokens = verify.send().await.unwrap().dkim_tokens;
        assert_eq!(json!(tokens) == before, same_tokens, "{failed_dkim}");
        assert_eq!(bench.dkim("maple.com").await, status, "{failed_dkim}");
    }
}

#[tokio::test]
async fn the_rate_limit_can_apply_to_all_operations_together() {
    let bench = Bench::limited().await;
    behave(&bench, json!({ "rate_of": "all" })).await;
    bench.verify("maple.com").await;
    let create = bench.v2.create_email_identity().email_identity("maple.com");
    let error = create.send().await.unwrap_err().into_service_error();
    assert!(error.is_too_many_requests_exception(), "{error:?}");
}

#[tokio::test]
async fn an_unknown_behaviour_is_refused() {
    let bench = Bench::new().await;
    for behaviour in [json!({ "mood": "bad" }), json!({ "tokens": "old" })] {
        let body = json!({ "behaviour": behaviour }).to_string();
        let (status, answer) = bench.post_control(body).await;
        assert_eq!(status, 400);
        let message = answer["error"].as_str().unwrap();
        assert!(message.contains("unknown"), "{message}");
    }
}
