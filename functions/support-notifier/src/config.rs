//! The configuration that the template gives this function.

use domain_auth::mail_limits::MailLimits;
use domain_auth_aws::{LimitError, limit, optional, required};
use domain_auth_emails::Console;

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `TABLE_NAME`.
    pub table: String,
    /// `STACK_NAME`: a dimension of the metrics.
    pub stack: String,
    /// `SUPPORT_EMAIL`: the recipient of alerts.
    pub support_email: String,
    /// `SENDER_EMAIL`: the sender of alerts, a verified identity.
    pub sender_email: String,
    /// `MAIL_CONFIGURATION_SET`: the configuration set for the emails.
    pub configuration_set: String,
    /// `EMAILS_PER_SECOND`, `SINGLE_EMAILS_PER_MINUTE` and `MAX_SUPPORT_EMAILS_PER_CLIENT_PER_DAY`.
    pub limits: MailLimits,
    /// `NOTIFY_CLIENTS`: whether events are emailed to the contacts of clients, `true` or `false`.
    pub notify_clients: bool,
    /// `ALERT_QUEUE_URL`: the queue of most messages.
    pub queue_url: String,
    /// `FIRST_ALERT_QUEUE_URL`: the queue of messages that say that mail stops.
    pub first_queue_url: String,
    /// `FIRST_ALERT_QUEUE_ARN`: identifies that queue in its messages.
    pub first_queue_arn: String,
    /// `CARRIED_ALERT_QUEUE_URL`: the queue of messages whose contact has reached its daily limit.
    pub carried_queue_url: String,
    /// `CARRIED_ALERT_QUEUE_ARN`: identifies that queue in its messages.
    pub carried_queue_arn: String,
    /// `ALERT_DEAD_LETTER_QUEUE_URL`: the queue of messages that cannot be handled.
    pub dead_letter_queue_url: String,
    /// `FIRST_ALERT_DEAD_LETTER_QUEUE_URL`: the same for messages that say that mail stops.
    pub first_dead_letter_queue_url: String,
    /// `CONSOLE_URL`: the target of buttons, if the stack has a console.
    pub console: Console,
    /// `CHAT_TOPIC_ARN`: the topic for chat messages, if there is one.
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
            configuration_set: required("MAIL_CONFIGURATION_SET")?,
            limits: MailLimits {
                per_second: limit("EMAILS_PER_SECOND")?,
                singles_per_minute: limit("SINGLE_EMAILS_PER_MINUTE")?,
                per_client_per_day: limit("MAX_SUPPORT_EMAILS_PER_CLIENT_PER_DAY")?,
            },
            notify_clients: required("NOTIFY_CLIENTS")? == "true",
            queue_url: required("ALERT_QUEUE_URL")?,
            first_queue_url: required("FIRST_ALERT_QUEUE_URL")?,
            first_queue_arn: required("FIRST_ALERT_QUEUE_ARN")?,
            carried_queue_url: required("CARRIED_ALERT_QUEUE_URL")?,
            carried_queue_arn: required("CARRIED_ALERT_QUEUE_ARN")?,
            dead_letter_queue_url: required("ALERT_DEAD_LETTER_QUEUE_URL")?,
            first_dead_letter_queue_url: required("FIRST_ALERT_DEAD_LETTER_QUEUE_URL")?,
            chat_topic: optional("CHAT_TOPIC_ARN"),
            console: Console::at(optional("CONSOLE_URL").as_deref()),
        })
    }
}
