//! Other data at the name of a record: records of other types, and answers of a wildcard.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::case::Case;
use super::finding::{Finding, Judgement, Standing};
use super::record::name_of;
use super::value::value_of;
use crate::diagnosis::DiagnosisCode as Code;
use crate::dns::{Outcome, RecordType};
use crate::records::{Record, RecordData};

/// The types that may be beside a CNAME although nothing may.
const BESIDE: [RecordType; 5] = [
    RecordType::Cname,
    RecordType::Txt,
    RecordType::Mx,
    RecordType::A,
    RecordType::Aaaa,
];

impl Case<'_> {
    /// Records of other types at the same name.
    pub(super) fn look_beside(&self, record: &Record, judged: &mut Judgement) {
        if let Some(seen) = self.cname_and_other(&record.name) {
            judged.standing = Standing::Wrong;
            judged.findings.retain(|finding| !finding.is_weak());
            if !judged.has(Code::CnameAndOther) {
                judged.findings.push(Finding::of(Code::CnameAndOther, seen));
            }
            return;
        }
        if judged.standing != Standing::Absent {
            return;
        }
        let other = match &record.data {
            RecordData::Cname { .. } => self
                .beside(record, &[RecordType::Txt, RecordType::Mx], Code::WrongType)
                .or_else(|| {
                    let addresses = [RecordType::A, RecordType::Aaaa];
                    self.beside(record, &addresses, Code::CnameFlattened)
                }),
            RecordData::Mx { exchange, .. } => self
                .beside(record, &[RecordType::Txt], Code::WrongType)
                .filter(|finding| {
                    let value = finding.value.as_deref().unwrap_or_default();
                    value.to_ascii_lowercase().contains(exchange.as_str())
                }),
            // Whatever else is at the name of a TXT record may be there.
            RecordData::Txt { .. } => None,
        };
        if other.is_none()
            && let Some(answered) = self.answered_by_wildcard(record)
        {
            judged.findings = vec![Finding::of(Code::WildcardAnswers, answered)];
        }
        if let Some(finding) = other {
            judged.observed.extend(finding.value.clone());
            judged.findings = vec![finding];
            judged.standing = Standing::Wrong;
        }
    }

    fn beside(&self, record: &Record, types: &[RecordType], code: Code) -> Option<Finding> {
        types.iter().find_map(|record_type| {
            let values = self.observations.values(&record.name, *record_type);
            let first = values.first()?;
            let probe = self.wildcard_probe(record);
            if values == self.observations.values(probe, *record_type) {
                return None;
            }
            Some(Finding::of(
                code,
                format!("{} {first}", name_of(*record_type)),
            ))
        })
    }

    /// What a wildcard answers at the name of a record that is not there.
    fn answered_by_wildcard(&self, record: &Record) -> Option<String> {
        BESIDE.into_iter().find_map(|record_type| {
            let values = self.observations.values(&record.name, record_type);
            let probe = || self.wildcard_probe(record);
            let is_wildcards =
                !values.is_empty() && values == self.observations.values(probe(), record_type);
            is_wildcards.then(|| values.join(", "))
        })
    }

    /// A CNAME and something else at one name, at one and the same server.
    fn cname_and_other(&self, name: &str) -> Option<String> {
        if !self.observations.may_have_cname_and_other(name) {
            return None;
        }
        // In the order of the servers, so that the same answers make the same message.
        let mut seen: BTreeMap<Option<IpAddr>, (Option<String>, Option<String>)> = BTreeMap::new();
        for record_type in BESIDE {
            let Some(observation) = self.observations.get(name, record_type) else {
                continue;
            };
            let mut outcomes: Vec<(Option<IpAddr>, &Outcome)> = observation
                .authoritative
                .iter()
                .map(|answer| (Some(answer.server.address), &answer.outcome))
                .filter(|(_, outcome)| outcome.is_answer())
                .collect();
            if outcomes.is_empty() {
                outcomes.push((None, &observation.recursive));
            }
            for (server, outcome) in outcomes {
                let (cname, other) = seen.entry(server).or_default();
                match outcome {
                    Outcome::Found { data, .. } if record_type == RecordType::Cname => {
                        *cname = data.first().map(value_of);
                    }
                    Outcome::Found { data, .. } => {
                        let value = data.first().map(value_of).unwrap_or_default();
                        *other = Some(format!("{} {value}", name_of(record_type)));
                    }
                    Outcome::Alias { target, .. } => *cname = Some(target.clone()),
                    Outcome::NoData { .. }
                    | Outcome::NoSuchName { .. }
                    | Outcome::Failed { .. }
                    | Outcome::TimedOut
                    | Outcome::NotAsked => {}
                }
            }
        }
        seen.into_values().find_map(|(cname, other)| {
            let (cname, other) = (cname?, other?);
            Some(format!("CNAME {cname}, {other}"))
        })
    }
}
