//! Batches of messages: each message is handled separately, within the available time, and a failed
//! one returns to the queue after a pause that fits the reason.

use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain_auth::audience::EmailId;
use domain_auth::ports::{Clock, Redelivery};
use domain_auth::use_cases::email_events::{REFUSED_FOR, SENDING_LEASE};
use futures::future::join;
use jiff::SignedDuration;

use crate::tests::{Answer, TestApp, another, app, delivery, notified};

/// A batch of separate events.
fn batch(numbers: impl IntoIterator<Item = u32>) -> SqsEvent {
    // Of several types, so that they are not listed in one email.
    let cases = ["verified", "recovered", "ready-pending"];
    let mut batch = SqsEvent::default();
    for (number, case) in numbers.into_iter().zip(cases.into_iter().cycle()) {
        batch.records.append(&mut another(case, number).records);
    }
    batch
}

/// A message that is not an event.
fn poison(case: &str, id: &str) -> SqsEvent {
    let mut poison = delivery(case);
    poison.records[0].message_id = Some(id.to_owned());
    poison.records[0].receipt_handle = Some(format!("receipt-{id}"));
    poison
}

fn come_for_the(time: u32, mut batch: SqsEvent) -> SqsEvent {
    for message in &mut batch.records {
        let count = "ApproximateReceiveCount".to_owned();
        message.attributes.insert(count, time.to_string());
    }
    batch
}

fn failed(answer: &SqsBatchResponse) -> Vec<&str> {
    let failures = answer.batch_item_failures.iter();
    failures
        .map(|failure| failure.item_identifier.as_str())
        .collect()
}

fn emails(app: &TestApp) -> usize {
    app.mail.emails.lock().unwrap().len()
}

fn attempts(app: &TestApp) -> usize {
    *app.mail.attempts.lock().unwrap()
}

fn told(app: &TestApp) -> Vec<Redelivery> {
    std::mem::take(&mut *app.queue.told.lock().unwrap())
}

#[tokio::test]
async fn a_failing_message_does_not_delay_others() {
    let app = app();
    app.mail
        .answers_next([Answer::TakesItAfter(0), Answer::Throttles]);
    let answer = notified(&app, batch(0..4)).await;
    assert_eq!(failed(&answer), ["message-1"]);
    assert_eq!(emails(&app), 3);
    let told = told(&app);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].receipt, "receipt-1");
    assert!(told[0].after <= Duration::from_secs(2), "{told:?}");

    let answer = notified(&app, batch([1])).await;
    assert_eq!(failed(&answer), [""; 0]);
    assert_eq!(emails(&app), 4);
}

#[tokio::test]
async fn a_successful_batch_makes_no_call_to_the_queue() {
    let app = app();
    assert_eq!(failed(&notified(&app, batch(0..10)).await), [""; 0]);
    assert_eq!(emails(&app), 10);
    assert_eq!(*app.queue.calls.lock().unwrap(), 0);
}

#[tokio::test]
async fn an_invalid_message_becomes_a_dead_letter_with_its_reason() {
    for case in ["not-json", "not-an-event", "later-version"] {
        let app = app();
        let mut all = batch([0]);
        all.records.append(&mut poison(case, "poison").records);
        all.records.append(&mut batch([1]).records);
        let body = all.records[1].body.clone().unwrap();
        let answer = notified(&app, all).await;
        assert_eq!(failed(&answer), [""; 0], "{case}");
        assert_eq!(emails(&app), 2, "{case}");
        let dead = app.queue.dead.lock().unwrap();
        assert_eq!(dead.len(), 1, "{case}");
        assert_eq!(dead[0].body, body);
        assert!(dead[0].reason.starts_with("the message is"), "{dead:?}");
    }
}

#[tokio::test]
async fn invalid_messages_of_the_first_queue_go_to_its_own_dead_letter_queue() {
    let app = app();
    let mut poison = poison("not-json", "poison");
    poison.records[0].event_source_arn = Some(app.first_queue.1.clone());
    assert_eq!(failed(&notified(&app, poison).await), [""; 0]);
    assert_eq!(app.first_queue.0.dead.lock().unwrap().len(), 1);
    assert_eq!(app.queue.dead.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_message_without_a_body_is_not_an_event() {
    let app = app();
    let mut empty = poison("not-json", "empty");
    empty.records[0].body = None;
    assert_eq!(failed(&notified(&app, empty).await), [""; 0]);
    assert_eq!(app.queue.dead.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_event_that_is_twice_in_a_batch_is_emailed_once() {
    let app = app();
    let mut twice = batch([7, 7, 8, 7]);
    twice.records[1].message_id = Some("a copy".to_owned());
    assert_eq!(failed(&notified(&app, twice).await), [""; 0]);
    assert_eq!(emails(&app), 2);
}

#[tokio::test]
async fn two_simultaneous_instances_email_each_event_once() {
    let app = app();
    let (one, other) = join(
        notified(&app, batch(0..5)),
        notified(&app, batch([4, 3, 2, 1, 0])),
    )
    .await;
    assert_eq!(emails(&app), 5);
    // A message that one copy left to the other is handled when it is delivered again.
    for id in failed(&one).into_iter().chain(failed(&other)) {
        let number = id.trim_start_matches("message-").parse().unwrap();
        assert_eq!(failed(&notified(&app, batch([number])).await), [""; 0]);
    }
    assert_eq!(emails(&app), 5);
}

#[tokio::test]
async fn an_event_that_another_instance_is_sending_is_redelivered_after_a_pause() {
    use domain_auth::ports::EmailLedger;
    let app = app();
    let event = crate::batch::event_in(&batch([3]).records[0]).unwrap();
    let now = app.clock.now();
    let lease = app
        .store
        .lease(EmailId::support(event.event_id), now, now + SENDING_LEASE);
    lease.await.unwrap();
    let answer = notified(&app, come_for_the(4, batch([3]))).await;
    assert_eq!(failed(&answer), ["message-3"]);
    let told = told(&app);
    assert!(told[0].after >= Duration::from_secs(12), "{told:?}");
    assert_eq!(attempts(&app), 0);
}

#[tokio::test]
async fn messages_without_remaining_time_are_returned_untouched() {
    let app = app();
    app.mail.answers_next([Answer::TakesItAfter(4); 10]);
    let answer = notified(&app, batch(0..10)).await;
    // Started after 0, 4 and 8 seconds of the 25, of which 15 are reserved.
    assert_eq!(emails(&app), 3);
    assert_eq!(failed(&answer).len(), 7);
    assert_eq!(attempts(&app), 3);
    let pauses = told(&app);
    assert!(
        pauses
            .iter()
            .all(|told| told.after <= Duration::from_secs(2))
    );

    let answer = notified(&app, batch(3..10)).await;
    assert_eq!(emails(&app), 6);
    assert_eq!(failed(&answer).len(), 4);
}

#[tokio::test]
async fn a_hanging_ses_ends_the_batch_in_time() {
    let app = app();
    app.mail.answers_next([Answer::HangsFor(10); 10]);
    let begun = app.clock.now();
    let answer = notified(&app, batch(0..10)).await;
    assert_eq!(failed(&answer).len(), 10);
    assert!(attempts(&app) <= 2);
    assert!(app.clock.now() <= begun + SignedDuration::from_secs(20));
}

#[tokio::test]
async fn the_first_message_is_tried_even_close_to_the_deadline() {
    let app = app();
    let long_ago = app.clock.now() - SignedDuration::from_hours(1);
    let answer = app.notify(batch(0..2), long_ago).await;
    assert_eq!(failed(&answer), ["message-1"]);
    assert_eq!(emails(&app), 1);
}

#[tokio::test]
async fn emails_are_sent_a_second_apart_while_ses_throttles() {
    let app = app();
    app.mail.answers_next([Answer::Throttles; 3]);
    let begun = app.clock.now();
    let answer = notified(&app, batch(0..5)).await;
    assert_eq!(failed(&answer), ["message-0", "message-1", "message-2"]);
    assert_eq!(emails(&app), 2);
    assert!(app.clock.now() >= begun + SignedDuration::from_secs(3));
}

#[tokio::test]
async fn a_rejected_email_becomes_a_dead_letter_and_its_duplicates_skip_ses() {
    let app = app();
    app.mail.answers_next([Answer::Rejects]);
    for time in 1..=3 {
        let answer = notified(&app, come_for_the(time, batch([0]))).await;
        assert_eq!(failed(&answer), [""; 0]);
    }
    assert_eq!(attempts(&app), 1, "SES is not asked for the same again");
    let dead = std::mem::take(&mut *app.queue.dead.lock().unwrap());
    assert_eq!(dead.len(), 3);
    for dead in &dead {
        assert!(dead.reason.contains("message rejected"), "{dead:?}");
    }
    assert_eq!(app.meter.values("EmailsRefused", None), [1.0]);

    // Redriven from there after the cause is repaired.
    app.clock.advance(REFUSED_FOR);
    assert_eq!(failed(&notified(&app, batch([0])).await), [""; 0]);
    assert_eq!(emails(&app), 1);
}

#[tokio::test]
async fn access_denied_by_ses_is_retried_after_a_pause() {
    let app = app();
    app.mail.answers_next([Answer::DeniesAccess]);
    let answer = notified(&app, come_for_the(6, batch([0]))).await;
    assert_eq!(failed(&answer), ["message-0"]);
    assert!(told(&app)[0].after >= Duration::from_secs(48));
    assert_eq!(failed(&notified(&app, batch([0])).await), [""; 0]);
    assert_eq!(emails(&app), 1);
}

#[tokio::test]
async fn a_message_is_redelivered_if_it_cannot_become_a_dead_letter() {
    let mut app = app();
    app.queue.fails = true;
    let answer = notified(&app, poison("not-json", "poison")).await;
    assert_eq!(failed(&answer), ["poison"]);
}

#[tokio::test]
async fn the_batch_response_stays_the_same_if_the_queue_does_not_answer() {
    let mut app = app();
    app.queue.fails = true;
    app.mail.answers_next([Answer::Throttles]);
    let answer = notified(&app, batch(0..2)).await;
    assert_eq!(failed(&answer), ["message-0"]);
    assert_eq!(emails(&app), 1);
}

#[test]
fn the_logged_reason_contains_no_address_and_no_message_text() {
    use domain_auth::ports::{Refusal, SesError};
    let refused = SesError::Refused {
        operation: "SendEmail",
        refusal: Refusal::MessageRejected,
        source: "Email address is not verified: kim@example.com".into(),
    };
    let refused = crate::NotifyError::Email(std::sync::Arc::new(refused.into()));
    assert_eq!(
        crate::failure::causes(&refused),
        "Amazon SES refused SendEmail: message rejected: Email address is not verified: (address)"
    );
    let mut message = delivery("verified").records.remove(0);
    let body = message.body.unwrap();
    message.body = Some(body.replace("\"action\"", "\"kim@example.com\""));
    let error = crate::batch::event_in(&message).unwrap_err();
    let reason = crate::failure::causes(&error);
    assert!(
        reason.starts_with("the message is not an event"),
        "{reason}"
    );
    assert!(!reason.contains("kim"), "{reason}");
}
