//! The words in evidence, each in this one place.

use serde::{Deserialize, Serialize};

use crate::state::DisplacedBy;

/// Why a client does not have a name any more, or never had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LossReason {
    /// Another client has proven the name, or one above it.
    ProvenByAnotherClient,
    /// Lasso support decided so.
    ReleasedByLassoSupport,
    /// Amazon SES has an identity of this name that was not made for this client.
    IdentityNotOurs,
    /// The identity at SES is tagged with another client.
    IdentityOfAnotherClient,
    /// It is tagged with another stack.
    IdentityOfAnotherStack,
    /// Its tags name no client.
    IdentityMadeElsewhere,
    /// It is verified because an identity above it is, which this client does not hold.
    BelowAnIdentityOfAnother,
    /// The word of earlier releases for one that was verified and not this client's.
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

    /// Whether it came out when SES was asked whose the identity is.
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

/// Why the service did not take the final step by itself.
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

/// Why a domain has had its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expiry {
    /// The contested claim was not proven within 14 days.
    NotProven,
    /// The domain has been `failed` for 30 days.
    Abandoned,
}

/// Why a contested claim has its name, where that is not the proof.
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

/// A call by which SES looks for records again, as SES v1 names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SesCall {
    VerifyDomainIdentity,
    VerifyDomainDkim,
}
