//! What a run did, in figures.

use std::collections::BTreeMap;
use std::ops::Index;

use jiff::{SignedDuration, Timestamp};

use super::counter::Counter;
use crate::domain::{Change, Domain};
use crate::state::Status;

/// What a run did. `report[Counter::Moved]` is how many domains moved.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// Another run was under way, so this one did nothing.
    pub skipped: bool,
    pub(super) counts: BTreeMap<Counter, usize>,
    /// For how long the first of the domains that were due had been due.
    pub oldest_due: SignedDuration,
    /// Of each domain that SES has verified, how long after it was added.
    pub verified_after: Vec<SignedDuration>,
    /// Too many looks were bad at once, so no domain was downgraded.
    pub breaker_tripped: bool,
    /// What SES's list of identities has shown, where it was read.
    pub sweep: Option<SweepTally>,
    /// How many domains are in each state, where the list was read for all of them.
    pub in_state: BTreeMap<Status, usize>,
    /// What comparing it with all domains has shown, where that was done.
    pub reconciled: Option<ReconcileTally>,
    /// When the oldest of the events that could not be published happened.
    pub oldest_event: Option<Timestamp>,
    /// The topic was taken for down.
    pub topic_down: bool,
}

/// What SES's list of identities has shown.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct SweepTally {
    /// Identities in the list, of domains and of addresses.
    pub identities: usize,
    /// Domains that are watched.
    pub watched: usize,
    /// Those of them that the list does not show as verified, so that SES was asked for details.
    pub asked: usize,
}

/// What comparing SES's list with all domains has shown.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct ReconcileTally {
    /// Identities that no domain holds.
    pub orphans: usize,
    /// Domains without an identity.
    pub missing: usize,
    /// Identities that were deleted because they have no use.
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

    /// Counts so many more.
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

    /// What publishing left at the end of the run stands for what it left before.
    pub(super) fn add_last_events(&mut self, last: &Self) {
        self.count(Counter::Published, last[Counter::Published]);
        self.counts
            .insert(Counter::Unpublished, last[Counter::Unpublished]);
        self.oldest_event = last.oldest_event;
    }
}
