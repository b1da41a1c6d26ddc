//! From what DNS answered to what a person has to do, record by record, in three words, all pure:
//!
//! | word | from | to |
//! | --- | --- | --- |
//! | [`ask`](mod@ask) | the records, and what is known so far | the questions to DNS |
//! | [`judge`](mod@judge) | the observations | how each record stands, and why, in codes |
//! | [`explain`](mod@explain) | the codes | messages and fixes |
//!
//! [`diagnose`] is [`judge()`] and [`explain()`] in one step.

use crate::dns::Observation;
use crate::names::DomainName;
use crate::records::Record;

pub mod ask;
mod code;
mod context;
pub mod explain;
mod former;
pub mod judge;

pub use ask::{Probes, probes_for, questions_for};
pub use code::DiagnosisCode;
pub use context::Context;
pub use explain::{Also, Diagnosis, DomainDiagnosis, Fix, RecordDiagnosis, explain, show};
pub use former::FormerTokens;
pub use judge::{
    DmarcDiscovery, Finding, Judged, JudgedRecord, RecordState, Trouble, discover_dmarc,
    dmarc_name, judge,
};

pub(crate) use ask::Questions;
pub(crate) use judge::{NOBODYS_LABEL, Observations, SES_SPF_DOMAIN, answers};

/// Judges the records by the observations of all rounds, and says what to do.
pub fn diagnose(
    context: &Context<'_>,
    records: &[Record],
    observations: &[Observation],
) -> Diagnosis {
    explain(context, records, &judge(context, records, observations))
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
