//! Every call is passed through unchanged, and the emulator authorises it.

use aws_sdk_ses::error::ProvideErrorMetadata;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use http::Method;
use ses_gate::{Options, SesGate, StartError};

use super::Bench;

#[tokio::test]
async fn a_call_reaches_the_emulator_unchanged() {
    let bench = Bench::new().await;
    let host = bench.gate.url().replace("http://", "");
    let response = reqwest::Client::new()
        .post(format!(
            "{}/v2/email/anything/a%20b?x=1&y=%2F",
            bench.gate.url()
        ))
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=K/20240101/eu-west-1/ses/aws4_request",
        )
        .header("x-amz-date", "20240101T000000Z")
        .body("the body")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-from"], "the emulator");
    let received = bench.emulator.received().pop().unwrap();
    assert_eq!(received.method, Method::POST);
    assert_eq!(received.target, "/v2/email/anything/a%20b?x=1&y=%2F");
    assert_eq!(received.headers["host"], host);
    assert_eq!(received.headers["x-amz-date"], "20240101T000000Z");
    assert!(
        received.headers["authorization"]
            .to_str()
            .unwrap()
            .contains("Credential=K/")
    );
    assert_eq!(received.body, "the body");
}

#[tokio::test]
async fn sending_has_no_rate_limit_and_is_answered_by_the_emulator() {
    let bench = Bench::limited().await;
    let text = |text: &str| Content::builder().data(text).build().unwrap();
    let message = Message::builder()
        .subject(text("subject"))
        .body(Body::builder().text(text("text")).build())
        .build();
    for _ in 0..5 {
        let sent = bench
            .v2
            .send_email()
            .from_email_address("a@b.com")
            .destination(Destination::builder().to_addresses("c@d.com").build())
            .content(EmailContent::builder().simple(message.clone()).build())
            .send()
            .await
            .unwrap();
        assert_eq!(sent.message_id.unwrap(), "from the emulator");
    }
    assert_eq!(bench.report().await["calls"]["SendEmail"]["accepted"], 5);
}

#[tokio::test]
async fn an_access_denial_is_passed_on_unchanged_and_creates_no_identity() {
    let bench = Bench::new().await;
    let (v1, v2) = bench.denied();
    let error = v1
        .verify_domain_identity()
        .domain("maple.com")
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.into_service_error().code(), Some("AccessDenied"));
    let error = v2
        .create_email_identity()
        .email_identity("maple.com")
        .send()
        .await
        .unwrap_err();
    let error = error.into_service_error();
    assert_eq!(error.code(), Some("AccessDeniedException"));
    assert!(
        error
            .message()
            .unwrap()
            .contains("is not authorized to perform")
    );
    assert_eq!(bench.report().await["identities"], 0);

    // Even if the emulator could not have answered itself.
    bench.create("maple.com").await;
    let put = v2
        .put_email_identity_dkim_attributes()
        .email_identity("maple.com");
    let error = put.send().await.unwrap_err().into_service_error();
    assert_eq!(error.code(), Some("AccessDeniedException"));
    let get = v1
        .get_identity_mail_from_domain_attributes()
        .identities("maple.com");
    let error = get.send().await.unwrap_err().into_service_error();
    assert_eq!(error.code(), Some("AccessDenied"));
}

#[tokio::test]
async fn without_an_emulator_the_service_is_unavailable() {
    let gate = SesGate::start(Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        upstream: "http://127.0.0.1:1".to_owned(),
        dns_server: "127.0.0.1:1".parse().unwrap(),
    })
    .await
    .unwrap();
    let response = reqwest::get(format!("{}/v2/email/account", gate.url()))
        .await
        .unwrap();
    assert_eq!(response.status(), 503);
    gate.stop().await;
}

#[tokio::test]
async fn a_port_in_use_is_named_in_the_error_and_free_after_stopping() {
    let bench = Bench::new().await;
    let options = Options {
        listen: bench.gate.address(),
        upstream: bench.emulator.url.clone(),
        dns_server: bench.dns.address(),
    };
    let error = SesGate::start(options.clone()).await.unwrap_err();
    assert!(
        matches!(error, StartError::AddressInUse { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains(&options.listen.to_string()));
    bench.gate.stop().await;
    SesGate::start(options).await.unwrap().stop().await;
}
