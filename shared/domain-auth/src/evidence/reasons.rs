//! The codes in evidence, each defined only here.

use serde::{Deserialize, Serialize};

use crate::state::DisplacedBy;

/// Why a client no longer has a name, or never had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LossReason {
    /// Another client has proven the name, or one above it.
    ProvenByAnotherClient,
    /// Lasso support decided so.
    ReleasedByLassoSupport,
    /// Amazon SES has an identity with this name that was not created for this client.
    IdentityNotOurs,
    /// The identity at SES is tagged with another client.
    IdentityOfAnotherClient,
    /// The identity is tagged with another stack.
    IdentityOfAnotherStack,
    /// The identity's tags name no client.
    IdentityMadeElsewhere,
    /// The identity is verified because of an identity above it, which this client does not hold.
    BelowAnIdentityOfAnother,
    /// The code of earlier releases for a verified identity that is not this client's.
    IdentityVerifiedElsewhere,
}

impl LossReason {
    pub(crate) fn of(why: &DisplacedBy) -> Self {
        match why {
            DisplacedBy::ProvenByAnotherClient => Self::ProvenByAnotherClient,
            DisplacedBy::ReleasedByLassoSupport { .. } => Self::ReleasedByLassoSupport,
            DisplacedBy::IdentityNotOurs => Self::IdentityNotOurs,
        }
    }

    /// Whether SES revealed it, when asked whose the identity is.
    pub(super) fn is_known_from_ses(self) -> bool {
        match self {
            Self::IdentityOfAnotherClient | Self::IdentityOfAnotherStack => true,
            Self::IdentityMadeElsewhere | Self::BelowAnIdentityOfAnother => true,
            Self::IdentityVerifiedElsewhere => true,
            Self::ProvenByAnotherClient | Self::ReleasedByLassoSupport => false,
            Self::IdentityNotOurs => false,
        }
    }
}

/// Why a client lost its name, as it may read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ShownReason {
    ProvenByAnotherClient,
    ReleasedByLassoSupport,
    /// Every other reason.
    Contested,
}

impl ShownReason {
    pub(super) fn of(reason: LossReason) -> Self {
        match reason {
            LossReason::ProvenByAnotherClient => Self::ProvenByAnotherClient,
            LossReason::ReleasedByLassoSupport => Self::ReleasedByLassoSupport,
            LossReason::IdentityNotOurs | LossReason::IdentityOfAnotherClient => Self::Contested,
            LossReason::IdentityOfAnotherStack | LossReason::IdentityMadeElsewhere => {
                Self::Contested
            }
            LossReason::BelowAnIdentityOfAnother | LossReason::IdentityVerifiedElsewhere => {
                Self::Contested
            }
        }
    }
}

/// Why the service did not take the final step automatically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WithheldReason {
    NameImitates,
    RejectedBefore,
    DkimNotVerified,
    RecordsNotSeen,
    BelowADomainOfAnother,
    HeldByAnotherBefore,
    RefusedBySes,
    IdentityNotOurs,
}

/// Why a domain's time has run out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expiry {
    /// The contested claim was not proven within 14 days.
    NotProven,
    /// The domain has been `failed` for 30 days.
    Abandoned,
}

/// Why a contested claim has its name without a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decided {
    DecidedByLassoSupport,
}

/// Which identity was adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AdoptedIdentity {
    /// The one that SES had already.
    Existing,
}

/// A call that makes SES look for records again, by its name in SES v1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SesCall {
    VerifyDomainIdentity,
    VerifyDomainDkim,
}
