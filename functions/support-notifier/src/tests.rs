//! Every file in `events/support-notifier`: the email as it is sent, and once only.

use std::path::Path;
use std::sync::Mutex;

use aws_lambda_events::event::sns::SnsEvent;
use domain_auth::ports::{Clock, Email, SendEmail, SesError};
use domain_auth::use_cases::email_support::SENDING_LEASE;
use domain_auth_testkit::{MemoryStore, RecordingMeter, TestClock};

use super::{App, NotifyError};

#[derive(Default)]
struct Mailbox {
    emails: Mutex<Vec<Email>>,
    throttles: Mutex<usize>,
}

impl SendEmail for Mailbox {
    async fn send(&self, email: &Email) -> Result<String, SesError> {
        let mut throttles = self.throttles.lock().unwrap();
        if *throttles > 0 {
            *throttles -= 1;
            return Err(SesError::Throttled {
                operation: "SendEmail",
            });
        }
        self.emails.lock().unwrap().push(email.clone());
        Ok("0100018c-example".to_owned())
    }
}

fn app() -> App<MemoryStore, Mailbox, TestClock, RecordingMeter> {
    App {
        store: MemoryStore::default(),
        mail: Mailbox::default(),
        clock: TestClock::default(),
        meter: RecordingMeter::default(),
        limit: 50,
    }
}

fn delivery_in(file: &Path) -> SnsEvent {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn delivery(case: &str) -> SnsEvent {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/support-notifier");
    delivery_in(format!("{folder}/{case}.json").as_ref())
}

fn shown(email: &Email) -> String {
    let reply_to = email
        .reply_to
        .as_ref()
        .map_or("", |address| address.as_str());
    let Email {
        subject,
        text,
        html,
        ..
    } = email;
    format!("Subject: {subject}\nReply-To: {reply_to}\n\n{text}\n────\n{html}")
}

#[test]
fn every_event_is_emailed_as_its_snapshot_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    insta::glob!("../../../events/support-notifier", "*.json", |file| {
        let app = app();
        let outcome = runtime.block_on(app.notify(delivery_in(file)));
        let emails = app.mail.emails.lock().unwrap();
        let sent: Vec<String> = emails.iter().map(shown).collect();
        let shown = match outcome {
            Ok(()) => sent.join("\n════\n"),
            Err(error) => format!("{error}, {} emails", sent.len()),
        };
        insta::assert_snapshot!(shown);
    });
}

#[tokio::test]
async fn the_same_event_twice_is_one_email() {
    let app = app();
    app.notify(delivery("verified")).await.unwrap();
    app.notify(delivery("verified")).await.unwrap();
    assert_eq!(app.mail.emails.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_throttled_email_is_sent_by_the_next_delivery_at_once() {
    let app = app();
    *app.mail.throttles.lock().unwrap() = 1;
    assert!(matches!(
        app.notify(delivery("verified")).await,
        Err(NotifyError::Email(_))
    ));
    app.notify(delivery("verified")).await.unwrap();
    assert_eq!(app.mail.emails.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_copy_that_died_while_sending_is_waited_for_and_then_replaced() {
    use domain_auth::ports::{EmailLedger, Lease};
    let app = app();
    let event: domain_auth::event::Event =
        serde_json::from_str(&delivery("verified").records[0].sns.message).unwrap();
    let now = app.clock.now();
    let lease = app
        .store
        .lease(event.event_id, now, now + SENDING_LEASE)
        .await
        .unwrap();
    assert_eq!(lease, Lease::Granted);

    assert!(matches!(
        app.notify(delivery("verified")).await,
        Err(NotifyError::Email(_))
    ));
    assert!(app.mail.emails.lock().unwrap().is_empty());
    app.clock.advance(SENDING_LEASE);
    app.notify(delivery("verified")).await.unwrap();
    assert_eq!(app.mail.emails.lock().unwrap().len(), 1);
}

/// The same delivery about an event of its own.
fn another(case: &str, number: u32) -> SnsEvent {
    let mut delivery = delivery(case);
    let message = &mut delivery.records[0].sns.message;
    let mut event: serde_json::Value = serde_json::from_str(message).unwrap();
    event["event_id"] = format!("0198f3a2-6d5e-7c41-9a37-{number:012}").into();
    *message = event.to_string();
    delivery
}

#[tokio::test]
async fn the_first_alert_over_the_limit_is_emailed_as_the_summary_of_the_day() {
    let mut app = app();
    app.limit = 2;
    for number in 0..5 {
        app.notify(another("verified", number)).await.unwrap();
    }
    {
        let emails = app.mail.emails.lock().unwrap();
        assert_eq!(emails.len(), 3);
        insta::assert_snapshot!("summary", shown(&emails[2]));
    }
    let not_emailed = app.meter.values("AlertsNotEmailed", Some("OverLimit"));
    assert_eq!(not_emailed, [1.0, 1.0, 1.0]);
    app.notify(another("at-risk", 5)).await.unwrap();
    assert_eq!(app.mail.emails.lock().unwrap().len(), 4, "what stops mail");
}
