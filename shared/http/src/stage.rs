//! The progress of a domain within its state. Its next step and the sentences about it depend on
//! this.

use domain_auth::domain::Domain;
use domain_auth::identity::AxisStatus;
use domain_auth::records::RecordId;
use domain_auth::state::Contested;

pub(crate) use domain_auth::domain::{HiddenBy, RecordsSeen as Records};

/// The three CNAME records.
const DKIM: [RecordId; 3] = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];

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

/// What is wrong with a domain that Amazon SES has verified, by the last look only: it changes no state yet.
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

/// Whether mail of a verified domain is signed for it, by what DNS and Amazon SES said last.
pub(crate) enum Signing {
    /// DNS does not have all three CNAME records.
    LacksCnames,
    /// Amazon SES does not sign, and DNS lacks none of the CNAME records.
    NotYet,
    /// Amazon SES signs, or has not been asked.
    Signs,
}

impl Signing {
    pub(crate) fn of(domain: &Domain) -> Self {
        let identity = domain.state.identity();
        let has_cnames = identity.is_some_and(|identity| identity.dkim.is_some());
        let dkim = domain.ses.map(|ses| ses.status.dkim);
        let signs = dkim.is_none_or(|dkim| match dkim {
            AxisStatus::Success | AxisStatus::TemporaryFailure => true,
            AxisStatus::Pending | AxisStatus::NotStarted | AxisStatus::Failed => false,
        });
        if has_cnames && DKIM.iter().any(|id| domain.sightings.is_missing(*id)) {
            Self::LacksCnames
        } else if signs {
            Self::Signs
        } else {
            Self::NotYet
        }
    }
}
