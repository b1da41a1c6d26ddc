//! How long before its end a run begins no more work.

use jiff::{SignedDuration, Timestamp};

use crate::use_cases::look::LOOK_PATIENCE;

/// The times after which no more of each kind of work is begun, so that what is under way ends
/// before the function is cut off. What is cut off all the same is still due.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// A page of SES's list of identities. What the list shows takes calls as well.
    pub(super) list: Timestamp,
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

/// After so long a run begins no more calls and no more writing, and has ended soon after. The schedule may
/// start it some seconds late, and the next one, which is in time, would do nothing while it is under way.
const STOP: SignedDuration = SignedDuration::from_secs(50);
/// After so long the list is left to the next run.
const STOP_LISTING: SignedDuration = SignedDuration::from_secs(25);
/// So much later it begins to publish nothing more of its own.
const LAST_EVENTS: SignedDuration = SignedDuration::from_secs(1);

impl Times {
    /// Those of a run that began at `started` and is cut off at `deadline`.
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
    fn a_run_that_starts_eight_seconds_late_begins_nothing_more_when_the_next_begins() {
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
    fn what_may_take_long_is_begun_so_early_that_it_is_not_cut_off() {
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
