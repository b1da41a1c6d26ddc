//! The message for every code: its meaning in this case, with the actual values.
//!
//! Written for a person who has never heard of DNS. Values that come from DNS pass through
//! [`show`] before they get into a sentence.

use super::dmarc_repair::repaired;
use super::fix::at_mail_from;
use super::show::{show, shown};
use super::target_words::unseen_target_message;
use super::value_words::{
    changed_sign, front_of, has_slip, holds_key, is_in_quotes, is_our_text_as_alias, is_twice,
    piece_before, surrounded_message, where_invisible, with_equals_sign,
};
use super::wording::Wording;
use crate::diagnosis::DiagnosisCode as Code;
use crate::diagnosis::judge::{ELLIPSES, Finding, Trouble, decode, is_value_of};
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
        // A policy may be that of a name above the domain.
        let at_or_name = at.as_deref().unwrap_or(place);
        let at_or_place = at.as_deref().unwrap_or(name);
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
            // The same values serve other names as well.
            Code::HostMisplaced if at_mail_from(record) => format!(
                "There is no {kind} record at {name} yet. The one at {at_or_name} does not count there."
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
                    "The CNAME record at {name} leads to {seen}, and there is no DMARC policy there."
                ),
            },
            Code::AtApex => apex_message(record, at_or_name),
            Code::WildcardAnswers => format!(
                "There is no {kind} record at {name} yet. What can be seen there is a catch-all record, such as \
                 *.{}.",
                self.panel.zone()
            ),
            Code::NameTooLongForProvider => self.too_long_message(record),
            Code::WrongType if holds_key(raw) => format!(
                "At {place} there is the DKIM key itself ({seen}) instead of the CNAME record. That works \
                 only until Amazon SES changes the key; from then on mail is no longer signed."
            ),
            Code::WrongType if is_our_text_as_alias(record, raw) => format!(
                "The record at {place} has the type CNAME, and has to have the type {kind}: {seen}"
            ),
            Code::WrongType => {
                format!("At {place} there is another record instead of the {kind} record: {seen}")
            }
            Code::CnameFlattened => format!(
                "{name} leads to the address of a computer ({seen}) instead of {expected}. Your DNS provider may \
                 hide the CNAME record behind its own servers (a “proxy” or “flattening”)."
            ),
            Code::CnameAndOther => format!(
                "There are several records at {name} ({seen}). A CNAME record must be the only record with its name. \
                 Otherwise mail servers sometimes see one record and sometimes the other."
            ),
            Code::NameserversDisagree => self.disagree_message(name, &seen),
            Code::Propagating => format!(
                "The record at {name} is published and right. DNS servers may return the old answer from \
                 their caches for {}; nothing has to be done.",
                match finding.minutes {
                    Some(count) => format!("up to {} more", minutes(count)),
                    None => "an unknown time".to_owned(),
                }
            ),
            Code::OkWaitingForSes if self.is_back(record) => format!(
                "The record at {at_or_place} is back, and right. Amazon SES has not looked at it since; nothing \
                 has to be done."
            ),
            Code::OkWaitingForSes => format!(
                "The record at {at_or_place} is published and right. Amazon SES has not looked at it yet; \
                 nothing has to be done."
            ),
            Code::MailFromInactive => format!(
                "The record at {name} is published and right, but Amazon SES does not use this name: it \
                 stopped looking before the records were right. Lasso asks Amazon SES again \
                 automatically; nothing has to be done."
            ),
            Code::ValuesJoined if is_twice(raw, &expected) => {
                format!("The value is in the record at {at_or_name} more than once: {seen}")
            }
            Code::ValuesJoined if record.id == RecordId::Dmarc => {
                Self::joined_policy_message(at_or_name, raw)
            }
            Code::ValuesJoined if raw.contains(&expected) || record.id != RecordId::MailFromSpf => {
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
                "The value at {name} belongs to another record: {}",
                self.whose(record, raw)
            ),
            Code::TxtEscaped if !raw.contains('\\') => format!(
                "Some characters of the value at {at_or_name} changed when it was copied{}. It is now {seen} and has to \
                 be {expected}",
                changed_sign(raw, &expected)
            ),
            Code::TxtEscaped => format!(
                "The value at {at_or_name} has backslashes (\\) in it: {seen}. They belong only in the \
                 zone files of name servers, and have become part of the value."
            ),
            Code::ValueQuoted if self.panel.quotes_text() && is_in_quotes(raw) => format!(
                "The value at {at_or_name} has two pairs of quotation marks around it. One pair is right; the second \
                 has become part of the value."
            ),
            Code::ValueQuoted if self.panel.quotes_text() => format!(
                "The value at {at_or_name} has quotation marks inside the ones that your DNS provider \
                 requires, and they have become part of the value: {seen}"
            ),
            Code::ValueQuoted if !raw.contains('"') => format!(
                "The value at {at_or_name} has quotation marks around it that do not belong to it: {seen}"
            ),
            Code::ValueQuoted => format!(
                "The value at {at_or_name} has quotation marks in it: {seen}. Your DNS provider adds them \
                 automatically, so yours have become part of the value."
            ),
            Code::ValueWhitespace => format!(
                "There is a space, a line break or another invisible character {}, where none belongs.",
                where_invisible(raw, &expected, at_or_name)
            ),
            Code::ValueTruncated if ELLIPSES.iter().any(|dots| decode(raw).contains(dots)) => {
                format!(
                    "The value at {at_or_name} is cut off: the dots in {seen} stand for the part that a narrow \
                 screen leaves out. The whole value is {expected}."
                )
            }
            Code::ValueSurrounded => surrounded_message(at_or_name, raw, &expected),
            Code::ValueTruncated => {
                let bare = decode(raw);
                let bare = bare.trim();
                if expected.starts_with(bare) {
                    format!(
                        "The value at {at_or_name} is cut off: {seen} is only the beginning of {expected}"
                    )
                } else if expected.ends_with(bare) {
                    format!(
                        "The value at {at_or_name} is cut off: {seen} is only the end of {expected}"
                    )
                } else {
                    format!(
                        "A part of the value at {at_or_name} is missing: it is {seen} and has to be {expected}"
                    )
                }
            }
            Code::ValueCaseChanged => format!(
                "The value at {at_or_name} has the right letters, but some have changed between upper and \
                 lower case: {seen}. It has to be exactly {expected}."
            ),
            Code::ValueIsName => match at {
                Some(at) if raw.trim_end_matches('.').eq_ignore_ascii_case(&expected) => format!(
                    "The value {expected} was entered as the name, too: the record is published at {at}."
                ),
                Some(at) => format!(
                    "Name and value are swapped: the record is published at {at} and holds {seen}."
                ),
                None => format!(
                    "The value at {name} is, or begins with, the name of the record: {seen}"
                ),
            },
            Code::ValueHasTypePrefix => match piece_before(raw, front_of(&expected)) {
                Some(piece) => format!(
                    "The value at {at_or_name} begins with “{}”, which does not belong in this field: {seen}",
                    show(&piece)
                ),
                None => format!(
                    "The value at {at_or_name} begins with something that does not belong in this field: {seen}"
                ),
            },
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
            Code::ValueMismatch if has_slip(raw, &expected) => format!(
                "The value at {at_or_name} has a wrong letter or two: it is {seen} and has to be exactly {expected}"
            ),
            Code::ValueMismatch if with_equals_sign(raw) == expected => format!(
                "The value at {place} has a colon (:) where an equals sign (=) belongs: {seen}"
            ),
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
                "The value of the CNAME record at {name} begins correctly but ends wrongly: it is {seen} and has \
                 to be {expected}"
            ),
            Code::SpfMultiple => format!(
                "There is more than one record at {place} whose value begins with v=spf1. Mail servers then treat all \
                 of them as broken, and mail fails their check (SPF)."
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

    /// Whether the record was found, was gone, and is there again.
    fn is_back(&self, record: &Record) -> bool {
        let sightings = self.context.sightings;
        sightings.is_some_and(|seen| seen.is_gone(record.id) || seen.is_back(record.id))
    }

    /// Whether DKIM is by CNAME records. An identity with a key of its owner (BYODKIM) has none.
    pub(super) fn has_cnames(&self) -> bool {
        let mut ids = self.records.iter().map(|record| record.id);
        ids.any(|id| id == RecordId::Dkim1)
    }

    /// Which record of the set a value is meant for.
    fn whose(&self, record: &Record, seen: &str) -> String {
        self.records
            .iter()
            .find(|other| is_value_of(other, seen) && other.id != record.id)
            .map_or_else(
                || format!("It is now {}", show(seen)),
                |other| {
                    let token = other.name.split('.').next().unwrap_or_default();
                    let what = if seen.eq_ignore_ascii_case(&other.name) {
                        "is the name of a record, and no value.".to_owned()
                    } else if seen.eq_ignore_ascii_case(token) {
                        format!("is a part of the name {}, and no value.", other.name)
                    } else {
                        format!("is the value of {}.", other.name)
                    };
                    format!("{} {what}", show(seen))
                },
            )
    }

    /// `seen` is how many of the name servers are right, as "1 of 2".
    fn disagree_message(&self, name: &str, seen: &str) -> String {
        let (right, all) = seen.split_once(" of ").unwrap_or((seen, "all"));
        let zone = self.panel.zone();
        let shows = if right == "1" { "shows" } else { "show" };
        let counts = right.parse::<u32>().ok().zip(all.parse::<u32>().ok());
        let rest = if counts.is_some_and(|(right, all)| all == right + 1) {
            "the other still has an older version"
        } else {
            "the others still have an older version"
        };
        format!(
            "Only {right} of the {all} name servers of {zone} {shows} the right record at {name}; {rest}."
        )
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
            "The value is published at {at} itself. Amazon SES accepts it there, so nothing has to be done. \
             {} is the tidier place, because there it cannot get in the way of other records.",
            record.name
        )
    } else {
        format!(
            "The value is published at {at} itself, where it does not count. It belongs at {}.",
            record.name
        )
    }
}
