//! The fate of emails: events on the topic, and the suppression list.

use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageTag};
use serde_json::{Value, json};

use super::Bench;

const TOPIC: &str = "arn:aws:sns:us-east-1:000000000000:mail-events";

async fn send(bench: &Bench, to: &str, configuration_set: Option<&str>) {
    let text = |data: &str| Content::builder().data(data).build().unwrap();
    let message = Message::builder()
        .subject(text("Records"))
        .body(Body::builder().text(text("Hello")).build())
        .build();
    let tag = MessageTag::builder()
        .name("audience")
        .value("administrator");
    bench
        .v2
        .send_email()
        .from_email_address("no-reply@lasso.example")
        .destination(Destination::builder().to_addresses(to).build())
        .set_configuration_set_name(configuration_set.map(str::to_owned))
        .email_tags(tag.build().unwrap())
        .content(EmailContent::builder().simple(message).build())
        .send()
        .await
        .unwrap();
}

/// The events that the emulator was asked to publish.
fn published(bench: &Bench) -> Vec<Value> {
    let received = bench.emulator.received();
    let forms = received.iter().filter_map(|request| {
        let form = String::from_utf8(request.body.to_vec()).ok()?;
        form.starts_with("Action=Publish").then_some(form)
    });
    forms
        .map(|form| {
            let message = form.split("&Message=").nth(1).unwrap();
            let mut octets = Vec::new();
            let mut rest = message.as_bytes();
            while let [first, tail @ ..] = rest {
                if *first == b'%' {
                    let digits = std::str::from_utf8(&tail[..2]).unwrap();
                    octets.push(u8::from_str_radix(digits, 16).unwrap());
                    rest = &tail[2..];
                } else {
                    octets.push(*first);
                    rest = tail;
                }
            }
            serde_json::from_slice(&octets).unwrap()
        })
        .collect()
}

async fn is_suppressed(bench: &Bench, address: &str) -> bool {
    let asked = bench.v2.get_suppressed_destination();
    asked.email_address(address).send().await.is_ok()
}

#[tokio::test]
async fn bounces_and_complaints_publish_events_and_suppress_the_address() {
    let bench = Bench::new().await;
    bench.gate.publish_mail_events_to(TOPIC);
    let fates = json!({
        "Gone@Example.com": "bounce",
        "full@example.com": "soft_bounce",
        "angry@example.com": "complaint",
        "virus@example.com": "reject",
    });
    bench.control(json!({ "recipients": fates })).await;
    for to in [
        "gone@example.com",
        "full@example.com",
        "angry@example.com",
        "virus@example.com",
        "fine@example.com",
    ] {
        send(&bench, to, Some("ours")).await;
    }
    let events = published(&bench);
    let kinds: Vec<&Value> = events.iter().map(|event| &event["eventType"]).collect();
    assert_eq!(kinds, ["Bounce", "Bounce", "Complaint", "Reject"]);
    assert_eq!(events[0]["bounce"]["bounceType"], "Permanent");
    assert_eq!(events[1]["bounce"]["bounceType"], "Transient");
    let mail = &events[0]["mail"];
    assert_eq!(mail["destination"], json!(["gone@example.com"]));
    assert_eq!(mail["tags"]["audience"], json!(["administrator"]));
    assert_eq!(mail["tags"]["ses:configuration-set"], json!(["ours"]));
    for (address, suppressed) in [
        ("gone@example.com", true),
        ("angry@example.com", true),
        ("full@example.com", false),
        ("virus@example.com", false),
        ("fine@example.com", false),
    ] {
        assert_eq!(
            is_suppressed(&bench, address).await,
            suppressed,
            "{address}"
        );
    }
    bench.control(json!({ "reset": true })).await;
    assert!(!is_suppressed(&bench, "gone@example.com").await);
}

#[tokio::test]
async fn an_email_outside_of_a_configuration_set_has_no_event() {
    let bench = Bench::new().await;
    bench.gate.publish_mail_events_to(TOPIC);
    let fates = json!({ "gone@example.com": "bounce" });
    bench.control(json!({ "recipients": fates })).await;
    send(&bench, "gone@example.com", None).await;
    assert!(published(&bench).is_empty());
    bench
        .control(json!({ "suppressed": ["Gone@example.com"] }))
        .await;
    assert!(is_suppressed(&bench, "gone@example.com").await);
}
