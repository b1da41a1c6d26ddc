//! The second look. Before a name is taken from a client, and before the service takes the final
//! step automatically, the records that justify this are queried again over TCP.

use jiff::{SignedDuration, Timestamp};

use super::claim;
use super::look::before;
use crate::dns::{Data, DnsLook, Lookup, Outcome, Question, RecordType, SecondLook, Sighting};
use crate::domain::{Change, Domain};
use crate::evidence::OwnershipSeen;
use crate::ports::Clock;
use crate::records::{Record, RecordData};
use crate::state::{State, Unconfirmed};

/// How long a second look may take. A server that has not answered by then counts as not showing
/// the record.
pub(super) const CONFIRM_PATIENCE: SignedDuration = SignedDuration::from_secs(5);

/// Whether a look at a contested domain proves its claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Proof {
    /// No proof, or the domain is not contested.
    Absent,
    /// The ownership record was seen, but the second look did not see it at two servers.
    Unconfirmed(Unconfirmed),
    /// The claim is proven, with the details.
    Confirmed(OwnershipSeen),
}

impl Proof {
    /// The proof that `look` has found, confirmed by a second look. A second look does not start
    /// after `until`: then nothing is confirmed, and the claim stays as it is.
    pub(super) async fn of(
        dns: &impl Lookup,
        clock: &impl Clock,
        domain: &Domain,
        look: Option<&DnsLook>,
        until: Timestamp,
    ) -> Self {
        let Some(seen) = claim::proof(domain, look) else {
            return Self::Absent;
        };
        let known = match &domain.state {
            State::Contested(contested) => contested.unconfirmed,
            State::Provisioning(_) | State::Pending(_) | State::Verified(_) => None,
            State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) => None,
            State::Rejected(_) | State::Removing(_) => None,
        };
        if clock.now() >= until {
            let not_looked = Unconfirmed { seen: 0, of: 1 };
            return Self::Unconfirmed(known.unwrap_or(not_looked));
        }
        match sighting(dns, clock, &domain.records()).await {
            Sighting::Confirmed { servers } => Self::Confirmed(OwnershipSeen { servers, ..seen }),
            Sighting::Unconfirmed { seen, of } => Self::Unconfirmed(Unconfirmed { seen, of }),
        }
    }

    /// The details, if the claim is proven.
    pub(super) fn confirmed(&self) -> Option<&OwnershipSeen> {
        match self {
            Self::Confirmed(evidence) => Some(evidence),
            Self::Absent | Self::Unconfirmed(_) => None,
        }
    }

    /// Adds what the claim still lacks to the change of a look without a change of state.
    pub(super) fn note(&self, change: &mut Change) {
        let State::Contested(contested) = &mut change.domain.state else {
            return;
        };
        match self {
            Self::Unconfirmed(unconfirmed) => contested.unconfirmed = Some(*unconfirmed),
            Self::Absent if change.domain.dns_looked_at.is_some() => contested.unconfirmed = None,
            Self::Absent | Self::Confirmed(_) => {}
        }
    }
}

/// The number of authoritative servers at which all of `records` are seen over TCP: the lowest
/// number over the records.
pub(super) async fn sighting(
    dns: &impl Lookup,
    clock: &impl Clock,
    records: &[Record],
) -> Sighting {
    let deadline = clock.now() + CONFIRM_PATIENCE;
    let questions: Vec<Question> = records.iter().map(question_about).collect();
    let looks = before(deadline, clock, dns.ask_again(&questions)).await;
    let looks = looks.unwrap_or_default();
    let none = Sighting::Unconfirmed { seen: 0, of: 1 };
    let sightings = records.iter().map(|record| {
        let question = question_about(record);
        let look = looks.iter().find(|look| look.question == question);
        look.map_or(none.clone(), |look: &SecondLook| {
            look.sighting(|outcome| shows(outcome, &record.data))
        })
    });
    let least = |sighting: &Sighting| match sighting {
        Sighting::Confirmed { .. } => (1, 0),
        Sighting::Unconfirmed { seen, .. } => (0, *seen),
    };
    sightings.min_by_key(least).unwrap_or(none)
}

fn question_about(record: &Record) -> Question {
    Question {
        name: record.name.clone(),
        record_type: match &record.data {
            RecordData::Txt { .. } => RecordType::Txt,
            RecordData::Cname { .. } => RecordType::Cname,
            RecordData::Mx { .. } => RecordType::Mx,
        },
    }
}

fn shows(outcome: &Outcome, wanted: &RecordData) -> bool {
    let is_it = |data: &Data| match (data, wanted) {
        (Data::Txt { text }, RecordData::Txt { text: wanted }) => text == wanted,
        (Data::Cname { target }, RecordData::Cname { target: wanted }) => {
            target.eq_ignore_ascii_case(wanted)
        }
        (
            Data::Mx {
                preference,
                exchange,
            },
            RecordData::Mx {
                preference: wanted_preference,
                exchange: wanted,
            },
        ) => preference == wanted_preference && exchange.eq_ignore_ascii_case(wanted),
        (Data::Txt { .. } | Data::Cname { .. } | Data::Mx { .. }, _) => false,
        (Data::Address { .. } | Data::Ns { .. } | Data::Soa { .. }, _) => false,
    };
    match outcome {
        Outcome::Found { data, .. } => data.iter().any(is_it),
        Outcome::Alias { .. } | Outcome::NoData { .. } | Outcome::NoSuchName { .. } => false,
        Outcome::Failed { .. } | Outcome::TimedOut | Outcome::NotAsked => false,
    }
}
