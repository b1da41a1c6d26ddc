//! The progress of a domain within its state. Its next step and the sentences about it depend on
//! this.

use domain_auth::domain::Domain;
use domain_auth::records::RecordId;
use domain_auth::state::Contested;

pub(crate) use domain_auth::domain::{HiddenBy, RecordsSeen as Records};

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

/// What is wrong with a domain that Lasso sends for, by the last look only: it changes no state yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Records that were found before are not all there.
    RecordsGone,
    /// No record can be seen.
    Hidden(HiddenBy),
    /// Amazon SES does not report the domain as verified.
    NotInUse,
}

impl Trouble {
    pub(crate) fn of(domain: &Domain) -> Option<Self> {
        let ses = domain.ses_of_identity();
        match Records::of(domain) {
            Records::Gone => Some(Self::RecordsGone),
            Records::Hidden(by) => Some(Self::Hidden(by)),
            Records::Found | Records::Missing | Records::Unknown => None,
            Records::NotLooked | Records::NotNeeded => None,
        }
        .or_else(|| {
            ses.is_some_and(|ses| !ses.status.verification.is_in_use())
                .then_some(Self::NotInUse)
        })
    }
}
