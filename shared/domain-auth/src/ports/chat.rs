//! Messages for a chat channel.

use super::PublishError;

/// Posts messages to a topic that a chat service listens to.
///
/// # Examples
///
/// ```
/// use domain_auth::ports::{PostToChat, PublishError};
///
/// /// Posts a custom notification of Amazon Q Developer in chat applications.
/// async fn post(topic: &impl PostToChat) -> Result<(), PublishError> {
///     let message = r#"{"version":"1.0","source":"custom","content":{"description":"Hello"}}"#;
///     topic.post(message).await
/// }
/// ```
pub trait PostToChat: Send + Sync {
    /// Publishes one message: JSON in the form that the chat service expects.
    fn post(&self, message: &str) -> impl Future<Output = Result<(), PublishError>> + Send;
}
