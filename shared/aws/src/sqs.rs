//! When messages of an SQS queue come again: `ChangeMessageVisibilityBatch`.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::BuildError;
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;
use domain_auth::ports::{Redeliver, Redelivery, RedeliveryError};

/// A queue that a function gets its messages from.
#[derive(Debug, Clone)]
pub struct MessageQueue {
    client: Client,
    url: String,
}

impl MessageQueue {
    /// The queue with this URL.
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
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
