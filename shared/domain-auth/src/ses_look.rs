//! What this service keeps of SES beside the identity: when it was asked, and the configuration set that
//! what is sent goes through.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::identity::SesStatus;

/// What SES last answered, and when.
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

/// A configuration set of SES: how what is sent from an identity is treated and reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationSet(String);

/// A name that no configuration set has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the name of a configuration set")]
pub struct NotAConfigurationSet;

impl ConfigurationSet {
    /// Letters, digits, `_` and `-`, at most 64 (SES v2 API reference, `CreateConfigurationSet`).
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
