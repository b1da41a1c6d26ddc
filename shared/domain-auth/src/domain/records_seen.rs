//! What DNS returned for the records by which Amazon SES verifies a domain. The sentences about a
//! domain that waits, has failed or is at risk depend on it.

use super::Domain;
use super::hidden_by::HiddenBy;
use crate::records::RecordId;

/// The three CNAME records of DKIM.
const DKIM: [RecordId; 3] = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];

/// What DNS returned for the records by which a domain is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordsSeen {
    /// They have not been queried yet.
    NotLooked,
    /// They were queried, and some query had no answer; none was seen to be missing by the last look.
    Unknown,
    /// The last look did not find them.
    Missing,
    /// They were found before, but not by the last look.
    Gone,
    /// The last look could not see them, whatever is published: the domain itself has to be
    /// repaired first.
    Hidden(HiddenBy),
    /// The last look found them.
    Found,
    /// No records are needed: Amazon SES has a key of the owner, or there is no identity.
    NotNeeded,
}

impl RecordsSeen {
    /// The result for the records by which Amazon SES verifies the domain: the TXT record, or the
    /// three CNAME records.
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
        // Where DNS gave no answer, that a record was missing before says nothing about now.
        let is_missing = |ids: &[RecordId]| {
            let mut ids = ids.iter();
            ids.any(|id| seen.is_missing(*id) && !seen.is_silent(*id))
        };
        // A domain that was verified by DKIM needs the DKIM records for its mail.
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
