//! Time and randomness that a test sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use domain_auth::names::EventId;
use domain_auth::ports::{Clock, Ids};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

/// A clock that moves only when a test moves it, and with every wait. Its clones show the same
/// time.
#[derive(Debug, Clone)]
pub struct TestClock {
    microseconds: Arc<AtomicI64>,
}

impl Default for TestClock {
    /// 1 June 2026, noon.
    fn default() -> Self {
        Self {
            microseconds: Arc::new(AtomicI64::new(1_780_315_200_000_000)),
        }
    }
}

impl TestClock {
    /// Moves the clock forward.
    pub fn advance(&self, by: SignedDuration) {
        let by = i64::try_from(by.as_micros()).expect("a span of less than 292,000 years");
        self.microseconds.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.microseconds.load(Ordering::SeqCst))
            .expect("a time that exists")
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(SignedDuration::try_from(duration).expect("a short wait"));
    }
}

/// Identifiers and secrets from a counter. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct SequentialIds {
    last: Arc<AtomicU64>,
}

impl Ids for SequentialIds {
    fn event_id(&self, _: Timestamp) -> EventId {
        let next = self.last.fetch_add(1, Ordering::SeqCst) + 1;
        EventId::new(Uuid::from_u128(u128::from(next)))
    }

    fn secret(&self) -> String {
        let next = self.last.fetch_add(1, Ordering::SeqCst) + 1;
        format!("secret{next:026}")
    }

    fn bits(&self) -> [u8; 32] {
        let next = self.last.fetch_add(1, Ordering::SeqCst) + 1;
        let mut bits = [0; 32];
        bits[24..].copy_from_slice(&next.to_be_bytes());
        bits
    }
}
