//! Emails the events in the queues of alerts to Lasso support and to the contacts of clients.
//! Amazon SES's reports about the service's own mail arrive in the same queue, and are stored with
//! their domains. An event that could not be emailed returns to its queue, with the time of its
//! next delivery. A message that can never be handled becomes a dead letter, with the reason.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod batch;
mod chat;
mod config;
mod email;
mod failure;
mod mail_events;
mod outcomes;
mod pace;

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain_auth::audience::Audience;
use domain_auth::mail_limits::MailLimits;
use domain_auth::ports::{
    Carry, Clock, CommitChanges, DeadLetter, Meter, Ports, PostToChat, PutAside, ReadDomains,
    Redeliver, Redelivery, SendEmail,
};
use domain_auth::use_cases::StoreTools;
use domain_auth::use_cases::email_events::{Item, MailStore, Outcome, Postman, Settled};
use domain_auth_emails::Console;
use jiff::Timestamp;

use batch::{Batch, deliveries};

pub use config::Config;
pub use email::rendered;
pub use failure::NotifyError;

/// The maximum number of messages in one call to the queue.
const TOLD_AT_ONCE: usize = 10;

/// The ports and settings of the handler.
pub struct App<P: Ports> {
    /// Which events have been emailed, and the counts for each client.
    pub store: P::Store,
    /// Sends email to Lasso support and to contacts.
    pub mail: P::Mail,
    /// Time.
    pub clock: P::Clock,
    /// Randomness.
    pub ids: P::Ids,
    /// Records metrics.
    pub meter: P::Meter,
    /// The limits of emails.
    pub limits: MailLimits,
    /// Whether events are emailed to the contacts of clients.
    pub notify_clients: bool,
    /// The queue of most messages.
    pub queue: P::Queue,
    /// The queue of events about stopped mail, and its ARN.
    pub first_queue: (P::Queue, String),
    /// The queue of events that wait for their contact's next day, and its ARN.
    pub carried_queue: (P::Queue, String),
    /// The target of buttons.
    pub console: Console,
    /// The topic of a chat channel, if there is one.
    pub chat: Option<P::Publisher>,
}

impl<P> App<P>
where
    P: Ports<
            Store: MailStore + ReadDomains + CommitChanges,
            Publisher: PostToChat,
            Mail: SendEmail,
            Meter: Meter,
            Queue: Redeliver + PutAside + Carry,
        >,
{
    /// Emails the events of the messages, and returns the messages that were not handled; the queue
    /// deletes the others. A redelivered message does not send an email again.
    ///
    /// Except for the first email, none is started without enough time before Lambda's `deadline`.
    /// A message that fails does not block the others: it is delivered again after a pause that
    /// grows with its deliveries. If another attempt would fail as well, it becomes a dead letter.
    pub async fn notify(&self, batch: SqsEvent, deadline: Timestamp) -> SqsBatchResponse {
        let records = batch.records.into_iter();
        let (of_ses, events): (Vec<_>, Vec<_>) = records.partition(mail_events::is_of_ses);
        // First, because each takes milliseconds, and a backlog of emails would leave no time.
        let failures = mail_events::note(&self.tools(), &of_ses, deadline).await;
        let mut answer = self.answer(&of_ses, &failures).await;
        let emailed = self.email(&events, deadline).await;
        answer
            .batch_item_failures
            .extend(emailed.batch_item_failures);
        answer
    }

    fn tools(&self) -> StoreTools<'_, P> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    /// Emails the events of messages.
    async fn email(&self, messages: &[SqsMessage], deadline: Timestamp) -> SqsBatchResponse {
        let batch = Batch::of(messages);
        let mut items = batch.items(self.notify_clients);
        if self.is_carried(messages) {
            let carried = items.into_iter().map(|(at, item)| (at, item.carried()));
            items = carried.collect();
        }
        let tools = self.tools();
        let mut postman: Postman<'_, P, _> =
            Postman::new(tools, &self.mail, self.limits, deadline, |form| {
                rendered(form, &self.console)
            });
        let asked: Vec<Item<'_>> = items.iter().map(|(_, item)| item.clone()).collect();
        let settled = postman.email(&asked).await;
        let figures = outcomes::figures(items.iter().map(|(_, item)| item).zip(&settled));
        outcomes::log(items.iter().map(|(_, item)| item).zip(&settled));
        if let Some(chat) = &self.chat {
            for ((_, item), outcome) in items.iter().zip(&settled) {
                if is_news_to_support(item, outcome) {
                    chat::post(chat, &self.clock, item.event(), &self.console).await;
                }
            }
        }
        if !figures.is_empty() {
            self.meter.record(self.clock.now(), &figures);
        }
        let answer = self
            .answer(messages, &batch.failures(&items, settled))
            .await;
        self.record_age(&batch, &answer);
        answer
    }

    /// Records the age of the oldest event that is emailed later. An event that waits for its
    /// contact's next day is old, and nothing is wrong.
    fn record_age(&self, batch: &Batch<'_>, answer: &SqsBatchResponse) {
        let queue = if self.is_carried(batch.messages) {
            return;
        } else if come_from(batch.messages, &self.first_queue.1) {
            "first"
        } else {
            "alerts"
        };
        let now = self.clock.now();
        if let Some(age) = batch.oldest_age(answer, now) {
            self.meter
                .record(now, &[outcomes::oldest_alert_age(age, queue)]);
        }
    }

    /// Sets the next delivery of failed messages, and returns those that the queue has to keep.
    async fn answer(
        &self,
        messages: &[SqsMessage],
        failures: &[Option<Arc<NotifyError>>],
    ) -> SqsBatchResponse {
        let queue = self.queue_of(messages);
        let mut answer = SqsBatchResponse::default();
        let mut again = Vec::new();
        for (message, error) in messages.iter().zip(failures) {
            let Some(error) = error else { continue };
            let id = message.message_id.clone().unwrap_or_default();
            let is_carried_over = error.is_for_another_day() && !self.is_carried(messages);
            if error.is_permanent() && put_aside(queue, message, error).await {
                error.log(&id, deliveries(message), None);
                if is_carried_over {
                    // If it fails, a redrive tells the contact.
                    self.carry(message).await;
                }
                continue;
            }
            if is_carried_over && !error.is_permanent() && self.carry(message).await {
                tracing::info!(
                    message_id = id,
                    "a message waits for the next day of its contact"
                );
                continue;
            }
            let after = self.pause(message, &id, error);
            error.log(&id, deliveries(message), Some(after));
            let receipt = message.receipt_handle.clone().unwrap_or_default();
            again.push(Redelivery { receipt, after });
            answer.add_failure(id);
        }
        for messages in again.chunks(TOLD_AT_ONCE) {
            if let Err(error) = queue.redeliver(messages).await {
                tracing::warn!(
                    error = failure::causes(&error),
                    "messages come again after the queue's visibility timeout"
                );
            }
        }
        answer
    }

    fn queue_of(&self, messages: &[SqsMessage]) -> &P::Queue {
        let (first, arn) = &self.first_queue;
        if come_from(messages, arn) {
            first
        } else if self.is_carried(messages) {
            &self.carried_queue.0
        } else {
            &self.queue
        }
    }

    /// Whether the messages already wait for another day.
    fn is_carried(&self, messages: &[SqsMessage]) -> bool {
        come_from(messages, &self.carried_queue.1)
    }

    /// Moves a message to the queue for the next day. Returns whether it is there now.
    async fn carry(&self, message: &SqsMessage) -> bool {
        let body = message.body.as_deref().unwrap_or_default();
        let outcome = self.carried_queue.0.carry(body).await;
        if let Err(error) = &outcome {
            tracing::warn!(
                error = failure::causes(error),
                "a message could not be carried over, and comes again"
            );
        }
        outcome.is_ok()
    }

    fn pause(&self, message: &SqsMessage, id: &str, error: &NotifyError) -> Duration {
        match error.comes_again_at() {
            Some(until) => {
                let pause = until.duration_since(self.clock.now());
                // Whole seconds, rounded up.
                let pause = Duration::from_secs(pause.unsigned_abs().as_secs() + 1);
                pause.min(pace::LONGEST_OF_SQS)
            }
            None => pace::pause_after(deliveries(message), id),
        }
    }
}

/// Whether the messages of a batch, which are all from one queue, are from this one.
fn come_from(messages: &[SqsMessage], arn: &str) -> bool {
    let message = messages.first();
    let source = message.and_then(|message| message.event_source_arn.as_deref());
    source == Some(arn)
}

/// Whether Lasso support has just got an email about the event.
fn is_news_to_support(item: &Item<'_>, outcome: &Settled) -> bool {
    let emailed = matches!(outcome, Ok(Outcome::Sent | Outcome::Listed));
    emailed && item.audience() == Audience::Support
}

/// Puts a message into the dead-letter queue. Returns whether it is there now.
async fn put_aside(queue: &impl PutAside, message: &SqsMessage, error: &NotifyError) -> bool {
    let message = DeadLetter {
        body: message
            .body
            .clone()
            .filter(|body| !body.is_empty())
            .unwrap_or_else(|| " ".to_owned()),
        reason: failure::causes(error),
    };
    let outcome = queue.put_aside(&message).await;
    if let Err(error) = &outcome {
        tracing::warn!(
            error = failure::causes(error),
            "a message could not be moved to the dead-letter queue, and is delivered again"
        );
    }
    outcome.is_ok()
}

#[cfg(test)]
mod age_tests;
#[cfg(test)]
mod batch_tests;
#[cfg(test)]
mod burst_tests;
#[cfg(test)]
mod carried_tests;
#[cfg(test)]
mod chat_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod reader_tests;
#[cfg(test)]
mod stop_turn_tests;
#[cfg(test)]
mod tests;
