//! Sets when messages of an SQS queue are delivered again (`ChangeMessageVisibilityBatch`), and
//! moves messages that cannot be handled.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;
use aws_sdk_sqs::types::MessageAttributeValue;
use domain_auth::ports::{Carry, DeadLetter, PutAside, Redeliver, Redelivery, RedeliveryError};

/// The message attribute that says why a message became a dead letter.
const REASON: &str = "reason";

/// The longest reason, in characters: a dead letter and its attributes together are one message.
const LONGEST_REASON: usize = 1_000;

/// The queue that a function gets its messages from.
#[derive(Debug, Clone)]
pub struct MessageQueue {
    client: Client,
    url: String,
    dead_letters: String,
}

impl MessageQueue {
    /// The queue with the URL `url`, and its dead-letter queue with the URL `dead_letters`.
    pub fn new(client: Client, url: String, dead_letters: String) -> Self {
        Self {
            client,
            url,
            dead_letters,
        }
    }
}

impl PutAside for MessageQueue {
    async fn put_aside(&self, message: &DeadLetter) -> Result<(), RedeliveryError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| RedeliveryError {
            messages: 1,
            source,
        };
        let reason: String = message.reason.chars().take(LONGEST_REASON).collect();
        let reason = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(reason)
            .build()
            .map_err(|error| failed(error.into()))?;
        self.client
            .send_message()
            .queue_url(&self.dead_letters)
            .message_body(&message.body)
            .message_attributes(REASON, reason)
            .send()
            .await
            .map_err(|error| failed(error.into_service_error().into()))?;
        Ok(())
    }
}

impl Carry for MessageQueue {
    async fn carry(&self, body: &str) -> Result<(), RedeliveryError> {
        let sent = self.client.send_message().queue_url(&self.url);
        let sent = sent.message_body(body).send().await;
        sent.map_err(|error| RedeliveryError {
            messages: 1,
            source: error.into_service_error().into(),
        })?;
        Ok(())
    }
}

impl Redeliver for MessageQueue {
    async fn redeliver(&self, messages: &[Redelivery]) -> Result<(), RedeliveryError> {
        if messages.is_empty() {
            return Ok(());
        }
        let failed = |messages: usize, source: Box<dyn std::error::Error + Send + Sync>| {
            RedeliveryError { messages, source }
        };
        let entries: Result<Vec<_>, BuildError> =
            messages.iter().enumerate().map(entry_of).collect();
        let answer = self
            .client
            .change_message_visibility_batch()
            .queue_url(&self.url)
            .set_entries(Some(
                entries.map_err(|error| failed(messages.len(), error.into()))?,
            ))
            .send()
            .await
            .map_err(|error| failed(messages.len(), error.into_service_error().into()))?;
        match answer.failed.as_slice() {
            [] => Ok(()),
            all @ [first, ..] => Err(failed(all.len(), first.code.as_str().into())),
        }
    }
}

fn entry_of(
    (number, message): (usize, &Redelivery),
) -> Result<ChangeMessageVisibilityBatchRequestEntry, BuildError> {
    ChangeMessageVisibilityBatchRequestEntry::builder()
        .id(number.to_string())
        .receipt_handle(&message.receipt)
        .visibility_timeout(i32::try_from(message.after.as_secs()).unwrap_or(i32::MAX))
        .build()
}
