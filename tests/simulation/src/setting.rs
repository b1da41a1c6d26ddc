//! What all parts of a simulation share.

use std::sync::Arc;

use crate::chance::Chance;
use crate::cpu::Apart;
use crate::time::SimClock;

/// Time, chance, and the processor time that is no part of the poller's.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) clock: SimClock,
    pub(crate) chance: Arc<Chance>,
    pub(crate) apart: Arc<Apart>,
}

impl Setting {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            clock: SimClock::default(),
            chance: Arc::new(Chance::new(seed)),
            apart: Arc::default(),
        }
    }
}
