//! `OldestAlertAge`: the age of the oldest alert that is emailed later.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain_auth::ports::Clock;
use jiff::SignedDuration;
use serde_json::Value;

use crate::tests::{Answer, TestApp, another, app, delivery, notified};

/// The recorded ages in whole seconds: the limit of emails in a second lets parts of one pass.
fn aged(app: &TestApp, queue: &str) -> Vec<f64> {
    let ages = app.meter.values("OldestAlertAge", Some(queue));
    ages.into_iter().map(f64::trunc).collect()
}

/// Events that happened this many seconds ago, each of its own type, so that none is listed.
fn happened(app: &TestApp, ago: impl IntoIterator<Item = i64>) -> SqsEvent {
    let cases = ["verified", "recovered", "ready-pending"];
    let mut batch = SqsEvent::default();
    for ((number, case), ago) in (0..).zip(cases).zip(ago) {
        let mut message = another(case, number).records.remove(0);
        let mut event: Value = serde_json::from_str(message.body.as_deref().unwrap()).unwrap();
        let at = app.clock.now() - SignedDuration::from_secs(ago);
        event["occurred_at"] = at.to_string().into();
        message.body = Some(event.to_string());
        batch.records.push(message);
    }
    batch
}

fn from_queue(mut batch: SqsEvent, arn: &str) -> SqsEvent {
    for message in &mut batch.records {
        message.event_source_arn = Some(arn.to_owned());
    }
    batch
}

#[tokio::test]
async fn every_failed_attempt_says_how_old_the_alert_is() {
    let app = app();
    app.mail.answers_next([Answer::DeniesAccess; 5]);
    for _ in 0..5 {
        let answer = notified(&app, delivery("verified")).await;
        assert_eq!(answer.batch_item_failures.len(), 1);
        app.clock.advance(SignedDuration::from_secs(300));
    }
    assert_eq!(aged(&app, "alerts"), [0.0, 300.0, 600.0, 900.0, 1200.0]);
    let answer = notified(&app, delivery("verified")).await;
    assert_eq!(answer, SqsBatchResponse::default());
    assert_eq!(aged(&app, "alerts").len(), 5, "it is emailed");
    assert!(aged(&app, "first").is_empty());
}

#[tokio::test]
async fn the_oldest_of_the_alerts_that_come_again_counts() {
    let app = app();
    let sent = Answer::TakesItAfter(0);
    app.mail
        .answers_next([sent, Answer::DeniesAccess, Answer::DeniesAccess]);
    notified(&app, happened(&app, [5_000, 1_000, 2_000])).await;
    assert_eq!(aged(&app, "alerts"), [2_000.0]);
}

#[tokio::test]
async fn an_alert_that_is_put_off_counts() {
    let app = app();
    // Nothing failed: two have no time of the 25 seconds left.
    app.mail.answers_next([Answer::TakesItAfter(20)]);
    notified(&app, happened(&app, [10, 1_000, 100])).await;
    assert_eq!(aged(&app, "alerts"), [1_020.0]);
}

#[tokio::test]
async fn alerts_about_stopped_mail_have_their_own_value() {
    let app = app();
    app.mail.answers_next([Answer::DeniesAccess]);
    let batch = from_queue(happened(&app, [301]), "arn:first");
    notified(&app, batch).await;
    assert_eq!(aged(&app, "first"), [301.0]);
    assert!(aged(&app, "alerts").is_empty());
}

#[tokio::test]
async fn an_alert_that_waits_for_another_day_or_is_put_aside_does_not_count() {
    let app = app();
    app.mail
        .answers_next([Answer::DeniesAccess, Answer::Rejects]);
    let carried = from_queue(happened(&app, [86_400]), "arn:carried");
    assert_eq!(notified(&app, carried).await.batch_item_failures.len(), 1);
    let rejected = happened(&app, [9_000]);
    assert_eq!(notified(&app, rejected).await, SqsBatchResponse::default());
    assert_eq!(app.queue.dead.lock().unwrap().len(), 1);
    for queue in ["alerts", "first"] {
        assert!(aged(&app, queue).is_empty(), "{queue}");
    }
}
