//! Random numbers from a seed: the same seed gives the same simulation.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain_auth::names::EventId;
use domain_auth::ports::Ids;
use fastrand::Rng;
use jiff::Timestamp;
use uuid::Uuid;

/// Random numbers from one seed.
#[derive(Debug)]
pub(crate) struct Chance(Mutex<Rng>);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(Rng::with_seed(seed)))
    }

    /// True with a probability.
    pub(crate) fn happens(&self, probability: f64) -> bool {
        self.with(Rng::f64) < probability
    }

    /// A number below `end`.
    pub(crate) fn below(&self, end: usize) -> usize {
        self.with(|rng| rng.usize(..end))
    }

    /// A duration up to `longest`.
    pub(crate) fn up_to(&self, longest: Duration) -> Duration {
        longest.mul_f64(self.with(Rng::f64))
    }

    /// A duration of at least `least`, on average `mean` longer, exponentially distributed: many
    /// short ones, and a few long ones.
    pub(crate) fn latency(&self, least: Duration, mean: Duration) -> Duration {
        least + mean.mul_f64(-(1.0 - self.with(Rng::f64)).ln())
    }

    fn with<T>(&self, draw: impl FnOnce(&mut Rng) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Ids for Chance {
    fn event_id(&self, _: Timestamp) -> EventId {
        EventId::new(Uuid::from_u128(self.with(|rng| rng.u128(..))))
    }

    fn secret(&self) -> String {
        format!("{:032x}", self.with(|rng| rng.u128(..)))
    }

    fn bits(&self) -> [u8; 32] {
        let mut bits = [0; 32];
        self.with(|rng| rng.fill(&mut bits));
        bits
    }
}
