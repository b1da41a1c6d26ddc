//! The counts of a run.

use std::collections::BTreeMap;
use std::ops::Index;

use jiff::{SignedDuration, Timestamp};

use super::counter::Counter;
use crate::domain::{Change, Domain};
use crate::state::Status;

/// The results of a run. `report[Counter::Moved]` is how many domains changed their state.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// Another run was active, so this one did nothing.
    pub skipped: bool,
    pub(super) counts: BTreeMap<Counter, usize>,
    /// How long the longest-waiting due domain had been due.
    pub oldest_due: SignedDuration,
    /// For each newly verified domain, how long after its addition SES verified it.
    pub verified_after: Vec<SignedDuration>,
    /// Too many looks were bad at the same time, so no domain was downgraded.
    pub breaker_tripped: bool,
    /// The result of SES's list of identities, if it was read.
    pub sweep: Option<SweepTally>,
    /// The number of domains in each state, if the list was read for all of them.
    pub in_state: BTreeMap<Status, usize>,
    /// The result of the comparison with all domains, if there was one.
    pub reconciled: Option<ReconcileTally>,
    /// The time of the oldest event that could not be published.
    pub oldest_event: Option<Timestamp>,
    /// The topic was considered down.
    pub topic_down: bool,
}

/// The result of SES's list of identities.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct SweepTally {
    /// Identities in the list, of domains and of addresses.
    pub identities: usize,
    /// Domains that are watched.
    pub watched: usize,
    /// Watched domains that the list does not show as verified; SES was asked for their details.
    pub asked: usize,
}

/// The result of comparing SES's list with all domains.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct ReconcileTally {
    /// Identities that no domain holds.
    pub orphans: usize,
    /// Domains without an identity.
    pub missing: usize,
    /// Unused identities that were deleted.
    pub deleted: usize,
}

impl Index<Counter> for Report {
    type Output = usize;

    fn index(&self, counter: Counter) -> &usize {
        self.counts.get(&counter).unwrap_or(&0)
    }
}

impl Report {
    pub(super) fn add(&mut self, part: Self) {
        self.skipped |= part.skipped;
        for (counter, count) in part.counts {
            self.count(counter, count);
        }
        self.oldest_due = self.oldest_due.max(part.oldest_due);
        self.verified_after.extend(part.verified_after);
        self.breaker_tripped |= part.breaker_tripped;
        self.sweep = self.sweep.or(part.sweep);
        self.in_state.extend(part.in_state);
        self.reconciled = self.reconciled.or(part.reconciled);
        self.oldest_event = [self.oldest_event, part.oldest_event]
            .into_iter()
            .flatten()
            .min();
        self.topic_down |= part.topic_down;
    }

    /// Adds `more` to a counter.
    pub(super) fn count(&mut self, counter: Counter, more: usize) {
        *self.counts.entry(counter).or_default() += more;
    }

    /// Counts a change that was written.
    pub(super) fn count_change(&mut self, before: &Domain, change: &Change) {
        self.verified_after.extend(change.verified_after());
        let moved = before.state.status() != change.domain.state.status();
        self.count(Counter::Moved, usize::from(moved));
        let doubted = before.watch.bad_since.is_none() && change.domain.watch.bad_since.is_some();
        self.count(Counter::Doubted, usize::from(doubted));
        for line in &change.history {
            if let Some(counter) = Counter::of_action(line.action) {
                self.count(counter, 1);
            }
        }
    }

    /// Replaces the unpublished events by those at the end of the run.
    pub(super) fn add_last_events(&mut self, last: &Self) {
        self.count(Counter::Published, last[Counter::Published]);
        self.counts
            .insert(Counter::Unpublished, last[Counter::Unpublished]);
        self.oldest_event = last.oldest_event;
    }
}
