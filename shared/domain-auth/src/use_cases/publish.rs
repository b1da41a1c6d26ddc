//! Publishing what the outbox holds. An event is marked only after it was published, so a death in
//! between publishes it twice and never not at all; who reads events knows them by `event_id`.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::event::Event;
use crate::names::{ClientId, DomainName};
use crate::ports::{Clock, Outbox, Publish};

/// What came of it.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Events that are out.
    pub published: usize,
    /// Events that stay in the outbox.
    pub left: usize,
    /// When the oldest of those happened.
    pub oldest_left: Option<Timestamp>,
}

/// Publishes events in their order. After one that fails, the later ones of the same domain wait,
/// so that nobody reads them in the wrong order. None is begun after `until`.
pub async fn publish<'a>(
    outbox: &impl Outbox,
    publisher: &impl Publish,
    clock: &impl Clock,
    events: impl IntoIterator<Item = &'a Event>,
    until: Timestamp,
) -> Published {
    let mut outcome = Published::default();
    let mut waiting: HashSet<(&ClientId, &DomainName)> = HashSet::new();
    for event in events {
        let domain = (&event.client, &event.domain);
        if waiting.contains(&domain) || clock.now() >= until {
            outcome.leave(event);
            continue;
        }
        if let Err(error) = publish_one(outbox, publisher, clock, event).await {
            tracing::warn!(
                event_id = %event.event_id,
                error = &error as &dyn std::error::Error,
                "an event was not published and stays in the outbox"
            );
            waiting.insert(domain);
            outcome.leave(event);
        } else {
            outcome.published += 1;
        }
    }
    outcome
}

impl Published {
    fn leave(&mut self, event: &Event) {
        self.left += 1;
        let oldest = self.oldest_left.get_or_insert(event.occurred_at);
        *oldest = (*oldest).min(event.occurred_at);
    }
}

/// One of the two steps failed.
#[derive(Debug, thiserror::Error)]
enum OneError {
    #[error(transparent)]
    Publish(#[from] crate::ports::PublishError),
    #[error(transparent)]
    Store(#[from] crate::ports::StoreError),
}

async fn publish_one(
    outbox: &impl Outbox,
    publisher: &impl Publish,
    clock: &impl Clock,
    event: &Event,
) -> Result<(), OneError> {
    publisher.publish(event).await?;
    outbox.mark_published(event, clock.now()).await?;
    Ok(())
}
