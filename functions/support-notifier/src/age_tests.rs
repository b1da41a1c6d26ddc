//! `OldestAlertAge`: the age of the oldest alert that is emailed later.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use domain_auth::ports::Clock;
use jiff::SignedDuration;
use serde_json::Value;

use crate::tests::{Answer, TestApp, another, app, delivery, notified};

/// The recorded ages in whole seconds: the limit of emails per second lets parts of one pass.
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
async fn every_failed_attempt_records_the_age_of_the_alert() {
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
async fn the_age_metric_has_the_oldest_alert_to_be_retried() {
    let app = app();
    let sent = Answer::TakesItAfter(0);
    app.mail
        .answers_next([sent, Answer::DeniesAccess, Answer::DeniesAccess]);
    notified(&app, happened(&app, [5_000, 1_000, 2_000])).await;
    assert_eq!(aged(&app, "alerts"), [2_000.0]);
}

#[tokio::test]
async fn the_age_metric_includes_alerts_deferred_for_lack_of_time() {
    let app = app();
    // Nothing failed: two have no time of the 25 seconds left.
    app.mail.answers_next([Answer::TakesItAfter(20)]);
    notified(&app, happened(&app, [10, 1_000, 100])).await;
    assert_eq!(aged(&app, "alerts"), [1_020.0]);
}

#[tokio::test]
async fn the_age_of_alerts_about_stopped_mail_is_recorded_separately() {
    let app = app();
    app.mail.answers_next([Answer::DeniesAccess]);
    let batch = from_queue(happened(&app, [301]), "arn:first");
    notified(&app, batch).await;
    assert_eq!(aged(&app, "first"), [301.0]);
    assert!(aged(&app, "alerts").is_empty());
}

#[tokio::test]
async fn the_age_metric_excludes_alerts_for_another_day_and_dead_letters() {
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
