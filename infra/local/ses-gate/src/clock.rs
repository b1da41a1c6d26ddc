//! The gate's time: real time, plus the time that a test has added.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A clock that can be moved forward. Moments are durations since the gate's start.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    started_at: jiff::Timestamp,
    advanced: Mutex<Duration>,
}

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the gate, which is the clock of its tests, reads real time"
    )]
    pub(crate) fn start() -> Self {
        Self {
            started: Instant::now(),
            started_at: jiff::Timestamp::now(),
            advanced: Mutex::default(),
        }
    }

    /// The time since the start, including the added time.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed() + self.advanced()
    }

    /// The added time.
    pub(crate) fn advanced(&self) -> Duration {
        *self.advanced.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, by: Duration) {
        *self.advanced.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }

    /// Removes the added time.
    pub(crate) fn reset(&self) {
        *self.advanced.lock().unwrap_or_else(PoisonError::into_inner) = Duration::ZERO;
    }

    /// A moment as a point in time.
    pub(crate) fn timestamp(&self, moment: Duration) -> jiff::Timestamp {
        self.started_at
            .checked_add(moment)
            .unwrap_or(jiff::Timestamp::MAX)
    }
}
