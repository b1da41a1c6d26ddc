//! `lasso-ops redrive`: what waits in the dead-letter queues and why, and back to the queue of alerts with it.

mod told;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, Message, QueueAttributeName};
use domain_auth::audience::Lane;
use domain_auth::event::Event;
use domain_auth::ports::Clock;
use domain_auth_aws::SystemClock;
use jiff::SignedDuration;
use serde_json::Value;

use crate::aws::Aws;
use crate::options::{DeadLetters, Redrive};
use crate::outcome::{Error, Report};
use crate::stack::Stack;

use self::told::{Alerts, PER_SECOND, Redriven, Waiting};

/// The attribute in which support-notifier says why it put a message aside.
const REASON: &str = "reason";
/// Messages of each queue that are looked at for their reasons, at most. With what [`HIDDEN`] leaves they can be
/// put back in time, however many wait behind them.
const LOOKED_AT: usize = 100;
/// For how long a queue is looked at, at most.
const LOOKING: SignedDuration = SignedDuration::from_secs(20);
/// Seconds for which messages that are looked at are hidden from others. Where the program dies meanwhile, they
/// come back after these.
const HIDDEN: i32 = 60;
/// Seconds for which SQS waits for messages. With none it asks some of its servers only, and may say that there
/// is no message although there is one (SQS developer guide, "Short and long polling").
const WAITED: i32 = 2;
/// Messages that one call reads or puts back at most.
const BATCH: usize = 10;

pub(super) async fn run(aws: &Aws, stack: &Stack, options: &Redrive) -> Result<Report, Error> {
    let client = aws.sqs();
    let yes = options.consent.yes;
    let is_meant = |queue| options.queue.is_none_or(|only| only == queue);
    let mut redriven = Redriven {
        dry_run: !yes,
        first_alerts: None,
        alerts: None,
        of_topic: None,
        moved: 0,
    };
    // Each queue of alerts has its own dead letters, so that what says that mail stops is not behind the others.
    if is_meant(DeadLetters::First) {
        let alerts = redrive(&client, stack, "FirstAlert", yes).await?;
        redriven.first_alerts = Some(alerts);
    }
    if is_meant(DeadLetters::Alerts) {
        redriven.alerts = Some(redrive(&client, stack, "Alert", yes).await?);
    }
    if is_meant(DeadLetters::Topic) {
        let of_topic = stack.output("DeadLetterQueueUrl")?;
        redriven.of_topic = Some(waiting(&client, of_topic, !yes).await?);
        if yes {
            let first = stack.output("FirstAlertQueueUrl")?;
            let usual = stack.output("AlertQueueUrl")?;
            redriven.moved = move_by_hand(&client, of_topic, first, usual).await?;
        }
    }
    Ok(Report::new(&redriven, redriven.needs_a_person()))
}

/// Looks at the dead letters of the queue whose outputs begin with `queue`, or has SQS move them back to it.
async fn redrive(client: &Client, stack: &Stack, queue: &str, yes: bool) -> Result<Alerts, Error> {
    let url = stack.output(&format!("{queue}DeadLetterQueueUrl"))?;
    // A message that is looked at is hidden for a while, also from a task of SQS, so messages that are moved are only counted.
    let mut alerts = Alerts {
        waiting: waiting(client, url, !yes).await?,
        ..Alerts::default()
    };
    if yes {
        let source = stack.output(&format!("{queue}DeadLetterQueueArn"))?;
        alerts.task = running_task(client, source).await?;
        alerts.task_was_under_way = alerts.task.is_some();
        if alerts.task.is_none() && alerts.waiting.messages > 0 {
            let destination = stack.output(&format!("{queue}QueueArn"))?;
            alerts.task = Some(start_task(client, source, destination).await?);
        }
    }
    Ok(alerts)
}

/// The task that moves the messages of a queue, if one is running: SQS refuses a second one, and this one
/// moves all that is there.
async fn running_task(client: &Client, source: &str) -> Result<Option<String>, Error> {
    let tasks = client.list_message_move_tasks().source_arn(source).send();
    let tasks = tasks
        .await
        .map_err(|error| Error::failed("listing the tasks", error.into_service_error()))?;
    // The handle is given of tasks that run, and of no other (API reference, `ListMessageMoveTasks`).
    let running = tasks
        .results
        .into_iter()
        .flatten()
        .find(|task| task.status() == Some("RUNNING"));
    Ok(running.map(|task| task.task_handle.unwrap_or_default()))
}

/// A destination is named, because SQS does not know where a message came from that support-notifier put
/// aside itself (`CouldNotDetermineMessageSource`).
async fn start_task(client: &Client, source: &str, destination: &str) -> Result<String, Error> {
    let task = client
        .start_message_move_task()
        .source_arn(source)
        .destination_arn(destination)
        .max_number_of_messages_per_second(PER_SECOND)
        .send()
        .await;
    let task =
        task.map_err(|error| Error::failed("starting the task", error.into_service_error()))?;
    Ok(task.task_handle.unwrap_or_default())
}

/// Counts the messages; looks at some of them, and puts them back.
async fn waiting(client: &Client, url: &str, looks: bool) -> Result<Waiting, Error> {
    let name = QueueAttributeName::ApproximateNumberOfMessages;
    let attributes = client
        .get_queue_attributes()
        .queue_url(url)
        .attribute_names(name.clone())
        .send()
        .await
        .map_err(|error| Error::failed("reading a queue", error.into_service_error()))?;
    let count = attributes
        .attributes
        .as_ref()
        .and_then(|all| all.get(&name)?.parse().ok());
    let mut waiting = Waiting {
        messages: count.unwrap_or(0),
        ..Waiting::default()
    };
    let mut seen = Vec::new();
    let until = SystemClock.now() + LOOKING;
    let is_to_go_on = |seen: usize| seen < LOOKED_AT && SystemClock.now() < until;
    while looks && waiting.messages > 0 && is_to_go_on(seen.len()) {
        let messages = receive(client, url).await?;
        if messages.is_empty() {
            break;
        }
        for message in messages {
            waiting.looked_at += 1;
            *waiting.reasons.entry(reason(&message)).or_default() += 1;
            seen.extend(message.receipt_handle);
        }
    }
    for receipts in seen.chunks(BATCH) {
        put_back(client, url, receipts).await;
    }
    Ok(waiting)
}

/// Makes messages visible to other readers again. A failure is not reported: a message that is not put back
/// comes back by itself ([`HIDDEN`]), and one that already has can be put back no more.
async fn put_back(client: &Client, url: &str, receipts: &[String]) {
    let entries = receipts.iter().enumerate().map(|(number, receipt)| {
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder();
        let entry = entry.id(number.to_string()).receipt_handle(receipt);
        entry.visibility_timeout(0).build()
    });
    // An entry without an identifier does not count.
    let entries = entries.filter_map(Result::ok).collect();
    let back = client.change_message_visibility_batch().queue_url(url);
    back.set_entries(Some(entries)).send().await.ok();
}

async fn receive(client: &Client, url: &str) -> Result<Vec<Message>, Error> {
    let received = client
        .receive_message()
        .queue_url(url)
        .max_number_of_messages(10)
        .visibility_timeout(HIDDEN)
        .wait_time_seconds(WAITED)
        .message_attribute_names("All")
        .send()
        .await;
    let received =
        received.map_err(|error| Error::failed("reading a queue", error.into_service_error()))?;
    Ok(received.messages.unwrap_or_default())
}

/// What support-notifier says of a message; of one of SNS, SQS's name of the failure.
fn reason(message: &Message) -> String {
    let attributes = message.message_attributes.as_ref();
    let said = |name: &str| {
        let attribute = attributes.and_then(|attributes| attributes.get(name))?;
        attribute.string_value.clone()
    };
    said(REASON)
        .or_else(|| said("ERROR_MESSAGE"))
        .unwrap_or_else(|| "no reason given".to_owned())
}

/// SQS moves nothing out of a queue that is fed by SNS (API reference, `StartMessageMoveTask`). Each message is
/// sent first and deleted then: at least once, and an email is sent once for each event.
async fn move_by_hand(
    client: &Client,
    from: &str,
    first: &str,
    usual: &str,
) -> Result<usize, Error> {
    let mut moved = 0;
    loop {
        let messages = receive(client, from).await?;
        if messages.is_empty() {
            return Ok(moved);
        }
        for message in messages {
            let (Some(body), Some(receipt)) = (message.body, message.receipt_handle) else {
                continue;
            };
            let event = event_in(&body);
            let to = if stops_mail(&event) { first } else { usual };
            let sent = client.send_message().queue_url(to).message_body(event);
            let sent = sent.send().await;
            sent.map_err(|error| Error::failed("sending an event", error.into_service_error()))?;
            let delete = client
                .delete_message()
                .queue_url(from)
                .receipt_handle(receipt);
            let deleted = delete.send().await.map_err(SdkError::into_service_error);
            match deleted {
                Ok(_) => {}
                // Handling took longer than the message was hidden, so it is delivered again. It is emailed once.
                Err(error) if error.is_receipt_handle_is_invalid() => {}
                Err(error) => return Err(Error::failed("deleting a message", error)),
            }
            moved += 1;
        }
    }
}

/// The event in a message: the body itself, or `Message` in the envelope of SNS, whose delivery is raw here and
/// might not be so in a dead-letter queue.
fn event_in(body: &str) -> String {
    let envelope: Option<Value> = serde_json::from_str(body).ok();
    let inner = envelope.and_then(|envelope| {
        let is_envelope = envelope.get("Type")? == "Notification";
        let message = envelope.get("Message")?.as_str()?;
        is_envelope.then(|| message.to_owned())
    });
    inner.unwrap_or_else(|| body.to_owned())
}

/// Whether an event belongs into the queue of events about stopped mail. A message that is not an event does not.
fn stops_mail(event: &str) -> bool {
    let event: Option<Event> = serde_json::from_str(event).ok();
    event.is_some_and(|event| Lane::of(&event) == Lane::First)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_from_the_body_or_from_an_sns_envelope() {
        let event = r#"{"event_id":"1","Type":"x"}"#;
        assert_eq!(event_in(event), event);
        let envelope = serde_json::json!({ "Type": "Notification", "Message": event });
        assert_eq!(event_in(&envelope.to_string()), event);
        assert_eq!(event_in("no JSON"), "no JSON");
    }

    #[test]
    fn only_events_about_stopped_mail_go_to_the_first_queue() {
        for (delivery, expected) in [
            (
                include_str!("../../../../events/support-notifier/displaced-sending.json"),
                true,
            ),
            (
                include_str!("../../../../events/support-notifier/displaced-pending.json"),
                false,
            ),
            (
                include_str!("../../../../events/support-notifier/not-an-event.json"),
                false,
            ),
        ] {
            let delivery: Value = serde_json::from_str(delivery).unwrap();
            let event = delivery["Records"][0]["body"].as_str().unwrap();
            assert_eq!(stops_mail(event), expected, "{event}");
        }
    }
}
