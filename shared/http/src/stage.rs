//! How far a domain has come within its state: what its next step and the sentences about it depend on.

use domain_auth::records::RecordId;
use domain_auth::state::Contested;

pub(crate) use domain_auth::domain::RecordsSeen as Records;

/// The three CNAME records.
pub(crate) const DKIM: [RecordId; 3] = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];

/// Where a claim that is contested stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClaimStage {
    /// The ownership record has not been found.
    Unproven,
    /// It was found at some name servers only.
    Unconfirmed,
    /// It was found, and Lasso support decides.
    Proven,
    /// The name is being taken over.
    TakenOver,
}

impl ClaimStage {
    pub(crate) fn of(claim: &Contested) -> Self {
        if claim.taking_over_since.is_some() {
            Self::TakenOver
        } else if claim.proven_at.is_some() {
            Self::Proven
        } else if claim.unconfirmed.is_some() {
            Self::Unconfirmed
        } else {
            Self::Unproven
        }
    }
}
