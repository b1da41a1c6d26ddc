//! The figures of a run of the poller. Their names are those of the metrics, which the alarms and
//! the dashboard of `infra/template.yaml` use.

use jiff::{SignedDuration, Timestamp};

use super::{DnsTally, Report};
use crate::diagnosis::RecordState;
use crate::dns::DnsLook;
use crate::figures::{Figure, ses_calls, time_to_verified};
use crate::ports::{Operation, Tally};

impl Report {
    /// The figures of a run that began at `started` and ended at `now`.
    pub fn figures(
        &self,
        started: Timestamp,
        now: Timestamp,
        calls: &[(Operation, Tally)],
    ) -> Vec<Figure> {
        let span = |since: Option<Timestamp>| {
            since.map_or(SignedDuration::ZERO, |since| now.duration_since(since))
        };
        let looks = |outcome, count| Figure::count("Looks", count).by("Outcome", outcome);
        let mut figures = vec![
            Figure::count("Heartbeat", 1),
            Figure::seconds("RunDuration", [now.duration_since(started)]),
            Figure::count("DueDomains", self.due),
            Figure::count("OverdueDomains", self.overdue),
            Figure::seconds("OldestDueAge", [self.oldest_due]),
            Figure::count("OutboxEvents", self.unpublished),
            Figure::seconds("OldestEventAge", [span(self.oldest_event)]),
            Figure::count("Provisioned", self.provisioned),
            Figure::count("Moved", self.moved),
            Figure::count("Published", self.published),
            Figure::count("Conflicts", self.conflicts),
            Figure::count("Errors", self.errors),
            Figure::count("RefusedBySes", self.refused_by_ses),
            Figure::count("Refused", self.refused),
            Figure::count("Skipped", usize::from(self.skipped)),
            Figure::count("Doubted", self.doubted),
            Figure::count("AtRisk", self.at_risk),
            Figure::count("Recovered", self.recovered),
            Figure::count("Failed", self.failed),
            Figure::count("Stuck", self.stuck),
            Figure::count("RestartedAtSes", self.restarted_at_ses),
            Figure::count("BreakerTripped", usize::from(self.breaker_tripped)),
            looks("SesAnswered", self.looked_at),
            looks("SesUnanswered", self.unanswered),
            looks("DnsComplete", self.dns.complete),
            looks("DnsIncomplete", self.dns.incomplete),
            looks("DnsUnknown", self.dns.unknown),
            looks("DnsNone", self.dns.none),
        ];
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

impl DnsTally {
    pub(super) fn add(&mut self, part: Self) {
        self.complete += part.complete;
        self.incomplete += part.incomplete;
        self.unknown += part.unknown;
        self.none += part.none;
    }

    pub(super) fn count(&mut self, look: Option<&DnsLook>) {
        let counter = match look {
            None => &mut self.none,
            Some(look) => {
                let has = |states: &[RecordState]| {
                    let mut records = look.diagnosis.records.iter();
                    records.any(|record| states.contains(&record.state))
                };
                if has(&[RecordState::Missing, RecordState::Wrong]) {
                    &mut self.incomplete
                } else if has(&[RecordState::Unknown, RecordState::NotLookedYet]) {
                    &mut self.unknown
                } else {
                    &mut self.complete
                }
            }
        };
        *counter += 1;
    }
}
