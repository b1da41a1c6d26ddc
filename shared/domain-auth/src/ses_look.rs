//! What is stored about a domain at SES besides its identity: when SES was asked, and the
//! configuration set for sent mail.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::identity::SesStatus;

/// The last answer of SES, with its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SesLook {
    /// The answer.
    pub status: SesStatus,
    /// When it was asked.
    pub looked_at: Timestamp,
    /// When Amazon SES was last asked about all three axes. Since then it may have been asked only about the
    /// verification.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub details_at: Option<Timestamp>,
}

/// A configuration set of SES: it controls how mail from an identity is treated and reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationSet(String);

/// The name is not valid for a configuration set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the name of a configuration set")]
pub struct NotAConfigurationSet;

impl ConfigurationSet {
    /// Parses a name: letters, digits, `_` and `-`, at most 64 (SES v2 API reference,
    /// `CreateConfigurationSet`).
    pub fn parse(name: &str) -> Result<Self, NotAConfigurationSet> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(allowed) {
            return Err(NotAConfigurationSet);
        }
        Ok(Self(name.to_owned()))
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
