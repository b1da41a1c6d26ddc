//! A domain's identity at Amazon SES: its tokens and its three verification axes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::names::DomainName;

/// The value of the TXT record, from SES v1 `VerifyDomainIdentity`. Compared case-sensitively.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VerificationToken(String);

/// One of the three Easy DKIM tokens of an identity, a DNS label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DkimToken(String);

/// SES answered with something that cannot be a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("SES returned a malformed token")]
pub struct MalformedToken;

/// The label of the custom MAIL FROM domain below the identity's domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MailFromLabel(String);

/// Easy DKIM of an identity: three CNAME records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dkim {
    /// The tokens, in the order in which SES lists them.
    pub tokens: [DkimToken; 3],
    /// `DkimAttributes.SigningHostedZone`; regional in newer regions.
    pub signing_hosted_zone: String,
}

/// A domain identity with everything that its DNS records are made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SesIdentity {
    /// For the TXT record. An adopted identity may have none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verification_token: Option<VerificationToken>,
    /// For the CNAME records. An identity that signs with keys of its owner (BYODKIM) has none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dkim: Option<Dkim>,
    /// For the MX and SPF records. An adopted identity may have no custom MAIL FROM domain.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mail_from: Option<MailFromLabel>,
    /// The AWS region, which the MX target names.
    pub region: String,
    /// Set for an identity that existed before this service had anything to do with it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub adopted: Option<Adopted>,
}

/// What an adopted identity had beside its tokens. It keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    /// The name of its configuration set. The final step attaches no other one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub configuration_set: Option<String>,
}

/// Status of one axis of an identity, as SES v1 and v2 name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AxisStatus {
    /// SES is not looking for the records.
    NotStarted,
    /// SES looks for the records.
    Pending,
    /// SES saw the records.
    Success,
    /// SES looked for 72 hours, or the records disappeared, and it has stopped looking.
    Failed,
    /// SES did not see the records at its last look, but it saw them before.
    TemporaryFailure,
}

impl AxisStatus {
    /// Whether SES uses what the axis is about. It goes on doing so while records that it had seen
    /// cannot be seen for a moment.
    pub fn is_in_use(self) -> bool {
        match self {
            Self::Success | Self::TemporaryFailure => true,
            Self::NotStarted | Self::Pending | Self::Failed => false,
        }
    }
}

/// The three axes of an identity at SES, never mixed with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct SesStatus {
    /// Whether the domain is verified, by the TXT record or by DKIM.
    pub verification: AxisStatus,
    /// Whether SES signs with the client's domain.
    pub dkim: AxisStatus,
    /// Whether the custom MAIL FROM domain is in use.
    pub mail_from: AxisStatus,
}

impl VerificationToken {
    /// Printable ASCII without spaces, at most 255 octets: one character-string of a TXT record.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        let printable = text.bytes().all(|b| b.is_ascii_graphic());
        if text.is_empty() || text.len() > 255 || !printable {
            return Err(MalformedToken);
        }
        Ok(Self(text.to_owned()))
    }

    /// The value of the TXT record.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A token shows in no log line.
impl fmt::Debug for VerificationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerificationToken(…)")
    }
}

impl DkimToken {
    /// A letter-digit-hyphen label of at most 63 octets.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        let ldh = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if text.is_empty() || text.len() > 63 || !ldh {
            return Err(MalformedToken);
        }
        Ok(Self(text.to_owned()))
    }

    /// The token, a label of the record's name and of its target.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl MailFromLabel {
    /// Labels that are tried in turn: the next one if a name already has records of its own.
    pub const CANDIDATES: [&str; 4] = ["bounce", "lasso-bounce", "lasso-mail", "ses-bounce"];

    /// The label that is proposed if nothing is known of the domain's DNS.
    pub fn default_label() -> Self {
        Self(Self::CANDIDATES[0].to_owned())
    }

    /// The candidate with this index, if there are that many.
    pub fn candidate(index: usize) -> Option<Self> {
        Self::CANDIDATES
            .get(index)
            .map(|label| Self((*label).to_owned()))
    }

    /// Reads the label out of a MAIL FROM domain that an identity already has.
    pub fn of_mail_from_domain(mail_from: &str, domain: &DomainName) -> Option<Self> {
        let label = mail_from.strip_suffix(domain.as_str())?.strip_suffix('.')?;
        let ldh = label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
        (!label.is_empty() && ldh).then(|| Self(label.to_ascii_lowercase()))
    }

    /// The label (or labels) in front of the domain.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The MAIL FROM domain below `domain`.
    pub fn below(&self, domain: &DomainName) -> String {
        format!("{}.{domain}", self.0)
    }
}

impl SesIdentity {
    /// The identity of a domain for which SES has none: SES refused to make it.
    pub fn none(region: impl Into<String>) -> Self {
        Self {
            verification_token: None,
            dkim: None,
            mail_from: None,
            region: region.into(),
            adopted: None,
        }
    }

    /// Whether DNS shows anything by which SES verifies it: an identity with keys of its owner and
    /// without a TXT token has no record that this service knows.
    pub fn has_verifying_records(&self) -> bool {
        self.verification_token.is_some() || self.dkim.is_some()
    }
}

impl SesStatus {
    /// The status of an identity for which nothing is known yet.
    pub const NOT_STARTED: Self = Self {
        verification: AxisStatus::NotStarted,
        dkim: AxisStatus::NotStarted,
        mail_from: AxisStatus::NotStarted,
    };
}
