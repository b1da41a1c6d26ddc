//! A simulated SNS topic.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain_auth::event::Event;
use domain_auth::ports::{Clock, Publish, PublishError};

use super::journal::Journal;
use crate::chance::Chance;
use crate::time::SimClock;

const ANSWER: (Duration, Duration) = (Duration::from_millis(8), Duration::from_millis(8));

/// The topic, as used by a process that began at some time.
#[derive(Debug, Clone)]
pub(crate) struct SimTopic {
    pub(crate) clock: SimClock,
    pub(crate) chance: Arc<Chance>,
    pub(crate) journal: Journal,
    pub(crate) down: Arc<AtomicBool>,
    pub(crate) started: Duration,
    /// It reports that it accepted an event, but drops it.
    pub(crate) forgetful: bool,
}

impl Publish for SimTopic {
    async fn publish(&self, event: &Event) -> Result<(), PublishError> {
        let (least, mean) = ANSWER;
        self.clock.sleep(self.chance.latency(least, mean) / 2).await;
        if self.down.load(Ordering::Relaxed) {
            return Err(PublishError::Topic("the topic is down".into()));
        }
        if !self.forgetful {
            self.journal.published(event, self.started);
        }
        self.clock.sleep(self.chance.latency(least, mean) / 2).await;
        Ok(())
    }
}
