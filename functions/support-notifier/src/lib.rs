//! Events from SNS, one email to Lasso support for each, within the limit of a day for each client.

mod config;
mod email;

use aws_lambda_events::event::sns::SnsEvent;
use domain_auth::alerts::PlaceAlerts;
use domain_auth::event::{Event, SCHEMA_VERSION};
use domain_auth::figures::Figure;
use domain_auth::limits::ReadClientRecord;
use domain_auth::ports::{Clock, EmailLedger, Meter, SendEmail};
use domain_auth::use_cases::email_support::{EmailError, Form, Outcome, email_support};

pub use config::Config;
pub use email::{email_of, summary_of};

/// What the handler works with.
#[derive(Debug)]
pub struct App<S, M, C, R> {
    /// Which events have been emailed, and how many of each client.
    pub store: S,
    /// The way to Lasso support.
    pub mail: M,
    /// Time.
    pub clock: C,
    /// Takes figures.
    pub meter: R,
    /// Emails on a day about one client for which Lasso support has set no limit.
    pub limit: u32,
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
    /// The email was not sent.
    #[error(transparent)]
    Email(#[from] EmailError),
}

impl<S, M, C, R> App<S, M, C, R>
where
    S: EmailLedger + PlaceAlerts + ReadClientRecord,
    M: SendEmail,
    C: Clock,
    R: Meter,
{
    /// Emails every event of an SNS delivery, which holds one. A delivery that comes again sends
    /// nothing that was sent.
    pub async fn notify(&self, delivery: SnsEvent) -> Result<(), NotifyError> {
        for record in delivery.records {
            let event: Event =
                serde_json::from_str(&record.sns.message).map_err(NotifyError::Unreadable)?;
            if event.version != SCHEMA_VERSION {
                return Err(NotifyError::Version(event.version));
            }
            let (store, mail, clock) = (&self.store, &self.mail, &self.clock);
            let render = |form| match form {
                Form::Alert => email_of(&event),
                Form::Summary { day, limit } => summary_of(&event, day, limit),
            };
            let outcome = email_support(store, mail, clock, &event, self.limit, render).await?;
            tracing::info!(
                event_id = %event.event_id,
                event_type = event.event_type.as_str(),
                client = event.client.as_str(),
                outcome = word_for(outcome),
                "an event was dealt with"
            );
            self.meter.record(clock.now(), &figures(outcome));
        }
        Ok(())
    }
}

fn word_for(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Sent => "sent",
        Outcome::SummarySent => "summary_sent",
        Outcome::InSummary => "in_summary",
        Outcome::Repeated => "repeated",
        Outcome::AlreadySent => "already_dealt_with",
    }
}

/// `AlertsNotEmailed`: events without an email of their own.
fn figures(outcome: Outcome) -> Vec<Figure> {
    let not_emailed = |reason| vec![Figure::count("AlertsNotEmailed", 1).by("Reason", reason)];
    match outcome {
        Outcome::SummarySent | Outcome::InSummary => not_emailed("OverLimit"),
        Outcome::Repeated => not_emailed("Repeated"),
        Outcome::Sent | Outcome::AlreadySent => Vec::new(),
    }
}

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
