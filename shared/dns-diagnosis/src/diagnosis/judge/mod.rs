//! The state of each record, with its reasons: turns observations into states and codes, but not
//! into sentences.
//!
//! A record's state comes from its own look-up only. The status at Amazon SES can add a code but
//! never changes a state. Without an answer from DNS the state is `unknown`, and never `missing` or
//! `wrong`.
//!
//! ```
//! use dns_diagnosis::diagnosis::{
//!     Context, DiagnosisCode, FormerTokens, RecordState, judge, questions_for,
//! };
//! use dns_diagnosis::dns::{Observation, Outcome, ZoneOutcome};
//! use dns_diagnosis::names::DomainName;
//! use dns_diagnosis::records::ownership_record;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let domain = DomainName::parse("example.com")?;
//! let records = [ownership_record(&domain, "secret")];
//! let context = Context {
//!     domain: &domain,
//!     zone: &ZoneOutcome::Unknown { failure: None },
//!     former: &FormerTokens::default(),
//!     ses: None,
//!     sightings: None,
//! };
//! let judged = |outcome: Outcome| {
//!     let questions = questions_for(&domain, &records, None).into_iter();
//!     let observations: Vec<Observation> = questions
//!         .map(|question| Observation {
//!             question,
//!             authoritative: Vec::new(),
//!             zone: None,
//!             recursive: outcome.clone(),
//!         })
//!         .collect();
//!     let record = judge(&context, &records, &observations).records.remove(0);
//!     (record.state, record.findings[0].code)
//! };
//! let no_such_name = Outcome::NoSuchName { negative_ttl: 300 };
//! assert_eq!(judged(no_such_name), (RecordState::Missing, DiagnosisCode::NotFound));
//! assert_eq!(
//!     judged(Outcome::TimedOut),
//!     (RecordState::Unknown, DiagnosisCode::DnsUnavailable)
//! );
//! # Ok(())
//! # }
//! ```

use super::Context;
use crate::dns::Observation;
use crate::records::Record;

mod answers;
mod below;
mod beside;
mod case;
mod dmarc;
mod domain;
mod exchange;
mod finding;
mod joined;
mod likeness;
mod near;
mod places;
mod policy;
mod protection;
mod record;
mod spf;
mod suspended;
mod value;
mod wildcard;

pub use below::{aliases_below, questions_below};
pub use dmarc::{DmarcAt, DmarcDiscovery, discover_dmarc, dmarc_name, is_of_registry};
pub use domain::Trouble;
pub use finding::{Finding, JudgedRecord, RecordState};

pub(crate) use answers::{Observations, answers};
pub(crate) use below::{existence_of, policy_below};
pub(crate) use case::Case;
use finding::Judgement;
pub(crate) use finding::Standing;
pub(crate) use joined::Joined;
pub(crate) use likeness::{ELLIPSES, decode};
pub(crate) use near::has_misplaced_policy;
pub(crate) use places::MAX_NAME;
pub(crate) use spf::mistaken_modifier;
pub(crate) use value::{is_value_of, type_of};
pub(crate) use wildcard::WILDCARD_PROBE;
pub use wildcard::is_wildcard_probe;

/// How a domain stands, before it is put into words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Every record, in the order of the record set.
    pub records: Vec<JudgedRecord>,
    /// Why the zone as a whole cannot be seen, if it cannot.
    pub trouble: Option<Trouble>,
    /// The DMARC policy that applies to the domain.
    pub dmarc: DmarcDiscovery,
    /// Further DMARC records: at the domain and above it, which may apply to names below the domain, and at
    /// its MAIL FROM name.
    pub dmarc_above: Vec<DmarcAt>,
}

/// Judges the records by the observations of all rounds.
pub fn judge(context: &Context<'_>, records: &[Record], observations: &[Observation]) -> Judged {
    of_case(&Case::new(*context, records, observations))
}

pub(super) fn of_case(case: &Case<'_>) -> Judged {
    let records = case.records.iter();
    let own: Vec<Judgement> = records.clone().map(|record| case.own(record)).collect();
    let protection = case.protection(&own);
    let records: Vec<JudgedRecord> = records
        .zip(own)
        .map(|(record, own)| case.judge_record(record, own, protection))
        .collect();
    let policies = &case.policies;
    let dmarc = policies.discovery();
    Judged {
        trouble: domain::trouble(case, &records),
        records,
        dmarc_above: policies.others(&dmarc),
        dmarc,
    }
}
