//! Events from SNS, one email to Lasso support for each.

mod config;
mod email;

use aws_lambda_events::event::sns::SnsEvent;
use domain_auth::event::{Event, SCHEMA_VERSION};
use domain_auth::ports::{Clock, EmailLedger, SendEmail};
use domain_auth::use_cases::email_support::{EmailError, Outcome, email_support};

pub use config::Config;
pub use email::email_of;

/// What the handler works with.
#[derive(Debug)]
pub struct App<L, M, C> {
    /// Which events have been emailed.
    pub ledger: L,
    /// The way to Lasso support.
    pub mail: M,
    /// Time.
    pub clock: C,
}

/// An event was not emailed. Lambda delivers it again, and in the end puts it aside.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The message is no event that this version can read.
    #[error("the message is not an event of this service")]
    Unreadable(#[source] serde_json::Error),
    /// The message is of a shape that this version does not know.
    #[error("the message is an event of version {0}, which is not known here")]
    Version(u32),
    /// The email has no text.
    #[error("the email could not be rendered")]
    Unrendered(#[source] askama::Error),
    /// The email was not sent.
    #[error(transparent)]
    Email(#[from] EmailError),
}

impl<L: EmailLedger, M: SendEmail, C: Clock> App<L, M, C> {
    /// Emails every event of an SNS delivery, which holds one. A delivery that comes again sends
    /// nothing that was sent.
    pub async fn notify(&self, delivery: SnsEvent) -> Result<(), NotifyError> {
        for record in delivery.records {
            let event: Event =
                serde_json::from_str(&record.sns.message).map_err(NotifyError::Unreadable)?;
            if event.version != SCHEMA_VERSION {
                return Err(NotifyError::Version(event.version));
            }
            let email = email_of(&event).map_err(NotifyError::Unrendered)?;
            let outcome = email_support(&self.ledger, &self.mail, &self.clock, &email).await?;
            tracing::info!(
                event_id = %event.event_id,
                event_type = event.event_type.as_str(),
                already_sent = outcome == Outcome::AlreadySent,
                "support has been told"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
