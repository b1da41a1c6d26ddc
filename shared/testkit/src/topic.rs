//! A topic that stores published events.

use std::sync::{Arc, Mutex, PoisonError};

use domain_auth::event::Event;
use domain_auth::names::DomainName;
use domain_auth::ports::{Publish, PublishError};

use crate::CrashPoint;

/// Stores events in the order of publishing. A test can make it fail. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct RecordingTopic {
    crash: Arc<CrashPoint>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    events: Vec<Event>,
    down: bool,
    refused: Vec<DomainName>,
    attempts: usize,
}

impl RecordingTopic {
    /// A topic at which a caller can crash.
    pub fn new(crash: Arc<CrashPoint>) -> Self {
        Self {
            crash,
            state: Arc::default(),
        }
    }

    /// The published events.
    pub fn events(&self) -> Vec<Event> {
        self.state().events.clone()
    }

    /// Sets whether nothing can be published.
    pub fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    /// Refuses every event about this domain.
    pub fn refuse(&self, domain: &DomainName) {
        self.state().refused.push(domain.clone());
    }

    /// How often a publish was attempted, with or without success.
    pub fn attempts(&self) -> usize {
        self.state().attempts
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Publish for RecordingTopic {
    async fn publish(&self, event: &Event) -> Result<(), PublishError> {
        self.crash.pass("publish").await;
        {
            let mut state = self.state();
            state.attempts += 1;
            if state.refused.contains(&event.domain) {
                return Err(PublishError::Event("refused".into()));
            }
            if state.down {
                return Err(PublishError::Topic("the topic is down".into()));
            }
            state.events.push(event.clone());
        }
        self.crash.pass("published").await;
        Ok(())
    }
}
