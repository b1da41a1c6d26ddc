//! If a contact has reached its daily limit of emails, the other events are listed in one email on
//! the next day.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain_auth::mail_limits::{CONTACT_EMAILS_PER_DAY, CONTACT_EMAILS_PER_DAY_OF_ALL};
use domain_auth::ports::MailTo;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::tests::{Answer, TestApp, app, delivery, notified};

/// `domain.recovered` for the domain with this number; Lasso support and the contact are told.
fn recovered(number: u32) -> String {
    let record = delivery("recovered").records.remove(0);
    let mut event: Value = serde_json::from_str(record.body.as_deref().unwrap()).unwrap();
    event["event_id"] = json!(format!("01978c6e-0000-7000-8000-{number:012}"));
    event["domain"] = json!(format!("d{number}.example"));
    event["domain_unicode"] = event["domain"].clone();
    event["contact_email"] = json!("kim@example.com");
    event.to_string()
}

fn batch(bodies: &[String], queue: &str) -> SqsEvent {
    let records = bodies.iter().enumerate().map(|(at, body)| {
        json!({
            "messageId": format!("message-{at}"),
            "receiptHandle": format!("receipt-{at}"),
            "body": body,
            "attributes": { "ApproximateReceiveCount": "1" },
            "eventSourceARN": queue,
        })
    });
    let records: Vec<Value> = records.collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// The emails to the contact, each with its domains.
fn to_contact(app: &TestApp) -> Vec<BTreeSet<u32>> {
    let emails = app.mail.emails.lock().unwrap();
    let recipients = app.mail.recipients.lock().unwrap();
    let of_contact = emails
        .iter()
        .zip(&*recipients)
        .filter(|(_, to)| matches!(to, MailTo::Contact(_)));
    let domains = |text: &str| {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
        words
            .filter_map(|word| {
                word.strip_prefix('d')?
                    .strip_suffix(".example")?
                    .parse()
                    .ok()
            })
            .collect()
    };
    of_contact.map(|(email, _)| domains(&email.text)).collect()
}

#[tokio::test]
async fn events_beyond_a_contacts_daily_limit_are_emailed_as_a_list_the_next_day() {
    const REST: u32 = 7;
    let mut app = app();
    app.notify_clients = true;
    for number in 0..CONTACT_EMAILS_PER_DAY + REST {
        app.clock.advance(SignedDuration::from_mins(2));
        let answer = notified(&app, batch(&[recovered(number)], "arn:usual")).await;
        assert_eq!(answer, SqsBatchResponse::default(), "{number}");
    }
    assert_eq!(to_contact(&app).len(), CONTACT_EMAILS_PER_DAY as usize);
    assert_eq!(app.meter.values("AlertsCarried", None).len(), REST as usize);
    let carried = app.carried_queue.0.carried.lock().unwrap().clone();
    assert_eq!(carried.len(), REST as usize);

    // On the same day they wait in their queue, some of them twice because SQS has delivered them
    // twice.
    let mut twice = carried.clone();
    twice.push(carried[0].clone());
    let waiting = notified(&app, batch(&twice, "arn:carried")).await;
    assert_eq!(waiting.batch_item_failures.len(), twice.len());
    let told = std::mem::take(&mut *app.carried_queue.0.told.lock().unwrap());
    let longest = Duration::from_hours(12);
    assert!(told.iter().all(|told| told.after < longest), "{told:?}");
    assert_eq!(to_contact(&app).len(), CONTACT_EMAILS_PER_DAY as usize);
    assert_eq!(app.meter.values("AlertsCarried", None).len(), REST as usize);

    app.clock.advance(SignedDuration::from_hours(24));
    let dealt_with = notified(&app, batch(&twice, "arn:carried")).await;
    assert_eq!(dealt_with, SqsBatchResponse::default());
    let emails = to_contact(&app);
    assert_eq!(emails.len(), CONTACT_EMAILS_PER_DAY as usize + 1);
    let list: BTreeSet<u32> = (CONTACT_EMAILS_PER_DAY..CONTACT_EMAILS_PER_DAY + REST).collect();
    assert_eq!(emails.last(), Some(&list));
    // Every event is in exactly one email.
    let told: Vec<u32> = emails.iter().flatten().copied().collect();
    let once: BTreeSet<u32> = told.iter().copied().collect();
    assert_eq!(told.len(), once.len());
    assert_eq!(once.len(), (CONTACT_EMAILS_PER_DAY + REST) as usize);
    notified(&app, batch(&twice, "arn:carried")).await;
    assert_eq!(to_contact(&app).len(), emails.len(), "once");
}

#[tokio::test]
async fn one_client_does_not_use_up_the_emails_of_another_with_the_same_contact() {
    let mut app = app();
    app.notify_clients = true;
    let of = |client: u32, number: u32| {
        let mut event: Value = serde_json::from_str(&recovered(1_000 * client + number)).unwrap();
        event["client"] = json!(format!("client-{client}"));
        event["contact_email"] = json!(format!("kim+{number}@example.com"));
        event.to_string()
    };
    let clients = CONTACT_EMAILS_PER_DAY_OF_ALL / CONTACT_EMAILS_PER_DAY;
    for client in 0..=clients {
        let before = to_contact(&app).len();
        for number in 0..=CONTACT_EMAILS_PER_DAY {
            app.clock.advance(SignedDuration::from_secs(4));
            notified(&app, batch(&[of(client, number)], "arn:usual")).await;
        }
        let emails = to_contact(&app).len() - before;
        let expected = if client < clients {
            CONTACT_EMAILS_PER_DAY
        } else {
            0
        };
        assert_eq!(emails, expected as usize, "client {client}");
    }
}

#[tokio::test]
async fn a_message_is_redelivered_if_it_cannot_be_carried_over() {
    let mut app = app();
    app.notify_clients = true;
    for number in 0..CONTACT_EMAILS_PER_DAY {
        app.clock.advance(SignedDuration::from_mins(2));
        notified(&app, batch(&[recovered(number)], "arn:usual")).await;
    }
    app.carried_queue.0.fails = true;
    let answer = notified(&app, batch(&[recovered(100)], "arn:usual")).await;
    assert_eq!(answer.batch_item_failures.len(), 1);
    assert_eq!(app.queue.told.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_alert_that_ses_refuses_is_put_aside_though_its_contact_has_to_wait() {
    let mut app = app();
    app.notify_clients = true;
    for number in 0..CONTACT_EMAILS_PER_DAY {
        app.clock.advance(SignedDuration::from_mins(2));
        notified(&app, batch(&[recovered(number)], "arn:usual")).await;
    }
    app.mail.answers_next([Answer::Rejects]);
    let answer = notified(&app, batch(&[recovered(100)], "arn:usual")).await;
    assert_eq!(answer, SqsBatchResponse::default());
    assert_eq!(app.queue.dead.lock().unwrap().len(), 1, "with the reason");
    let carried = app.carried_queue.0.carried.lock().unwrap().clone();
    assert_eq!(
        carried,
        [recovered(100)],
        "the contact is told the next day"
    );

    let emails = to_contact(&app).len();
    app.clock.advance(SignedDuration::from_hours(24));
    notified(&app, batch(&carried, "arn:carried")).await;
    notified(&app, batch(&carried, "arn:usual")).await;
    assert_eq!(
        to_contact(&app).len(),
        emails + 1,
        "and after a redrive not again"
    );
}
