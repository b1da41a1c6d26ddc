//! How long before its end a run begins no more work.

use jiff::{SignedDuration, Timestamp};

use crate::use_cases::look::LOOK_PATIENCE;

/// The times after which no more of each kind of work is begun, so that what is under way ends
/// before the function is cut off. What is cut off all the same is still due.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// A registration: some calls, and a look for a free MAIL FROM label.
    pub(super) register: Timestamp,
    /// A look at the DNS of a domain.
    pub(super) dns: Timestamp,
    /// A call to SES that is answered or given up within 5 s, and writing what it said.
    pub(super) ask: Timestamp,
    /// Writing what is known already.
    pub(super) write: Timestamp,
    /// Publishing beside the work.
    pub(super) publish: Timestamp,
    /// Publishing what the run itself has written.
    pub(super) last_events: Timestamp,
}

impl Times {
    pub(super) fn before(deadline: Timestamp) -> Self {
        let seconds = |seconds| deadline - SignedDuration::from_secs(seconds);
        Self {
            register: seconds(12),
            dns: deadline - LOOK_PATIENCE - SignedDuration::from_secs(4),
            ask: seconds(8),
            write: seconds(4),
            publish: seconds(8),
            last_events: seconds(2),
        }
    }
}
