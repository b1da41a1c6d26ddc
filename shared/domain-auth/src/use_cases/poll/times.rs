//! The latest times at which a run starts each kind of work.

use jiff::{SignedDuration, Timestamp};

use crate::use_cases::look::LOOK_PATIENCE;

/// The latest times at which each kind of work starts, so that work in progress ends before the
/// function is cut off. Work that is cut off is still due.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// Latest start of a page of SES's list of identities. What the list shows takes further calls.
    pub(super) list: Timestamp,
    /// Latest start of a registration: some calls, and a look for a free MAIL FROM label.
    pub(super) register: Timestamp,
    /// Latest start of a DNS look of a domain.
    pub(super) dns: Timestamp,
    /// Latest start of a call to SES, which takes at most 5 s, and of the write that follows.
    pub(super) ask: Timestamp,
    /// Latest start of a write of known data.
    pub(super) write: Timestamp,
    /// Latest start of publishing during the other work.
    pub(super) publish: Timestamp,
    /// Latest start of publishing the events that the run itself has written.
    pub(super) last_events: Timestamp,
}

/// After this time a run starts no calls and no writes, and ends soon. The schedule may start it
/// some seconds late, and the next run, which is in time, would do nothing while this one is
/// active.
const STOP: SignedDuration = SignedDuration::from_secs(50);
/// After this time the list is left to the next run.
const STOP_LISTING: SignedDuration = SignedDuration::from_secs(25);
/// How much later it stops publishing its own events.
const LAST_EVENTS: SignedDuration = SignedDuration::from_secs(1);

impl Times {
    /// The times of a run that began at `started` and is cut off at `deadline`.
    pub(super) fn of(started: Timestamp, deadline: Timestamp) -> Self {
        let before = |seconds| deadline - SignedDuration::from_secs(seconds);
        let stop = started + STOP;
        Self {
            list: before(20).min(started + STOP_LISTING),
            register: before(12).min(stop),
            dns: (deadline - LOOK_PATIENCE - SignedDuration::from_secs(4)).min(stop),
            ask: before(8).min(stop),
            write: before(4).min(stop),
            publish: before(8).min(stop),
            last_events: before(2).min(stop + LAST_EVENTS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_run_starts_no_work_after_the_next_run_begins() {
        let due = Timestamp::UNIX_EPOCH;
        let seconds = SignedDuration::from_secs;
        let started = due + seconds(8);
        // The function's time limit (infra/template.yaml).
        let times = Times::of(started, started + seconds(59));
        let next = due + seconds(60);
        for last in [times.register, times.dns, times.ask, times.write] {
            assert!(last <= next - seconds(2), "{times:?}");
        }
        assert!(times.publish < next && times.last_events < next);
    }

    #[test]
    fn long_work_starts_early_enough_to_finish() {
        let started = Timestamp::UNIX_EPOCH;
        for limit in [20, 59, 600] {
            let deadline = started + SignedDuration::from_secs(limit);
            let times = Times::of(started, deadline);
            assert!(times.dns + LOOK_PATIENCE < deadline, "{limit} s");
            assert!(times.register <= deadline - SignedDuration::from_secs(12));
            assert!(times.ask <= deadline - SignedDuration::from_secs(8));
            assert!(times.write < times.last_events);
        }
    }
}
