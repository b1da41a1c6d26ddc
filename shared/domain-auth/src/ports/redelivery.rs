//! Messages that a queue delivers again until they are deleted.

use std::future::Future;
use std::time::Duration;

/// When a message that was not handled is delivered again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redelivery {
    /// The receipt handle of this delivery.
    pub receipt: String,
    /// How long from now. Whole seconds, at most twelve hours.
    pub after: Duration,
}

/// Sets when messages are delivered again.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use domain_auth::ports::{Redeliver, Redelivery, RedeliveryError};
///
/// /// Makes the queue deliver a message again after a minute.
/// async fn later(queue: &impl Redeliver, receipt: String) -> Result<(), RedeliveryError> {
///     let after = Duration::from_secs(60);
///     queue.redeliver(&[Redelivery { receipt, after }]).await
/// }
/// ```
pub trait Redeliver: Send + Sync {
    /// For up to ten messages, a time each. If it fails for a message, the message is delivered
    /// again after the queue's visibility timeout.
    fn redeliver(
        &self,
        messages: &[Redelivery],
    ) -> impl Future<Output = Result<(), RedeliveryError>> + Send;
}

/// A message that cannot be handled until a person has repaired the cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its body, as received.
    pub body: String,
    /// Why, in one line without a person's address.
    pub reason: String,
}

/// Moves messages to the dead-letter queue.
///
/// # Examples
///
/// ```
/// use domain_auth::ports::{DeadLetter, PutAside, RedeliveryError};
///
/// /// Moves a message that is not JSON to the dead-letter queue. Delete the message afterwards.
/// async fn refuse(queue: &impl PutAside, body: String) -> Result<(), RedeliveryError> {
///     let reason = "the message is not JSON".to_owned();
///     queue.put_aside(&DeadLetter { body, reason }).await
/// }
/// ```
pub trait PutAside: Send + Sync {
    /// Puts a copy of the message into the dead-letter queue, with the reason as message attribute.
    /// Then the message itself may be deleted. A crash in between leaves two copies.
    fn put_aside(
        &self,
        message: &DeadLetter,
    ) -> impl Future<Output = Result<(), RedeliveryError>> + Send;
}

/// Moves messages to a queue for later.
///
/// # Examples
///
/// ```
/// use domain_auth::ports::{Carry, RedeliveryError};
///
/// /// Moves messages to the queue for the next day. Delete the messages afterwards.
/// async fn tomorrow(queue: &impl Carry, bodies: &[String]) -> Result<(), RedeliveryError> {
///     for body in bodies {
///         queue.carry(body).await?;
///     }
///     Ok(())
/// }
/// ```
pub trait Carry: Send + Sync {
    /// Puts a copy of a message with this body into the queue. Then the message itself may be
    /// deleted. A crash in between leaves two copies.
    fn carry(&self, body: &str) -> impl Future<Output = Result<(), RedeliveryError>> + Send;
}

/// The request to the queue failed for some messages, or for all.
#[derive(Debug, thiserror::Error)]
#[error("the queue was not told when {messages} messages are to come again")]
pub struct RedeliveryError {
    /// How many.
    pub messages: usize,
    /// The cause.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}
