//! Messages and fixes for states and codes, for a person who has never heard of DNS: the meaning of
//! each code in this case, with the actual values, and what to do about it, with the DNS provider's
//! names of the fields.
//!
//! ```
//! use dns_diagnosis::diagnosis::{
//!     Context, DiagnosisCode, DmarcDiscovery, Finding, FormerTokens, Judged, JudgedRecord,
//!     RecordState, explain,
//! };
//! use dns_diagnosis::dns::{Zone, ZoneOutcome};
//! use dns_diagnosis::names::DomainName;
//! use dns_diagnosis::records::ownership_record;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let domain = DomainName::parse("example.com")?;
//! let records = [ownership_record(&domain, "secret")];
//! let context = Context {
//!     domain: &domain,
//!     zone: &ZoneOutcome::Found(Zone {
//!         apex: "example.com".to_owned(),
//!         name_servers: vec!["ada.ns.cloudflare.com".to_owned()],
//!     }),
//!     former: &FormerTokens::default(),
//!     ses: None,
//!     sightings: None,
//! };
//! let judged = Judged {
//!     records: vec![JudgedRecord {
//!         id: records[0].id,
//!         place: records[0].name.clone(),
//!         state: RecordState::Missing,
//!         findings: vec![Finding::new(DiagnosisCode::NotFound)],
//!         observed: Vec::new(),
//!     }],
//!     trouble: None,
//!     dmarc: DmarcDiscovery::Unknown,
//!     dmarc_above: Vec::new(),
//! };
//! let diagnosis = explain(&context, &records, &[], &judged);
//! let record = &diagnosis.records[0];
//! assert_eq!(
//!     record.message,
//!     "There is no TXT record at _lasso-challenge.example.com yet."
//! );
//! let fix = record.fix.as_ref().ok_or("there is a fix")?;
//! assert!(fix.text.starts_with("At Cloudflare, add a TXT record"));
//! # Ok(())
//! # }
//! ```

use super::judge::{Case, Finding, Judged, JudgedRecord};
use super::{Context, DiagnosisCode};
use crate::dns::Observation;
use crate::records::Record;

mod add_words;
mod delegated_words;
mod dmarc_faults;
mod dmarc_repair;
mod dmarc_steps;
mod dmarc_words;
mod fix;
mod key_rows;
mod keys_words;
mod message;
mod mx_words;
mod result;
mod rows;
mod show;
mod spf_repair;
mod spf_spelling;
mod spf_words;
mod state_words;
mod steps;
mod target_words;
mod trouble_words;
mod value_words;
mod wording;

pub use result::{Also, Diagnosis, DomainDiagnosis, Fix, RecordDiagnosis};
pub use show::show;

use show::show_all;
use wording::Wording;

/// Puts a judgement into words. Context, records and observations are those that were judged: an SPF
/// record is proposed only if mail passes by it.
pub fn explain(
    context: &Context<'_>,
    records: &[Record],
    observations: &[Observation],
    judged: &Judged,
) -> Diagnosis {
    of_case(&Case::new(*context, records, observations), judged)
}

pub(super) fn of_case(case: &Case<'_>, judged: &Judged) -> Diagnosis {
    let words = Wording::of(case, judged.trouble);
    let records = case.records.iter();
    let records: Vec<RecordDiagnosis> = records
        .zip(&judged.records)
        .map(|(record, judged)| words.about(record).of_record(record, judged))
        .collect();
    let trouble = judged.trouble.map(|trouble| DomainDiagnosis {
        code: trouble.code(),
        message: words.trouble_message(trouble),
        fix: words.trouble_fix(trouble),
    });
    let lame = case.lame_servers();
    let lame = (trouble.is_none() && !lame.is_empty()).then(|| words.lame(&lame));
    let mut of_domain: Vec<DomainDiagnosis> = trouble.into_iter().chain(lame).collect();
    for diagnosis in records.iter().flat_map(of_whole_domain) {
        if !of_domain.iter().any(|other| other.code == diagnosis.code) {
            of_domain.push(diagnosis);
        }
    }
    Diagnosis {
        domain: of_domain,
        records,
        dmarc: judged.dmarc.clone(),
        dmarc_above: judged.dmarc_above.clone(),
    }
}

impl Wording<'_> {
    fn of_record(&self, record: &Record, judged: &JudgedRecord) -> RecordDiagnosis {
        let place = judged.place.as_str();
        let whole = self.moved_and_mended(record, place, &judged.findings);
        let mut explained = judged.findings.iter().map(|finding| Also {
            code: finding.code,
            message: self.message(record, place, finding),
            fix: match &whole {
                Some((at, fix)) if finding.at.as_deref() == Some(*at) => Some(fix.clone()),
                Some(_) | None => self.fix(record, place, same_field(finding, &judged.findings)),
            },
        });
        let (code, message, fix) = match explained.next() {
            Some(lead) => (Some(lead.code), lead.message, lead.fix),
            None => (
                None,
                self.state_message(record, place, judged.state),
                self.state_fix(record, judged.state),
            ),
        };
        let also = explained.collect();
        RecordDiagnosis {
            id: record.id,
            state: judged.state,
            code,
            message,
            expected: record.data.value(),
            observed: show_all(&judged.observed),
            fix,
            wait_minutes: judged.findings.iter().find_map(|finding| finding.minutes),
            also,
        }
    }
}

impl Wording<'_> {
    /// The fix of a record whose name and value are both wrong, and where it is now.
    fn moved_and_mended<'f>(
        &self,
        record: &Record,
        place: &str,
        findings: &'f [Finding],
    ) -> Option<(&'f str, Fix)> {
        let moved = findings.first()?;
        let at = moved.at.as_deref()?;
        let there = |other: &&Finding| other.at.as_deref() == Some(at) && other.code.is_of_value();
        let damaged = findings.iter().skip(1).find(there)?;
        let host = self.fix(record, place, moved)?.field?;
        let mended = self.fix(record, place, damaged)?;
        let is_value = mended.field.as_deref() == Some(self.panel.value_field(&record.data));
        if host != self.panel.host_field() || !is_value {
            return None;
        }
        let seen = moved.value.as_deref().unwrap_or_default();
        let fix = self.change_host_and_value(record, at, seen, mended.value?);
        Some((at, fix))
    }
}

/// The finding whose fix stands for another one too: two fixes of one field cannot both be followed.
fn same_field<'f>(finding: &'f Finding, all: &'f [Finding]) -> &'f Finding {
    use DiagnosisCode as Code;
    let of_spf = [Code::SpfMissingInclude, Code::SpfInvalid];
    let of_target = [
        Code::MxPriorityInValue,
        Code::MxWrongRegion,
        Code::MxWrongService,
        Code::DkimWrongHostedZone,
        Code::ValueMismatch,
        Code::ValueTruncated,
    ];
    let has = |code: Code| all.iter().any(|other| other.code == code);
    let instead = if finding.code == Code::DmarcStrictAlignment {
        // The policy stays as it is until mail is signed.
        Some(Code::DmarcBlocksVia)
    } else if finding.code == Code::DmarcTagInvalid && has(Code::DmarcBlocksVia) {
        Some(Code::DmarcBlocksVia)
    } else if finding.code == Code::DmarcTagInvalid {
        // Its fix takes out what cannot be read, too.
        Some(Code::DmarcStrictAlignment)
    } else if of_spf.contains(&finding.code) {
        // There is one record to mend once the others are gone.
        Some(Code::SpfMultiple)
    } else {
        of_target
            .contains(&finding.code)
            .then_some(Code::TargetDoubled)
    };
    let stronger = all.iter().find(|other| Some(other.code) == instead);
    stronger.unwrap_or(finding)
}

/// What a record says of the policy, or of the provider, concerns the domain as a whole too.
fn of_whole_domain(record: &RecordDiagnosis) -> impl Iterator<Item = DomainDiagnosis> {
    let lead = record.code.map(|code| (code, &record.message, &record.fix));
    let also = record.also.iter();
    let also = also.map(|also| (also.code, &also.message, &also.fix));
    lead.into_iter()
        .chain(also)
        .filter(|(code, ..)| concerns_domain(*code))
        .map(|(code, message, fix)| DomainDiagnosis {
            code,
            message: message.clone(),
            fix: fix.clone(),
        })
}

fn concerns_domain(code: DiagnosisCode) -> bool {
    matches!(
        code,
        DiagnosisCode::DmarcBlocksVia
            | DiagnosisCode::DmarcStrictAlignment
            | DiagnosisCode::NameTooLongForProvider
    )
}
