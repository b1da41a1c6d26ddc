//! Compares one answer with one expected record. It does not consider other names of the record or
//! the status at Amazon SES.

use super::answers::Observations;
pub(super) use super::answers::value_of;
use super::case::Case;
use super::exchange::{begins_with_number, code_of_exchange};
use super::finding::{Finding, Judgement, Standing};
use super::likeness::{Expected, Likeness};
use crate::diagnosis::spelling::is_nearly;
use crate::diagnosis::{Context, DiagnosisCode as Code};
use crate::dns::{Data, Outcome, RecordType};
use crate::records::{Record, RecordData, RecordId, SES_SPF_DOMAIN};

/// Length of a verification token: 32 octets in base64 (RFC 4648).
const TOKEN_LENGTH: usize = 44;

/// The type to ask for.
pub(crate) fn type_of(data: &RecordData) -> RecordType {
    match data {
        RecordData::Txt { .. } => RecordType::Txt,
        RecordData::Cname { .. } => RecordType::Cname,
        RecordData::Mx { .. } => RecordType::Mx,
    }
}

impl Case<'_> {
    /// Judges one answer; an alias is followed through the observations.
    pub(super) fn judge(&self, record: &Record, outcome: &Outcome) -> Judgement {
        match outcome {
            Outcome::Alias { target, .. } => self.judge_alias(record, target),
            Outcome::Found { .. }
            | Outcome::NoData { .. }
            | Outcome::NoSuchName { .. }
            | Outcome::Failed { .. }
            | Outcome::TimedOut
            | Outcome::NotAsked => self.judge_plainly(record, outcome),
        }
    }

    /// Judges one answer by itself. An alias ends here, so that a loop of them does too.
    pub(super) fn judge_plainly(&self, record: &Record, outcome: &Outcome) -> Judgement {
        match outcome {
            Outcome::Found { data, .. } => self.judge_data(record, data),
            Outcome::Alias { target, .. } => match &record.data {
                RecordData::Cname { .. } => self.judge_target(record, target),
                RecordData::Txt { .. } | RecordData::Mx { .. } => Judgement::wrong(
                    vec![Finding::of(Code::WrongType, format!("CNAME {target}"))],
                    vec![format!("CNAME {target}")],
                ),
            },
            Outcome::NoData { .. }
            | Outcome::NoSuchName { .. }
            | Outcome::Failed { .. }
            | Outcome::TimedOut
            | Outcome::NotAsked => Judgement::absent(),
        }
    }

    /// An alias in the place of a TXT or MX record does what it should if its target does. A proof
    /// of ownership has to be in the zone itself.
    fn judge_alias(&self, record: &Record, target: &str) -> Judgement {
        let alias = Outcome::Alias {
            target: target.to_owned(),
            ttl: 0,
        };
        let plain = self.judge_plainly(record, &alias);
        if record.id == RecordId::Ownership {
            return plain;
        }
        let judge = |outcome: &Outcome| self.judge_plainly(record, outcome);
        match self
            .observations
            .follow(target, type_of(&record.data), &judge)
        {
            Some(judged) if judged.is_right_or_unknown() => judged,
            Some(_) | None => plain,
        }
    }

    fn judge_data(&self, record: &Record, data: &[Data]) -> Judgement {
        let observed: Vec<String> = data.iter().map(value_of).collect();
        match &record.data {
            RecordData::Cname { .. } => match observed.as_slice() {
                [target] => self.judge_target(record, target),
                targets => Judgement::wrong(
                    vec![Finding::of(Code::CnameAndOther, targets.join(", "))],
                    observed,
                ),
            },
            RecordData::Mx { exchange, .. } => self.judge_mx(record, exchange, data, observed),
            RecordData::Txt { text } => match record.id {
                RecordId::MailFromSpf => self.judge_spf(record, text, observed),
                RecordId::Verification
                | RecordId::Ownership
                | RecordId::Dmarc
                | RecordId::Dkim1
                | RecordId::Dkim2
                | RecordId::Dkim3
                | RecordId::MailFromMx => self.judge_text(record, text, observed),
            },
        }
    }

    pub(super) fn expected<'e>(
        &self,
        record: &'e Record,
        value: &'e str,
        is_target: bool,
    ) -> Expected<'e> {
        let zone = self.zone_of(record);
        let mut names = vec![record.name.clone(), format!("{}.{zone}", record.name)];
        let host = record.host_in(zone);
        if host.len() > 1 {
            names.push(host.to_owned());
        }
        // The longest is tried first, so that a shorter one leaves no remainder.
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let zones = if is_target {
            let domain = self.context.domain.as_str().to_owned();
            let mut zones = vec![domain, self.zone.to_owned()];
            if zone != self.zone {
                zones.insert(0, zone.to_owned());
            }
            // A zone file may have an `$ORIGIN` below the zone.
            let labels = record.name.match_indices('.').map(|(dot, _)| dot + 1);
            let origins = std::iter::once(0).chain(labels);
            let origins = origins.filter_map(|from| record.name.get(from..));
            let own = format!(".{zone}");
            zones.extend(
                origins
                    .filter(|name| name.ends_with(&own))
                    .map(str::to_owned),
            );
            zones
        } else {
            Vec::new()
        };
        Expected {
            value,
            names,
            zones,
            case_matters: !is_target,
        }
    }

    /// A name may hold other TXT records beside ours.
    pub(super) fn judge_text(
        &self,
        record: &Record,
        value: &str,
        observed: Vec<String>,
    ) -> Judgement {
        if observed.iter().any(|text| text == value) {
            return Judgement::right(observed);
        }
        let expected = self.expected(record, value, false);
        let mut findings = Vec::new();
        let mut other = None;
        for text in &observed {
            match expected.compare(text) {
                Likeness::Same => return Judgement::right(observed),
                Likeness::Damaged(codes) if findings.is_empty() => {
                    findings = damage(&codes, text);
                }
                Likeness::Damaged(_) => {}
                Likeness::Other { bare, mistakes } => {
                    let stale = record.id == RecordId::Verification
                        && is_stale_token(&bare, value, &self.context);
                    if !self.is_former(&bare) && is_nearly(&bare, value) {
                        other = Some(vec![Finding::of(Code::ValueMismatch, text)]);
                    } else if stale {
                        let mut seen = vec![Finding::of(Code::StaleToken, text)];
                        seen.extend(damage(&mistakes, text));
                        other = Some(seen);
                    } else {
                        let code = self.code_of_other(record, &bare);
                        other.get_or_insert_with(|| vec![Finding::of(code, text)]);
                    }
                }
            }
        }
        if findings.is_empty() {
            findings = other.unwrap_or_default();
        }
        Judgement::wrong(findings, observed)
    }

    fn judge_target(&self, record: &Record, target: &str) -> Judgement {
        let value = record.data.value();
        let observed = vec![target.to_owned()];
        if target.eq_ignore_ascii_case(&value) {
            return Judgement::right(observed);
        }
        let finding = match self.expected(record, &value, true).compare(target) {
            Likeness::Same => return Judgement::right(observed),
            Likeness::Damaged(codes) => return Judgement::wrong(damage(&codes, target), observed),
            Likeness::Other { bare, .. } => {
                let code = if has_token_of(record, &bare) {
                    Code::DkimWrongHostedZone
                } else if let Some(code) = self.code_of_token(record, &bare) {
                    code
                } else if self.is_stale_target(&bare) {
                    Code::StaleToken
                } else {
                    self.code_of_other(record, &bare)
                };
                Finding::of(code, target)
            }
        };
        Judgement::wrong(vec![finding], observed)
    }

    /// A value that is not the record's own: that of another record of the set, or any other.
    fn code_of_other(&self, record: &Record, bare: &str) -> Code {
        let mut others = self.records.iter().filter(|other| other.id != record.id);
        if others.any(|other| is_value_of(other, bare)) {
            Code::ValuesExchanged
        } else {
            Code::ValueMismatch
        }
    }

    /// The mistake in a target that has the token of a DKIM record with some letters less, or a wrong one or two.
    fn code_of_token(&self, record: &Record, target: &str) -> Option<Code> {
        let value = record.data.value();
        let (token, zone) = value.split_once('.')?;
        let (first, rest) = target.split_once('.')?;
        let first = first.to_ascii_lowercase();
        let of_another = |other: &Record| is_value_of(other, target);
        if !rest.eq_ignore_ascii_case(zone)
            || self.is_former(&first)
            || self.records.iter().any(of_another)
        {
            return None;
        }
        let is_part = first.len() < token.len() && first.len() * 2 >= token.len();
        if is_part && (token.starts_with(&first) || token.ends_with(&first)) {
            return Some(Code::ValueTruncated);
        }
        is_nearly(&first, token).then_some(Code::ValueMismatch)
    }

    /// Whether this is a token of an earlier registration.
    fn is_former(&self, token: &str) -> bool {
        let former = self.context.former;
        let mut all = former.verification.iter().chain(&former.dkim);
        all.any(|old| old.eq_ignore_ascii_case(token))
    }

    /// A DKIM target of SES that is none of the domain's current ones.
    fn is_stale_target(&self, target: &str) -> bool {
        let target = target.to_ascii_lowercase();
        let current = self
            .records
            .iter()
            .any(|record| record.data.value().eq_ignore_ascii_case(&target));
        let of_ses = target
            .strip_suffix(SES_SPF_DOMAIN)
            .is_some_and(|rest| rest.contains(".dkim."));
        let token = target.split('.').next().unwrap_or_default();
        let former = self.context.former.dkim.iter();
        !current
            && (of_ses
                || former
                    .into_iter()
                    .any(|old| old.eq_ignore_ascii_case(token)))
    }

    /// SES wants exactly one MX on the MAIL FROM domain, its own; the preference is free.
    fn judge_mx(
        &self,
        record: &Record,
        exchange: &str,
        data: &[Data],
        observed: Vec<String>,
    ) -> Judgement {
        if let [Data::Mx { exchange: host, .. }] = data
            && host.eq_ignore_ascii_case(exchange)
        {
            return Judgement::right(observed);
        }
        let expected = self.expected(record, exchange, true);
        let mut findings = Vec::new();
        let mut ours = false;
        for entry in data {
            let Data::Mx { exchange: host, .. } = entry else {
                continue;
            };
            let shown = value_of(entry);
            match expected.compare(host) {
                Likeness::Same => ours = true,
                Likeness::Damaged(mut codes) => {
                    if begins_with_number(host) {
                        codes.retain(|code| *code != Code::ValueHasTypePrefix);
                        codes.push(Code::MxPriorityInValue);
                    }
                    findings.extend(damage(&codes, &shown));
                }
                Likeness::Other { bare, .. } => {
                    let code = match code_of_exchange(host, &bare) {
                        Some(code) => code,
                        None => self.code_of_other(record, &bare),
                    };
                    findings.push(Finding::of(code, shown));
                }
            }
        }
        if data.len() == 1 && ours {
            return Judgement::right(observed);
        }
        if data.len() > 1 {
            if ours {
                // The one that is wanted is there; the others only have to go.
                findings.clear();
            }
            findings.push(Finding::of(Code::MxExtra, observed.join(", ")));
        }
        Judgement::wrong(findings, observed)
    }
}

fn damage(codes: &[Code], value: &str) -> Vec<Finding> {
    codes.iter().map(|code| Finding::of(*code, value)).collect()
}

/// An older token of ours, or a value in the form of a token that is not ours.
fn is_stale_token(bare: &str, current: &str, context: &Context<'_>) -> bool {
    let former = context.former.verification.iter().any(|old| old == bare);
    let base64 = bare.strip_suffix('=').is_some_and(|body| {
        body.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+/".contains(&b))
    });
    bare != current && (former || (base64 && bare.len() == TOKEN_LENGTH))
}

/// Whether a name has the token of a DKIM record as its first label.
fn has_token_of(record: &Record, name: &str) -> bool {
    let token = record.name.split('.').next().unwrap_or_default();
    let first = name.split('.').next().unwrap_or_default();
    token.eq_ignore_ascii_case(first)
}

/// Whether a value is that of a record, as text, as a target or as the host of an MX record; or the token of a
/// DKIM record, by itself or as the record's name.
pub(crate) fn is_value_of(record: &Record, value: &str) -> bool {
    match &record.data {
        RecordData::Txt { text } => text == value,
        RecordData::Cname { target } => {
            let token = record.name.split('.').next().unwrap_or_default();
            let own = [target, token, record.name.as_str()];
            own.iter().any(|own| own.eq_ignore_ascii_case(value))
        }
        RecordData::Mx { exchange, .. } => exchange.eq_ignore_ascii_case(value),
    }
}

impl Judgement {
    fn is_right_or_unknown(&self) -> bool {
        match self.standing {
            Standing::Right | Standing::Unknown => true,
            Standing::Wrong | Standing::Absent => false,
        }
    }
}

impl Observations<'_> {
    /// The values of one type at a name, as they are shown.
    pub(crate) fn values(&self, name: &str, record_type: RecordType) -> Vec<String> {
        self.data(name, record_type)
            .into_iter()
            .map(value_of)
            .collect()
    }
}
