//! The last look at a domain's DNS, as it is stored and shown.

use serde::{Deserialize, Serialize};

use crate::diagnosis::{Diagnosis, is_wildcard_probe};
use crate::dns::{
    Data, Observation, Outcome, Question, RecordType, Zone, ZoneOutcome, delegated_zones,
};
use crate::email_auth::is_dmarc;
use crate::fnv::fnv1a_64;
use crate::records::{Record, RecordId};

mod bounds;

pub use bounds::MAX_LOOK;

/// The maximum size, in octets, of data at one name that is stored. Larger data is left out entirely: a
/// hand-off format that repeats only half of the domain owner's records is worse than one that
/// repeats none.
const MAX_STORED: usize = 8 * 1024;

/// The answers of DNS, and what they mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DnsLook {
    /// The zone that holds the domain.
    pub zone: ZoneOutcome,
    /// The diagnosis, record by record.
    pub diagnosis: Diagnosis,
    /// The answers at the records' own names, for the hand-off formats.
    pub observations: Vec<Observation>,
    /// How many answers, values and diagnoses are left out because the whole is too large to be stored.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub left_out: usize,
}

impl DnsLook {
    /// Keeps the `observations` that the hand-off formats of `records` need, within bounds.
    pub fn new(
        zone: ZoneOutcome,
        diagnosis: Diagnosis,
        observations: Vec<Observation>,
        records: &[Record],
    ) -> Self {
        let apex = match &zone {
            ZoneOutcome::Found(zone) => zone.apex.as_str(),
            ZoneOutcome::NoSuchDomain | ZoneOutcome::Unknown { .. } => "",
        };
        let alternative = alternative(records, &observations);
        let alternative = alternative.as_ref();
        let own_name = |observation: &Observation| {
            records
                .iter()
                .any(|record| record.name == observation.question.name)
                || tells_of_policy(observation)
                || is_wildcard_probe(&observation.question.name)
                || alternative == Some(&observation.question)
                || !delegated_zones(apex, [observation]).is_empty()
        };
        let mut observations = observations;
        for observation in &mut observations {
            if observation.zone.as_deref() == Some(apex) {
                // The zone is the same for most names, and is stored once.
                observation.zone = None;
            }
        }
        observations.retain(|seen| own_name(seen) && size(seen) <= MAX_STORED);
        Self {
            zone,
            diagnosis,
            observations,
            left_out: 0,
        }
    }

    /// A digest that is equal for two looks with the same content. Times to live do not count,
    /// because they differ each time. `None` if the look cannot be serialized.
    pub fn digest(&self) -> Option<u64> {
        let text = self.without_ttls()?;
        // It is only used to tell a look from the one before.
        Some(fnv1a_64(text))
    }

    /// The look as JSON text, with each time to live as 0.
    fn without_ttls(&self) -> Option<Vec<u8>> {
        let mut look = self.clone();
        let observations = look.observations.into_iter();
        look.observations = observations.map(Observation::without_ttls).collect();
        serde_json::to_vec(&look).ok()
    }

    /// The zone, if it was found.
    pub fn zone(&self) -> Option<&Zone> {
        match &self.zone {
            ZoneOutcome::Found(zone) => Some(zone),
            ZoneOutcome::NoSuchDomain | ZoneOutcome::Unknown { .. } => None,
        }
    }
}

/// The texts at the domain itself, if an alias (CNAME) is at the name of the TXT record: the value
/// then goes there.
fn alternative(records: &[Record], observations: &[Observation]) -> Option<Question> {
    let is_token = |record: &&Record| record.id == RecordId::Verification;
    let name = &records.iter().find(is_token)?.name;
    let of_alias = |outcome: &Outcome| matches!(outcome, Outcome::Alias { .. });
    let holds = observations.iter().any(|seen| {
        let mut outcomes = seen.authoritative.iter().map(|answer| &answer.outcome);
        seen.question.name == *name && (outcomes.any(of_alias) || of_alias(&seen.recursive))
    });
    let (_, domain) = name.split_once('.').filter(|_| holds)?;
    Some(Question {
        name: domain.to_owned(),
        record_type: RecordType::Txt,
    })
}

/// Whether the observation is about a DMARC policy: it has the name of a policy above the domain,
/// or a text at the domain itself that is a policy. If there is a policy, none is proposed.
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
