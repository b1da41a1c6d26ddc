use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain_auth::domain::Domain;
use domain_auth::history::{Action, Actor};
use domain_auth::names::ClientId;
use domain_auth::ports::CommitChanges;
use domain_auth::state::{State, Trigger};
use domain_auth_testkit::{client, domain_name, new_domain};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::super::tests::{TestApp, app, notified};
use super::*;

const ADDRESS: &str = "dns@it-partner.example";

/// A domain of `maple-homes` with a contact.
async fn added(app: &TestApp) -> Domain {
    let mut new = new_domain("maple-homes", "mail.example.com");
    new.contact_email = Some(EmailAddress::parse("kim@example.com").unwrap());
    let (now, actor) = (app.clock.now(), Actor::Service);
    let change = Domain::add(new, State::provisioning(), None, actor, now, &app.ids);
    app.store.commit(&change).await.unwrap();
    change.domain
}

async fn stored(app: &TestApp) -> Domain {
    let domain = domain_name("mail.example.com");
    let found = app.store.domain(&maple(), &domain).await.unwrap();
    found.unwrap()
}

fn maple() -> ClientId {
    client("maple-homes")
}

async fn lines(app: &TestApp) -> Vec<Value> {
    let domain = domain_name("mail.example.com");
    let history = app.store.history(&maple(), &domain, 50, None).await;
    let lines = history.unwrap().items.into_iter();
    lines
        .filter(|line| line.action == Action::EmailRefused)
        .map(|line| line.evidence.unwrap().for_support())
        .collect()
}

/// An event as SES publishes it (developer guide, "Examples of event data that Amazon SES publishes
/// to Amazon SNS").
fn event(app: &TestApp, kind: &str, audience: &str, to: &str) -> Value {
    let about = AboutDomain {
        client: maple(),
        domain: domain_name("mail.example.com"),
    };
    let now = app.clock.now().to_string();
    let mut tags = json!({
        "ses:operation": ["SendEmail"],
        "ses:configuration-set": ["ConfigSet"],
        "audience": [audience],
    });
    for (name, value) in about.tags() {
        tags[name] = json!([value]);
    }
    let mut event = json!({
        "eventType": kind,
        "mail": {
            "timestamp": now,
            "source": "Sender Name <sender@example.com>",
            "sendingAccountId": "123456789012",
            "messageId": "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
            "destination": [to],
            "headersTruncated": false,
            "tags": tags,
        },
    });
    match kind {
        "Bounce" => {
            event["bounce"] = json!({
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "bouncedRecipients": [{
                    "emailAddress": to,
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }],
                "timestamp": now,
                "feedbackId": "01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000",
                "reportingMTA": "dsn; mta.example.com",
            });
        }
        "Complaint" => {
            event["complaint"] = json!({
                "complainedRecipients": [{ "emailAddress": to }],
                "timestamp": now,
                "complaintSubType": null,
                "complaintFeedbackType": "abuse",
            });
        }
        _ => event["reject"] = json!({ "reason": "Bad content" }),
    }
    event
}

fn batch(bodies: impl IntoIterator<Item = String>) -> SqsEvent {
    let records = bodies.into_iter().enumerate().map(|(at, body)| {
        json!({
            "messageId": format!("message-{at}"),
            "receiptHandle": format!("receipt-{at}"),
            "body": body,
            "attributes": { "ApproximateReceiveCount": "1" },
            "eventSourceARN": "arn:usual",
        })
    });
    let records: Vec<Value> = records.collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

async fn delivered(app: &TestApp, events: &[&Value]) {
    let answer = notified(app, batch(events.iter().map(ToString::to_string))).await;
    assert_eq!(answer, SqsBatchResponse::default());
    assert!(app.queue.dead.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_redelivered_bounce_is_stored_once() {
    let app = app();
    added(&app).await;
    let bounce = event(&app, "Bounce", "administrator", ADDRESS);
    delivered(&app, &[&bounce, &bounce]).await;
    let one = [&bounce];
    let copies = (0..4).map(|_| delivered(&app, &one));
    futures::future::join_all(copies).await;
    let domain = stored(&app).await;
    let undelivered: Vec<_> = domain.undelivered().collect();
    let [refusal] = undelivered.as_slice() else {
        panic!("{undelivered:?}");
    };
    assert_eq!(refusal.to, "d…@it-partner.example");
    assert_eq!(refusal.reason, Undelivered::Bounced);
    assert_eq!(refusal.status.as_deref(), Some("5.1.1"));
    let line = json!({
        "to": "d…@it-partner.example",
        "email": "instructions",
        "reason": "bounced",
        "status": "5.1.1",
    });
    assert_eq!(lines(&app).await, [line]);
    assert_eq!(domain.version, 2);
    assert_eq!(app.mail.emails.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_bounce_in_an_sns_envelope_is_stored() {
    let app = app();
    added(&app).await;
    let bounce = event(&app, "Bounce", "administrator", ADDRESS).to_string();
    let envelope = json!({ "Type": "Notification", "Message": bounce });
    delivered(&app, &[&envelope]).await;
    assert_eq!(stored(&app).await.undelivered().count(), 1);
}

#[tokio::test]
async fn delivery_events_of_one_email_are_stored_in_any_order() {
    let app = app();
    added(&app).await;
    let bounce = event(&app, "Bounce", "administrator", ADDRESS);
    let complaint = event(&app, "Complaint", "administrator", ADDRESS);
    delivered(&app, &[&complaint, &bounce, &complaint]).await;
    let reasons: Vec<Value> = lines(&app).await;
    let reasons: Vec<&Value> = reasons.iter().map(|line| &line["reason"]).collect();
    assert_eq!(reasons, ["bounced", "complained"]);
    let mut rejected = event(&app, "Reject", "administrator", ADDRESS);
    rejected["mail"]["messageId"] = json!("another");
    delivered(&app, &[&rejected]).await;
    assert_eq!(lines(&app).await[0]["reason"], "rejected");
}

#[tokio::test]
async fn a_soft_bounce_and_other_events_change_nothing() {
    let app = app();
    let before = added(&app).await;
    let mut soft = event(&app, "Bounce", "administrator", ADDRESS);
    soft["bounce"]["bounceType"] = json!("Transient");
    let delivery = event(&app, "Delivery", "administrator", ADDRESS);
    let mut untagged = event(&app, "Bounce", "administrator", ADDRESS);
    untagged["mail"]["tags"]["domain"] = json!(["not a domain"]);
    let mut foreign = event(&app, "Bounce", "administrator", ADDRESS);
    foreign["mail"]["tags"] = json!({});
    let support = event(&app, "Bounce", "support", "support@lasso.example");
    delivered(&app, &[&soft, &delivery, &untagged, &foreign, &support]).await;
    assert_eq!(stored(&app).await, before);
}

#[tokio::test]
async fn a_bounce_from_before_or_after_the_life_of_the_domain_is_dropped() {
    let app = app();
    // Nothing is stored under the name.
    let early = event(&app, "Bounce", "administrator", ADDRESS);
    delivered(&app, &[&early]).await;
    app.clock.advance(SignedDuration::from_hours(1));
    let before = added(&app).await;
    delivered(&app, &[&early]).await;
    assert_eq!(stored(&app).await, before);
    let removed = before.transition(
        Trigger::Removed,
        Actor::Service,
        None,
        app.clock.now(),
        &app.ids,
    );
    let removed = removed.unwrap();
    app.store.commit(&removed).await.unwrap();
    let late = event(&app, "Bounce", "administrator", ADDRESS);
    delivered(&app, &[&late]).await;
    assert_eq!(stored(&app).await, removed.domain);
    assert!(lines(&app).await.is_empty());
}

#[tokio::test]
async fn a_contacts_bounce_is_shown_until_the_contact_changes() {
    let app = app();
    added(&app).await;
    let other = event(&app, "Bounce", "contact", "former@example.com");
    delivered(&app, &[&other]).await;
    assert_eq!(stored(&app).await.undelivered().count(), 0);
    assert_eq!(lines(&app).await.len(), 1);
    let mut bounce = event(&app, "Bounce", "contact", "Kim@example.com");
    bounce["mail"]["messageId"] = json!("another");
    delivered(&app, &[&bounce]).await;
    let domain = stored(&app).await;
    let emails: Vec<Mailing> = domain.undelivered().map(|refusal| refusal.email).collect();
    assert_eq!(emails, [Mailing::Notice]);
}

#[tokio::test]
async fn the_validation_message_of_ses_is_ignored_but_a_malformed_event_is_not() {
    let app = app();
    let validated = "Successfully validated SNS topic for Amazon SES event publishing.";
    let broken = json!({ "eventType": "Bounce", "mail": { "messageId": 7 } });
    let bodies = [validated.to_owned(), broken.to_string()];
    let answer = notified(&app, batch(bodies)).await;
    assert_eq!(answer, SqsBatchResponse::default());
    let dead = app.queue.dead.lock().unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].body, broken.to_string());
}

#[tokio::test]
async fn hostile_text_in_an_event_is_not_stored() {
    let app = app();
    added(&app).await;
    let mut bounce = event(&app, "Bounce", "administrator", ADDRESS);
    bounce["bounce"]["bouncedRecipients"][0]["status"] = json!("<b>5.1.1\r\n");
    bounce["mail"]["messageId"] = json!("m".repeat(10_000));
    delivered(&app, &[&bounce]).await;
    let domain = stored(&app).await;
    let refusal = domain.undelivered().next().unwrap();
    assert_eq!(refusal.status, None);
    assert_eq!(refusal.message.len(), LONGEST);
}

#[tokio::test]
async fn an_event_is_redelivered_if_no_time_is_left() {
    let app = app();
    added(&app).await;
    let bounce = event(&app, "Bounce", "administrator", ADDRESS);
    let deadline = app.clock.now() + SignedDuration::from_secs(10);
    let answer = app.notify(batch([bounce.to_string()]), deadline).await;
    assert_eq!(answer.batch_item_failures.len(), 1);
    assert_eq!(app.queue.told.lock().unwrap().len(), 1);
    assert_eq!(stored(&app).await.undelivered().count(), 0);
}

#[test]
fn an_enhanced_status_code_has_three_numbers() {
    for code in ["5.1.1", "4.2.2", "5.7.509"] {
        assert!(is_status_code(code), "{code}");
    }
    for text in ["", "5.1", "5.1.1.1", "5.1.", "5.1.1000", "a.b.c", "5.1.1 <"] {
        assert!(!is_status_code(text), "{text}");
    }
}
