//! What DNS said of the records that Amazon SES verifies a domain by: what the sentences about a domain
//! that waits, has failed or is at risk depend on.

use super::Domain;
use super::hidden_by::HiddenBy;
use crate::records::RecordId;

/// The three CNAME records of DKIM.
const DKIM: [RecordId; 3] = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];

/// What DNS said of the records that a domain is verified by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordsSeen {
    /// DNS has not been asked for them.
    NotLooked,
    /// DNS was asked, and has not answered for all of them yet.
    Unknown,
    /// The last look did not find them.
    Missing,
    /// They were there before, and the last look did not find them.
    Gone,
    /// The last look could not see them, whatever is published: the domain itself has to be mended first.
    Hidden(HiddenBy),
    /// The last look found them.
    Found,
    /// There are none: Amazon SES has a key of the owner, or no identity.
    NotNeeded,
}

impl RecordsSeen {
    /// Of the records that Amazon SES verifies the domain by: the TXT record, or the three CNAME records.
    pub fn of(domain: &Domain) -> Self {
        let identity = domain.state.identity();
        if identity.is_some_and(|identity| !identity.has_verifying_records()) {
            return Self::NotNeeded;
        }
        if domain.dns_looked_at.is_none() {
            return Self::NotLooked;
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
        } else if let Some(by) = domain.hidden_by {
            Self::Hidden(by)
        } else if is_gone(&DKIM) || (!needs_dkim && is_gone(&txt)) {
            Self::Gone
        } else if is_missing(&txt) || is_missing(&DKIM) {
            Self::Missing
        } else {
            Self::Unknown
        }
    }
}
