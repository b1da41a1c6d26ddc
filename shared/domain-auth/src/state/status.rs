//! The states without their data.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The status of a domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Another client may hold the name, so the service waits for proof of ownership.
    Contested,
    /// The domain is being registered with Amazon SES; its records will be available in a moment.
    Provisioning,
    /// Amazon SES looks for the records. A domain that is not verified yet has not failed.
    Pending,
    /// Amazon SES has verified the domain; Lasso support takes the final step.
    Verified,
    /// Lasso sends for the domain.
    Authenticated,
    /// Lasso still sends, but records are missing.
    AtRisk,
    /// Amazon SES stopped looking after 72 hours, or withdrew its verification.
    Failed,
    /// Lasso support refused the final step.
    Rejected,
    /// The domain is being deleted.
    Removing,
}

/// Who has to do something before a domain moves on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitingFor {
    /// Lasso support.
    Lasso,
    /// The client, with its DNS or with an answer to Lasso support.
    Client,
}

impl Status {
    /// Every status, in the order of a domain's life.
    pub const ALL: [Self; 9] = [
        Self::Contested,
        Self::Provisioning,
        Self::Pending,
        Self::Verified,
        Self::Authenticated,
        Self::AtRisk,
        Self::Failed,
        Self::Rejected,
        Self::Removing,
    ];

    /// The name in the API, in events and in keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contested => "contested",
            Self::Provisioning => "provisioning",
            Self::Pending => "pending",
            Self::Verified => "verified",
            Self::Authenticated => "authenticated",
            Self::AtRisk => "at_risk",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Removing => "removing",
        }
    }

    /// Whether Lasso sends for a domain in this state.
    pub fn sends(self) -> bool {
        match self {
            Self::Authenticated | Self::AtRisk => true,
            Self::Contested | Self::Provisioning | Self::Pending | Self::Verified => false,
            Self::Failed | Self::Rejected | Self::Removing => false,
        }
    }

    /// Who has to do something before the domain moves on; `None` if the service does it
    /// automatically, or if nothing is left to do.
    pub fn waiting_for(self) -> Option<WaitingFor> {
        match self {
            Self::Verified => Some(WaitingFor::Lasso),
            Self::Contested | Self::Pending => Some(WaitingFor::Client),
            Self::AtRisk | Self::Failed | Self::Rejected => Some(WaitingFor::Client),
            Self::Provisioning | Self::Authenticated | Self::Removing => None,
        }
    }

    /// Parses the name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
