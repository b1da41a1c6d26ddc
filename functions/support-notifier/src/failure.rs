//! Why a message was not handled, and who can solve the problem.

use std::sync::Arc;
use std::time::Duration;

use domain_auth::use_cases::email_events::EmailError;
pub(crate) use domain_auth::use_cases::email_events::causes;
use jiff::Timestamp;
use serde_json::error::Category;

/// An event was not emailed. Its message returns to the queue. The text of serde's error is
/// dropped, because it quotes the message.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The message is not JSON.
    #[error("the message is not JSON (line {line}, column {column})")]
    NotJson {
        /// The line of the error.
        line: usize,
        /// The column of the error.
        column: usize,
    },
    /// This version cannot read the message as an event.
    #[error("the message is not an event of this service (line {line}, column {column})")]
    NotAnEvent {
        /// The line of the error.
        line: usize,
        /// The column of the error.
        column: usize,
    },
    /// The message has an unknown schema version.
    #[error("the message is an event of version {0}, which is not known here")]
    Version(u32),
    /// An email was not sent.
    #[error(transparent)]
    Email(Arc<EmailError>),
    /// The email to Lasso support will never be sent, and the contact's waits for another day.
    #[error(transparent)]
    RefusedAndFull(Arc<EmailError>),
}

impl NotifyError {
    /// The problem of a message, from serde's error.
    pub(crate) fn of_json(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            Category::Syntax | Category::Eof | Category::Io => Self::NotJson { line, column },
            Category::Data => Self::NotAnEvent { line, column },
        }
    }

    /// The failure of a message, from that of its earlier email and of a later one. One that another
    /// attempt may solve comes before one that puts the message aside, so that the other email is
    /// not lost. A wait for another day does not: the message is carried over besides.
    pub(crate) fn and(self: Arc<Self>, later: Arc<EmailError>) -> Arc<Self> {
        match &*self {
            Self::Email(earlier) if earlier.is_permanent() => {
                if matches!(*later, EmailError::DayIsFull { .. }) {
                    Arc::new(Self::RefusedAndFull(earlier.clone()))
                } else {
                    Arc::new(Self::Email(later))
                }
            }
            Self::Email(_) | Self::RefusedAndFull(_) => self,
            Self::NotJson { .. } | Self::NotAnEvent { .. } | Self::Version(_) => self,
        }
    }

    /// Whether a later attempt fails as well, unless a person repairs the cause first.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::NotJson { .. } | Self::NotAnEvent { .. } | Self::Version(_) => true,
            Self::Email(error) => error.is_permanent(),
            Self::RefusedAndFull(_) => true,
        }
    }

    /// When the message is to be delivered again, if this is known: it is only early, and nothing
    /// is wrong.
    pub(crate) fn comes_again_at(&self) -> Option<Timestamp> {
        match self {
            Self::Email(error) => match **error {
                EmailError::Early { until } | EmailError::DayIsFull { until } => Some(until),
                EmailError::InFlight | EmailError::HeldBack { .. } | EmailError::NoTime => None,
                EmailError::Busy | EmailError::Suppressed | EmailError::Unrendered(_) => None,
                EmailError::Ses(_) | EmailError::Unnoted(_) | EmailError::Store(_) => None,
            },
            Self::RefusedAndFull(_) => None,
            Self::NotJson { .. } | Self::NotAnEvent { .. } | Self::Version(_) => None,
        }
    }

    /// Whether its contact has reached the daily limit of emails.
    pub(crate) fn is_for_another_day(&self) -> bool {
        match self {
            Self::Email(error) => matches!(**error, EmailError::DayIsFull { .. }),
            Self::RefusedAndFull(_) => true,
            Self::NotJson { .. } | Self::NotAnEvent { .. } | Self::Version(_) => false,
        }
    }

    /// Logs one line. A message that became a dead letter is an error; one that is delivered again
    /// `after` a while is not.
    pub(crate) fn log(&self, message_id: &str, delivery: u32, after: Option<Duration>) {
        let reason = causes(self);
        let seconds = after.map(|after| after.as_secs());
        match seconds {
            None => tracing::error!(
                message_id,
                delivery,
                reason,
                "a message was put into the dead-letter queue"
            ),
            Some(seconds) if self.comes_again_at().is_some() => tracing::info!(
                message_id,
                delivery,
                seconds,
                "a message is early, and comes again"
            ),
            Some(seconds) => tracing::warn!(
                message_id,
                delivery,
                reason,
                seconds,
                "an event was not emailed; its message comes again"
            ),
        }
    }
}
