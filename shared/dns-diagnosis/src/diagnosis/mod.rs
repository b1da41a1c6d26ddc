//! From the answers of DNS to the fixes for a person, for each record, in three pure steps:
//!
//! | step | from | to |
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
mod sightings;
mod spelling;

pub use ask::{Probes, probes_for, questions_for};
pub use code::DiagnosisCode;
pub use context::Context;
pub use explain::{Also, Diagnosis, DomainDiagnosis, Fix, RecordDiagnosis, explain, show};
pub use former::FormerTokens;
pub use judge::{
    DmarcAt, DmarcDiscovery, Finding, Judged, JudgedRecord, RecordState, Trouble, aliases_below,
    discover_dmarc, dmarc_name, is_of_registry, is_wildcard_probe, judge, questions_below,
};

pub use sightings::Sightings;

pub(crate) use ask::Questions;
pub(crate) use judge::{Case, Observations, WILDCARD_PROBE, answers, existence_of, policy_below};

/// Judges the records by the observations of all rounds, and says what to do.
///
/// # Examples
///
/// ```
/// use dns_diagnosis::diagnosis::{Context, FormerTokens, RecordState, diagnose, questions_for};
/// use dns_diagnosis::dns::{Observation, Outcome, Question, ZoneOutcome};
/// use dns_diagnosis::names::DomainName;
/// use dns_diagnosis::records::ownership_record;
///
/// let domain = DomainName::parse("example.com")?;
/// let records = [ownership_record(&domain, "secret")];
/// // No server and no resolver answers.
/// let unanswered = |question: Question| Observation {
///     question,
///     authoritative: Vec::new(),
///     zone: None,
///     recursive: Outcome::TimedOut,
/// };
/// let questions = questions_for(&domain, &records, None).into_iter();
/// let observations: Vec<Observation> = questions.map(unanswered).collect();
///
/// let context = Context {
///     domain: &domain,
///     zone: &ZoneOutcome::Unknown { failure: None },
///     former: &FormerTokens::default(),
///     ses: None,
///     sightings: None,
/// };
/// let diagnosis = diagnose(&context, &records, &observations);
/// // Unknown is not missing.
/// assert_eq!(diagnosis.records[0].state, RecordState::Unknown);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn diagnose(
    context: &Context<'_>,
    records: &[Record],
    observations: &[Observation],
) -> Diagnosis {
    let case = Case::new(*context, records, observations);
    explain::of_case(&case, &judge::of_case(&case))
}

/// Whether the DMARC record of the set is to be proposed: not if a record, even a void one, is
/// published at the domain or its organizational domain, because an existing one is never to be
/// replaced and a second one voids both; not if an alias holds the name, beside which no record may
/// be; and not if a policy is at the domain itself, which only has to be moved. The policy of a
/// registry above the domain does not prevent a policy at the domain.
pub fn proposes_dmarc(domain: &DomainName, observations: &[Observation]) -> bool {
    if judge::has_misplaced_policy(domain, observations) {
        return false;
    }
    match discover_dmarc(domain, observations) {
        DmarcDiscovery::Published { at, .. } => is_of_registry(&at, domain),
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
pub(crate) mod scene;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod words_tests;
