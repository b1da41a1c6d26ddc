//! The shared parts of a simulation.

use std::sync::Arc;

use crate::chance::Chance;
use crate::cpu::Apart;
use crate::fault::Fault;
use crate::time::SimClock;

/// Time, randomness, and the processor time that is not the poller's.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) clock: SimClock,
    pub(crate) chance: Arc<Chance>,
    pub(crate) apart: Arc<Apart>,
    /// The fault that was inserted on purpose.
    pub(crate) fault: Option<Fault>,
}

impl Setting {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            clock: SimClock::default(),
            chance: Arc::new(Chance::new(seed)),
            apart: Arc::default(),
            fault: None,
        }
    }

    /// Whether the service has this fault.
    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }
}
