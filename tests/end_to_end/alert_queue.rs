//! The queue between the topic and support-notifier: Amazon SES refuses emails for a while, and
//! every alert is still emailed once. A dead letter returns with SQS's own redrive.

use std::io::Write;

use domain_auth::audience::EmailId;
use domain_auth::event::Event;
use domain_auth::ports::{Clock, EmailLedger};
use domain_auth_aws::SystemClock;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::Suite;
use crate::permissions::{policy_of, put_policy, role_of, without};
use crate::support_email::{delivery, publish};
use crate::world::{Shared, answer_to, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone(
        "a_burst_while_ses_throttles_and_refuses_is_one_email_each_and_no_dead_letter",
        burst,
    );
    suite.alone(
        "the_alert_about_a_stopped_domain_overtakes_a_backlog",
        in_front,
    );
    suite.alone(
        "invalid_messages_become_dead_letters_soon_and_redriven_ones_are_emailed",
        redriven,
    );
    suite.alone(
        "lambda_polls_the_queue_with_the_permissions_of_the_role",
        polled_as_the_role,
    );
    suite.shared("the_alert_queue_allows_enough_retries_and_time", gives_time);
}

/// The event about a domain, as it is published.
pub(crate) fn event_about(domain: &str) -> String {
    let delivery = delivery("verified", domain);
    text(&delivery["Records"][0]["body"]).to_owned()
}

fn not_read_yet(attributes: &Value) -> u64 {
    [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
    ]
    .iter()
    .map(|name| text(&attributes[*name]).parse::<u64>().expect("a number"))
    .sum()
}

/// How many messages are in a queue, those in a pause included.
pub(crate) async fn messages_in(world: &Shared, queue: &str) -> u64 {
    not_read_yet(&attributes_of(world, queue).await)
}

pub(crate) async fn attributes_of(world: &Shared, queue: &str) -> Value {
    let asked = json!({ "QueueUrl": queue, "AttributeNames": ["All"] });
    world.sqs("GetQueueAttributes", &asked).await["Attributes"].clone()
}

/// The reasons of the messages in the dead-letter queue, which stay there.
async fn reasons_in(world: &Shared, queue: &str) -> Vec<String> {
    let asked = json!({
        "QueueUrl": queue,
        "MaxNumberOfMessages": 10,
        "MessageAttributeNames": ["All"],
        "VisibilityTimeout": 0,
    });
    let answer = world.sqs("ReceiveMessage", &asked).await;
    let messages = answer["Messages"].as_array().cloned().unwrap_or_default();
    messages
        .iter()
        .map(|message| text(&message["MessageAttributes"]["reason"]["StringValue"]).to_owned())
        .collect()
}

pub(crate) async fn send_by_hand(world: &Shared, queue: &str, body: &str) {
    let message = json!({ "QueueUrl": queue, "MessageBody": body });
    world.sqs("SendMessage", &message).await;
}

/// Earlier tests may have left events that are not emailed yet, and what they refused.
pub(crate) async fn settled(world: &Shared) {
    let (_, dead) = queues(world);
    world.run_poller().await;
    let listed = world.sqs("ListQueues", &json!({})).await;
    let urls = listed["QueueUrls"].as_array().cloned().unwrap_or_default();
    // The queue of events about stopped mail is among them.
    let is_of_alerts = |url: &&str| url.contains("AlertQueue");
    let queues: Vec<&str> = urls.iter().map(text).filter(is_of_alerts).collect();
    assert_eq!(queues.len(), 3, "{urls:?}");
    for queue in &queues {
        world.sqs("PurgeQueue", &json!({ "QueueUrl": queue })).await;
    }
    world
        .until("no alert is under way", async || {
            for queue in &queues {
                if messages_in(world, queue).await > 0 {
                    return false;
                }
            }
            true
        })
        .await;
    for dead in [dead, world.info.first_alert_dead_letter_queue_url.as_str()] {
        world.sqs("PurgeQueue", &json!({ "QueueUrl": dead })).await;
    }
}

fn queues(world: &Shared) -> (&str, &str) {
    let info = &world.info;
    (&info.alert_queue_url, &info.alert_dead_letter_queue_url)
}

async fn burst(world: Shared) {
    settled(&world).await;
    let (alerts, dead) = queues(&world);
    let domains: Vec<String> = (0..40).map(|_| world.fresh_domain()).collect();
    let faults = json!([
        { "operation": "SendEmail", "times": 20, "error": "Throttling" },
        { "operation": "SendEmail", "times": 20, "error": "AccountSuspended" },
        { "operation": "SendEmail", "error": "Throttling" },
    ]);
    world
        .control_ses(json!({ "reset_counts": true, "faults": faults }))
        .await;
    for domain in &domains {
        publish(&world, &event_about(domain), "usual").await;
        if domain.contains('7') {
            publish(&world, &event_about(domain), "none").await;
        }
    }
    // Long enough that some messages are delivered several times.
    world
        .until("SES has refused them for a while", async || {
            world.ses_counts().await["SendEmail"]["faulted"].as_u64() > Some(60)
        })
        .await;
    assert_eq!(messages_in(&world, alerts).await, 40, "all of them wait");
    world.control_ses(json!({ "faults": [] })).await;

    world
        .until("the queue is empty", async || {
            messages_in(&world, alerts).await == 0
        })
        .await;
    for domain in &domains {
        assert_eq!(world.emails_naming(domain).await.len(), 1, "{domain}");
    }
    assert_eq!(messages_in(&world, dead).await, 0);
    let not_queued = &world.info.dead_letter_queue_url;
    assert_eq!(messages_in(&world, not_queued).await, 0);
}

/// A thousand contacts are told that their domains are authenticated. This takes minutes.
async fn in_front(world: Shared) {
    let stopped = world.fresh_domain();
    world.authenticate(&stopped).await;
    settled(&world).await;
    let (alerts, _) = queues(&world);
    let backlog: Vec<String> = (0..1_000)
        .map(|number| told_to_a_contact(&world, number))
        .collect();
    for bodies in backlog.chunks(10) {
        let entries = bodies.iter().enumerate();
        let entries =
            entries.map(|(at, body)| json!({ "Id": at.to_string(), "MessageBody": body }));
        let batch = json!({ "QueueUrl": alerts, "Entries": entries.collect::<Vec<_>>() });
        world.sqs("SendMessageBatch", &batch).await;
    }
    // A domain that Lasso sends for loses its name.
    let client = &world.info.clients.client_admin;
    let path = format!("/staff/clients/{client}/domains/{stopped}/release");
    let release = json!({ "reason": "It is not theirs any more.", "confirm": stopped });
    let request = world.request(Method::POST, &path, Some(world.support()));
    let begun = std::time::Instant::now();
    let released = answer_to(request.json(&release)).await;
    assert_eq!(released.status, StatusCode::OK, "{released:?}");
    let is_told = async || {
        let emails = world.emails_about(&stopped).await;
        let subjects = emails.iter().map(|email| text(&email["Subject"]));
        subjects
            .filter(|it| it.starts_with("SENDING STOPPED"))
            .count()
            == 1
    };
    world.until("support is told", is_told).await;
    let took = begun.elapsed();
    writeln!(
        std::io::stdout(),
        "the alert of a stopped domain was emailed {:.1} s after the change, in front of 1,000 others",
        took.as_secs_f64()
    )
    .expect("a line");
    assert!(took < std::time::Duration::from_mins(1), "{took:?}");
    let waiting = messages_in(&world, alerts).await;
    assert!(
        waiting > 300,
        "{waiting} of the others are still to be emailed"
    );
    settled(&world).await;
}

fn told_to_a_contact(world: &Shared, number: u32) -> String {
    let event = event_about(&world.fresh_domain());
    let mut event: Value = serde_json::from_str(&event).expect("an event");
    event["event_type"] = json!("domain.authenticated");
    event["severity"] = json!("info");
    event["status"] = json!("authenticated");
    event["previous_status"] = json!("verified");
    event["client"] = json!(format!("backlog-{number}"));
    event["contact_email"] = json!(format!("kim@backlog-{number}.test"));
    event.to_string()
}

async fn redriven(world: Shared) {
    settled(&world).await;
    let (alerts, dead) = queues(&world);
    // SES rejects the email, and two messages are not events; the others are emailed meanwhile.
    let rejected = world.fresh_domain();
    let event = event_about(&rejected);
    let read: Event = serde_json::from_str(&event).expect("an event");
    // Only for this domain: a notifier may still be sending an email of an earlier test.
    let rejects = json!([{
        "operation": "SendEmail",
        "identity": read.event_id,
        "times": 1,
        "error": "MessageRejected",
    }]);
    let settings = json!({ "reset_counts": true, "faults": rejects });
    world.control_ses(settings).await;
    publish(&world, &event, "usual").await;
    world
        .until("SES has rejected it", async || {
            world.ses_counts().await["SendEmail"]["faulted"] == json!(1)
        })
        .await;
    let fine = world.fresh_domain();
    publish(&world, "no event", "usual").await;
    publish(&world, &event_about(&fine), "usual").await;
    publish(&world, "{\"version\": 1}", "usual").await;
    world
        .until(
            "poison and the rejected email are dead letters",
            async || messages_in(&world, dead).await == 3 && messages_in(&world, alerts).await == 0,
        )
        .await;
    assert_eq!(world.emails_about(&fine).await.len(), 1);
    assert_eq!(world.emails_about(&rejected).await.len(), 0);
    let mut reasons = reasons_in(&world, dead).await;
    reasons.sort_unstable();
    let expected = [
        "Amazon SES refused SendEmail: message rejected",
        "the message is not JSON",
        "the message is not an event of this service",
    ];
    assert_eq!(reasons.len(), expected.len(), "{reasons:?}");
    for (reason, expected) in reasons.iter().zip(expected) {
        assert!(reason.starts_with(expected), "{reasons:?}");
        assert!(world.logged("support-notifier", expected).await > 0);
    }
    let asked = &world.ses_counts().await["SendEmail"];
    assert_eq!(
        asked["faulted"],
        json!(1),
        "SES is not asked again: {asked}"
    );

    // The messages are moved back a minute after the refusal, as if the cause were fixed. The email
    // is sent; the invalid messages go to the dead-letter queue again.
    let now = SystemClock.now();
    let held_back = world
        .table()
        .await
        .hold_back(EmailId::support(read.event_id), now, "refused")
        .await;
    held_back.expect("a write");
    let dead_arn = attributes_of(&world, dead).await["QueueArn"].clone();
    let alerts_arn = attributes_of(&world, alerts).await["QueueArn"].clone();
    let move_them = json!({ "SourceArn": dead_arn, "DestinationArn": alerts_arn });
    let task = world.sqs("StartMessageMoveTask", &move_them).await;
    assert!(task["TaskHandle"].is_string(), "{task}");
    world
        .until("the rejected email is sent", async || {
            world.emails_about(&rejected).await.len() == 1
        })
        .await;
    world
        .until("poison is where it was", async || {
            messages_in(&world, dead).await == 2 && messages_in(&world, alerts).await == 0
        })
        .await;
    assert_eq!(world.emails_about(&rejected).await.len(), 1);

    // An event that a person sends to the queue by hand is emailed, too.
    let by_hand = world.fresh_domain();
    send_by_hand(&world, alerts, &event_about(&by_hand)).await;
    world
        .until("it is emailed", async || {
            !world.emails_about(&by_hand).await.is_empty()
        })
        .await;
    settled(&world).await;
}

/// Lambda uses the function's role for calls that the function does not make itself: without each
/// of these permissions, the queue is not polled.
async fn polled_as_the_role(world: Shared) {
    let role = role_of(&world, "SupportNotifierFunction").await;
    let name = "SupportNotifierFunctionRolePolicy1";
    let policy = policy_of(&world, &role, name).await;
    let needed = [
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
    ];
    assert_eq!(policy["Statement"][0]["Action"], json!(needed), "{policy}");
    assert_eq!(policy["Statement"].as_array().map(Vec::len), Some(1));
    for action in needed {
        put_policy(&world, &role, name, &without(&policy, action)).await;
        let domain = world.fresh_domain();
        publish(&world, &event_about(&domain), "usual").await;
        let problem = format!("AccessDenied for {action}");
        world
            .until(&format!("Lambda says: {problem}"), async || {
                world.mapping_of("support-notifier").await["LastProcessingResult"]
                    .as_str()
                    .is_some_and(|result| result.contains(&problem))
            })
            .await;
        assert!(world.emails_about(&domain).await.is_empty());
        put_policy(&world, &role, name, &policy).await;
        world
            .until("it is emailed", async || {
                world.emails_about(&domain).await.len() == 1
            })
            .await;
    }
}

async fn gives_time(world: Shared) {
    let (alerts, dead) = queues(&world);
    let attributes = attributes_of(&world, alerts).await;
    let number = |name: &str| text(&attributes[name]).parse::<u64>().expect("a number");
    let timeout = world.configuration_of("support-notifier").await["Timeout"].as_u64();
    assert!(number("VisibilityTimeout") >= 6 * timeout.expect("a timeout"));
    assert!(
        timeout < Some(30),
        "the lease of an email is longer than a run"
    );
    let redrive: Value = serde_json::from_str(text(&attributes["RedrivePolicy"])).expect("JSON");
    assert_eq!(redrive["maxReceiveCount"].as_u64(), Some(1000), "{redrive}");
    let dead = attributes_of(&world, dead).await;
    assert_eq!(redrive["deadLetterTargetArn"], dead["QueueArn"]);
    let days = text(&dead["MessageRetentionPeriod"]);
    assert_eq!(days, "1209600");
    let mapping = world.mapping_of("support-notifier").await;
    assert_eq!(
        mapping["FunctionResponseTypes"],
        json!(["ReportBatchItemFailures"])
    );
    assert_eq!(mapping["ScalingConfig"]["MaximumConcurrency"], json!(2));

    // Only these topics may send, and no other topic of the account.
    let policy: Value = serde_json::from_str(text(&attributes["Policy"])).expect("JSON");
    let condition = &policy["Statement"][0]["Condition"]["ArnEquals"]["aws:SourceArn"];
    let topics: Vec<&str> = condition
        .as_array()
        .expect("topics")
        .iter()
        .map(text)
        .collect();
    assert_eq!(topics.len(), 2, "{policy}");
    assert_eq!(topics[0], world.info.topic_arn);
    assert!(topics[1].contains("MailEventTopic"), "{policy}");
    assert_eq!(policy["Statement"].as_array().map(Vec::len), Some(1));
}
