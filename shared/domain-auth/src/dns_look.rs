//! The last look at a domain's DNS, as it is stored and shown.

use serde::{Deserialize, Serialize};

use crate::diagnosis::Diagnosis;
use crate::dns::{Data, Observation, Outcome, Zone, ZoneOutcome};
use crate::email_auth::is_dmarc;
use crate::fnv::fnv1a_64;
use crate::records::Record;

mod bounds;

pub use bounds::MAX_LOOK;

/// The most octets of data at one name that are stored. What is larger is left out whole: half of
/// the records of the domain's owner is worse than none when a hand-off format repeats them.
const MAX_STORED: usize = 8 * 1024;

/// What was seen, and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DnsLook {
    /// The zone that holds the domain.
    pub zone: ZoneOutcome,
    /// What it means, record by record.
    pub diagnosis: Diagnosis,
    /// What was answered at the records' own names, for the hand-off formats.
    pub observations: Vec<Observation>,
    /// How many answers, values and diagnoses are left out, because all of them are too large to be
    /// stored.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub left_out: usize,
}

impl DnsLook {
    /// Keeps of `observations` what the hand-off formats of `records` need, within bounds.
    pub fn new(
        zone: ZoneOutcome,
        diagnosis: Diagnosis,
        observations: Vec<Observation>,
        records: &[Record],
    ) -> Self {
        let own_name = |observation: &Observation| {
            records
                .iter()
                .any(|record| record.name == observation.question.name)
                || tells_of_policy(observation)
        };
        Self {
            zone,
            diagnosis,
            observations: observations
                .into_iter()
                .filter(|observation| own_name(observation) && size(observation) <= MAX_STORED)
                .collect(),
            left_out: 0,
        }
    }

    /// The same for two looks that say the same: how long an answer may be kept aside, which differs
    /// each time. None where it cannot be told.
    pub fn digest(&self) -> Option<u64> {
        let text = self.without_ttls()?;
        // It has to tell a look from the one before, and nothing else.
        Some(fnv1a_64(text))
    }

    /// As JSON text, with each time to live as 0.
    fn without_ttls(&self) -> Option<Vec<u8>> {
        let mut look = self.clone();
        let observations = look.observations.into_iter();
        look.observations = observations.map(Observation::without_ttls).collect();
        serde_json::to_vec(&look).ok()
    }

    /// The zone, where it was found.
    pub fn zone(&self) -> Option<&Zone> {
        match &self.zone {
            ZoneOutcome::Found(zone) => Some(zone),
            ZoneOutcome::NoSuchDomain | ZoneOutcome::Unknown { .. } => None,
        }
    }
}

/// Whether it is about a DMARC policy: the name of one above the domain, or a text at the domain itself
/// that is one. Where there is a policy, none is proposed.
fn tells_of_policy(observation: &Observation) -> bool {
    let is_policy = |data: &Data| matches!(data, Data::Txt { text } if is_dmarc(text));
    let outcomes = observation
        .authoritative
        .iter()
        .map(|answer| &answer.outcome);
    observation.question.name.starts_with("_dmarc.")
        || outcomes
            .chain([&observation.recursive])
            .any(|outcome| match outcome {
                Outcome::Found { data, .. } => data.iter().any(is_policy),
                Outcome::Alias { .. } | Outcome::NoData { .. } | Outcome::NoSuchName { .. } => {
                    false
                }
                Outcome::Failed { .. } | Outcome::TimedOut | Outcome::NotAsked => false,
            })
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what serde calls takes a reference"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn size(observation: &Observation) -> usize {
    let authoritative = observation
        .authoritative
        .iter()
        .map(|answer| &answer.outcome);
    authoritative
        .chain([&observation.recursive])
        .map(|outcome| match outcome {
            Outcome::Found { data, .. } => data.iter().map(data_size).sum(),
            Outcome::Alias { target, .. } => target.len(),
            Outcome::NoData { .. } | Outcome::NoSuchName { .. } => 0,
            Outcome::Failed { .. } | Outcome::TimedOut | Outcome::NotAsked => 0,
        })
        .sum()
}

fn data_size(data: &Data) -> usize {
    match data {
        Data::Txt { text } => text.len(),
        Data::Cname { target } => target.len(),
        Data::Mx { exchange, .. } => exchange.len(),
        Data::Ns { host } => host.len(),
        Data::Soa { primary, .. } => primary.len(),
        Data::Address { .. } => 16,
    }
}
