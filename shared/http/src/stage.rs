//! How far a domain has come within its state: what its next step and the sentences about it depend on.

use domain_auth::domain::Domain;
use domain_auth::records::RecordId;
use domain_auth::state::Contested;

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

/// What DNS said of the records that a domain is verified by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Records {
    /// DNS has not answered for them yet.
    Unknown,
    /// The last look did not find them.
    Missing,
    /// They were there before, and the last look did not find them.
    Gone,
    /// The last look found them.
    Found,
    /// There are none: Amazon SES has a key of the owner.
    NotNeeded,
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

impl Records {
    /// Of the records that Amazon SES verifies the domain by: the TXT record, or the three CNAME records.
    pub(crate) fn of(domain: &Domain) -> Self {
        let identity = domain.state.identity();
        if identity.is_some_and(|identity| !identity.has_verifying_records()) {
            return Self::NotNeeded;
        }
        if domain.dns_looked_at.is_none() {
            return Self::Unknown;
        }
        let seen = &domain.sightings;
        let txt = [RecordId::Verification];
        let is_found = |ids: &[RecordId]| ids.iter().all(|id| seen.is_found(*id));
        let is_gone = |ids: &[RecordId]| ids.iter().any(|id| seen.is_gone(*id));
        let is_missing = |ids: &[RecordId]| ids.iter().any(|id| seen.is_missing(*id));
        // What mail needs of a domain that was verified by DKIM.
        let needs_dkim = domain.watch.dkim_seen;
        if is_found(&DKIM) || (!needs_dkim && is_found(&txt)) {
            Self::Found
        } else if is_gone(&DKIM) || (!needs_dkim && is_gone(&txt)) {
            Self::Gone
        } else if is_missing(&txt) || is_missing(&DKIM) {
            Self::Missing
        } else {
            Self::Unknown
        }
    }
}
