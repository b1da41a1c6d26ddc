//! What the template gives this function.

use domain_auth_aws::{LimitError, limit, required};

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
        })
    }
}
