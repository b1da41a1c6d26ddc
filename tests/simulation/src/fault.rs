//! Faults of a service that breaks its guarantees, inserted on purpose: the checks of the weeks,
//! which normally find nothing, must find these.

use clap::ValueEnum;
use domain_auth::claims::ClaimRegister;
use domain_auth::domain::{Change, Domain};
use domain_auth::history::{Action, Actor};
use domain_auth::limits::ClientCountChange;
use domain_auth::reconciliation::Orphan;
use domain_auth::state::{State, Status};
use domain_auth::watching::STRIKES_APART;
use jiff::{SignedDuration, Timestamp};

/// The faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fault {
    /// A change is written without its event.
    EventDropped,
    /// An event is marked as published that the topic never got.
    MarkedUnpublished,
    /// The outbox gives back what was marked.
    MarksForgotten,
    /// A write does not look at the version that it is based on.
    VersionIgnored,
    /// A state changes without a line of history.
    HistoryDropped,
    /// One bad look is enough.
    FirstBadLookBelieved,
    /// Every bad look is the first.
    FirstBadLookForgotten,
    /// A record whose server did not answer counts as missing.
    SilenceCounts,
    /// A domain is put at risk, without an alert.
    AlertForgotten,
    /// Domains that Lasso sends for are not looked at any more.
    WatchedForgotten,
    /// The next look at a domain is a month away.
    DueInAMonth,
    /// Claims are not written.
    ClaimsLost,
    /// Every claim has the same secret.
    SecretReused,
    /// A verified holder loses its name, and Lasso support did not decide it.
    Undecided,
    /// SES says that it has deleted an identity, and has it still.
    DeletionForgotten,
    /// A deletion hits another identity, too.
    DeletionAstray,
    /// An identity that no domain holds is deleted a day too early.
    OrphanDeletedEarly,
    /// An identity that SES has verified counts as one that it never verified.
    VerifiedOrphanDeleted,
    /// Whose tag an identity has does not matter.
    TagsIgnored,
    /// The owner of an identity is not read, and the identity counts as that of the asking client.
    DescribingForgotten,
    /// An identity without a use is deleted although the operator does not want it.
    OrphansDeletedUnasked,
    /// An identity without a use is kept although the operator wants it deleted.
    OrphansKept,
    /// The final step leaves out the configuration set.
    ConfigurationSetForgotten,
    /// The poller calls SES as fast as it can.
    QuotaIgnored,
    /// Emails are not counted.
    LettersUncounted,
    /// The number of a client's domains is not written.
    NumberForgotten,
}

/// Where a fault is inserted, and its effect there.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// In a change that a person makes.
    Change(fn(&mut Change)),
    /// In the write of a change, with the stored version of the domain and these claims.
    Write(fn(&mut Change, u64, &ClaimRegister)),
    /// In the list of due domains that the poller gets.
    Due(fn(&mut Vec<Domain>, Timestamp)),
    /// In the result of the last comparison with SES's list.
    Reconciliation(fn(&mut Orphan)),
    /// In code that checks for the fault itself.
    Elsewhere,
}

impl Fault {
    fn place(self) -> Place {
        match self {
            Self::HistoryDropped => Place::Change(drop_history),
            Self::AlertForgotten => Place::Change(forget_alert),
            Self::DueInAMonth => Place::Change(put_off),
            Self::SecretReused => Place::Change(reuse_secret),
            Self::Undecided => Place::Change(hide_who_decided),
            Self::EventDropped => Place::Write(|change, _, _| change.event = None),
            Self::ClaimsLost => Place::Write(|change, _, _| change.claims = None),
            Self::NumberForgotten => Place::Write(|change, _, _| {
                // Only an addition is counted, so that there is a wrong number.
                if change.client_count == Some(ClientCountChange::Removed) {
                    change.client_count = None;
                }
            }),
            Self::VersionIgnored => Place::Write(ignore_version),
            Self::FirstBadLookBelieved => Place::Due(believe_first_bad_look),
            Self::FirstBadLookForgotten => Place::Due(forget_first_bad_look),
            Self::WatchedForgotten => Place::Due(|due, _| {
                due.retain(|domain| domain.state.status() != Status::Authenticated);
            }),
            Self::OrphanDeletedEarly => Place::Reconciliation(|orphan| {
                orphan.first_seen -= SignedDuration::from_hours(24);
            }),
            Self::VerifiedOrphanDeleted => Place::Reconciliation(|orphan| orphan.verified = false),
            Self::TagsIgnored => Place::Reconciliation(|orphan| orphan.ours = true),
            Self::MarkedUnpublished
            | Self::MarksForgotten
            | Self::SilenceCounts
            | Self::DeletionForgotten
            | Self::DeletionAstray
            | Self::DescribingForgotten
            | Self::OrphansDeletedUnasked
            | Self::OrphansKept
            | Self::QuotaIgnored
            | Self::ConfigurationSetForgotten
            | Self::LettersUncounted => Place::Elsewhere,
        }
    }

    /// A change as the faulty service makes it.
    pub(crate) fn in_change(self, mut change: Change) -> Change {
        if let Place::Change(spoil) = self.place() {
            spoil(&mut change);
        }
        change
    }

    /// A change as the faulty store writes it, based on the stored version of the domain.
    pub(crate) fn in_write(self, mut change: Change, stored: (u64, &ClaimRegister)) -> Change {
        if let Place::Write(spoil) = self.place() {
            spoil(&mut change, stored.0, stored.1);
        }
        change
    }

    /// The due domains, as the faulty poller gets them.
    pub(crate) fn in_due(self, due: &mut Vec<Domain>, now: Timestamp) {
        if let Place::Due(spoil) = self.place() {
            spoil(due, now);
        }
    }

    /// The data of an identity that no domain holds, as the faulty poller reads it.
    pub(crate) fn in_orphan(self, orphan: &mut Orphan) {
        if let Place::Reconciliation(spoil) = self.place() {
            spoil(orphan);
        }
    }
}

fn drop_history(change: &mut Change) {
    change.history.retain(|entry| entry.from == Some(entry.to));
}

fn forget_alert(change: &mut Change) {
    if change.domain.state.status() == Status::AtRisk {
        change.event = None;
    }
}

fn put_off(change: &mut Change) {
    if change.domain.version.is_multiple_of(50) {
        change.domain.next_check += SignedDuration::from_hours(30 * 24);
    }
}

fn reuse_secret(change: &mut Change) {
    if let State::Contested(contested) = &mut change.domain.state {
        "the same secret for everybody".clone_into(&mut contested.ownership_secret);
    }
}

fn hide_who_decided(change: &mut Change) {
    for entry in &mut change.history {
        if entry.action == Action::Displaced {
            entry.actor = Actor::Service;
        }
    }
}

fn ignore_version(change: &mut Change, version: u64, stored: &ClaimRegister) {
    change.domain.version = version + 1;
    if let Some(claims) = &mut change.claims {
        claims.version = stored.version + 1;
    }
}

fn believe_first_bad_look(due: &mut Vec<Domain>, now: Timestamp) {
    for domain in due {
        domain.watch.bad_since = Some(now - STRIKES_APART);
    }
}

fn forget_first_bad_look(due: &mut Vec<Domain>, _: Timestamp) {
    for domain in due {
        domain.watch.bad_since = None;
    }
}
