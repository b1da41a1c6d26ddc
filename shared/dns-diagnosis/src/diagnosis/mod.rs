//! From what DNS answered to what a person has to do, record by record.
//!
//! Three steps, all pure: [`questions_for`] names the look-ups of the first round, [`probes_for`]
//! those of the next ones, which explain records that are not right, and [`diagnose`] judges.
//! A record's state comes from its own look-up only. What Amazon SES says adds a code and never
//! changes a state; no answer from DNS is `unknown`, and never `missing` or `wrong`.

use serde::{Deserialize, Serialize};

use crate::dns::{Observation, RecordType};
use crate::names::DomainName;
use crate::records::Record;

mod code;
mod dmarc;
mod dmarc_words;
mod domain;
mod fix;
mod former;
mod judge;
mod likeness;
mod look;
mod message;
mod questions;
mod record;
mod result;
mod show;
mod spf;
mod spf_words;
pub(crate) mod view;
mod wording;

pub use code::DiagnosisCode;
pub use dmarc::{DmarcAt, DmarcDiscovery, discover_dmarc, dmarc_name};
pub use domain::DomainDiagnosis;
pub use former::FormerTokens;
pub use look::Context;
pub use questions::{Probes, probes_for, questions_for};
pub use result::{Also, Fix, RecordDiagnosis, RecordState};
pub use show::show;

pub(crate) use judge::SES_SPF_DOMAIN;
pub(crate) use questions::{NOBODYS_LABEL, Questions};

use look::Look;
use view::Observations;

/// How a domain stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Diagnosis {
    /// Every record, in the order of the record set.
    pub records: Vec<RecordDiagnosis>,
    /// What concerns the domain as a whole.
    pub domain: Vec<DomainDiagnosis>,
    /// The DMARC policy that applies to it.
    pub dmarc: DmarcDiscovery,
    /// Further DMARC records at the domain and above it, which may apply to names below the domain.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub dmarc_above: Vec<DmarcAt>,
}

/// Judges the records by the observations of both rounds.
pub fn diagnose(
    context: &Context<'_>,
    records: &[Record],
    observations: &[Observation],
) -> Diagnosis {
    let look = Look::new(*context, records, observations);
    let protection = look.protection();
    let records: Vec<RecordDiagnosis> = records
        .iter()
        .map(|record| look.diagnose(record, protection))
        .collect();
    let policies = look.policies();
    let dmarc = policies.discovery();
    Diagnosis {
        domain: domain::diagnose(&look, &records),
        records,
        dmarc_above: policies.others(&dmarc),
        dmarc,
    }
}

/// Whether the DMARC record of the set is to be proposed: not where a record, even a void one, is
/// published at the domain or its organizational domain, because an existing one is never to be
/// replaced and a second one voids both; and not where an alias holds the name, beside which no record
/// may be. The policy of a registry above the domain is no reason against one of its own.
pub fn proposes_dmarc(domain: &DomainName, observations: &[Observation]) -> bool {
    let held = Observations::new(observations)
        .alias(&dmarc_name(domain.as_str()), RecordType::Txt)
        .is_some();
    !held
        && match discover_dmarc(domain, observations) {
            DmarcDiscovery::Published { at, .. } => {
                at.len() < dmarc_name(domain.organizational()).len()
            }
            DmarcDiscovery::Void { .. } => false,
            DmarcDiscovery::Absent | DmarcDiscovery::Unknown => true,
        }
}

#[cfg(test)]
mod combination_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod mail_tests;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod mistakes_in_mail;
#[cfg(test)]
pub(crate) mod scene;
#[cfg(test)]
mod tests;
