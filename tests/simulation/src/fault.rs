//! Faults of a service that does not keep its promises, put in on purpose: whoever finds nothing wrong
//! in the weeks has to find these.

use clap::ValueEnum;
use domain_auth::claims::ClaimRegister;
use domain_auth::domain::{Change, Domain};
use domain_auth::history::{Action, Actor};
use domain_auth::state::{State, Status};
use domain_auth::watching::STRIKES_APART;
use jiff::{SignedDuration, Timestamp};

/// What a faulty service does.
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
    /// What did not answer is taken for missing.
    SilenceCounts,
    /// A domain is put at risk, and nobody is told.
    AlertForgotten,
    /// What Lasso sends for is not looked at any more.
    WatchedForgotten,
    /// A domain is looked at in a month.
    DueInAMonth,
    /// Claims are not written.
    ClaimsLost,
    /// Every claim has the same secret.
    SecretReused,
    /// A verified holder loses its name, and Lasso support did not decide it.
    NobodyDecided,
    /// SES says that it has deleted an identity, and has it still.
    DeletionForgotten,
    /// The final step leaves out the configuration set.
    ConfigurationSetForgotten,
    /// Emails are not counted.
    LettersUncounted,
}

impl Fault {
    /// A change as the faulty service makes it.
    pub(crate) fn in_change(self, mut change: Change) -> Change {
        let moves = |entry: &domain_auth::history::HistoryEntry| entry.from != Some(entry.to);
        match self {
            Self::HistoryDropped => change.history.retain(|entry| !moves(entry)),
            Self::AlertForgotten if change.domain.state.status() == Status::AtRisk => {
                change.event = None;
            }
            Self::DueInAMonth if change.domain.version.is_multiple_of(50) => {
                change.domain.next_check += SignedDuration::from_hours(30 * 24);
            }
            Self::SecretReused => {
                if let State::Contested(contested) = &mut change.domain.state {
                    "the same secret for everybody".clone_into(&mut contested.ownership_secret);
                }
            }
            Self::NobodyDecided => {
                for entry in &mut change.history {
                    if entry.action == Action::Displaced {
                        entry.actor = Actor::Service;
                    }
                }
            }
            _ => {}
        }
        change
    }

    /// A change as the faulty store writes it, over this version of the domain.
    pub(crate) fn in_write(self, mut change: Change, stored: (u64, &ClaimRegister)) -> Change {
        match self {
            Self::EventDropped => change.event = None,
            Self::ClaimsLost => change.claims = None,
            Self::VersionIgnored => {
                change.domain.version = stored.0 + 1;
                if let Some(claims) = &mut change.claims {
                    claims.version = stored.1.version + 1;
                }
            }
            _ => {}
        }
        change
    }

    /// What is due, as the faulty poller gets it.
    pub(crate) fn in_due(self, due: &mut Vec<Domain>, now: Timestamp) {
        match self {
            Self::FirstBadLookBelieved => {
                for domain in due {
                    domain.watch.bad_since = Some(now - STRIKES_APART);
                }
            }
            Self::FirstBadLookForgotten => {
                for domain in due {
                    domain.watch.bad_since = None;
                }
            }
            Self::WatchedForgotten => {
                due.retain(|domain| domain.state.status() != Status::Authenticated);
            }
            _ => {}
        }
    }
}
