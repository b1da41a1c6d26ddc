//! `lasso-ops redrive`: alerts that could not be emailed, and events that did not reach a queue, are emailed.

use domain_auth::audience::EmailId;
use domain_auth::event::Event;
use domain_auth::ports::{Clock, EmailLedger};
use domain_auth_aws::SystemClock;
use serde_json::{Value, json};

use super::{Ended, ops};
use crate::Suite;
use crate::alert_queue::{event_about, messages_in, send_by_hand, settled};
use crate::support_email::{delivery, publish};
use crate::world::{Shared, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone(
        "ops_redrive_prints_the_reasons_and_each_email_is_sent_once",
        redriven,
    );
}

async fn redriven(world: Shared) {
    settled(&world).await;
    let dead = world.info.alert_dead_letter_queue_url.as_str();
    let of_topic = world.info.dead_letter_queue_url.as_str();
    let first_dead = world.info.first_alert_dead_letter_queue_url.as_str();
    world
        .sqs("PurgeQueue", &json!({ "QueueUrl": of_topic }))
        .await;
    let empty = ops(&world, &["redrive"]).await;
    assert_eq!((empty.code, counts(&empty)), (Some(0), [0, 0, 0]));

    // Amazon SES rejects an email about stopped mail and another one, and SNS could not put three events into a queue.
    let rejected = world.fresh_domain();
    let event = event_about(&rejected);
    let read: Event = serde_json::from_str(&event).expect("an event");
    let stopped = world.fresh_domain();
    let stop = delivery("displaced-sending", &stopped);
    let stop = text(&stop["Records"][0]["body"]);
    let read_stop: Event = serde_json::from_str(stop).expect("an event");
    let rejects = [read.event_id, read_stop.event_id].map(|event_id| {
        json!({
            "operation": "SendEmail",
            "identity": event_id,
            "times": 1,
            "error": "MessageRejected",
        })
    });
    world.control_ses(json!({ "faults": rejects })).await;
    publish(&world, &event, "usual").await;
    publish(&world, stop, "first").await;
    world
        .until(
            "each rejected email is a dead letter of its queue",
            async || {
                messages_in(&world, dead).await == 1 && messages_in(&world, first_dead).await == 1
            },
        )
        .await;
    let lost: Vec<String> = (0..3).map(|_| world.fresh_domain()).collect();
    send_by_hand(&world, of_topic, &event_about(&lost[0])).await;
    for domain in &lost[1..] {
        let envelope = json!({ "Type": "Notification", "Message": event_about(domain) });
        send_by_hand(&world, of_topic, &envelope.to_string()).await;
    }

    // A message that was only looked at can be looked at again at once.
    for _ in 0..2 {
        reasons_are_told(&world).await;
    }
    assert_eq!(messages_in(&world, dead).await, 1);
    assert_eq!(messages_in(&world, of_topic).await, 3);

    // The reason is over, and so is the minute for which an email that was refused is held back.
    let table = world.table().await;
    let now = SystemClock.now();
    for event in [&read, &read_stop] {
        let id = EmailId::support(event.event_id);
        let held_back = table.hold_back(id, now, "refused").await;
        held_back.expect("a write");
    }
    let only_stopped = ops(&world, &["redrive", "--queue", "first", "--yes"]).await;
    assert_eq!(only_stopped.code, Some(0), "{only_stopped:?}");
    assert!(
        only_stopped.report["first_alerts"]["task"].is_string(),
        "{only_stopped:?}"
    );
    world
        .until("the alert about stopped mail is emailed", async || {
            !world.emails_about(&stopped).await.is_empty()
        })
        .await;
    assert_eq!(messages_in(&world, dead).await, 1, "the others wait");
    let done = ops(&world, &["redrive", "--yes"]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.report["alerts"]["task"].is_string(), "{done:?}");
    assert_eq!(done.report["moved"], 3, "{done:?}");
    for domain in lost.iter().chain([&rejected]) {
        world
            .until("the alert is emailed", async || {
                !world.emails_naming(domain).await.is_empty()
            })
            .await;
    }
    world
        .until("the queues are empty", async || {
            let mut left = 0;
            for queue in [
                first_dead,
                dead,
                of_topic,
                world.info.alert_queue_url.as_str(),
            ] {
                left += messages_in(&world, queue).await;
            }
            left == 0
        })
        .await;
    for domain in lost.iter().chain([&rejected]) {
        assert_eq!(world.emails_naming(domain).await.len(), 1, "{domain}");
    }
    assert_eq!(world.emails_about(&stopped).await.len(), 1, "{stopped}");
    let empty = ops(&world, &["redrive", "--yes"]).await;
    assert_eq!((empty.code, &empty.report["moved"]), (Some(0), &json!(0)));
    assert_eq!(empty.report["alerts"]["task"], Value::Null, "{empty:?}");
    settled(&world).await;
}

/// Two alerts were rejected, and three events of the topic have no reason.
async fn reasons_are_told(world: &Shared) {
    let told = ops(world, &["redrive"]).await;
    assert_eq!(told.code, Some(1), "{told:?}");
    assert_eq!(counts(&told), [1, 1, 3]);
    for queue in ["first_alerts", "alerts"] {
        let reasons = told.report[queue]["reasons"].as_object().expect("reasons");
        let (reason, times) = reasons.iter().next().expect("a reason");
        assert!(reason.contains("message rejected"), "{reason}");
        assert_eq!(times, &json!(1));
    }
    assert_eq!(
        told.report["of_topic"]["reasons"],
        json!({ "no reason given": 3 })
    );
}

/// How many messages are said to be in the dead-letter queues.
fn counts(told: &Ended) -> [u64; 3] {
    ["first_alerts", "alerts", "of_topic"].map(|queue| {
        let messages = &told.report[queue]["messages"];
        messages.as_u64().expect("a number of messages")
    })
}
