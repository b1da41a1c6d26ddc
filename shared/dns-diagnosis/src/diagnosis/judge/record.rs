//! One record's diagnosis: its own look-up, then what is beside it, where else it might be, and
//! what Amazon SES says.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::case::Case;
use super::finding::{Finding, JudgedRecord, Judgement, RecordState, Standing};
use super::places::PlaceKind;
use super::protection::Protection;
use super::value::{type_of, value_of};
use crate::diagnosis::DiagnosisCode as Code;
use crate::dns::{Outcome, RecordType, ZoneOutcome};
use crate::email_auth::is_dmarc;
use crate::identity::AxisStatus;
use crate::records::{Record, RecordData, RecordId};

/// The types that may be beside a CNAME although nothing may.
const BESIDE: [RecordType; 5] = [
    RecordType::Cname,
    RecordType::Txt,
    RecordType::Mx,
    RecordType::A,
    RecordType::Aaaa,
];

impl Case<'_> {
    /// The record's own look-up.
    pub(crate) fn own(&self, record: &Record) -> Judgement {
        if record.id == RecordId::Dmarc {
            return self.without_wildcard(record, self.dmarc().0);
        }
        let judge = |outcome: &Outcome| self.judge(record, outcome);
        let judged = self
            .observations
            .settle(&record.name, type_of(&record.data), &judge);
        self.without_wildcard(record, judged)
    }

    /// Everything about one record, of which `judged` is what its own look-up says.
    pub(super) fn judge_record(
        &self,
        record: &Record,
        mut judged: Judgement,
        protection: Protection,
    ) -> JudgedRecord {
        let place = if record.id == RecordId::Dmarc {
            let (_, place) = self.dmarc();
            self.weigh_dmarc(&mut judged, &place, protection);
            place
        } else {
            record.name.clone()
        };
        self.look_beside(record, &mut judged);
        if matches!(judged.standing, Standing::Absent | Standing::Wrong) && !judged.is_explained() {
            self.look_elsewhere(record, &mut judged);
        }
        self.look_at_the_alias_of_the_policy(record, &place, &mut judged);
        self.look_at_the_registrar(&mut judged);
        self.measure_host(record, &mut judged);
        if judged.standing == Standing::Absent && *self.context.zone == ZoneOutcome::NoSuchDomain {
            judged.findings.push(Finding::new(Code::DomainDoesNotExist));
        }
        let state = RecordState::from(&judged);
        self.weigh_with_ses(record, &mut judged);
        let mut findings = judged.findings;
        findings.sort_by_key(|finding| finding.code);
        findings.dedup_by_key(|finding| finding.code);
        JudgedRecord {
            id: record.id,
            place,
            state,
            findings,
            observed: judged.observed,
        }
    }

    /// What a wildcard answers is nothing at the name: any other name gets the same (RFC 4592).
    fn without_wildcard(&self, record: &Record, judged: Judgement) -> Judgement {
        if judged.standing != Standing::Wrong {
            return judged;
        }
        let (nobody, record_type) = (self.nobodys_name(record), type_of(&record.data));
        let sibling = self.observations.values(nobody, record_type);
        if !sibling.is_empty() && sibling == judged.observed {
            return Judgement::wildcard(sibling.join(", "));
        }
        let alias = self.observations.alias(nobody, record_type);
        let own = self.observations.alias(&record.name, record_type);
        match alias {
            Some(target) if own == alias => Judgement::wildcard(target),
            Some(_) | None => judged,
        }
    }

    /// Records of other types at the same name.
    fn look_beside(&self, record: &Record, judged: &mut Judgement) {
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
            let nobody = self.nobodys_name(record);
            if values == self.observations.values(nobody, *record_type) {
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
            let nobody = || self.nobodys_name(record);
            let is_wildcards =
                !values.is_empty() && values == self.observations.values(nobody(), record_type);
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

    /// The places where records end up by the usual mistakes.
    fn look_elsewhere(&self, record: &Record, judged: &mut Judgement) {
        for place in self.places(record) {
            // Most were not asked, or do not exist.
            if !self.observations.exists(&place.name) {
                continue;
            }
            if self.accepted_at_apex(record, &place.name) {
                judged.standing = Standing::Right;
                judged.findings = vec![Finding::new(Code::AtApex).at(&place.name)];
                judged.observed = vec![record.data.value()];
                return;
            }
            let found = match place.kind {
                PlaceKind::Doubled | PlaceKind::WithoutPart | PlaceKind::Apex => {
                    self.displaced(record, &place.name)
                }
                PlaceKind::PolicyAtDomain | PlaceKind::Near => self.near(record, &place.name),
                PlaceKind::UnderItsValue => self.swapped(record, &place.name),
                PlaceKind::OlderToken => self.former(&place.name),
            };
            let Some(found) = found else {
                continue;
            };
            let value = found.observed.first().cloned().unwrap_or_default();
            judged.findings.retain(|finding| !finding.is_weak());
            judged
                .findings
                .push(Finding::of(place.kind.code(), value).at(&place.name));
            let has_place = |code| matches!(code, Code::ValueIsName | Code::StaleToken);
            let there = found.findings.into_iter().map(|finding| {
                if has_place(finding.code) {
                    finding
                } else {
                    finding.at(&place.name)
                }
            });
            judged.findings.extend(there);
            judged.observed = found.observed;
            judged.standing = Standing::Wrong;
            return;
        }
    }

    /// The record with its value, right or damaged, under another name.
    fn displaced(&self, record: &Record, name: &str) -> Option<Judgement> {
        if record.id == RecordId::Dmarc {
            // Whatever policy it is, it is one.
            let values = self.observations.values(name, RecordType::Txt);
            let policy = values.iter().any(|text| is_dmarc(text));
            return policy.then(|| Judgement::wrong(Vec::new(), values));
        }
        let judge = |outcome: &Outcome| self.judge_plainly(record, outcome);
        let mut judged = self
            .observations
            .settle(name, type_of(&record.data), &judge);
        judged.findings.retain(|f| f.code != Code::Propagating);
        match judged.standing {
            Standing::Right => Some(judged),
            Standing::Wrong if judged.is_explained() => Some(judged),
            Standing::Wrong | Standing::Absent | Standing::Unknown => None,
        }
    }

    /// A record under the expected value that points at the expected name.
    fn swapped(&self, record: &Record, name: &str) -> Option<Judgement> {
        let values = self.observations.values(name, type_of(&record.data));
        let back = values.iter().any(|value| value.starts_with(&record.name));
        back.then(|| Judgement::wrong(Vec::new(), values))
    }

    /// A record of an earlier registration.
    fn former(&self, name: &str) -> Option<Judgement> {
        let values = self.observations.values(name, RecordType::Cname);
        (!values.is_empty()).then(|| Judgement::wrong(Vec::new(), values))
    }

    /// SES takes the token at the domain itself too, with or without its prefix.
    fn accepted_at_apex(&self, record: &Record, name: &str) -> bool {
        if record.id != RecordId::Verification || name != self.context.domain.as_str() {
            return false;
        }
        let token = record.data.value();
        let is_token =
            |text: &str| text == token || text.strip_prefix("amazonses:") == Some(token.as_str());
        let texts = self.observations.values(name, RecordType::Txt);
        texts.iter().any(|text| is_token(text))
    }

    /// Whether the record is of the MAIL FROM name, and both of those are right.
    fn is_whole_mail_from(&self, record: &Record) -> bool {
        let is_mail_from = |record: &&Record| match record.id {
            RecordId::MailFromMx | RecordId::MailFromSpf => true,
            RecordId::Verification | RecordId::Dmarc | RecordId::Ownership => false,
            RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => false,
        };
        let mut both = self.records.iter().filter(is_mail_from);
        is_mail_from(&record) && both.all(|record| self.own(record).standing == Standing::Right)
    }

    /// An alias in the place of the policy that leads to none.
    fn look_at_the_alias_of_the_policy(
        &self,
        record: &Record,
        place: &str,
        judged: &mut Judgement,
    ) {
        let is_own = record.id == RecordId::Dmarc && place == record.name;
        let without_policy = !judged.has(Code::DmarcInvalid) && !judged.has(Code::DmarcMultiple);
        let alias = self.observations.alias(&record.name, RecordType::Txt);
        if let Some(target) = alias.filter(|_| is_own && without_policy)
            && judged.standing == Standing::Wrong
        {
            judged.findings = vec![Finding::of(Code::DmarcWrongPlace, target)];
        }
    }

    /// Of a domain that its registrar has suspended, nothing can be seen.
    fn look_at_the_registrar(&self, judged: &mut Judgement) {
        if judged.standing == Standing::Absent && self.is_suspended() {
            judged.findings = vec![Finding::new(Code::DomainSuspended)];
        }
    }

    /// Whether the provider's panel takes so long a name.
    fn measure_host(&self, record: &Record, judged: &mut Judgement) {
        // Recognizing the panel is expensive, and nothing has to be typed for a record that is right.
        if !matches!(judged.standing, Standing::Absent | Standing::Wrong) {
            return;
        }
        let panel = self.panel();
        let is_too_long = panel
            .longest_host()
            .is_some_and(|longest| panel.host(record).len() > longest);
        if is_too_long {
            let finding = Finding::new(Code::NameTooLongForProvider);
            judged.findings.push(finding);
        }
    }

    /// SES confirms, or makes a record needless; it never turns one right or wrong.
    fn weigh_with_ses(&self, record: &Record, judged: &mut Judgement) {
        let Some(ses) = self.context.ses else {
            return;
        };
        let axis = match record.id {
            RecordId::Verification => ses.verification,
            RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => ses.dkim,
            RecordId::MailFromMx | RecordId::MailFromSpf => ses.mail_from,
            RecordId::Dmarc | RecordId::Ownership => return,
        };
        match judged.standing {
            Standing::Right => match axis {
                AxisStatus::NotStarted | AxisStatus::Failed if self.is_whole_mail_from(record) => {
                    judged.findings.push(Finding::new(Code::MailFromInactive));
                }
                AxisStatus::NotStarted | AxisStatus::Pending | AxisStatus::TemporaryFailure => {
                    judged.findings.push(Finding::new(Code::OkWaitingForSes));
                }
                AxisStatus::Success | AxisStatus::Failed => {}
            },
            Standing::Absent | Standing::Wrong => {
                let by_dkim = record.id == RecordId::Verification
                    && ses.verification == AxisStatus::Success
                    && ses.dkim == AxisStatus::Success;
                if by_dkim {
                    judged.findings.retain(|f| f.code != Code::NotFound);
                    judged.findings.push(Finding::new(Code::NotNeeded));
                }
            }
            Standing::Unknown => {}
        }
    }
}

impl Finding {
    /// Whether it says no more than that something unrelated, or nothing, is at the name.
    pub(super) fn is_weak(&self) -> bool {
        matches!(
            self.code,
            Code::NotFound
                | Code::WildcardAnswers
                | Code::ValueMismatch
                | Code::WrongType
                | Code::StaleToken
                | Code::SpfMissingInclude
                | Code::SpfInvalid
                | Code::SpfMultiple
                | Code::MxWrongRegion
        )
    }
}

impl Judgement {
    /// Whether what is published is ours, with a mistake that has a name.
    pub(crate) fn is_explained(&self) -> bool {
        self.findings.iter().any(|finding| !finding.is_weak())
    }
}

/// The mnemonic of a type.
pub(super) fn name_of(record_type: RecordType) -> &'static str {
    match record_type {
        RecordType::A => "A",
        RecordType::Aaaa => "AAAA",
        RecordType::Cname => "CNAME",
        RecordType::Mx => "MX",
        RecordType::Ns => "NS",
        RecordType::Soa => "SOA",
        RecordType::Txt => "TXT",
    }
}
