//! The DNS records of a domain that the email administrator has to publish.

use serde::{Deserialize, Serialize};

use crate::identity::SesIdentity;
use crate::names::DomainName;

pub(crate) mod character_strings;

/// Time to live that is proposed for every record, in seconds. Short, so that a mistake is soon
/// forgotten by resolvers; providers may raise it.
pub const PROPOSED_TTL: u32 = 300;

/// The domain that SPF records include for mail from SES (Amazon SES developer guide, "Using a custom MAIL FROM
/// domain").
pub(crate) const SES_SPF_DOMAIN: &str = "amazonses.com";

/// Which record of the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RecordId {
    /// The TXT record by which SES verifies the domain.
    Verification,
    /// The first Easy DKIM CNAME.
    #[serde(rename = "dkim-1")]
    Dkim1,
    /// The second Easy DKIM CNAME.
    #[serde(rename = "dkim-2")]
    Dkim2,
    /// The third Easy DKIM CNAME.
    #[serde(rename = "dkim-3")]
    Dkim3,
    /// The MX record of the custom MAIL FROM domain.
    MailFromMx,
    /// The SPF record (RFC 7208) of the custom MAIL FROM domain.
    MailFromSpf,
    /// The DMARC policy (RFC 9989).
    Dmarc,
    /// The proof of a contested claim.
    Ownership,
}

/// A record's data with its type. Domain names in it are absolute, without a trailing dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "UPPERCASE")]
pub enum RecordData {
    /// A TXT record: its character-strings, concatenated.
    Txt {
        /// The text, without quotes.
        text: String,
    },
    /// A CNAME record.
    Cname {
        /// The canonical name that it points at.
        target: String,
    },
    /// An MX record.
    Mx {
        /// Lower is tried first (RFC 5321 section 5.1).
        preference: u16,
        /// The host that receives the mail.
        exchange: String,
    },
}

impl RecordId {
    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::Dkim1 => "dkim-1",
            Self::Dkim2 => "dkim-2",
            Self::Dkim3 => "dkim-3",
            Self::MailFromMx => "mail-from-mx",
            Self::MailFromSpf => "mail-from-spf",
            Self::Dmarc => "dmarc",
            Self::Ownership => "ownership",
        }
    }
}

/// The types of the records to publish, for the OpenAPI document.
#[cfg(feature = "openapi")]
#[derive(schemars::JsonSchema)]
#[schemars(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "mnemonics of RFC 1035 section 3.2.2")]
pub enum PublishedType {
    Txt,
    Cname,
    Mx,
}

/// Whether sending depends on a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// Lasso does not send without the record.
    Required,
    /// Lasso sends without the record, but more mail is accepted with it.
    Recommended,
}

/// One record to publish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Record {
    /// Which record of the set.
    pub id: RecordId,
    /// Fully qualified, without a trailing dot.
    pub name: String,
    /// Type and value.
    #[serde(flatten)]
    pub data: RecordData,
    /// Proposed time to live, in seconds.
    pub ttl: u32,
    /// Whether sending depends on it.
    pub requirement: Requirement,
}

impl RecordData {
    /// The mnemonic of the type (RFC 1035 section 3.2.2).
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Txt { .. } => "TXT",
            Self::Cname { .. } => "CNAME",
            Self::Mx { .. } => "MX",
        }
    }

    /// The priority of an MX record.
    pub fn priority(&self) -> Option<u16> {
        match self {
            Self::Mx { preference, .. } => Some(*preference),
            Self::Txt { .. } | Self::Cname { .. } => None,
        }
    }

    /// The host that an MX record names.
    pub fn exchange(&self) -> Option<&str> {
        match self {
            Self::Mx { exchange, .. } => Some(exchange),
            Self::Txt { .. } | Self::Cname { .. } => None,
        }
    }

    /// The value as a DNS panel takes it: text without quotes, names without a trailing dot.
    pub fn value(&self) -> String {
        match self {
            Self::Txt { text } => text.clone(),
            Self::Cname { target } => target.clone(),
            Self::Mx {
                preference,
                exchange,
            } => format!("{preference} {exchange}"),
        }
    }
}

impl Record {
    /// The name relative to the zone that holds it, which is what most DNS panels want; `@` for
    /// the zone's apex, and the full name if it does not lie in the zone.
    pub fn host_in(&self, zone: &str) -> &str {
        host_in(&self.name, zone)
    }
}

/// A name relative to a zone, as [`Record::host_in`] gives that of a record.
pub(crate) fn host_in<'n>(name: &'n str, zone: &str) -> &'n str {
    match name.strip_suffix(zone) {
        Some("") => "@",
        Some(host) => host.strip_suffix('.').unwrap_or(name),
        None => name,
    }
}

/// The records of a domain that is registered with SES, in the order in which they are shown. For an
/// adopted identity, only the records that it has: without a TXT token, SES verifies it by its CNAME
/// records, so they are required.
///
/// # Examples
///
/// ```
/// use dns_diagnosis::identity::{SesIdentity, VerificationToken};
/// use dns_diagnosis::names::DomainName;
/// use dns_diagnosis::records::{RecordId, records_of};
///
/// let domain = DomainName::parse("example.com")?;
/// let identity = SesIdentity {
///     verification_token: Some(VerificationToken::parse("QTKk+/gFg2J4mnop=")?),
///     ..SesIdentity::none("us-east-1")
/// };
/// let records = records_of(&domain, &identity);
/// assert_eq!(records[0].id, RecordId::Verification);
/// assert_eq!(records[0].name, "_amazonses.example.com");
/// assert_eq!(records[0].data.value(), "QTKk+/gFg2J4mnop=");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn records_of(domain: &DomainName, identity: &SesIdentity) -> Vec<Record> {
    let mut records = Vec::new();
    if let Some(token) = &identity.verification_token {
        records.push(required_txt(
            RecordId::Verification,
            format!("_amazonses.{domain}"),
            token.as_str().to_owned(),
        ));
    }
    if let Some(dkim) = &identity.dkim {
        let ids = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];
        for (id, token) in ids.into_iter().zip(&dkim.tokens) {
            let token = token.as_str();
            let record = recommended(
                id,
                format!("{token}._domainkey.{domain}"),
                RecordData::Cname {
                    target: format!("{token}.{}", dkim.signing_hosted_zone),
                },
            );
            let requirement = if identity.verification_token.is_some() {
                Requirement::Recommended
            } else {
                Requirement::Required
            };
            records.push(Record {
                requirement,
                ..record
            });
        }
    }
    if let Some(label) = &identity.mail_from {
        let mail_from = label.below(domain);
        records.push(recommended(
            RecordId::MailFromMx,
            mail_from.clone(),
            RecordData::Mx {
                preference: 10,
                exchange: format!("feedback-smtp.{}.amazonses.com", identity.region),
            },
        ));
        records.push(recommended(
            RecordId::MailFromSpf,
            mail_from,
            RecordData::Txt {
                text: format!("v=spf1 include:{SES_SPF_DOMAIN} ~all"),
            },
        ));
    }
    records.push(recommended(
        RecordId::Dmarc,
        format!("_dmarc.{domain}"),
        RecordData::Txt {
            text: "v=DMARC1; p=none;".to_owned(),
        },
    ));
    records
}

/// The one record that proves a contested claim.
pub fn ownership_record(domain: &DomainName, secret: &str) -> Record {
    required_txt(
        RecordId::Ownership,
        format!("_lasso-challenge.{domain}"),
        format!("lasso-domain-verification={secret}"),
    )
}

fn required_txt(id: RecordId, name: String, text: String) -> Record {
    Record {
        id,
        name,
        data: RecordData::Txt { text },
        ttl: PROPOSED_TTL,
        requirement: Requirement::Required,
    }
}

fn recommended(id: RecordId, name: String, data: RecordData) -> Record {
    Record {
        id,
        name,
        data,
        ttl: PROPOSED_TTL,
        requirement: Requirement::Recommended,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Dkim, DkimToken, MailFromLabel, VerificationToken};
    use crate::names::MAX_SENDING_DOMAIN;

    fn identity() -> SesIdentity {
        let token = |text| DkimToken::parse(text).unwrap();
        SesIdentity {
            verification_token: VerificationToken::parse("QTKk+/gFg2J4=").ok(),
            dkim: Some(Dkim {
                tokens: [token("aaa"), token("bbb"), token("ccc")],
                signing_hosted_zone: "dkim.amazonses.com".to_owned(),
            }),
            mail_from: Some(MailFromLabel::default_label()),
            region: "eu-west-1".to_owned(),
            adopted: None,
        }
    }

    fn records() -> Vec<Record> {
        records_of(&DomainName::parse("mail.example.com").unwrap(), &identity())
    }

    fn required(identity: &SesIdentity) -> Vec<RecordId> {
        let name = DomainName::parse("example.com").unwrap();
        let records = records_of(&name, identity);
        let required = records
            .iter()
            .filter(|record| record.requirement == Requirement::Required);
        required.map(|record| record.id).collect()
    }

    #[test]
    fn the_cnames_are_required_if_only_they_can_verify_the_domain() {
        assert_eq!(required(&identity()), [RecordId::Verification]);
        let without_token = SesIdentity {
            verification_token: None,
            ..identity()
        };
        let cnames = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];
        assert_eq!(required(&without_token), cnames);
    }

    #[test]
    fn the_record_set_has_every_record_under_its_full_name() {
        let shown: Vec<String> = records()
            .iter()
            .map(|r| format!("{} {} {}", r.name, r.data.type_name(), r.data.value()))
            .collect();
        assert_eq!(
            shown,
            [
                "_amazonses.mail.example.com TXT QTKk+/gFg2J4=",
                "aaa._domainkey.mail.example.com CNAME aaa.dkim.amazonses.com",
                "bbb._domainkey.mail.example.com CNAME bbb.dkim.amazonses.com",
                "ccc._domainkey.mail.example.com CNAME ccc.dkim.amazonses.com",
                "bounce.mail.example.com MX 10 feedback-smtp.eu-west-1.amazonses.com",
                "bounce.mail.example.com TXT v=spf1 include:amazonses.com ~all",
                "_dmarc.mail.example.com TXT v=DMARC1; p=none;",
            ]
        );
    }

    #[test]
    fn an_adopted_identity_shows_only_the_records_that_it_has() {
        let name = DomainName::parse("example.com").unwrap();
        let records = records_of(&name, &SesIdentity::none("eu-west-1"));
        let ids: Vec<RecordId> = records.iter().map(|record| record.id).collect();
        assert_eq!(ids, [RecordId::Dmarc]);
    }

    #[test]
    fn the_names_of_the_longest_sending_domain_just_fit_into_dns() {
        let long = format!(
            "{}.maplehomes.com",
            ["a"; 3].map(|a| a.repeat(61)).join(".")
        );
        let rest = "b".repeat(MAX_SENDING_DOMAIN - long.len() - 1);
        let longest = DomainName::parse_for_sending(&format!("{rest}.{long}")).unwrap();
        let tokens = ["t", "u", "v"].map(|letter| letter.repeat(32));
        let identity = SesIdentity {
            dkim: Some(Dkim {
                tokens: tokens.map(|token| DkimToken::parse(&token).unwrap()),
                signing_hosted_zone: "dkim.amazonses.com".to_owned(),
            }),
            ..identity()
        };
        let mut records = records_of(&longest, &identity);
        records.push(ownership_record(&longest, "secret"));
        let names = records.iter().map(|record| record.name.len());
        // 255 octets on the wire (RFC 1035 section 2.3.4).
        assert_eq!(names.max(), Some(253));
    }

    #[test]
    fn hosts_are_relative_to_the_zone_that_holds_them() {
        let records = records();
        assert_eq!(records[0].host_in("example.com"), "_amazonses.mail");
        assert_eq!(records[0].host_in("mail.example.com"), "_amazonses");
        assert_eq!(records[0].host_in("_amazonses.mail.example.com"), "@");
        assert_eq!(
            records[0].host_in("other.org"),
            "_amazonses.mail.example.com"
        );
        assert_eq!(
            records[0].host_in("ample.com"),
            "_amazonses.mail.example.com"
        );
    }
}
