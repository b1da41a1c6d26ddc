//! Messages that a queue delivers until they are dealt with.

use std::future::Future;
use std::time::Duration;

/// When a message that was not dealt with comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redelivery {
    /// Names this delivery of the message to the queue.
    pub receipt: String,
    /// How long from now. Whole seconds, at most twelve hours.
    pub after: Duration,
}

/// Sets when messages come again.
pub trait Redeliver: Send + Sync {
    /// For up to ten messages, one of each. A message for which it fails comes again when the queue's
    /// own time is over.
    fn redeliver(
        &self,
        messages: &[Redelivery],
    ) -> impl Future<Output = Result<(), RedeliveryError>> + Send;
}

/// The queue was not told of some messages, or of none.
#[derive(Debug, thiserror::Error)]
#[error("the queue was not told when {messages} messages are to come again")]
pub struct RedeliveryError {
    /// How many.
    pub messages: usize,
    /// What it says.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}
