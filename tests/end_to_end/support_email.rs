//! One event, one email, however often it is delivered.

use std::fs;

use serde_json::{Value, json};

use crate::Suite;
use crate::world::{Shared, at_once, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "ten_simultaneous_copies_of_an_event_are_emailed_once",
        ten_times,
    );
    suite.shared(
        "an_event_published_twice_on_the_topic_is_emailed_once",
        published_twice,
    );
    suite.shared("an_event_for_machines_is_not_emailed", info_is_not_emailed);
    suite.shared("text_from_a_client_is_escaped", escaped);
}

/// The delivery in a file of `events/`.
pub(crate) fn delivery_in(case: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../events/support-notifier");
    let file = fs::read_to_string(format!("{folder}/{case}.json")).expect("an event file");
    serde_json::from_str(&file).expect("an event in JSON")
}

/// The delivery about another domain, with another event id.
pub(crate) fn delivery(case: &str, domain: &str) -> Value {
    let mut delivery = delivery_in(case);
    let message = event_about(text(&delivery["Records"][0]["body"]), domain);
    delivery["Records"][0]["body"] = json!(message.to_string());
    delivery
}

fn event_about(message: &str, domain: &str) -> Value {
    let mut event: Value = serde_json::from_str(message).expect("an event");
    #[expect(clippy::disallowed_methods, reason = "each run has its own")]
    let id = uuid::Uuid::new_v4();
    event["event_id"] = json!(id);
    event["domain"] = json!(domain);
    event["domain_unicode"] = json!(domain);
    event
}

async fn ten_times(world: Shared) {
    let domain = world.fresh_domain();
    let delivery = delivery("verified", &domain);
    at_once(10, |_| {
        let (world, delivery) = (world.clone(), delivery.clone());
        async move { world.invoke("support-notifier", &delivery).await }
    })
    .await;
    assert_eq!(world.emails_about(&domain).await.len(), 1);
    world.invoke("support-notifier", &delivery).await;
    assert_eq!(world.emails_about(&domain).await.len(), 1);
}

async fn published_twice(world: Shared) {
    let domain = world.fresh_domain();
    let delivery = delivery("failed", &domain);
    let message = text(&delivery["Records"][0]["body"]);
    for _ in 0..2 {
        publish(&world, message, "usual").await;
    }
    world
        .until("support has mail", async || {
            !world.emails_about(&domain).await.is_empty()
        })
        .await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let emails = world.emails_about(&domain).await;
    assert_eq!(emails.len(), 1);
    assert!(text(&emails[0]["Subject"]).contains(": verification failed"));
}

async fn info_is_not_emailed(world: Shared) {
    let (quiet, loud) = (world.fresh_domain(), world.fresh_domain());
    let message = |domain| text(&delivery("verified", domain)["Records"][0]["body"]).to_owned();
    publish(&world, &message(&quiet), "none").await;
    publish(&world, &message(&loud), "usual").await;
    world
        .until("support has mail", async || {
            !world.emails_about(&loud).await.is_empty()
        })
        .await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert!(world.emails_about(&quiet).await.is_empty());
}

async fn escaped(world: Shared) {
    let domain = world.fresh_domain();
    world
        .invoke("support-notifier", &delivery("hostile-text", &domain))
        .await;
    let emails = world.emails_about(&domain).await;
    let html = text(&emails[0]["BodyHtml"]);
    assert!(
        html.contains("&#60;script&#62;") && !html.contains("<script"),
        "{html}"
    );
}

/// Publishes a message on the topic of the stack, in one of the lanes `first`, `usual` and `none`.
pub(crate) async fn publish(world: &Shared, message: &str, lane: &str) {
    let attribute = "MessageAttributes.entry.1";
    world
        .query(
            "sns",
            &[
                ("Action", "Publish"),
                ("Version", "2010-03-31"),
                ("TopicArn", &world.info.topic_arn),
                ("Message", message),
                (&format!("{attribute}.Name"), "email"),
                (&format!("{attribute}.Value.DataType"), "String"),
                (&format!("{attribute}.Value.StringValue"), lane),
            ],
        )
        .await;
}
