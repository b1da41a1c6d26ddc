//! The fix for each code.

use std::net::IpAddr;

use super::dmarc_words::repaired;
use super::result::Fix;
use super::show::{show, shown};
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
        let seen = shown(raw);
        let at = finding.at.as_deref().map(show);
        let panel = self.panel.place();
        if is_of_record(finding.code) && self.is_spf_of_another_service(record) {
            return Some(Self::another_name(record));
        }
        match finding.code {
            Code::DnsUnavailable | Code::ZoneNotLive if at.is_none() && self.is_delegated() => {
                Some(self.silent_delegation_fix(record))
            }
            Code::ZoneNotLive | Code::DnssecFailure if at.is_some() => {
                self.unseen_target_fix(record, at.as_deref().unwrap_or(place), finding.code)
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
            Code::ValuesJoined => Some(self.part(record, raw)),
            // The same records serve the mail of the domain above, or of another one.
            Code::HostMisplaced if at_mail_from(record) && !self.is_at_domain(finding) => {
                Some(self.add_elsewhere(record, at.as_deref().unwrap_or(place)))
            }
            Code::HostMisplaced if record.id == RecordId::MailFromSpf => {
                Some(self.add_elsewhere(record, at.as_deref().unwrap_or(place)))
            }
            Code::DmarcWrongPlace if at.is_none() && self.is_elsewhere(raw) => {
                Some(Self::advice(format!(
                    "Ask the company that owns {seen} to publish your DMARC policy there: the CNAME record \
                     {} leads mail servers to it.",
                    self.panel.host(record)
                )))
            }
            Code::DmarcWrongPlace if at.is_none() => Some(self.replace(
                record,
                &format!("the CNAME record {}", self.panel.host(record)),
            )),
            // Other texts are there too, and many panels keep all of them in one record.
            Code::HostMisplaced | Code::DmarcWrongPlace | Code::AtApex
                if self.is_at_domain(finding) =>
            {
                Some(self.add_below_domain(record, raw, at.as_deref().unwrap_or(place)))
            }
            Code::HostDoubled
            | Code::HostWithoutZonePart
            | Code::HostMisplaced
            | Code::DmarcWrongPlace
            | Code::AtApex => Some(self.change_host(record, at.as_deref().unwrap_or(place))),
            Code::WrongType | Code::ValueMismatch | Code::MxExtra
                if Self::is_of_another_service(record, raw) =>
            {
                Some(Self::another_name(record))
            }
            Code::CnameAndOther | Code::WrongType
                if record.id == RecordId::Verification && is_foreign_alias(record, raw) =>
            {
                Some(self.add_at_domain(record))
            }
            Code::WrongType
                if !holds_alias(raw) && matches!(record.data, RecordData::Mx { .. }) =>
            {
                Some(self.add_instead(record, &format!("The record {seen}")))
            }
            Code::WrongType => Some(self.replace(record, &format!("the record {seen} at {place}"))),
            Code::CnameFlattened => Some(self.unproxy(record)),
            Code::CnameAndOther if record.id == RecordId::Dmarc && raw.contains(OUR_POLICY) => {
                Some(Self::advice(format!(
                    "At {panel}, delete the TXT record {} and keep the CNAME record, because that leads \
                     to the service that keeps your DMARC policy.",
                    self.panel.host(record)
                )))
            }
            Code::CnameAndOther if at_mail_from(record) && is_foreign_alias(record, raw) => {
                Some(Self::another_name(record))
            }
            Code::CnameAndOther => Some(self.leave_alone(record)),
            Code::NameserversDisagree => Some(Self::advice(format!(
                "Wait 15 minutes. If they still differ then, tell {panel} that the name servers of {} do \
                 not agree on {}.",
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
                if record.id == RecordId::Dmarc =>
            {
                Some(self.change_value_to(record, &repaired(raw, &record.data.value())))
            }
            Code::MxPriorityInValue => Some(self.part_priority(record)),
            Code::ValueIsName | Code::StaleToken if at.is_some() => {
                let at = at.as_deref().unwrap_or(place);
                Some(self.add_instead(record, &format!("The record {at}")))
            }
            Code::TargetDoubled => {
                let value = format!("{}.", self.panel.value(&record.data).trim_end_matches('.'));
                let mut fix = self.change_value_to(record, &value);
                fix.text.push_str(" (with the dot at the end)");
                Some(fix)
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
            | Code::MxWrongRegion => Some(self.change_value(record)),
            Code::MxExtra => Some(Self::advice(format!(
                "At {panel}, delete every MX record at {} except the one with {} in the field “{}”.",
                record.name,
                self.panel.value(&record.data),
                self.panel.value_field(&record.data),
            ))),
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
            Code::DmarcBlocksVia => Some(self.wait_for_dkim()),
        }
    }

    /// What to do about the domain as a whole.
    pub(super) fn trouble_fix(&self, trouble: Trouble) -> Option<Fix> {
        let domain = self.context.domain;
        let zone = self.panel.zone();
        let text = match trouble {
            Trouble::NoSuchDomain => format!(
                "Check how {domain} is spelled. If it is right, renew or register it where you buy \
                 your domains."
            ),
            Trouble::Suspended => format!(
                "Sign in where {zone} is registered and follow the instructions there: renew it, confirm \
                 the email address of its owner, or choose the name servers of your DNS provider."
            ),
            Trouble::NotLive => format!(
                "Where {zone} is registered, set its name servers to those that your DNS provider lists \
                 for it, or add the records at the provider of the registered name servers{}.",
                self.registered_servers()
            ),
            Trouble::Bogus => format!(
                "Where {zone} is registered, remove the DS record, or replace it with the one that {} \
                 shows now.",
                self.panel.place()
            ),
            Trouble::Silent => return None,
        };
        Some(Self::advice(text))
    }

    pub(super) fn registered_servers(&self) -> String {
        let servers = self.context.found_zone().map(|zone| &zone.name_servers);
        match servers {
            Some(servers) if !servers.is_empty() => {
                let shown: Vec<String> = servers.iter().take(4).map(|host| show(host)).collect();
                format!(" ({})", shown.join(", "))
            }
            Some(_) | None => String::new(),
        }
    }

    /// Whether it is the SPF record at a name that takes mail for another service.
    fn is_spf_of_another_service(&self, record: &Record) -> bool {
        let exchanges = self.case.observations.values(&record.name, RecordType::Mx);
        record.id == RecordId::MailFromSpf
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
        let what = format!("The {kind} record {} at {at}", shown(seen));
        self.add_instead(&own, &what)
    }

    fn unproxy(&self, record: &Record) -> Fix {
        let host = self.panel.host(record);
        if self.panel.provider().is_some_and(|p| p.id == "cloudflare") {
            return Fix {
                text: format!(
                    "At Cloudflare, open the CNAME record {host} and switch “Proxy status” to “DNS \
                     only” (the orange cloud becomes grey)."
                ),
                field: Some("Proxy status".to_owned()),
                value: Some("DNS only".to_owned()),
            };
        }
        let add = self.add(record);
        Fix {
            text: format!(
                "At {}, switch off the proxy, CDN or CNAME flattening for {host}, or delete the address \
                 there if it is not a CNAME record. It has to be a plain CNAME record with {} in the field \
                 “{}”.",
                self.panel.place(),
                self.panel.value(&record.data),
                self.panel.value_field(&record.data),
            ),
            ..add
        }
    }

    fn leave_alone(&self, record: &Record) -> Fix {
        let panel = &self.panel;
        Self::advice(match record.data {
            RecordData::Cname { .. } => format!(
                "At {}, delete every record at {} except the CNAME record with {} in the field “{}”.",
                panel.place(),
                record.name,
                panel.value(&record.data),
                panel.value_field(&record.data),
            ),
            RecordData::Txt { .. } | RecordData::Mx { .. } => format!(
                "At {}, delete the CNAME record at {}, and keep the others.",
                panel.place(),
                record.name,
            ),
        })
    }
}

/// Whether what was seen has an alias of another service in it: that one has to stay.
fn is_foreign_alias(record: &Record, seen: &str) -> bool {
    let mut words = seen.split([' ', ',']);
    let target = words
        .find(|word| *word == "CNAME")
        .and_then(|_| words.next());
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

fn at_mail_from(record: &Record) -> bool {
    matches!(record.id, RecordId::MailFromMx | RecordId::MailFromSpf)
}

/// The front of the policy that is proposed, which the owner has not chosen.
const OUR_POLICY: &str = "v=DMARC1; p=none;";
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
    is_text(record) && finding.at.is_none() && !text.is_empty() && !is_placeholder
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
