//! When SES reports something as verified, and when it no longer does.

use std::time::Duration;

use aws_sdk_sesv2::types::VerificationStatus;
use local_dns_server::{Fault, FaultRule};
use serde_json::json;
use tokio::time::Instant;

use super::Bench;

const HOUR: u64 = 3_600;

fn text(domain: &str, token: &str) -> String {
    format!("_amazonses.{domain}. TXT \"{token}\"")
}

#[tokio::test]
async fn a_domain_waits_until_its_txt_record_is_in_dns() {
    let bench = Bench::new().await;
    let token = bench.verify("maple.com").await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "Pending");
    bench
        .publish("maple.com", &[text("maple.com", "another")])
        .await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "Pending");
    let two = [text("maple.com", "another"), text("maple.com", &token)];
    bench.publish("maple.com", &two).await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "Success");
}

#[tokio::test]
async fn a_token_in_another_case_is_another_token() {
    let bench = Bench::new().await;
    let token = bench.verify("maple.com").await;
    bench
        .publish("maple.com", &[text("maple.com", &token.to_lowercase())])
        .await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "Pending");
}

#[tokio::test]
async fn the_txt_token_also_verifies_at_the_domain_itself_with_or_without_prefix() {
    let bench = Bench::new().await;
    for (domain, prefix) in [("one.com", ""), ("two.com", "amazonses:")] {
        let token = bench.verify(domain).await;
        let lines = [
            "@ TXT \"v=spf1 -all\"".to_owned(),
            format!("@ TXT \"{prefix}{token}\""),
        ];
        bench.publish(domain, &lines).await;
        assert_eq!(bench.status(domain).await.unwrap(), "Success", "{domain}");
    }
}

#[tokio::test]
async fn all_three_cname_records_verify_a_domain_without_the_txt_record() {
    let bench = Bench::new().await;
    let lines = bench.create("maple.com").await;
    bench.verify("maple.com").await;
    bench.publish("maple.com", &lines[..2]).await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "Pending");
    assert_eq!(bench.dkim("maple.com").await, "Pending");
    bench.publish("maple.com", &lines).await;
    assert_eq!(bench.dkim("maple.com").await, "Success");
    assert_eq!(bench.status("maple.com").await.unwrap(), "Success");
}

#[tokio::test]
async fn the_txt_record_alone_leaves_dkim_waiting() {
    let bench = Bench::new().await;
    bench.create("maple.com").await;
    let token = bench.verify("maple.com").await;
    bench
        .publish("maple.com", &[text("maple.com", &token)])
        .await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "Success");
    assert_eq!(bench.dkim("maple.com").await, "Pending");
}

#[tokio::test]
async fn a_pending_identity_is_neither_verified_for_sending_nor_failed() {
    let bench = Bench::new().await;
    let lines = bench.create("maple.com").await;
    let get = || {
        bench
            .v2
            .get_email_identity()
            .email_identity("maple.com")
            .send()
    };
    let waiting = get().await.unwrap();
    assert!(!waiting.verified_for_sending_status);
    assert_eq!(
        waiting.verification_status,
        Some(VerificationStatus::Pending)
    );
    let info = waiting.verification_info.unwrap();
    assert!(info.last_checked_timestamp.is_some());
    assert!(info.last_success_timestamp.is_none());
    assert_eq!(info.error_type.unwrap().as_str(), "HOST_NOT_FOUND");

    bench.publish("maple.com", &lines).await;
    let verified = get().await.unwrap();
    assert!(verified.verified_for_sending_status);
    let info = verified.verification_info.unwrap();
    assert!(info.last_success_timestamp.is_some());
    assert!(info.error_type.is_none());
}

#[tokio::test]
async fn mail_from_needs_its_own_mx_alone_and_an_spf_record() {
    let bench = Bench::new().await;
    bench.create("maple.com").await;
    bench
        .v2
        .put_email_identity_mail_from_attributes()
        .email_identity("maple.com")
        .mail_from_domain("bounce.maple.com")
        .send()
        .await
        .unwrap();
    assert_eq!(bench.mail_from("maple.com").await, "Pending");

    let ours = "bounce MX 10 feedback-smtp.eu-west-1.amazonses.com.".to_owned();
    let elsewhere = "bounce MX 10 feedback-smtp.us-east-1.amazonses.com.".to_owned();
    let policy = "bounce TXT \"v=spf1 include:amazonses.com ~all\"".to_owned();
    for incomplete in [
        vec![ours.clone()],
        vec![policy.clone()],
        vec![elsewhere.clone(), policy.clone()],
        vec![
            ours.clone(),
            "bounce MX 20 mail.other.test.".to_owned(),
            policy.clone(),
        ],
    ] {
        bench.publish("maple.com", &incomplete).await;
        assert_eq!(
            bench.mail_from("maple.com").await,
            "Pending",
            "{incomplete:?}"
        );
    }
    bench.publish("maple.com", &[ours, policy]).await;
    assert_eq!(bench.mail_from("maple.com").await, "Success");
    assert_eq!(bench.status("maple.com").await.unwrap(), "Pending");
    bench.publish("maple.com", &[]).await;
    assert_eq!(bench.mail_from("maple.com").await, "TemporaryFailure");
}

#[tokio::test]
async fn each_axis_fails_after_72_hours_until_it_is_restarted() {
    let bench = Bench::new().await;
    let lines = bench.create("maple.com").await;
    let token = bench.verify("maple.com").await;
    bench
        .control(json!({ "advance_seconds": 72 * HOUR - 60 }))
        .await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "Pending");
    bench.control(json!({ "advance_seconds": 61 })).await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "Failed");
    assert_eq!(bench.dkim("maple.com").await, "Failed");

    // SES has stopped looking.
    let mut all = lines.clone();
    all.push(text("maple.com", &token));
    bench.publish("maple.com", &all).await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "Failed");

    bench.verify("maple.com").await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "Success");
    assert_eq!(bench.dkim("maple.com").await, "Failed");
    bench
        .v1
        .verify_domain_dkim()
        .domain("maple.com")
        .send()
        .await
        .unwrap();
    assert_eq!(bench.dkim("maple.com").await, "Success");
}

#[tokio::test]
async fn putting_the_dkim_attributes_again_starts_dkim_again() {
    let bench = Bench::new().await;
    let lines = bench.create("maple.com").await;
    bench.control(json!({ "window_seconds": 0.05 })).await;
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert_eq!(bench.dkim("maple.com").await, "Failed");
    bench.control(json!({ "window_seconds": 60 })).await;
    bench.publish("maple.com", &lines).await;
    assert_eq!(bench.dkim("maple.com").await, "Failed");
    bench
        .v2
        .put_email_identity_dkim_attributes()
        .email_identity("maple.com")
        .signing_enabled(true)
        .send()
        .await
        .unwrap();
    assert_eq!(bench.dkim("maple.com").await, "Success");
}

#[tokio::test]
async fn records_published_before_a_clock_jump_are_seen() {
    let bench = Bench::new().await;
    let lines = bench.create("maple.com").await;
    bench.publish("maple.com", &lines).await;
    bench
        .control(json!({ "advance_seconds": 100 * HOUR }))
        .await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "Success");
}

#[tokio::test]
async fn records_that_vanish_are_a_temporary_failure_and_then_a_failure() {
    let bench = Bench::new().await;
    let token = bench.verify("maple.com").await;
    bench
        .publish("maple.com", &[text("maple.com", &token)])
        .await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "Success");
    bench.publish("maple.com", &[]).await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "TemporaryFailure");
    bench
        .publish("maple.com", &[text("maple.com", &token)])
        .await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "Success");
    bench.publish("maple.com", &[]).await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "TemporaryFailure");
    bench.control(json!({ "advance_seconds": 72 * HOUR })).await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "Failed");
}

#[tokio::test]
async fn a_dns_server_that_fails_changes_nothing() {
    let bench = Bench::new().await;
    let token = bench.verify("maple.com").await;
    bench
        .publish("maple.com", &[text("maple.com", &token)])
        .await;
    assert_eq!(bench.status("maple.com").await.unwrap(), "Success");
    for fault in [Fault::ServFail, Fault::Refused] {
        bench.dns.set_faults([FaultRule::everywhere(fault)]);
        assert_eq!(
            bench.status("maple.com").await.unwrap(),
            "Success",
            "{fault:?}"
        );
    }
}

#[tokio::test]
async fn the_child_of_a_verified_domain_is_verified_by_inheritance() {
    let bench = Bench::new().await;
    let token = bench.verify("maple.com").await;
    bench.create("mail.maple.com").await;
    bench.create("notmaple.com").await;
    assert_eq!(bench.status("mail.maple.com").await.unwrap(), "Pending");
    bench
        .publish("maple.com", &[text("maple.com", &token)])
        .await;
    assert_eq!(bench.status("mail.maple.com").await.unwrap(), "Success");
    assert_eq!(bench.dkim("mail.maple.com").await, "Pending");
    assert_eq!(bench.status("notmaple.com").await.unwrap(), "Pending");
    let child = bench
        .v2
        .get_email_identity()
        .email_identity("mail.maple.com");
    assert!(child.send().await.unwrap().verified_for_sending_status);
}

#[tokio::test]
async fn dns_is_queried_once_per_interval_for_any_number_of_calls() {
    let bench = Bench::new().await;
    bench.control(json!({ "recheck_ms": 3_600_000 })).await;
    bench.verify("maple.com").await;
    for _ in 0..5 {
        bench.status("maple.com").await;
    }
    assert_eq!(bench.dns.queries().about("_amazonses.maple.com"), 1);
    bench.control(json!({ "advance_seconds": HOUR })).await;
    bench.status("maple.com").await;
    assert_eq!(bench.dns.queries().about("_amazonses.maple.com"), 2);
}

#[tokio::test]
async fn a_batch_of_a_hundred_is_looked_up_at_once() {
    let bench = Bench::new().await;
    let names: Vec<_> = (0..100).map(|number| format!("d{number}.com")).collect();
    for name in &names {
        bench.create(name).await;
        bench.verify(name).await;
    }
    let latency = Duration::from_millis(30);
    bench
        .dns
        .set_faults([FaultRule::everywhere(Fault::Delay(latency))]);
    let started = Instant::now();
    let asked = bench.v1.get_identity_verification_attributes();
    let answer = asked.set_identities(Some(names)).send().await.unwrap();
    assert_eq!(answer.verification_attributes.len(), 100);
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
}
