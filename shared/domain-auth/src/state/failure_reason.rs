//! Why a domain failed, as a code and as a sentence.

use serde::{Deserialize, Serialize};

/// Why a domain failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// The 72 hours passed.
    DeadlinePassed,
    /// SES reported `Failed` while it was looking.
    SesGaveUp,
    /// SES reported `Failed` for a domain that it had verified.
    SesRevoked,
    /// SES no longer has the identity.
    IdentityGone,
    /// SES does not accept this name as an identity.
    RefusedBySes,
}

impl FailureReason {
    /// A sentence for the person who added the domain.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::DeadlinePassed => {
                "Amazon SES looked for the records for 72 hours without finding them."
            }
            Self::SesGaveUp => "Amazon SES stopped looking for the records before it found them.",
            Self::SesRevoked => {
                "Amazon SES could no longer find the records and took its verification back."
            }
            Self::IdentityGone => {
                "The domain is no longer registered with Amazon SES. Restarting registers it again."
            }
            Self::RefusedBySes => {
                "Amazon SES does not accept this name. Check its spelling; if it is right, ask Lasso support."
            }
        }
    }
}
