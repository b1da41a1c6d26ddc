//! Names that are similar to a record's own, and their data.
//!
//! People leave out an underscore or a label, or insert a `www.`; and they publish records at the
//! domain itself that belong below it.

use super::answers::Observations;
use super::case::Case;
use super::dmarc::dmarc_name;
use super::finding::{Finding, Judgement};
use super::likeness::Likeness;
use super::places::below;
use super::value::value_of;
use super::wildcard::WILDCARD_PROBE;
use crate::dns::{Data, Observation, RecordType};
use crate::email_auth::{Spf, is_dmarc};
use crate::names::DomainName;
use crate::records::{Record, RecordData, RecordId, SES_SPF_DOMAIN};

/// A name that is nearly a record's own.
pub(super) struct NearName {
    pub(super) name: String,
    /// A name at or above it, without which it does not exist.
    pub(super) below: Option<String>,
}

impl Case<'_> {
    /// The names near a record's own, the likeliest first.
    pub(super) fn near_names(&self, record: &Record) -> Vec<NearName> {
        let domain = self.context.domain.as_str();
        let Some(host) = self.host_below_domain(record) else {
            return Vec::new();
        };
        let mut names: Vec<(String, Option<String>)> = Vec::new();
        let www = below(domain, "www");
        let below_www = |host: &str| (below(&www, host), Some(www.clone()));
        let mut add = |host: &str| names.push((below(domain, host), None));
        match record.id {
            RecordId::Verification => {
                let near = ["amazonses", "_amazonaws", "_amazones", "_amazonse"];
                for label in near.into_iter().chain(["amazon-ses", "www"]) {
                    add(label);
                }
                names.push(below_www(host));
                // What exists there shows in answers that are there anyway.
                names.push((below(&record.name, "www"), Some(record.name.clone())));
                if let Some(mail_from) = self.mail_from() {
                    names.push((below(mail_from, host), Some(mail_from.to_owned())));
                }
                if let Some(labels) = self.labels_below_zone() {
                    let above = below(self.zone, host);
                    names.push((below(&above, labels), Some(above)));
                }
                // Where other texts of the set belong, which is asked anyway.
                let others = self.records.iter().filter(|other| is_text(other));
                names.extend(others.map(|other| (other.name.clone(), None)));
            }
            RecordId::Ownership | RecordId::Dmarc => {
                add(host.trim_start_matches('_'));
                if record.id == RecordId::Dmarc {
                    add("_dmark");
                }
                names.extend([(www.clone(), None), below_www(host)]);
            }
            RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => {
                let token = host.split('.').next().unwrap_or(host);
                add(token);
                add("_domainkey");
                let at = |host: &str, front: &str| {
                    let branch = below(domain, host);
                    (below(&branch, front), Some(branch))
                };
                names.extend([
                    at("domainkey", token),
                    below_www(host),
                    at(token, "_domainkey"),
                    at(host, "www"),
                    at("_domainkeys", token),
                    at("_dkim", token),
                    at("_domainkey", &["_", token].concat()),
                    at("_domainkey", selector(record.id)),
                    at("_amazonses", token),
                ]);
                if let Some(labels) = self.labels_below_zone() {
                    let branch = [labels, "._domainkey.", self.zone].concat();
                    names.push((below(&branch, token), Some(branch)));
                }
            }
            RecordId::MailFromMx | RecordId::MailFromSpf => {
                names.push((domain.to_owned(), None));
                names.push(below_www(host));
                if record.id == RecordId::MailFromSpf {
                    names.push((["_", host, ".", domain].concat(), None));
                    names.push((below(domain, "_spf"), None));
                }
            }
        }
        names
            .into_iter()
            .filter(|(name, _)| *name != record.name)
            .map(|(name, below)| NearName { name, below })
            .collect()
    }

    /// The names at which the label of the subdomain, or the domain above, was typed once more.
    pub(super) fn repeated_names(&self, record: &Record) -> Vec<NearName> {
        let domain = self.context.domain.as_str();
        let organizational = self.context.domain.organizational();
        let Some(host) = self.host_below_domain(record) else {
            return Vec::new();
        };
        let own = self.repeated_host(record, host);
        let own = own.into_iter().chain(self.without_ending(record));
        let front = domain.strip_suffix(organizational);
        let Some(labels) = front.and_then(|front| front.strip_suffix('.')) else {
            return own.collect();
        };
        let last = labels.rsplit('.').next().unwrap_or(labels);
        let end = organizational.rsplit('.').next().unwrap_or(organizational);
        let repeated = [
            NearName {
                name: [host, ".", labels, ".", domain].concat(),
                below: Some(below(domain, last)),
            },
            NearName {
                name: [host, ".", organizational, ".", domain].concat(),
                below: Some(below(domain, end)),
            },
            NearName {
                name: [host, ".", organizational, ".", organizational].concat(),
                below: Some(below(organizational, end)),
            },
        ];
        own.chain(repeated).collect()
    }

    /// The label below the domain twice: `_amazonses._amazonses`.
    fn repeated_host(&self, record: &Record, host: &str) -> Option<NearName> {
        let domain = self.context.domain.as_str();
        let label = host.rsplit('.').next()?;
        let is_alone = label == host;
        Some(NearName {
            name: [host, ".", label, ".", domain].concat(),
            // A name below the record's own name exists only if that name does.
            below: Some(if is_alone {
                record.name.clone()
            } else {
                [label, ".", label, ".", domain].concat()
            }),
        })
    }

    /// The name with the zone that the panel has added to one that lacked its ending:
    /// `_amazonses.maplehomes.maplehomes.com`.
    fn without_ending(&self, record: &Record) -> Option<NearName> {
        let (label, ending) = self.zone.split_once('.')?;
        let typed = record.name.strip_suffix(ending)?;
        Some(NearName {
            name: [typed, self.zone].concat(),
            below: Some(below(self.zone, label)),
        })
    }

    /// What is at a near name and is ours: the value itself, or the value with a mistake.
    pub(super) fn near(&self, record: &Record, name: &str) -> Option<Judgement> {
        let all = match &record.data {
            RecordData::Txt { .. } => self.observations.data(name, RecordType::Txt),
            RecordData::Cname { .. } => self.observations.data(name, RecordType::Cname),
            RecordData::Mx { .. } => self.observations.data(name, RecordType::Mx),
        };
        all.into_iter().find_map(|data| {
            let findings = self.likeness_of(record, data)?;
            Some(Judgement::wrong(findings, vec![value_of(data)]))
        })
    }

    /// The mistakes in a value that is meant for a record; none if it is meant for another one.
    fn likeness_of(&self, record: &Record, data: &Data) -> Option<Vec<Finding>> {
        let (expected, seen, is_target) = match (&record.data, data) {
            (RecordData::Txt { .. }, Data::Txt { text }) if record.id == RecordId::MailFromSpf => {
                let passes = Spf::parse(text).is_ok_and(|spf| spf.includes(SES_SPF_DOMAIN));
                return passes.then(Vec::new);
            }
            (RecordData::Txt { .. }, Data::Txt { text }) if record.id == RecordId::Dmarc => {
                return is_dmarc(text).then(Vec::new);
            }
            (RecordData::Txt { text: own }, Data::Txt { text }) => (own, text, false),
            (RecordData::Cname { target: own }, Data::Cname { target }) => (own, target, true),
            (RecordData::Mx { exchange: own, .. }, Data::Mx { exchange, .. }) => {
                (own, exchange, true)
            }
            (RecordData::Txt { .. } | RecordData::Cname { .. } | RecordData::Mx { .. }, _) => {
                return None;
            }
        };
        match self.expected(record, expected, is_target).compare(seen) {
            Likeness::Same => Some(Vec::new()),
            Likeness::Damaged(codes) => {
                let finding = |code| Finding::of(code, value_of(data));
                Some(codes.into_iter().map(finding).collect())
            }
            Likeness::Other { .. } => None,
        }
    }

    /// The part of the domain in front of its zone; none if it is the zone.
    fn labels_below_zone(&self) -> Option<&str> {
        let front = self.context.domain.as_str().strip_suffix(self.zone)?;
        front.strip_suffix('.')
    }

    /// The name of a record relative to the domain.
    fn host_below_domain<'r>(&self, record: &'r Record) -> Option<&'r str> {
        let front = record.name.strip_suffix(self.context.domain.as_str())?;
        front.strip_suffix('.')
    }
}

/// Whether a DMARC policy is at the domain itself, or an alias is in its place: one of its own, as a record
/// goes before what a wildcard answers.
pub(crate) fn has_misplaced_policy(domain: &DomainName, observations: &[Observation]) -> bool {
    let observations = Observations::new(observations);
    let alias = observations.alias(&dmarc_name(domain.as_str()), RecordType::Txt);
    let wildcard = observations.alias(&format!("{WILDCARD_PROBE}.{domain}"), RecordType::Txt);
    let texts = observations.values(domain.as_str(), RecordType::Txt);
    (alias.is_some() && alias != wildcard) || texts.iter().any(|text| is_dmarc(text))
}

/// The selector that many services have people publish, in the place of the token.
fn selector(id: RecordId) -> &'static str {
    match id {
        RecordId::Dkim2 => "s2",
        RecordId::Dkim3 => "s3",
        RecordId::Dkim1
        | RecordId::Verification
        | RecordId::Ownership
        | RecordId::MailFromMx
        | RecordId::MailFromSpf
        | RecordId::Dmarc => "s1",
    }
}

fn is_text(record: &Record) -> bool {
    match record.data {
        RecordData::Txt { .. } => true,
        RecordData::Cname { .. } | RecordData::Mx { .. } => false,
    }
}
