//! The fix for each code.

use std::net::IpAddr;

use super::keys_words::is_key;
use super::result::Fix;
use super::show::show;
use super::steps::{Questions, Steps};
use super::value_words::{has_slip, is_our_text_as_alias, with_equals_sign};
use super::wording::Wording;
use crate::diagnosis::DiagnosisCode as Code;
use crate::diagnosis::judge::{Finding, Trouble};
use crate::dns::RecordType;
use crate::email_auth::is_dmarc;
use crate::records::{Record, RecordData, RecordId};

impl Wording<'_> {
    /// What to do about a finding. `place` is the name that the judgement is about.
    #[expect(
        clippy::too_many_lines,
        reason = "one exhaustive match over the codes: a new code without a fix does not compile"
    )]
    pub(super) fn fix(&self, record: &Record, place: &str, finding: &Finding) -> Option<Fix> {
        let raw = finding.value.as_deref().unwrap_or_default();
        let at = finding.at.as_deref();
        if is_of_record(finding.code) && self.is_spf_of_another_service(record) {
            return Some(self.another_name(record));
        }
        match finding.code {
            Code::DnsUnavailable | Code::ZoneNotLive if at.is_none() && self.is_delegated() => {
                Some(self.silent_delegation_fix(record))
            }
            Code::ZoneNotLive | Code::DnssecFailure if at.is_some() => {
                self.unseen_target_fix(record, at.unwrap_or(place), finding.code)
            }
            Code::DomainDoesNotExist => self.trouble_fix(Trouble::NoSuchDomain),
            Code::DomainSuspended => self.trouble_fix(Trouble::Suspended),
            Code::ZoneNotLive => self.trouble_fix(Trouble::NotLive),
            Code::DnssecFailure => self.trouble_fix(Trouble::Bogus),
            Code::NameserverLame => self.lame(&[raw]).fix,
            Code::DnsUnavailable => self.trouble_fix(Trouble::Silent),
            Code::NotNeeded
            | Code::Propagating
            | Code::OkWaitingForSes
            | Code::MailFromInactive => None,
            Code::NotFound => Some(self.add(record)),
            Code::WildcardAnswers => Some(self.add_before_wildcard(record)),
            Code::NameTooLongForProvider => Some(self.ask_provider(record)),
            Code::ValuesJoined if record.id == RecordId::Dmarc => {
                Some(self.dmarc_fix(record, place, finding))
            }
            Code::ValuesJoined => Some(self.part(record, at.unwrap_or(place), raw)),
            // The same records serve the mail of the domain above, or of another one.
            Code::HostMisplaced if at_mail_from(record) && !self.is_at_domain(finding) => {
                Some(self.add_elsewhere(record, at.unwrap_or(place)))
            }
            Code::HostMisplaced if record.id == RecordId::MailFromSpf => {
                Some(self.add_elsewhere(record, at.unwrap_or(place)))
            }
            Code::DmarcWrongPlace if at.is_none() && self.is_elsewhere(raw) => {
                Some(Self::ask_company(
                    &show(raw),
                    &format!(
                        "The CNAME record {} leads to {}. Please publish our DMARC policy there.",
                        record.name,
                        show(raw)
                    ),
                ))
            }
            Code::DmarcWrongPlace if at.is_none() => Some(self.replace(
                record,
                &format!("the CNAME record {}", self.row(&record.name)),
            )),
            Code::AtApex if record.id == RecordId::Verification => Some(Self::tidy(
                self.add_below_domain(record, raw, at.unwrap_or(place)),
            )),
            // Other texts are there too, and many panels keep all of them in one record.
            Code::HostMisplaced | Code::DmarcWrongPlace | Code::AtApex
                if self.is_at_domain(finding) =>
            {
                Some(self.add_below_domain(record, raw, at.unwrap_or(place)))
            }
            Code::HostDoubled
            | Code::HostWithoutZonePart
            | Code::HostMisplaced
            | Code::DmarcWrongPlace
            | Code::AtApex => Some(self.change_host(record, at.unwrap_or(place), raw)),
            // A record at the domain itself is of no use there, however it is mended.
            code if code.is_of_value() && self.is_at_domain(finding) => {
                Some(self.add_below_domain(record, raw, at.unwrap_or(place)))
            }
            Code::WrongType | Code::ValueMismatch | Code::MxExtra
                if Self::is_of_another_service(record, raw) =>
            {
                Some(self.another_name(record))
            }
            Code::CnameAndOther | Code::WrongType
                if record.id == RecordId::Verification && is_foreign_alias(record, raw) =>
            {
                Some(self.add_at_domain(record))
            }
            Code::WrongType
                if !holds_alias(raw) && matches!(record.data, RecordData::Mx { .. }) =>
            {
                Some(self.add_instead(record, &self.rows_seen(place, raw)))
            }
            Code::WrongType => Some(self.replace(record, &self.rows_seen(place, raw))),
            Code::CnameFlattened => Some(self.unproxy(record)),
            Code::CnameAndOther if record.id == RecordId::Dmarc && raw.contains(OUR_POLICY) => {
                let row = self.row(&record.name);
                Some(Self::advice(format!(
                    "{}delete the TXT record {row}, which is the one that Lasso proposed (v=DMARC1; p=none;). Keep the \
                     CNAME record {row}: it leads to the company that keeps your DMARC policy.",
                    self.at(),
                )))
            }
            Code::CnameAndOther if at_mail_from(record) && is_foreign_alias(record, raw) => {
                Some(self.another_name(record))
            }
            Code::CnameAndOther => Some(self.leave_alone(record, raw)),
            Code::NameserversDisagree => Some(Self::advice(format!(
                "Wait 15 minutes. If you still see this message then, send the following to the support of {}: “The \
                 name servers of {} give different answers for {}. Please make all of them give the same answer.”",
                self.panel.place(),
                self.panel.zone(),
                record.name
            ))),
            // Another TXT record at the name may belong to another service, and may stay.
            Code::ValueMismatch | Code::StaleToken if adds_beside(record, finding) => {
                Some(self.add_beside(record))
            }
            Code::ValueQuoted
            | Code::ValueWhitespace
            | Code::ValueCaseChanged
            | Code::TxtEscaped
            | Code::ValueHasTypePrefix
                if record.id == RecordId::Dmarc =>
            {
                Some(self.dmarc_fix(record, place, finding))
            }
            Code::ValueQuoted
            | Code::ValueWhitespace
            | Code::ValueHasTypePrefix
            | Code::ValueIsName
                if record.id == RecordId::MailFromSpf && at.is_none() && raw.contains("v=spf1") =>
            {
                self.spf_fix(record, finding)
            }
            Code::MxPriorityInValue => Some(self.part_priority(record)),
            Code::ValueIsName | Code::StaleToken if at.is_some() => {
                let kind = record.data.type_name();
                let row = self.row(at.unwrap_or(place));
                Some(self.add_instead(record, &format!("the {kind} record {row}")))
            }
            Code::TargetDoubled => Some(self.change_target(record)),
            Code::ValueMismatch if is_key(record) => {
                let steps = Steps {
                    into: " in place of what is there (only Amazon SES uses this name)",
                    ..Steps::default()
                };
                Some(self.open_and_change(record, steps, &self.panel.value(&record.data)))
            }
            Code::ValueQuoted if self.panel.quotes_text() && at.is_none() => {
                let steps = Steps {
                    first: self.emptied(record, finding.code),
                    ..Steps::default()
                };
                Some(self.open_and_change(record, steps, &record.data.value()))
            }
            Code::ValueMismatch | Code::MxWrongService | Code::MxWrongRegion
                if !has_priority(record, raw) =>
            {
                Some(self.part_priority(record))
            }
            Code::ValueMismatch
            | Code::ValuesExchanged
            | Code::TxtEscaped
            | Code::DkimWrongHostedZone
            | Code::MxWrongService
            | Code::ValueQuoted
            | Code::ValueWhitespace
            | Code::ValueSurrounded
            | Code::ValueTruncated
            | Code::ValueCaseChanged
            | Code::ValueIsName
            | Code::ValueHasTypePrefix
            | Code::StaleToken
            | Code::MxWrongRegion => Some(self.change_value_at(record, at)),
            Code::MxExtra => Some(self.keep_one_exchange(record, raw)),
            Code::SpfMultiple => Some(self.spf_join(record, place)),
            Code::SpfInvalid
            | Code::SpfMissingInclude
            | Code::SpfTooManyLookups
            | Code::SpfCannotTell
            | Code::SpfAllowsEverybody => self.spf_fix(record, finding),
            Code::DmarcMultiple
            | Code::DmarcInvalid
            | Code::DmarcTagInvalid
            | Code::DmarcStrictAlignment => Some(self.dmarc_fix(record, place, finding)),
            Code::DmarcBlocksVia => Some(self.wait_for_dkim(at.unwrap_or(place))),
        }
    }

    /// Whether the record is the SPF record at a name that takes mail for another service.
    fn is_spf_of_another_service(&self, record: &Record) -> bool {
        let at = |name: &str| self.case.observations.values(name, RecordType::Mx);
        let exchanges = at(&record.name);
        // What a catch-all record answers is at any name.
        let is_catch_all = exchanges == at(self.case.wildcard_probe(record));
        record.id == RecordId::MailFromSpf
            && !is_catch_all
            && Self::is_of_another_service(record, &exchanges.join(", "))
    }

    /// The record at its own name, which was published at the domain itself, among others of the domain. A policy
    /// stays as its owner has written it.
    fn add_below_domain(&self, record: &Record, seen: &str, at: &str) -> Fix {
        let mut own = record.clone();
        if record.id == RecordId::Dmarc && is_dmarc(seen) {
            own.data = RecordData::Txt {
                text: seen.to_owned(),
            };
        }
        let kind = record.data.type_name();
        let what = format!(
            "the {kind} record {}{}",
            self.row(at),
            self.told_by(record, seen)
        );
        if matches!(record.data, RecordData::Mx { .. }) {
            // There it gets the mail of the domain itself.
            let ask = format!(
                "Ask the person who looks after your DNS whether {what} is meant to be there: it gets the mail of {at} \
                 itself."
            );
            return self.add_and(&own, &ask);
        }
        let (ask, then) = self.published(record, seen);
        let stays = std::iter::once(format!("You can leave {what}: it does no harm."));
        let add = self.add_with("", &own, &stays.chain(then).collect::<Vec<_>>());
        Fix {
            text: ask.before(&add.text),
            ..add
        }
    }

    /// A fix that is not necessary.
    fn tidy(fix: Fix) -> Fix {
        let text = fix.text.replacen("At ", "at ", 1);
        Fix {
            text: format!("You need not change anything. To tidy up, {text}"),
            ..fix
        }
    }

    /// What to ask a company of which only the name of a server is known.
    pub(super) fn ask_company(server: &str, words: &str) -> Fix {
        Self::ask_company_after(&Questions::default(), server, words)
    }

    /// The same, after questions about what is asked.
    pub(super) fn ask_company_after(ask: &Questions, server: &str, words: &str) -> Fix {
        let whom = if ask.is_empty() {
            "this to the person who looks after your DNS"
        } else {
            "them this"
        };
        Self::advice(ask.before(&format!(
            "Send {whom}, and ask them to pass it on to the company that keeps {server}: “{words}”"
        )))
    }

    /// Another value in a record that is here or at another name.
    fn change_value_at(&self, record: &Record, at: Option<&str>) -> Fix {
        let there = Record {
            name: at.unwrap_or(&record.name).to_owned(),
            ..record.clone()
        };
        self.change_value(&there)
    }
}

/// Whether the priority of an MX record that was seen is the right one. Other records have none.
fn has_priority(record: &Record, seen: &str) -> bool {
    match record.data {
        RecordData::Mx { preference, .. } => {
            seen.split(' ').next() == Some(preference.to_string().as_str())
        }
        RecordData::Txt { .. } | RecordData::Cname { .. } => true,
    }
}

/// Whether the observation has a CNAME of another service, which has to stay.
fn is_foreign_alias(record: &Record, seen: &str) -> bool {
    let mut words = seen.split([' ', ',']);
    let target = words
        .find(|word| *word == "CNAME")
        .and_then(|_| words.next());
    if is_our_text_as_alias(record, seen) {
        return false;
    }
    target.is_some_and(|target| {
        let target = target.to_ascii_lowercase();
        let is_ours = target.contains(&record.data.value().to_ascii_lowercase())
            || AMAZON.iter().any(|amazon| target.contains(amazon));
        target.contains('.') && !is_ours
    })
}

/// Whether a code asks to change a record, rather than the zone or its servers.
fn is_of_record(code: Code) -> bool {
    let of_zone = [
        Code::DomainDoesNotExist,
        Code::DomainSuspended,
        Code::ZoneNotLive,
        Code::DnssecFailure,
        Code::NameserversDisagree,
    ];
    code.is_fault() && !of_zone.contains(&code)
}

pub(super) fn at_mail_from(record: &Record) -> bool {
    matches!(record.id, RecordId::MailFromMx | RecordId::MailFromSpf)
}

/// The front of the policy that is proposed, which the owner has not chosen.
const OUR_POLICY: &str = "v=DMARC1; p=none;";
/// Whether a host is our own target with something mistyped in it or around it.
fn is_ours_mistyped(host: &str) -> bool {
    let letters = host.replace(['-', '.'], "");
    letters.contains("feedbacksmtp") || letters.contains("amazonses")
}

/// The domains of Amazon's mail service.
const AMAZON: [&str; 2] = ["amazonses.com", "amazonaws.com"];

impl Wording<'_> {
    /// Whether a record was found at the domain itself, or at the zone's apex.
    fn is_at_domain(&self, finding: &Finding) -> bool {
        let own = [self.context.domain.as_str(), self.case.zone];
        let at = finding.at.as_deref();
        at.is_some_and(|at| own.iter().any(|own| at.eq_ignore_ascii_case(own)))
    }

    /// Whether a name is not below the organizational domain, so that a company of its own has it.
    pub(super) fn is_elsewhere(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let own = self.context.domain.organizational();
        let front = name.strip_suffix(own);
        !front.is_some_and(|front| front.is_empty() || front.ends_with('.'))
    }

    /// Whether what is at the MAIL FROM name is of another mail service: then it has to stay.
    pub(super) fn is_of_another_service(record: &Record, seen: &str) -> bool {
        let at_mail_from = at_mail_from(record);
        // Those of several MX records, or the alias.
        let mut hosts = seen.split(", ").filter_map(|value| value.split(' ').nth(1));
        let is_text = seen.starts_with("TXT ");
        let foreign = |host: &str| {
            let host = host.to_ascii_lowercase();
            // A dot alone stands for no mail server at all (RFC 7505).
            let is_address = host.trim_end_matches('.').parse::<IpAddr>().is_ok();
            host != "."
                && host.contains('.')
                && !is_address
                && !AMAZON.iter().any(|amazon| host.ends_with(amazon))
                && !is_ours_mistyped(&host)
        };
        at_mail_from && !is_text && !seen.contains("v=spf1") && hosts.any(foreign)
    }
}

/// Whether a text that is not ours is left beside ours: any but an empty one, and a placeholder that was copied
/// instead of the value it stands for.
fn adds_beside(record: &Record, finding: &Finding) -> bool {
    let text = finding.value.as_deref().unwrap_or_default().trim();
    let brackets = [('<', '>'), ('[', ']'), ('{', '}')];
    let is_placeholder = brackets
        .iter()
        .any(|(open, close)| text.starts_with(*open) && text.ends_with(*close));
    let value = record.data.value();
    let is_ours = with_equals_sign(text) == value || has_slip(text, &value);
    is_text(record) && finding.at.is_none() && !text.is_empty() && !is_placeholder && !is_ours
}

fn is_text(record: &Record) -> bool {
    match record.data {
        RecordData::Txt { .. } => true,
        RecordData::Cname { .. } | RecordData::Mx { .. } => false,
    }
}

/// Whether what was seen at a name is an alias, beside which nothing can be added.
fn holds_alias(seen: &str) -> bool {
    seen.starts_with("CNAME ")
}
