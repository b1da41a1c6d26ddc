//! The metrics of a run of the poller. The alarms and the dashboard of `infra/template.yaml` use
//! their names.

use jiff::{SignedDuration, Timestamp};

use super::counter::Counter;
use super::report::Report;
use crate::figures::{Figure, ses_calls, time_to_verified};
use crate::ports::{Operation, Tally};

impl Report {
    /// The metrics of a run that began at `started` and ended at `now`.
    pub fn figures(
        &self,
        started: Timestamp,
        now: Timestamp,
        calls: &[(Operation, Tally)],
    ) -> Vec<Figure> {
        let span = |since: Option<Timestamp>| {
            since.map_or(SignedDuration::ZERO, |since| now.duration_since(since))
        };
        let mut figures = vec![
            Figure::count("Heartbeat", 1),
            Figure::seconds("RunDuration", [now.duration_since(started)]),
            Figure::seconds("OldestDueAge", [self.oldest_due]),
            Figure::seconds("OldestEventAge", [span(self.oldest_event)]),
            Figure::count("Skipped", usize::from(self.skipped)),
            Figure::count("BreakerTripped", usize::from(self.breaker_tripped)),
        ];
        let counted = Counter::ALL.into_iter();
        figures.extend(counted.filter_map(|counter| counter.figure(self[counter])));
        let throttled = calls.iter().map(|(_, tally)| tally.throttled).sum();
        figures.push(Figure::count("ThrottledCalls", throttled));
        if let Some(sweep) = self.sweep {
            figures.push(Figure::count("Identities", sweep.identities));
        }
        let in_state = self.in_state.iter();
        figures.extend(
            in_state.map(|(status, count)| {
                Figure::count("Domains", *count).by("Status", status.as_str())
            }),
        );
        if let Some(reconciled) = self.reconciled {
            figures.extend([
                Figure::count("OrphanIdentities", reconciled.orphans),
                Figure::count("MissingIdentities", reconciled.missing),
                Figure::count("DeletedIdentities", reconciled.deleted),
            ]);
        }
        figures.extend(ses_calls(calls));
        figures.extend(time_to_verified(self.verified_after.iter().copied()));
        figures
    }
}
