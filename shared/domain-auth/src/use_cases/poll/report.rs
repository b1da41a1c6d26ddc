//! What a run did, in figures.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Change, Domain};
use crate::history::Action;

/// What a run did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// Another run was under way, so this one did nothing.
    pub skipped: bool,
    /// Domains that the run took because they were due: as many as fit its time.
    pub due: usize,
    /// Those of them that were due for longer than five minutes.
    pub overdue: usize,
    /// For how long the first of them had been due.
    pub oldest_due: SignedDuration,

    /// Domains that left `provisioning`.
    pub provisioned: usize,
    /// Domains that are gone.
    pub removed: usize,
    /// Domains that were looked at, at SES or in DNS, with what was seen written down.
    pub looked_at: usize,
    /// Domains about which SES did not answer.
    pub unanswered: usize,
    /// What the looks at DNS saw.
    pub dns: DnsTally,
    /// Of each domain that SES has verified, how long after it was added.
    pub verified_after: Vec<SignedDuration>,
    /// Domains whose state moved.
    pub moved: usize,
    /// Domains that looked broken for the first time.
    pub doubted: usize,
    /// Domains that are at risk from now on.
    pub at_risk: usize,
    /// Domains that recovered.
    pub recovered: usize,
    /// Domains that failed.
    pub failed: usize,
    /// Domains of which Lasso support was told that they are stuck.
    pub stuck: usize,
    /// Domains for which SES was made to look again for records that are there.
    pub restarted_at_ses: usize,
    /// Too many looks were bad at once, so no domain was downgraded.
    pub breaker_tripped: bool,
    /// Bad looks that were not written for that.
    pub held_back: usize,
    /// What SES's list of identities has shown, where it was read.
    pub sweep: Option<SweepTally>,
    /// What comparing it with all domains has shown, where that was done.
    pub reconciled: Option<ReconcileTally>,

    /// Events published.
    pub published: usize,
    /// Events that could not be published.
    pub unpublished: usize,
    /// When the oldest of those happened.
    pub oldest_event: Option<Timestamp>,
    /// The topic was taken for down.
    pub topic_down: bool,
    /// Domains that somebody else changed meanwhile; they are due again.
    pub conflicts: usize,
    /// Domains whose changes the store does not take, and which are left alone for an hour.
    pub refused: usize,
    /// Things that went wrong and are tried again in the next run.
    pub errors: usize,
    /// Calls that SES refused for a reason that only the operator can end, such as a missing permission
    /// or too many identities.
    pub refused_by_ses: usize,
}

/// Looks at the DNS of a domain, by what they saw.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct DnsTally {
    /// Every record is there.
    pub complete: usize,
    /// A record is missing or wrong.
    pub incomplete: usize,
    /// Nothing is known to be missing or wrong, and of some record nothing is known.
    pub unknown: usize,
    /// There was no time to look, or no record to look for.
    pub none: usize,
}

/// What SES's list of identities has shown.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct SweepTally {
    /// Domain identities in the list.
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
    /// Identities that were deleted because nobody can miss them.
    pub deleted: usize,
}

impl Report {
    pub(super) fn add(&mut self, part: Self) {
        self.skipped |= part.skipped;
        self.due += part.due;
        self.overdue += part.overdue;
        self.oldest_due = self.oldest_due.max(part.oldest_due);
        self.provisioned += part.provisioned;
        self.removed += part.removed;
        self.looked_at += part.looked_at;
        self.unanswered += part.unanswered;
        self.dns.add(part.dns);
        self.verified_after.extend(part.verified_after);
        self.moved += part.moved;
        self.doubted += part.doubted;
        self.at_risk += part.at_risk;
        self.recovered += part.recovered;
        self.failed += part.failed;
        self.stuck += part.stuck;
        self.restarted_at_ses += part.restarted_at_ses;
        self.breaker_tripped |= part.breaker_tripped;
        self.held_back += part.held_back;
        self.sweep = self.sweep.or(part.sweep);
        self.reconciled = self.reconciled.or(part.reconciled);
        self.published += part.published;
        self.unpublished += part.unpublished;
        self.oldest_event = [self.oldest_event, part.oldest_event]
            .into_iter()
            .flatten()
            .min();
        self.topic_down |= part.topic_down;
        self.conflicts += part.conflicts;
        self.refused += part.refused;
        self.errors += part.errors;
        self.refused_by_ses += part.refused_by_ses;
    }

    /// Counts a change that was written.
    pub(super) fn count(&mut self, before: &Domain, change: &Change) {
        self.verified_after.extend(change.verified_after());
        self.moved += usize::from(before.state.status() != change.domain.state.status());
        let doubted = before.watch.bad_since.is_none() && change.domain.watch.bad_since.is_some();
        self.doubted += usize::from(doubted);
        for line in &change.history {
            let counter = match line.action {
                Action::RecordsBroken => &mut self.at_risk,
                Action::RecordsRecovered => &mut self.recovered,
                Action::Failed => &mut self.failed,
                Action::Stuck => &mut self.stuck,
                Action::Added
                | Action::ProofFound
                | Action::Provisioned
                | Action::Verified
                | Action::Restarted
                | Action::Completed
                | Action::Rejected
                | Action::Reopened
                | Action::Displaced
                | Action::Removed
                | Action::Readded
                | Action::Challenged
                | Action::Adopted
                | Action::Ready
                | Action::InstructionsSent
                | Action::Checked => continue,
            };
            *counter += 1;
        }
    }
}
