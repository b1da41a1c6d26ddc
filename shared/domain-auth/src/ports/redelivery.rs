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

/// A message with which nothing can be done until a person has repaired the cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its body, as it came.
    pub body: String,
    /// Why, in one line without a person's address.
    pub reason: String,
}

/// Puts messages aside.
pub trait PutAside: Send + Sync {
    /// Puts a copy of the message into the dead-letter queue, with the reason as message attribute. Then the
    /// message itself may be deleted. One that dies in between leaves two copies.
    fn put_aside(
        &self,
        message: &DeadLetter,
    ) -> impl Future<Output = Result<(), RedeliveryError>> + Send;
}

/// Puts messages into a queue for later.
pub trait Carry: Send + Sync {
    /// Puts a copy of a message with this body into the queue. Then the message itself may be deleted. One that
    /// dies in between leaves two copies.
    fn carry(&self, body: &str) -> impl Future<Output = Result<(), RedeliveryError>> + Send;
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
