//! Emails of the service that an address refused, that a recipient reported as spam, or that Amazon
//! SES accepted and then did not send.

use std::fmt::Write;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::names::{ClientId, DomainName, EmailAddress};

/// How many of them a domain stores; more than the emails with instructions that it can send per day.
pub const REMEMBERED: usize = 10;

/// The name of the message tag with the client.
const CLIENT_TAG: &str = "client";
/// The name of the message tag with the domain.
const DOMAIN_TAG: &str = "domain";

/// What an email is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mailing {
    /// To take the records to the email administrator.
    Instructions,
    /// To tell the client's contact what happened to the domain.
    Notice,
}

/// Why an email did not reach its recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Undelivered {
    /// The mail server of the address refused it permanently, or the address is on a suppression list.
    Bounced,
    /// The recipient reported it as spam.
    Complained,
    /// Amazon SES accepted the email but did not send it.
    Rejected,
}

/// An email that was not delivered or was reported as spam, as stored with the domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailRefusal {
    /// Amazon SES's identifier of the email.
    pub message: String,
    /// What the email was for.
    pub email: Mailing,
    /// Why it did not reach its recipient.
    pub reason: Undelivered,
    /// The address, masked.
    pub to: String,
    /// The enhanced status code of the mail server, such as `5.1.1` (RFC 3463).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub status: Option<String>,
    /// When it was refused.
    pub at: Timestamp,
    /// A later email, or another contact, has made it unimportant. It is kept so that a repeated
    /// report is recognized.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub superseded: bool,
}

/// A report of Amazon SES about one email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailReport {
    /// The domain that the email was about.
    pub about: AboutDomain,
    /// Amazon SES's identifier of the email.
    pub message: String,
    /// What the email was for.
    pub email: Mailing,
    /// Why it did not reach its recipient.
    pub reason: Undelivered,
    /// The address that it was sent to.
    pub to: EmailAddress,
    /// The enhanced status code of the mail server.
    pub status: Option<String>,
    /// When the email was sent.
    pub sent_at: Timestamp,
    /// When it was refused.
    pub at: Timestamp,
}

/// The domain that an email is about. Two message tags carry it with the email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AboutDomain {
    /// The client.
    pub client: ClientId,
    /// The name.
    pub domain: DomainName,
}

impl AboutDomain {
    /// The names and values of the message tags. A value may have ASCII letters, digits, `_` and
    /// `-`, and 256 characters (SES v2 API reference, `MessageTag`). So the client is in
    /// hexadecimal, and underscores replace the dots of the domain, because no domain here has an
    /// underscore.
    pub fn tags(&self) -> [(&'static str, String); 2] {
        let mut client = String::new();
        for octet in self.client.as_str().bytes() {
            let _infallible = write!(client, "{octet:02x}");
        }
        let domain = self.domain.as_str().replace('.', "_");
        [(CLIENT_TAG, client), (DOMAIN_TAG, domain)]
    }

    /// Reads the tags; `tag` returns the value of the tag with a name. `None` if tags are missing
    /// or are not of a domain.
    pub fn from_tags<'a>(tag: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let client = tag(CLIENT_TAG)?;
        if !client.is_ascii() {
            return None;
        }
        let octets = (0..client.len()).step_by(2).map(|at| {
            let octet = client.get(at..at + 2)?;
            u8::from_str_radix(octet, 16).ok()
        });
        let octets: Option<Vec<u8>> = octets.collect();
        let client = String::from_utf8(octets?).ok()?;
        let domain = tag(DOMAIN_TAG)?.replace('_', ".");
        Some(Self {
            client: ClientId::parse(&client).ok()?,
            domain: DomainName::parse(&domain).ok()?,
        })
    }
}

impl MailReport {
    /// The form that is stored with a domain.
    pub(crate) fn refusal(&self) -> MailRefusal {
        MailRefusal {
            message: self.message.clone(),
            email: self.email,
            reason: self.reason,
            to: self.to.masked(),
            status: self.status.clone(),
            at: self.at,
            superseded: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(client: &str, domain: &str) -> AboutDomain {
        AboutDomain {
            client: ClientId::parse(client).unwrap(),
            domain: DomainName::parse(domain).unwrap(),
        }
    }

    #[test]
    fn every_client_and_domain_round_trips_through_message_tags() {
        let labels = ["a".repeat(63), "b".repeat(63), "c".repeat(63)].join(".");
        let longest = format!("{labels}.example.com");
        let hostile = "-_.:@/+=";
        for about in [
            about("maple-homes", "mail.example.com"),
            about(&"x".repeat(128), &longest),
            about(hostile, "xn--bcher-kva.example"),
        ] {
            let tags = about.tags();
            for (name, value) in &tags {
                assert!(value.len() <= 256 && !value.is_empty(), "{name}");
                let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                assert!(value.chars().all(is_allowed), "{value}");
            }
            let tag = |name: &str| {
                let mut tags = tags.iter();
                let (_, value) = tags.find(|(known, _)| *known == name)?;
                Some(value.as_str())
            };
            assert_eq!(AboutDomain::from_tags(tag), Some(about.clone()));
        }
    }

    #[test]
    fn invalid_message_tags_refer_to_no_domain() {
        let of = |client: &'static str, domain: &'static str| {
            AboutDomain::from_tags(|name| match name {
                CLIENT_TAG => Some(client),
                _ => Some(domain),
            })
        };
        assert!(of("6d61706c65", "example_com").is_some());
        for (client, domain) in [
            ("", "example_com"),
            ("6d6", "example_com"),
            ("zz", "example_com"),
            ("ff", "example_com"),
            ("6d61706c65", ""),
            ("6d61706c65", "com"),
            ("é1", "example_com"),
        ] {
            assert_eq!(of(client, domain), None, "{client} {domain}");
        }
        assert_eq!(AboutDomain::from_tags(|_| None), None);
    }
}
