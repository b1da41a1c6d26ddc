//! Messages for a chat channel.

use super::PublishError;

/// Posts messages to a topic that a chat service listens to.
pub trait PostToChat: Send + Sync {
    /// Publishes one message: JSON in the form that the chat service expects.
    fn post(&self, message: &str) -> impl Future<Output = Result<(), PublishError>> + Send;
}
