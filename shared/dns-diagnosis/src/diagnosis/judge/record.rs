//! The diagnosis of one record: its own look-up, then other data at its name, other names at which
//! it may be, and the status at Amazon SES.

use super::case::Case;
use super::finding::{Finding, JudgedRecord, Judgement, RecordState, Standing};
use super::places::{Place, PlaceKind};
use super::protection::Protection;
use super::value::type_of;
use crate::diagnosis::DiagnosisCode as Code;
use crate::dns::{Outcome, RecordType, ZoneOutcome};
use crate::email_auth::{is_dmarc, is_spf};
use crate::identity::AxisStatus;
use crate::records::{Record, RecordId};

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
        let is_missing =
            matches!(judged.standing, Standing::Absent | Standing::Wrong) && !judged.is_explained();
        if is_missing && !has_spf(record, &judged) {
            self.look_elsewhere(record, &mut judged);
        }
        self.look_at_the_alias_of_the_policy(record, &place, &mut judged);
        self.look_at_the_registrar(&mut judged);
        self.measure_host(record, &mut judged);
        if judged.standing == Standing::Absent && *self.context.zone == ZoneOutcome::NoSuchDomain {
            judged.findings.retain(|f| f.code != Code::NotFound);
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

    /// An answer from a wildcard counts as no record: any other name gets the same (RFC 4592).
    fn without_wildcard(&self, record: &Record, judged: Judgement) -> Judgement {
        if judged.standing != Standing::Wrong {
            return judged;
        }
        let (probe, record_type) = (self.wildcard_probe(record), type_of(&record.data));
        let sibling = self.observations.values(probe, record_type);
        if !sibling.is_empty() && sibling == judged.observed {
            return Judgement::wildcard(sibling.join(", "));
        }
        let alias = self.observations.alias(probe, record_type);
        let own = self.observations.alias(&record.name, record_type);
        match alias {
            Some(target) if own == alias => Judgement::wildcard(target),
            Some(_) | None => judged,
        }
    }

    /// The places where records end up by the usual mistakes.
    fn look_elsewhere(&self, record: &Record, judged: &mut Judgement) {
        let places = self.places(record);
        let accepted = |place: &Place| {
            let text = self.accepted_at_apex(record, &place.name)?;
            Some(Finding::of(Code::AtApex, text).at(&place.name))
        };
        if let Some(finding) = places.iter().find_map(accepted) {
            judged.standing = Standing::Right;
            judged.findings = vec![finding];
            judged.observed = vec![record.data.value()];
            return;
        }
        for place in places {
            // Most were not asked, or do not exist.
            if !self.observations.exists(&place.name) || self.is_of_wildcard(record, &place.name) {
                continue;
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
            let code = match place.kind.code() {
                // SES accepts the token there, and nothing that is only like it.
                Code::AtApex if record.id == RecordId::Verification => Code::HostMisplaced,
                code => code,
            };
            // In one record with a value of the domain's own, it is that record that has to be parted.
            let is_joined = found.has(Code::ValuesJoined);
            if !(is_joined && place.kind == PlaceKind::Apex) {
                let moved = Finding::of(code, value).at(&place.name);
                judged.findings.push(moved);
            }
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

    /// Whether a wildcard answers at a name: any other name gets the same (RFC 4592).
    fn is_of_wildcard(&self, record: &Record, name: &str) -> bool {
        let record_type = type_of(&record.data);
        let values = self.observations.values(name, record_type);
        let alias = self.observations.alias(name, record_type);
        self.wildcard_probes().into_iter().any(|probe| {
            let others = self.observations.values(probe, record_type);
            let other_alias = self.observations.alias(probe, record_type);
            (!values.is_empty() && values == others) || (alias.is_some() && alias == other_alias)
        })
    }

    /// Whether something is seen at another place where the record may have ended up.
    pub(crate) fn is_seen_elsewhere(&self, record: &Record) -> bool {
        let record_type = type_of(&record.data);
        self.places(record).iter().any(|place| {
            let values = self.observations.values(&place.name, record_type);
            !values.is_empty() || self.observations.alias(&place.name, record_type).is_some()
        })
    }

    /// The record with its value, right or damaged, under another name.
    fn displaced(&self, record: &Record, name: &str) -> Option<Judgement> {
        if record.id == RecordId::Dmarc {
            // Any policy counts.
            let values = self.observations.values(name, RecordType::Txt);
            let policy = values.iter().any(|text| is_dmarc(text));
            return policy.then(|| Judgement::wrong(Vec::new(), values));
        }
        let judge = |outcome: &Outcome| self.judge_plainly(record, outcome);
        let mut judged = self
            .observations
            .settle(name, type_of(&record.data), &judge);
        judged.findings.retain(|f| f.code != Code::Propagating);
        if judged.has(Code::ValuesExchanged) {
            // The value of another record of the set is not this record, displaced.
            return None;
        }
        match judged.standing {
            Standing::Right => Some(judged),
            Standing::Wrong if judged.is_explained() => Some(judged),
            Standing::Wrong | Standing::Absent | Standing::Unknown => None,
        }
    }

    /// A record under the expected value that points at the expected name.
    fn swapped(&self, record: &Record, name: &str) -> Option<Judgement> {
        let values = self.observations.values(name, type_of(&record.data));
        // The value is the name, or stands in both fields.
        let own = record.data.value();
        let back = values
            .iter()
            .any(|value| value.starts_with(&record.name) || value.eq_ignore_ascii_case(&own));
        back.then(|| Judgement::wrong(Vec::new(), values))
    }

    /// A record of an earlier registration.
    fn former(&self, name: &str) -> Option<Judgement> {
        let values = self.observations.values(name, RecordType::Cname);
        (!values.is_empty()).then(|| Judgement::wrong(Vec::new(), values))
    }

    /// The text at the domain itself that SES takes for the token: with or without its prefix.
    fn accepted_at_apex(&self, record: &Record, name: &str) -> Option<String> {
        if record.id != RecordId::Verification || name != self.context.domain.as_str() {
            return None;
        }
        let token = record.data.value();
        let is_token =
            |text: &str| text == token || text.strip_prefix("amazonses:") == Some(token.as_str());
        let texts = self.observations.values(name, RecordType::Txt);
        texts.into_iter().find(|text| is_token(text))
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

    /// If the registrar has suspended the domain, nothing in it can be seen.
    fn look_at_the_registrar(&self, judged: &mut Judgement) {
        if judged.standing == Standing::Absent && self.is_suspended() {
            judged.findings = vec![Finding::new(Code::DomainSuspended)];
        }
    }

    /// Whether the provider's panel takes so long a name.
    fn measure_host(&self, record: &Record, judged: &mut Judgement) {
        // Recognizing the panel is expensive, and nothing has to be entered for a record that is right.
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
                    let at_apex = judged.findings.iter().find(|f| f.code == Code::AtApex);
                    let at = at_apex.and_then(|finding| finding.at.clone());
                    judged.findings.push(Finding {
                        at,
                        ..Finding::new(Code::OkWaitingForSes)
                    });
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
    /// Whether the finding says no more than that something unrelated, or nothing, is at the name.
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

/// Whether an SPF record is at its own name, with a mistake. A second one there would be a permanent
/// error (RFC 7208 section 4.5), whatever is at other names.
fn has_spf(record: &Record, judged: &Judgement) -> bool {
    record.id == RecordId::MailFromSpf
        && judged.standing == Standing::Wrong
        && judged.observed.iter().any(|text| is_spf(text))
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
