//! From what DNS answered to what a person has to do, record by record.
//!
//! Three steps, all pure: [`questions_for`] names the look-ups of the first round, [`probes_for`]
//! those of the next ones, which explain records that are not right, and [`diagnose`] judges.
//! A record's state comes from its own look-up only. What Amazon SES says adds a code and never
//! changes a state; no answer from DNS is `unknown`, and never `missing` or `wrong`.

use serde::{Deserialize, Serialize};

use crate::dns::Observation;
use crate::names::DomainName;
use crate::records::Record;

mod code;
mod dmarc;
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
pub(crate) mod view;
mod wording;

pub use code::DiagnosisCode;
pub use dmarc::{DmarcDiscovery, discover_dmarc, dmarc_name};
pub use domain::DomainDiagnosis;
pub use former::FormerTokens;
pub use look::Context;
pub use questions::{Probes, probes_for, questions_for};
pub use result::{Also, Fix, RecordDiagnosis, RecordState};
pub use show::show;

pub(crate) use judge::SES_SPF_DOMAIN;
pub(crate) use questions::{NOBODYS_LABEL, Questions};

use look::Look;

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
    Diagnosis {
        domain: domain::diagnose(&look, &records),
        records,
        dmarc: discover_dmarc(context.domain, observations),
    }
}

/// Whether the DMARC record of the set is to be proposed: not where a policy, even a void one, is
/// published at the domain or its organizational domain, because an existing one is never to be
/// replaced and a second one voids both.
pub fn proposes_dmarc(domain: &DomainName, observations: &[Observation]) -> bool {
    match discover_dmarc(domain, observations) {
        DmarcDiscovery::Published { .. } | DmarcDiscovery::Void { .. } => false,
        DmarcDiscovery::Absent | DmarcDiscovery::Unknown => true,
    }
}

#[cfg(test)]
mod combination_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod mistakes_in_mail;
#[cfg(test)]
pub(crate) mod scene;
#[cfg(test)]
mod tests;
