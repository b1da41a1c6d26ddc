//! The message for every code: its meaning in this case, with the actual values.
//!
//! Written for a person who has never heard of DNS. Values that come from DNS pass through
//! [`show`] before they get into a sentence.

use super::dmarc_words::repaired;
use super::result::DomainDiagnosis;
use super::show::{show, shown};
use super::target_words::unseen_target_message;
use super::wording::Wording;
use crate::diagnosis::DiagnosisCode as Code;
use crate::diagnosis::judge::{ELLIPSES, Finding, RecordState, Trouble, decode, is_value_of};
use crate::identity::AxisStatus;
use crate::records::{Record, RecordId};

impl Wording<'_> {
    /// What a finding means for a record. `place` is the name that the judgement is about.
    #[expect(
        clippy::too_many_lines,
        reason = "one exhaustive match over the codes: a new code without words does not compile"
    )]
    pub(super) fn message(&self, record: &Record, place: &str, finding: &Finding) -> String {
        let kind = record.data.type_name();
        let name = &record.name;
        let raw = finding.value.as_deref().unwrap_or_default();
        // A policy is right in the form in which its owner meant it.
        let expected = if record.id == RecordId::Dmarc {
            repaired(raw, &record.data.value())
        } else {
            record.data.value()
        };
        let seen = shown(raw);
        let at = finding.at.as_deref().map(show);
        let at_or_name = at.as_deref().unwrap_or(name);
        match finding.code {
            Code::DomainDoesNotExist => self.trouble_message(Trouble::NoSuchDomain),
            Code::DomainSuspended => self.trouble_message(Trouble::Suspended),
            Code::DnsUnavailable | Code::ZoneNotLive if at.is_none() && self.is_delegated() => {
                self.silent_delegation_message(record)
            }
            Code::ZoneNotLive | Code::DnssecFailure if at.is_some() => {
                unseen_target_message(name, at_or_name, finding.code)
            }
            Code::ZoneNotLive => self.trouble_message(Trouble::NotLive),
            Code::DnssecFailure => self.trouble_message(Trouble::Bogus),
            Code::NameserverLame => self.lame(&[raw]).message,
            Code::DnsUnavailable if at.is_some() => format!(
                "The name servers of {at_or_name} did not answer, and {name} depends on it. This does not \
                 mean that your records are wrong. Lasso will try again."
            ),
            Code::DnsUnavailable => self.trouble_message(Trouble::Silent),
            Code::NotFound => self.not_found_message(record),
            Code::NotNeeded => format!(
                "The {kind} record at {name} is missing or wrong, but it is not needed: Amazon SES has \
                 verified the domain by {}.",
                if self.has_cnames() {
                    "the CNAME records"
                } else {
                    "the DKIM key of the domain's owner"
                }
            ),
            Code::HostDoubled => format!(
                "The record is published at {at_or_name} instead of {name}: a part of the name is there \
                 twice. Most DNS providers add the end of the name to what you type."
            ),
            Code::HostWithoutZonePart => format!(
                "The record is published at {at_or_name} instead of {name}: a part of the name is \
                 missing."
            ),
            Code::HostMisplaced => {
                format!("The record is published at {at_or_name} instead of {name}.")
            }
            Code::DmarcWrongPlace => match at {
                Some(at) => format!(
                    "The DMARC policy is published at {at}, where mail servers do not look for it. It \
                     belongs at {name}."
                ),
                None => format!(
                    "At {name} there is an alias (a CNAME record) to {seen}, and there is no DMARC \
                     policy at that name."
                ),
            },
            Code::AtApex => apex_message(record, at_or_name),
            Code::WildcardAnswers => format!(
                "There is no separate {kind} record at {name} yet. The answer comes from an entry for \
                 every name (a wildcard, such as *.{}).",
                self.panel.zone()
            ),
            Code::NameTooLongForProvider => self.too_long_message(record),
            Code::WrongType if raw.contains("v=DKIM1") => format!(
                "At {place} there is the DKIM key itself ({seen}) instead of the CNAME record. That works \
                 only until Amazon SES changes the key; from then on mail is no longer signed."
            ),
            Code::WrongType => {
                format!("At {place} there is another record instead of the {kind} record: {seen}")
            }
            Code::CnameFlattened => format!(
                "{name} answers with an address ({seen}) instead of a CNAME record. Your DNS provider \
                 hides the CNAME behind its own servers (a proxy or “flattening”)."
            ),
            Code::CnameAndOther => format!(
                "There is a CNAME record and another record at {name} ({seen}). A CNAME must be the only \
                 record at its name; otherwise DNS servers give different answers."
            ),
            Code::NameserversDisagree => format!(
                "Only {seen} of the name servers of {} that answered have the right record at \
                 {name}; the others have an older version.",
                self.panel.zone()
            ),
            Code::Propagating => format!(
                "The record at {name} is published and right. DNS servers may return the old answer from \
                 their caches for {}; nothing has to be done.",
                match finding.minutes {
                    Some(count) => format!("up to {} more", minutes(count)),
                    None => "an unknown time".to_owned(),
                }
            ),
            Code::OkWaitingForSes if self.is_back(record) => format!(
                "The record at {name} is back, and right. Amazon SES has not looked at it since; nothing \
                 has to be done."
            ),
            Code::OkWaitingForSes => format!(
                "The record at {name} is published and right. Amazon SES has not looked at it yet; \
                 nothing has to be done."
            ),
            Code::MailFromInactive => format!(
                "The record at {name} is published and right, but Amazon SES does not use this name: it \
                 had stopped looking before the records were right. Lasso asks Amazon SES again \
                 automatically; nothing has to be done."
            ),
            Code::ValuesJoined
                if raw.contains(&expected) || record.id == RecordId::Verification =>
            {
                format!(
                    "The record at {at_or_name} holds more than one value: {seen}. Each value needs a \
                     record of its own."
                )
            }
            Code::ValuesJoined => format!(
                "The parts of the value at {at_or_name} have run together, without the space between \
                 them: {seen}"
            ),
            Code::ValuesExchanged => format!(
                "The value at {name} is the value of another record: {seen} belongs at {}.",
                self.whose(record, raw)
            ),
            Code::TxtEscaped if !raw.contains('\\') => format!(
                "The value at {at_or_name} contains characters in the escaped form of web pages or web \
                 addresses (such as &amp; or %20): {seen}. It has to be exactly {expected}."
            ),
            Code::TxtEscaped => format!(
                "The value at {at_or_name} has backslashes (\\) in it: {seen}. They belong only in the \
                 zone files of name servers, and have become part of the value."
            ),
            Code::ValueQuoted if self.panel.quotes_text() => format!(
                "The value at {at_or_name} has quotation marks inside the ones that your DNS provider \
                 requires: {seen}. One pair is right; a second pair becomes part of the value."
            ),
            Code::ValueQuoted if !raw.contains('"') => format!(
                "The value at {at_or_name} has quotation marks around it that do not belong to it: {seen}"
            ),
            Code::ValueQuoted => format!(
                "The value at {at_or_name} has quotation marks in it: {seen}. Your DNS provider adds them \
                 automatically, so yours have become part of the value."
            ),
            Code::ValueWhitespace => format!(
                "The value at {at_or_name} has spaces or line breaks in it that do not belong \
                 there: {seen}"
            ),
            Code::ValueTruncated if ELLIPSES.iter().any(|dots| decode(raw).contains(dots)) => {
                format!(
                    "The value at {at_or_name} is cut off: in {seen}, the dots (…) stand for the rest, as a \
                 narrow screen shows it. It has to be {expected}."
                )
            }
            Code::ValueSurrounded => format!(
                "The value at {at_or_name} has extra characters around it: {seen}. It has to be exactly \
                 {expected}."
            ),
            Code::ValueTruncated => format!(
                "The value at {at_or_name} is cut off: {seen} is only {} of {expected}.",
                if expected.ends_with(decode(raw).trim()) {
                    "the end"
                } else {
                    "the beginning"
                }
            ),
            Code::ValueCaseChanged => format!(
                "The value at {at_or_name} has the right letters, but some have changed between upper and \
                 lower case: {seen}. It has to be exactly {expected}."
            ),
            Code::ValueIsName => match at {
                Some(at) => format!(
                    "Name and value are swapped: the record is published at {at} and holds {seen}."
                ),
                None => format!(
                    "The value at {name} is, or begins with, the name of the record: {seen}"
                ),
            },
            Code::ValueHasTypePrefix => format!(
                "The value at {at_or_name} begins with something that belongs in another field: \
                 {seen}"
            ),
            Code::TargetDoubled => format!(
                "The {kind} record at {name} points at {seen}: your own domain has been added to \
                 the end of the value."
            ),
            Code::StaleToken => match at {
                Some(at) => format!(
                    "The {kind} record at {at} is from an earlier registration of this domain; its \
                     name is now {name}."
                ),
                // Beside it there is room for ours.
                None if kind == "TXT" => format!(
                    "The value at {name} is an old value, or a value for another AWS account or Region: \
                     {seen}. There is no {expected} yet."
                ),
                None => format!(
                    "The value at {name} is an old value, or a value for another AWS account or Region: \
                     {seen}. It has to be {expected}."
                ),
            },
            Code::ValueMismatch if kind == "TXT" && raw.trim().is_empty() => {
                format!("The TXT record at {place} is empty. There is no {expected} yet.")
            }
            Code::ValueMismatch if kind == "TXT" && at.is_none() => {
                format!("The TXT record at {place} holds {seen}. There is no {expected} yet.")
            }
            Code::ValueMismatch => {
                format!("The {kind} record at {place} holds {seen} instead of {expected}.")
            }
            Code::MxWrongRegion
            | Code::MxWrongService
            | Code::MxPriorityInValue
            | Code::MxExtra => Self::mx_message(record, finding),
            Code::DkimWrongHostedZone => format!(
                "The target of the CNAME record at {name} starts correctly but has a wrong end: it is \
                 {seen} instead of {expected}."
            ),
            Code::SpfMultiple => format!(
                "There is more than one record at {place} that begins with v=spf1. SPF then ends in a \
                 permanent error, so it does not pass."
            ),
            Code::SpfInvalid
            | Code::SpfMissingInclude
            | Code::SpfTooManyLookups
            | Code::SpfCannotTell
            | Code::SpfAllowsEverybody => self.spf_message(record, place, finding),
            Code::DmarcMultiple
            | Code::DmarcInvalid
            | Code::DmarcTagInvalid
            | Code::DmarcStrictAlignment
            | Code::DmarcBlocksVia => self.dmarc_message(at.as_deref().unwrap_or(place), finding),
        }
    }

    /// What to say where no code applies.
    pub(super) fn state_message(&self, record: &Record, place: &str, state: RecordState) -> String {
        let name = &record.name;
        match state {
            RecordState::Found if record.id == RecordId::Dmarc => self.dmarc_found(place),
            RecordState::Found if self.ses_gave_up(record) && self.domain_failed() => format!(
                "The record at {name} is published and right, but Amazon SES had stopped looking \
                 before it was. Restart the verification."
            ),
            RecordState::Found if self.ses_gave_up(record) => format!(
                "The record at {name} is published and right, but Amazon SES had stopped looking before it \
                 was. Lasso asks Amazon SES again automatically; nothing has to be done."
            ),
            RecordState::Found => format!("The record at {name} is published and right."),
            RecordState::Missing => match self.gone_since(record) {
                Some(day) => {
                    format!("The record at {name} is no longer there. It was last found on {day}.")
                }
                None => format!("There is no record at {name}."),
            },
            RecordState::Wrong => format!("The record at {name} is not what it should be."),
            RecordState::Unknown => format!("DNS gave no answer for {name}."),
            RecordState::NotLookedYet => format!("{name} has not been looked up yet."),
        }
    }

    /// A record that was never there is awaited; one that was there is missed.
    fn not_found_message(&self, record: &Record) -> String {
        let (kind, name) = (record.data.type_name(), &record.name);
        match self.gone_since(record) {
            Some(day) => {
                format!(
                    "The {kind} record at {name} is no longer there. It was last found on {day}."
                )
            }
            None => format!("There is no {kind} record at {name} yet."),
        }
    }

    /// The day on which an earlier look last found the record.
    fn gone_since(&self, record: &Record) -> Option<String> {
        let sightings = self.context.sightings?;
        let at = sightings.last_found(record.id)?;
        Some(at.strftime("%-d %B %Y").to_string())
    }

    /// Whether the record was found, was gone, and is there again.
    fn is_back(&self, record: &Record) -> bool {
        let sightings = self.context.sightings;
        sightings.is_some_and(|seen| seen.is_gone(record.id) || seen.is_back(record.id))
    }

    /// Whether SES gave up on the domain itself, so that a person has to restart it.
    fn domain_failed(&self) -> bool {
        let ses = self.context.ses;
        ses.is_some_and(|ses| ses.verification == AxisStatus::Failed)
    }

    /// What concerns the domain as a whole.
    pub(super) fn trouble_message(&self, trouble: Trouble) -> String {
        let domain = self.context.domain;
        let zone = self.panel.zone();
        match trouble {
            Trouble::NoSuchDomain => format!("The domain {domain} does not exist in DNS."),
            Trouble::Suspended => format!(
                "{zone} is suspended, has expired or is parked: its name servers{} serve only such \
                 domains. Nothing that is published for it can be seen, and it receives no mail.",
                self.registered_servers()
            ),
            Trouble::NotLive => format!(
                "The name servers that {zone} is registered with do not serve it, so nothing that \
                 is published for it can be seen."
            ),
            Trouble::Bogus => format!(
                "The signatures (DNSSEC) of {zone} are broken, so mail servers and Amazon SES \
                 refuse everything that is published there."
            ),
            Trouble::Silent => format!(
                "The name servers of {zone} did not answer, so it is not known what is published. This \
                 does not mean that your records are wrong. Lasso will try again."
            ),
        }
    }

    /// Some of the zone's name servers do not know it. Its records are seen all the same.
    pub(super) fn lame(&self, hosts: &[&str]) -> DomainDiagnosis {
        let zone = self.panel.zone();
        let shown: Vec<String> = hosts.iter().take(4).map(|host| show(host)).collect();
        let does = if shown.len() == 1 { "does" } else { "do" };
        let shown = shown.join(", ");
        DomainDiagnosis {
            code: Code::NameserverLame,
            message: format!(
                "Not every name server that {zone} is registered with knows it: {shown} {does} not answer \
                 for it. The records are seen at the others, but mail servers may need more than one try."
            ),
            fix: Some(Self::advice(format!(
                "Tell {} that {shown} {does} not answer for {zone}. Your records need no change.",
                self.panel.place()
            ))),
        }
    }

    /// Whether DKIM is by CNAME records. An identity with a key of its owner (BYODKIM) has none.
    pub(super) fn has_cnames(&self) -> bool {
        let mut ids = self.records.iter().map(|record| record.id);
        ids.any(|id| id == RecordId::Dkim1)
    }

    fn ses_gave_up(&self, record: &Record) -> bool {
        self.context.ses.is_some_and(|ses| match record.id {
            RecordId::Verification => ses.verification == AxisStatus::Failed,
            RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => ses.dkim == AxisStatus::Failed,
            RecordId::MailFromMx | RecordId::MailFromSpf => ses.mail_from == AxisStatus::Failed,
            RecordId::Dmarc | RecordId::Ownership => false,
        })
    }

    /// The name of the record of the set that a value is meant for.
    fn whose(&self, record: &Record, seen: &str) -> String {
        self.records
            .iter()
            .find(|other| is_value_of(other, seen) && other.id != record.id)
            .map_or_else(|| "another name".to_owned(), |other| other.name.clone())
    }
}

fn minutes(count: u32) -> String {
    match count {
        1 => "1 minute".to_owned(),
        count => format!("{count} minutes"),
    }
}

fn apex_message(record: &Record, at: &str) -> String {
    if record.id == RecordId::Verification {
        format!(
            "The value is published at {at} itself. Amazon SES accepts it there, so it counts; \
             {} is the better place, because there it cannot get in the way of other records.",
            record.name
        )
    } else {
        format!(
            "The value is published at {at} itself, where it does not count. It belongs at {}.",
            record.name
        )
    }
}
