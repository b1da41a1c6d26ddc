//! `lasso-ops redrive`: what waits in the dead-letter queues and why, and back to the queue of alerts with it.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, Message, QueueAttributeName};
use domain_auth::ports::Clock;
use domain_auth_aws::SystemClock;
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::Value;

use crate::aws::Aws;
use crate::options::Redrive;
use crate::outcome::{Error, Report};
use crate::stack::Stack;

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
/// Messages in a second that SQS moves: as many emails as a new account may send, and a few less.
const PER_SECOND: i32 = 10;

/// What was found, and done.
#[derive(Debug, Serialize)]
struct Redriven {
    dry_run: bool,
    /// Alerts that could not be emailed.
    alerts: Waiting,
    /// Events that SNS could not put into a queue.
    of_topic: Waiting,
    /// The task of SQS that moves the alerts.
    task: Option<String>,
    /// Whether an earlier start had begun that task, and it is still under way.
    task_was_under_way: bool,
    /// Events of the topic's queue that were moved here, one by one.
    moved: usize,
}

/// What waits in a queue.
#[derive(Debug, Default, Serialize)]
struct Waiting {
    /// By SQS's approximate count.
    messages: u64,
    /// How many of them were looked at. None were where they are moved.
    looked_at: usize,
    /// How often there is each reason, of those that were looked at.
    reasons: BTreeMap<String, usize>,
}

pub(super) async fn run(aws: &Aws, stack: &Stack, options: &Redrive) -> Result<Report, Error> {
    let client = aws.sqs();
    let alerts = stack.output("AlertDeadLetterQueueUrl")?;
    let of_topic = stack.output("DeadLetterQueueUrl")?;
    // What is looked at is hidden for a while, from a task of SQS as well: so what is moved is only counted.
    let looks = !options.consent.yes;
    let mut redriven = Redriven {
        dry_run: !options.consent.yes,
        alerts: waiting(&client, alerts, looks).await?,
        of_topic: waiting(&client, of_topic, looks).await?,
        task: None,
        task_was_under_way: false,
        moved: 0,
    };
    if options.consent.yes {
        let source = stack.output("AlertDeadLetterQueueArn")?;
        redriven.task = running_task(&client, source).await?;
        redriven.task_was_under_way = redriven.task.is_some();
        if redriven.task.is_none() && redriven.alerts.messages > 0 {
            let destination = stack.output("AlertQueueArn")?;
            redriven.task = Some(start_task(&client, source, destination).await?);
        }
        redriven.moved = move_by_hand(&client, of_topic, stack.output("AlertQueueUrl")?).await?;
    }
    Ok(Report::new(&redriven, redriven.needs_a_person()))
}

/// The task that moves the messages of a queue, where one is under way: SQS refuses a second one, and this one
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

/// Shows messages to others again. What fails is not told: a message that is not put back comes back by itself
/// ([`HIDDEN`]), and one that already has can be put back no more.
async fn put_back(client: &Client, url: &str, receipts: &[String]) {
    let entries = receipts.iter().enumerate().map(|(number, receipt)| {
        let entry = ChangeMessageVisibilityBatchRequestEntry::builder();
        let entry = entry.id(number.to_string()).receipt_handle(receipt);
        entry.visibility_timeout(0).build()
    });
    // An entry without an identifier is none.
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
async fn move_by_hand(client: &Client, from: &str, to: &str) -> Result<usize, Error> {
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
            let sent = client
                .send_message()
                .queue_url(to)
                .message_body(event_in(&body));
            let sent = sent.send().await;
            sent.map_err(|error| Error::failed("sending an event", error.into_service_error()))?;
            let delete = client
                .delete_message()
                .queue_url(from)
                .receipt_handle(receipt);
            let deleted = delete.send().await.map_err(SdkError::into_service_error);
            match deleted {
                Ok(_) => {}
                // It took longer than it was hidden: it comes again, and is emailed once all the same.
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

impl Redriven {
    /// Messages wait, or an event of the topic could not be had, because another process was looking at it.
    fn needs_a_person(&self) -> bool {
        let waits = self.alerts.messages + self.of_topic.messages > 0;
        let left = u64::try_from(self.moved).unwrap_or(u64::MAX) < self.of_topic.messages;
        if self.dry_run { waits } else { left }
    }
}

impl fmt::Display for Redriven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, waiting) in [
            ("alerts that could not be emailed", &self.alerts),
            ("events that did not reach a queue", &self.of_topic),
        ] {
            writeln!(f, "{} {what}", waiting.messages)?;
            let looked_at = u64::try_from(waiting.looked_at).unwrap_or(u64::MAX);
            if 0 < looked_at && looked_at < waiting.messages {
                writeln!(f, "  of the {looked_at} that were looked at:")?;
            }
            for (reason, count) in &waiting.reasons {
                writeln!(f, "  {count}: {reason}")?;
            }
        }
        if self.dry_run {
            return writeln!(
                f,
                "Nothing was moved: --yes does it, once the reasons are repaired."
            );
        }
        if self.task_was_under_way {
            writeln!(f, "SQS moves the alerts back since an earlier start.")?;
        } else if self.task.is_some() {
            writeln!(f, "SQS moves the alerts back, {PER_SECOND} in a second.")?;
        }
        writeln!(
            f,
            "{} events were moved to the queue of alerts.",
            self.moved
        )?;
        if self.needs_a_person() {
            writeln!(
                f,
                "The others could not be read now: start again in a minute."
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_the_body_or_in_the_envelope_of_sns() {
        let event = r#"{"event_id":"1","Type":"x"}"#;
        assert_eq!(event_in(event), event);
        let envelope = serde_json::json!({ "Type": "Notification", "Message": event });
        assert_eq!(event_in(&envelope.to_string()), event);
        assert_eq!(event_in("no JSON"), "no JSON");
    }

    #[test]
    fn a_report_on_a_sample_says_so() {
        let redriven = |messages, looked_at| Redriven {
            dry_run: true,
            alerts: Waiting {
                messages,
                looked_at,
                reasons: BTreeMap::from([("MessageRejected".to_owned(), looked_at)]),
            },
            of_topic: Waiting::default(),
            task: None,
            task_was_under_way: false,
            moved: 0,
        };
        let all = redriven(12, 12).to_string();
        assert!(all.starts_with("12 alerts that could not be emailed\n  12: MessageRejected\n"));
        let some = redriven(120_000, 100).to_string();
        assert!(some.contains("120000 alerts that could not be emailed\n  of the 100 that were looked at:\n  100: MessageRejected\n"));
    }
}
