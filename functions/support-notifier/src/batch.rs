//! The messages of one invocation, and the events in them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsMessage};
use domain_auth::audience::Audience;
use domain_auth::event::{Event, SCHEMA_VERSION};
use domain_auth::use_cases::email_events::{Item, Settled};
use jiff::{SignedDuration, Timestamp};

use crate::failure::NotifyError;

/// The messages of a batch, each with the event in it.
pub(crate) struct Batch<'a> {
    pub(crate) messages: &'a [SqsMessage],
    events: Vec<Result<Event, Arc<NotifyError>>>,
}

impl<'a> Batch<'a> {
    pub(crate) fn of(messages: &'a [SqsMessage]) -> Self {
        let events = messages
            .iter()
            .map(|message| event_in(message).map_err(Arc::new));
        Self {
            events: events.collect(),
            messages,
        }
    }

    /// The emails to send, each with the position of the first message with its event: an event
    /// that is in a batch twice is emailed once.
    pub(crate) fn items(&self, notify_clients: bool) -> Vec<(usize, Item<'_>)> {
        let mut items = Vec::new();
        for (at, event) in self.events.iter().enumerate() {
            let Ok(event) = event else { continue };
            if self.first_with(event) != at {
                continue;
            }
            let may_wait = deliveries(&self.messages[at]) == 1;
            for audience in Audience::ALL {
                if audience == Audience::Client && !notify_clients {
                    continue;
                }
                let item = Item::of(event, audience, may_wait);
                items.extend(item.map(|item| (at, item)));
            }
        }
        items
    }

    /// The position of the first message with this event.
    fn first_with(&self, event: &Event) -> usize {
        let is_same = |other: &Result<Event, Arc<NotifyError>>| {
            other
                .as_ref()
                .is_ok_and(|other| other.event_id == event.event_id)
        };
        self.events.iter().position(is_same).unwrap_or_default()
    }

    /// The age of the oldest event among the messages that are delivered again.
    pub(crate) fn oldest_age(
        &self,
        answer: &SqsBatchResponse,
        now: Timestamp,
    ) -> Option<SignedDuration> {
        let failures = answer.batch_item_failures.iter();
        let again: BTreeSet<&str> = failures
            .map(|failure| failure.item_identifier.as_str())
            .collect();
        let messages = self.messages.iter().zip(&self.events);
        let ages = messages.filter_map(|(message, event)| {
            let id = message.message_id.as_deref().unwrap_or_default();
            let event = event.as_ref().ok().filter(|_| again.contains(id))?;
            Some(now.duration_since(event.occurred_at))
        });
        ages.max()
    }

    /// Why each message was not handled; `None` if all its emails were.
    pub(crate) fn failures(
        &self,
        items: &[(usize, Item<'_>)],
        settled: Vec<Settled>,
    ) -> Vec<Option<Arc<NotifyError>>> {
        let mut failures: Vec<Option<Arc<NotifyError>>> = self
            .events
            .iter()
            .map(|event| event.as_ref().err().cloned())
            .collect();
        for ((at, _), outcome) in items.iter().zip(settled) {
            let Err(error) = outcome else { continue };
            let earlier = failures[*at].take();
            failures[*at] = Some(match earlier {
                Some(earlier) => earlier.and(error),
                None => Arc::new(NotifyError::Email(error)),
            });
        }
        // A copy gets the result of the first message with its event.
        for at in 0..failures.len() {
            if let Ok(event) = &self.events[at] {
                let first = failures[self.first_with(event)].clone();
                failures[at] = first;
            }
        }
        failures
    }
}

/// The envelope of SNS around a message that is not delivered raw (SNS developer guide, "Parsing message formats").
#[derive(serde::Deserialize)]
struct Envelope {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "Message")]
    message: String,
}

/// The body of a message, which is what was published, because the subscriptions deliver raw messages. In the
/// dead-letter queue of the topics it may be in SNS's envelope, which AWS does not document, and a person moves the
/// message here from there.
pub(crate) fn unwrapped(message: &SqsMessage) -> Cow<'_, str> {
    let body = message.body.as_deref().unwrap_or_default();
    match serde_json::from_str::<Envelope>(body) {
        Ok(envelope) if envelope.kind == "Notification" => Cow::Owned(envelope.message),
        Ok(_) | Err(_) => Cow::Borrowed(body),
    }
}

/// The event in a message.
pub(crate) fn event_in(message: &SqsMessage) -> Result<Event, NotifyError> {
    let body = unwrapped(message);
    let event: Event = serde_json::from_str(&body).map_err(|error| NotifyError::of_json(&error))?;
    if event.version != SCHEMA_VERSION {
        return Err(NotifyError::Version(event.version));
    }
    Ok(event)
}

/// How often the queue has delivered a message, including this time.
pub(crate) fn deliveries(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}
