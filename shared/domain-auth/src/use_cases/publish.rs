//! Publishing the events in the outbox. An event is marked only after it was published, so delivery
//! is at least once. Consumers deduplicate by `event_id`.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::StreamExt;
use futures::stream;
use jiff::Timestamp;

use super::StoreTools;
use crate::event::Event;
use crate::names::{ClientId, DomainName};
use crate::ports::{Clock, Outbox, Ports, Publish, PublishError, StoreError};

/// Events in one read.
const PAGE: usize = 500;
/// Domains whose events are published at the same time.
const DOMAINS_AT_ONCE: usize = 8;
/// After this many consecutive failures the topic is considered down until the next run.
const DOWN_AFTER: usize = 5;

/// The result of publishing.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Events that were published.
    pub published: usize,
    /// Events that were read and stay in the outbox.
    pub left: usize,
    /// When the oldest of those happened.
    pub oldest_left: Option<Timestamp>,
    /// The topic is considered down.
    pub down: bool,
}

type DomainKey = (ClientId, DomainName);

/// Publishes the whole outbox, oldest first. An event that can never be published blocks only the
/// later events of its domain, even if there are many such events.
pub async fn publish_outbox<P>(
    tools: &StoreTools<'_, P>,
    publisher: &P::Publisher,
    until: Timestamp,
) -> Result<Published, StoreError>
where
    P: Ports<Store: Outbox, Publisher: Publish>,
{
    let mut sum = Published::default();
    let mut waiting = HashSet::new();
    let mut seen = HashSet::new();
    let mut last: Option<Event> = None;
    loop {
        let mut events = tools.store.unpublished_after(last.as_ref(), PAGE).await?;
        last = events.last().cloned();
        // An event that could not be read for a while comes after later events, so the events after
        // it are read again.
        events.retain(|event| seen.insert(event.event_id));
        let page = publish_page(tools, publisher, &events, &mut waiting, until).await;
        sum.add(page);
        if events.is_empty() || sum.down || tools.clock.now() >= until {
            return Ok(sum);
        }
    }
}

/// Publishes events that were just written, in their order. None is begun after `until`.
pub async fn publish<'a, P>(
    tools: &StoreTools<'_, P>,
    publisher: &P::Publisher,
    events: impl IntoIterator<Item = &'a Event>,
    until: Timestamp,
) -> Published
where
    P: Ports<Store: Outbox, Publisher: Publish>,
{
    let waiting = &mut HashSet::new();
    publish_page(tools, publisher, events, waiting, until).await
}

/// Publishes events in their order. If one fails, the later events of the same domain wait, so that
/// no reader gets them in the wrong order. None starts after `until`.
async fn publish_page<'a, P>(
    tools: &StoreTools<'_, P>,
    publisher: &P::Publisher,
    events: impl IntoIterator<Item = &'a Event>,
    waiting: &mut HashSet<DomainKey>,
    until: Timestamp,
) -> Published
where
    P: Ports<Store: Outbox, Publisher: Publish>,
{
    let failures = &AtomicUsize::new(0);
    let mut sum = Published::default();
    let mut lines = Vec::new();
    for line in by_domain(events) {
        if line
            .first()
            .is_some_and(|event| waiting.contains(&key_of(event)))
        {
            sum.leave(&line);
        } else {
            lines.push(line);
        }
    }
    // Made first: a closure in the stream would not be general enough over the events' lifetime.
    let mut publishing = Vec::with_capacity(lines.len());
    for line in lines {
        publishing.push(publish_line(tools, publisher, line, failures, until));
    }
    let mut outcomes = stream::iter(publishing).buffer_unordered(DOMAINS_AT_ONCE);
    while let Some((outcome, stopped)) = outcomes.next().await {
        sum.add(outcome);
        waiting.extend(stopped);
    }
    sum.down = failures.load(Ordering::Relaxed) >= DOWN_AFTER;
    sum
}

/// The events of each domain in their order; the domain with the oldest event comes first.
fn by_domain<'a>(events: impl IntoIterator<Item = &'a Event>) -> Vec<Vec<&'a Event>> {
    let mut places: HashMap<(&ClientId, &DomainName), usize> = HashMap::new();
    let mut lines: Vec<Vec<&Event>> = Vec::new();
    for event in events {
        let place = *places
            .entry((&event.client, &event.domain))
            .or_insert_with(|| {
                lines.push(Vec::new());
                lines.len() - 1
            });
        if let Some(line) = lines.get_mut(place) {
            line.push(event);
        }
    }
    lines
}

/// Publishes the events of one domain. Returns the domain if an event stays in the outbox.
async fn publish_line<P>(
    tools: &StoreTools<'_, P>,
    publisher: &P::Publisher,
    line: Vec<&Event>,
    failures: &AtomicUsize,
    until: Timestamp,
) -> (Published, Option<DomainKey>)
where
    P: Ports<Store: Outbox, Publisher: Publish>,
{
    let mut outcome = Published::default();
    for (done, event) in line.iter().enumerate() {
        let down = failures.load(Ordering::Relaxed) >= DOWN_AFTER;
        let is_out = if down || tools.clock.now() >= until {
            false
        } else {
            match publish_one(tools, publisher, event).await {
                Ok(()) => {
                    failures.store(0, Ordering::Relaxed);
                    true
                }
                Err(error) => {
                    if !error.is_of_the_event() {
                        failures.fetch_add(1, Ordering::Relaxed);
                    }
                    tracing::warn!(
                        event_id = %event.event_id,
                        error = &error as &dyn std::error::Error,
                        "an event was not published and stays in the outbox"
                    );
                    false
                }
            }
        };
        if !is_out {
            outcome.leave(&line[done..]);
            return (outcome, Some(key_of(event)));
        }
        outcome.published += 1;
    }
    (outcome, None)
}

fn key_of(event: &Event) -> DomainKey {
    (event.client.clone(), event.domain.clone())
}

impl Published {
    fn add(&mut self, part: Self) {
        self.published += part.published;
        self.left += part.left;
        self.oldest_left = earlier(self.oldest_left, part.oldest_left);
        self.down |= part.down;
    }

    fn leave(&mut self, events: &[&Event]) {
        self.left += events.len();
        let oldest = events.iter().map(|event| event.occurred_at).min();
        self.oldest_left = earlier(self.oldest_left, oldest);
    }
}

fn earlier(a: Option<Timestamp>, b: Option<Timestamp>) -> Option<Timestamp> {
    [a, b].into_iter().flatten().min()
}

/// An error in one of the two steps.
#[derive(Debug, thiserror::Error)]
enum OneError {
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OneError {
    /// Whether another event may succeed.
    fn is_of_the_event(&self) -> bool {
        match self {
            Self::Publish(PublishError::Event(_)) => true,
            Self::Publish(PublishError::Topic(_)) | Self::Store(_) => false,
        }
    }
}

async fn publish_one<P>(
    tools: &StoreTools<'_, P>,
    publisher: &P::Publisher,
    event: &Event,
) -> Result<(), OneError>
where
    P: Ports<Store: Outbox, Publisher: Publish>,
{
    publisher.publish(event).await?;
    tools.store.mark_published(event, tools.clock.now()).await?;
    Ok(())
}
