//! Events from the queue of alerts, one email to Lasso support for each, within the limit of a day for
//! each client. What could not be emailed goes back to the queue, and says when it comes again.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod chat;
mod config;
mod email;
mod failure;
mod pace;

use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain_auth::alerts::PlaceAlerts;
use domain_auth::event::{Event, SCHEMA_VERSION};
use domain_auth::figures::Figure;
use domain_auth::limits::ReadClientRecord;
use domain_auth::ports::{
    Clock, EmailLedger, Meter, Ports, PostToChat, Redeliver, Redelivery, SendEmail,
};
use domain_auth::use_cases::StoreTools;
use domain_auth::use_cases::email_support::{Form, Outcome, email_support};
use domain_auth_emails::Console;
use jiff::{SignedDuration, Timestamp};

pub use config::Config;
pub use email::{email_of, summary_of};
pub use failure::NotifyError;

/// What one email may take where Amazon SES hangs (10 s), and telling the queue after it (5 s). A
/// message is begun only where so much time is left.
const NEEDED: SignedDuration = SignedDuration::from_secs(15);

/// The wait before the next email after SES has throttled one: its rate counts by the second.
const AFTER_THROTTLING: Duration = Duration::from_secs(1);

/// As many messages as the queue can be told about in one call.
const TOLD_AT_ONCE: usize = 10;

/// What the handler works with.
pub struct App<P: Ports> {
    /// Which events have been emailed, and how many of each client.
    pub store: P::Store,
    /// The way to Lasso support.
    pub mail: P::Mail,
    /// Time.
    pub clock: P::Clock,
    /// Randomness.
    pub ids: P::Ids,
    /// Takes figures.
    pub meter: P::Meter,
    /// Emails on a day about one client for which Lasso support has set no limit.
    pub limit: u32,
    /// The queue that the messages come from.
    pub queue: P::Queue,
    /// Where buttons lead.
    pub console: Console,
    /// The topic of a chat channel, where there is one.
    pub chat: Option<P::Publisher>,
}

impl<P> App<P>
where
    P: Ports<
            Store: EmailLedger + PlaceAlerts + ReadClientRecord,
            Publisher: PostToChat,
            Mail: SendEmail,
            Meter: Meter,
            Queue: Redeliver,
        >,
{
    /// Emails the event of each message, one after the other, and answers with the messages that were
    /// not dealt with; the queue deletes the others. A message that comes again sends nothing that was
    /// sent.
    ///
    /// The first message is always tried, a further one only where Lambda's `deadline` leaves time for
    /// it. A message that fails does not hold up the others: it comes again after a pause that grows with
    /// its deliveries. Where another attempt fares no better there is no pause, so that the message soon
    /// reaches the dead-letter queue.
    pub async fn notify(&self, batch: SqsEvent, deadline: Timestamp) -> SqsBatchResponse {
        let mut answer = SqsBatchResponse::default();
        let mut again = Vec::new();
        let mut throttled = false;
        for (number, message) in batch.records.iter().enumerate() {
            if throttled {
                self.clock.sleep(AFTER_THROTTLING).await;
            }
            let in_time = number == 0 || self.clock.now() + NEEDED <= deadline;
            let outcome = if in_time {
                self.email(message).await
            } else {
                Err(NotifyError::NoTime)
            };
            throttled = outcome.as_ref().is_err_and(NotifyError::is_throttled);
            let Err(error) = outcome else { continue };
            let id = message.message_id.clone().unwrap_or_default();
            let after = pause_for(message, &id, &error);
            error.log(&id, deliveries(message), after);
            let receipt = message.receipt_handle.clone().unwrap_or_default();
            again.push(Redelivery { receipt, after });
            answer.add_failure(id);
        }
        for messages in again.chunks(TOLD_AT_ONCE) {
            if let Err(error) = self.queue.redeliver(messages).await {
                tracing::warn!(
                    error = failure::causes(&error),
                    "messages come again after the queue's visibility timeout"
                );
            }
        }
        answer
    }

    async fn email(&self, message: &SqsMessage) -> Result<(), NotifyError> {
        let event = event_in(message)?;
        let tools = StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        };
        let render = |form| match form {
            Form::Alert => email_of(&event, &self.console),
            Form::Summary { day, limit } => summary_of(&event, day, limit, &self.console),
        };
        let outcome = email_support::<P>(&tools, &self.mail, &event, self.limit, render).await?;
        tracing::info!(
            event_id = %event.event_id,
            event_type = event.event_type.as_str(),
            client = event.client.as_str(),
            outcome = word_for(outcome),
            "an event was dealt with"
        );
        if let (Outcome::Sent, Some(chat)) = (outcome, &self.chat) {
            chat::post(chat, &self.clock, &event, &self.console).await;
        }
        self.meter.record(self.clock.now(), &figures(outcome));
        Ok(())
    }
}

/// The event in a message: the body is the event itself, because the subscription delivers raw
/// messages.
fn event_in(message: &SqsMessage) -> Result<Event, NotifyError> {
    let body = message.body.as_deref().unwrap_or_default();
    let event: Event = serde_json::from_str(body).map_err(|error| NotifyError::of_json(&error))?;
    if event.version != SCHEMA_VERSION {
        return Err(NotifyError::Version(event.version));
    }
    Ok(event)
}

/// How often the queue has delivered a message, this time included.
fn deliveries(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

fn pause_for(message: &SqsMessage, id: &str, error: &NotifyError) -> Duration {
    if error.is_permanent() {
        Duration::ZERO
    } else {
        pace::pause_after(deliveries(message), id)
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
mod batch_tests;
#[cfg(test)]
mod chat_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod tests;
