//! What the template gives this function.

use domain_auth_aws::{LimitError, limit, optional, required};
use domain_auth_emails::Console;

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `TABLE_NAME`.
    pub table: String,
    /// `STACK_NAME`: metrics carry it.
    pub stack: String,
    /// `SUPPORT_EMAIL`: where alerts go.
    pub support_email: String,
    /// `SENDER_EMAIL`: where they come from, a verified identity.
    pub sender_email: String,
    /// `MAX_SUPPORT_EMAILS_PER_CLIENT_PER_DAY`.
    pub limit: u32,
    /// `ALERT_QUEUE_URL`: where the messages come from.
    pub queue_url: String,
    /// `CONSOLE_URL`: where buttons lead, where the stack has a console.
    pub console: Console,
    /// `CHAT_TOPIC_ARN`: where chat messages go, where there are any.
    pub chat_topic: Option<String>,
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, LimitError> {
        Ok(Self {
            table: required("TABLE_NAME")?,
            stack: required("STACK_NAME")?,
            support_email: required("SUPPORT_EMAIL")?,
            sender_email: required("SENDER_EMAIL")?,
            limit: limit("MAX_SUPPORT_EMAILS_PER_CLIENT_PER_DAY")?,
            queue_url: required("ALERT_QUEUE_URL")?,
            chat_topic: optional("CHAT_TOPIC_ARN"),
            console: Console::at(optional("CONSOLE_URL").as_deref()),
        })
    }
}
