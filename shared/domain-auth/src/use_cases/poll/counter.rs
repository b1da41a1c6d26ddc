//! The counters of a run.

use crate::diagnosis::RecordState;
use crate::dns::DnsLook;
use crate::figures::Figure;
use crate::history::Action;

/// A counter of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counter {
    /// Domains that the run took because they were due: as many as fit its time.
    Due,
    /// Due domains that were due for longer than five minutes.
    Overdue,
    /// Domains that left `provisioning`.
    Provisioned,
    /// Domains that are gone.
    Removed,
    /// Domains that were looked at, at SES or in DNS, if the result was written.
    LookedAt,
    /// Domains about which SES did not answer.
    Unanswered,
    /// DNS looks that found every record.
    DnsComplete,
    /// DNS looks that found a record to be missing or wrong.
    DnsIncomplete,
    /// DNS looks without a missing or wrong record, but with a record whose state is unknown.
    DnsUnknown,
    /// Looks without time for DNS, or without records to look for.
    DnsNone,
    /// Domains whose state moved.
    Moved,
    /// Domains that looked broken for the first time.
    Doubted,
    /// Domains that are at risk from now on.
    AtRisk,
    /// Domains that recovered.
    Recovered,
    /// Domains that failed.
    Failed,
    /// Domains that were reported to Lasso support as stuck.
    Stuck,
    /// Domains for which SES was made to look again for records that are published.
    RestartedAtSes,
    /// Bad looks that were not written because too many were bad at the same time.
    HeldBack,
    /// Events published.
    Published,
    /// Events that could not be published.
    Unpublished,
    /// Domains that another process changed meanwhile; they are due again.
    Conflicts,
    /// Domains whose changes the store refuses; they are ignored for an hour.
    Refused,
    /// Errors that the next run tries again.
    Errors,
    /// Calls that SES refused for a reason that only the operator can remove, such as a missing
    /// permission or too many identities.
    RefusedBySes,
}

impl Counter {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::Due,
        Self::Overdue,
        Self::Provisioned,
        Self::Removed,
        Self::LookedAt,
        Self::Unanswered,
        Self::DnsComplete,
        Self::DnsIncomplete,
        Self::DnsUnknown,
        Self::DnsNone,
        Self::Moved,
        Self::Doubted,
        Self::AtRisk,
        Self::Recovered,
        Self::Failed,
        Self::Stuck,
        Self::RestartedAtSes,
        Self::HeldBack,
        Self::Published,
        Self::Unpublished,
        Self::Conflicts,
        Self::Refused,
        Self::Errors,
        Self::RefusedBySes,
    ];

    /// The metric of the counter. `None` if it is only in the log.
    pub(super) fn figure(self, count: usize) -> Option<Figure> {
        let looks = |outcome| Figure::count("Looks", count).by("Outcome", outcome);
        Some(match self {
            Self::Due => Figure::count("DueDomains", count),
            Self::Overdue => Figure::count("OverdueDomains", count),
            Self::Provisioned => Figure::count("Provisioned", count),
            Self::LookedAt => looks("SesAnswered"),
            Self::Unanswered => looks("SesUnanswered"),
            Self::DnsComplete => looks("DnsComplete"),
            Self::DnsIncomplete => looks("DnsIncomplete"),
            Self::DnsUnknown => looks("DnsUnknown"),
            Self::DnsNone => looks("DnsNone"),
            Self::Moved => Figure::count("Moved", count),
            Self::Doubted => Figure::count("Doubted", count),
            Self::AtRisk => Figure::count("AtRisk", count),
            Self::Recovered => Figure::count("Recovered", count),
            Self::Failed => Figure::count("Failed", count),
            Self::Stuck => Figure::count("Stuck", count),
            Self::RestartedAtSes => Figure::count("RestartedAtSes", count),
            Self::Published => Figure::count("Published", count),
            Self::Unpublished => Figure::count("OutboxEvents", count),
            Self::Conflicts => Figure::count("Conflicts", count),
            Self::Refused => Figure::count("Refused", count),
            Self::Errors => Figure::count("Errors", count),
            Self::RefusedBySes => Figure::count("RefusedBySes", count),
            Self::Removed | Self::HeldBack => return None,
        })
    }

    /// The counter of a look at DNS.
    pub(super) fn of_look(look: Option<&DnsLook>) -> Self {
        let Some(look) = look else {
            return Self::DnsNone;
        };
        let has = |states: &[RecordState]| {
            let mut records = look.diagnosis.records.iter();
            records.any(|record| states.contains(&record.state))
        };
        if has(&[RecordState::Missing, RecordState::Wrong]) {
            Self::DnsIncomplete
        } else if has(&[RecordState::Unknown, RecordState::NotLookedYet]) {
            Self::DnsUnknown
        } else {
            Self::DnsComplete
        }
    }

    /// The counter of an action. `None` if only the change of state is counted.
    pub(super) fn of_action(action: Action) -> Option<Self> {
        match action {
            Action::RecordsBroken => Some(Self::AtRisk),
            Action::RecordsRecovered => Some(Self::Recovered),
            Action::Failed => Some(Self::Failed),
            Action::Stuck => Some(Self::Stuck),
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
            | Action::Unchallenged
            | Action::Adopted
            | Action::Ready
            | Action::InstructionsSent
            | Action::EmailRefused
            | Action::LinkMade
            | Action::LinkWithdrawn
            | Action::Checked
            | Action::Changed => None,
        }
    }
}
