//! Who gets which emails: Lasso support and the contacts of clients, each separately, and lists of
//! many events.

use std::time::Duration;

use aws_lambda_events::event::sqs::SqsEvent;
use domain_auth::names::EmailAddress;
use domain_auth::ports::{Clock, MailTo};
use jiff::SignedDuration;

use crate::tests::{Answer, TestApp, another, app, notified};

fn app_that_tells_clients() -> TestApp {
    let mut app = app();
    app.notify_clients = true;
    app
}

fn kim() -> MailTo {
    MailTo::Contact(EmailAddress::parse("kim@example.com").unwrap())
}

fn recipients(app: &TestApp) -> Vec<MailTo> {
    app.mail.recipients.lock().unwrap().clone()
}

fn subjects(app: &TestApp) -> Vec<String> {
    let emails = app.mail.emails.lock().unwrap();
    emails.iter().map(|email| email.subject.clone()).collect()
}

fn batch(case: &str, count: u32) -> SqsEvent {
    let mut batch = SqsEvent::default();
    for number in 0..count {
        batch.records.append(&mut another(case, number).records);
    }
    batch
}

fn all_dealt_with(answer: &aws_lambda_events::event::sqs::SqsBatchResponse) -> bool {
    answer.batch_item_failures.is_empty()
}

#[tokio::test]
async fn support_and_the_contact_get_one_email_each() {
    let app = app_that_tells_clients();
    for _ in 0..2 {
        assert!(all_dealt_with(&notified(&app, another("at-risk", 0)).await));
    }
    assert_eq!(recipients(&app), [MailTo::Support, kim()]);
}

#[tokio::test]
async fn contacts_get_no_email_if_the_operator_turns_them_off() {
    let app = app();
    assert!(all_dealt_with(&notified(&app, another("at-risk", 0)).await));
    assert_eq!(recipients(&app), [MailTo::Support]);
}

#[tokio::test]
async fn an_address_that_ses_refuses_stops_no_other_email() {
    let app = app_that_tells_clients();
    // Support's email is accepted, the contact's is rejected.
    app.mail
        .answers_next([Answer::TakesItAfter(0), Answer::Rejects]);
    assert!(all_dealt_with(&notified(&app, another("at-risk", 0)).await));
    assert_eq!(recipients(&app), [MailTo::Support]);
    assert_eq!(app.queue.dead.lock().unwrap().len(), 1, "with the reason");

    // After the redrive, only the contact gets an email.
    app.clock.advance(SignedDuration::from_mins(2));
    assert!(all_dealt_with(&notified(&app, another("at-risk", 0)).await));
    assert_eq!(recipients(&app), [MailTo::Support, kim()]);
}

#[tokio::test]
async fn a_suppressed_contact_does_not_stop_the_email_to_support() {
    let app = app_that_tells_clients();
    app.mail.suppressed.lock().unwrap().push(kim());
    assert!(all_dealt_with(&notified(&app, another("at-risk", 0)).await));
    assert_eq!(recipients(&app), [MailTo::Support]);
    let counted = app
        .meter
        .values("AlertsNotEmailed", Some("ContactSuppressed"));
    assert_eq!(counted, [1.0]);
}

#[tokio::test]
async fn alerts_wait_while_support_is_on_the_suppression_list() {
    let app = app();
    app.mail.suppressed.lock().unwrap().push(MailTo::Support);
    let answer = notified(&app, another("at-risk", 0)).await;
    assert_eq!(answer.batch_item_failures.len(), 1);
    assert_eq!(app.meter.values("SupportSuppressed", None), [1.0]);
    assert!(app.queue.dead.lock().unwrap().is_empty());
    app.mail.suppressed.lock().unwrap().clear();
    assert!(all_dealt_with(&notified(&app, another("at-risk", 0)).await));
    assert_eq!(recipients(&app), [MailTo::Support]);
}

#[tokio::test]
async fn several_events_that_need_no_separate_email_share_one() {
    for (case, count) in [("failed", 2), ("stuck", 2), ("verified", 6), ("at-risk", 6)] {
        let app = app();
        assert!(all_dealt_with(&notified(&app, batch(case, count)).await));
        let subjects = subjects(&app);
        assert_eq!(subjects.len(), 1, "{case}: {subjects:?}");
        assert!(all_dealt_with(&notified(&app, batch(case, count)).await));
        assert_eq!(app.mail.emails.lock().unwrap().len(), 1, "{case}: once");
    }
}

#[tokio::test]
async fn lists_include_every_note_and_are_split_before_they_get_too_long() {
    let app = app();
    let mut all = batch("ready-verified", 12);
    for (number, message) in all.records.iter_mut().enumerate() {
        let body = message.body.as_mut().unwrap();
        let mut event: serde_json::Value = serde_json::from_str(body).unwrap();
        event["note"] = serde_json::json!(format!("note-{number}-{}", "é".repeat(1_000)));
        *body = event.to_string();
    }
    assert!(all_dealt_with(&notified(&app, all).await));
    let emails = app.mail.emails.lock().unwrap();
    assert_eq!(emails.len(), 2);
    for number in 0..12 {
        let note = format!("note-{number}-");
        let with_it = emails
            .iter()
            .filter(|email| email.text.contains(&note) && email.html.contains(&note));
        assert_eq!(with_it.count(), 1, "{note}");
    }
    assert!(emails.iter().all(|email| email.html.len() < 100_000));
}

#[tokio::test]
async fn lists_of_long_names_and_many_clients_are_short_enough_to_be_shown_whole() {
    let app = app();
    let mut all = batch("stuck", 30);
    let long = [["a"; 60].concat(), ["b"; 60].concat(), ["c"; 60].concat()].join(".");
    for (number, message) in all.records.iter_mut().enumerate() {
        let body = message.body.as_mut().unwrap();
        let mut event: serde_json::Value = serde_json::from_str(body).unwrap();
        let domain = format!("d{number}.{long}.com");
        let side = serde_json::json!({
            "client": "c".repeat(128), "domain": domain, "status": "verified",
            "state_since": "2026-06-01T12:00:00Z", "contact_email": format!("kim@{long}.com"),
            "path": "/staff/domains",
        });
        event["status"] = serde_json::json!("contested");
        event["client"] = serde_json::json!("c".repeat(128));
        event["domain"] = serde_json::json!(domain);
        event["note"] = serde_json::json!("\"".repeat(660));
        event["other_sides"] = serde_json::json!([side, side, side, side, side]);
        *body = event.to_string();
    }
    assert!(all_dealt_with(&notified(&app, all).await));
    let emails = app.mail.emails.lock().unwrap();
    let lengths: Vec<usize> = emails.iter().map(|email| email.html.len()).collect();
    assert!(
        lengths.iter().all(|length| *length < 100_000),
        "{lengths:?}"
    );
    for number in 0..30 {
        let name = format!("d{number}.{long}.com");
        let with_it = emails.iter().filter(|email| email.text.contains(&name));
        assert_eq!(with_it.count(), 1, "{name}");
    }
}

#[tokio::test]
async fn contact_addresses_that_differ_only_in_the_tag_get_separate_emails() {
    let app = app_that_tells_clients();
    let mut all = batch("failed", 3);
    let tagged = |tag: &str| format!("kim+{tag}@example.com");
    for (message, tag) in all.records.iter_mut().zip(["old", "new", "new"]) {
        let body = message.body.as_mut().unwrap();
        *body = body.replace("kim@example.com", &tagged(tag));
    }
    let contact = |tag| MailTo::Contact(EmailAddress::parse(&tagged(tag)).unwrap());
    app.mail.suppressed.lock().unwrap().push(contact("old"));
    assert!(all_dealt_with(&notified(&app, all).await));
    assert_eq!(recipients(&app), [MailTo::Support, contact("new")]);
}

#[tokio::test]
async fn events_about_stopped_mail_come_first_in_separate_emails() {
    let app = app();
    let mut all = batch("verified", 3);
    for number in 10..17 {
        let mut stopped = another("displaced-sending", number).records;
        all.records.append(&mut stopped);
    }
    assert!(all_dealt_with(&notified(&app, all).await));
    let subjects = subjects(&app);
    assert_eq!(subjects.len(), 10);
    let stopped = |subject: &String| subject.starts_with("SENDING STOPPED");
    assert!(subjects[..7].iter().all(stopped), "{subjects:?}");
    assert!(!subjects[7..].iter().any(stopped), "{subjects:?}");
}

#[tokio::test]
async fn events_beyond_the_limit_per_minute_are_deferred_once_and_then_listed() {
    let mut app = app();
    app.limits.singles_per_minute = 2;
    let answer = notified(&app, batch("verified", 5)).await;
    assert_eq!(app.mail.emails.lock().unwrap().len(), 2);
    assert_eq!(answer.batch_item_failures.len(), 3);
    let told = std::mem::take(&mut *app.queue.told.lock().unwrap());
    let minute = Duration::from_secs(61);
    assert!(told.iter().all(|told| told.after <= minute), "{told:?}");

    // In the same minute again: these events have waited before.
    let mut again = batch("verified", 5);
    for message in &mut again.records {
        let count = "ApproximateReceiveCount".to_owned();
        message.attributes.insert(count, "2".to_owned());
    }
    assert!(all_dealt_with(&notified(&app, again).await));
    assert_eq!(app.mail.emails.lock().unwrap().len(), 3, "one list");
}

#[tokio::test]
async fn events_that_arrive_one_by_one_also_observe_the_limit_per_minute() {
    let mut app = app();
    app.limits.singles_per_minute = 2;
    let again = |number: u32| {
        let mut one = another("verified", number);
        let count = "ApproximateReceiveCount".to_owned();
        one.records[0].attributes.insert(count, "2".to_owned());
        one
    };
    let mut waiting: Vec<u32> = (0..5).collect();
    for (minute, left) in [3, 1, 0].into_iter().enumerate() {
        let mut later = Vec::new();
        for number in waiting {
            if !all_dealt_with(&notified(&app, again(number)).await) {
                later.push(number);
            }
        }
        waiting = later;
        assert_eq!(waiting.len(), left, "minute {minute}");
        assert_eq!(subjects(&app).len(), 5 - left);
        app.clock.advance(SignedDuration::from_mins(1));
    }
}

#[tokio::test]
async fn an_email_that_was_not_sent_does_not_count_toward_the_limit_per_minute() {
    let mut app = app_that_tells_clients();
    app.limits.singles_per_minute = 2;
    let authenticated = |number: u32| {
        let mut one = another("verified", number);
        let body = one.records[0].body.as_mut().unwrap();
        *body = body.replace("domain.verified", "domain.authenticated");
        one
    };
    app.mail.suppressed.lock().unwrap().push(kim());
    for number in 0..3 {
        assert!(all_dealt_with(&notified(&app, authenticated(number)).await));
    }
    app.mail.suppressed.lock().unwrap().clear();
    app.mail
        .answers_next([Answer::Throttles, Answer::DeniesAccess]);
    for number in 3..5 {
        let answer = notified(&app, authenticated(number)).await;
        assert_eq!(answer.batch_item_failures.len(), 1);
    }
    for number in 3..5 {
        assert!(all_dealt_with(&notified(&app, authenticated(number)).await));
    }
    assert_eq!(recipients(&app), [kim(), kim()]);
}

#[tokio::test]
async fn all_emails_together_observe_the_sending_rate() {
    let mut app = app();
    app.limits.per_second = 2;
    let begun = app.clock.now();
    assert!(all_dealt_with(&notified(&app, batch("verified", 5)).await));
    assert!(app.clock.now() >= begun + SignedDuration::from_secs(2));
}
