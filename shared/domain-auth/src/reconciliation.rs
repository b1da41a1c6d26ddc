//! What SES's list of identities and our domains say of each other.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::names::DomainName;
use crate::state::Status;

/// How many of each kind are named. The figures count all.
pub const NAMED: usize = 100;

/// How long an identity that nobody holds has to be known before it may be deleted.
pub const ORPHAN_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What one comparison has shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// When it was made.
    pub checked_at: Timestamp,
    /// Domain identities at SES.
    pub identities: usize,
    /// How many of them no domain holds.
    pub orphans: usize,
    /// How many domains have no identity at SES although they should.
    pub missing: usize,
    /// The first of the identities that no domain holds.
    pub orphan_identities: Vec<Orphan>,
    /// The first of the domains without an identity.
    pub missing_identities: Vec<Missing>,
}

/// An identity that no domain of ours holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphan {
    /// The identity.
    pub identity: DomainName,
    /// Whether SES has verified it, now or since it was first seen.
    pub verified: bool,
    /// Whether its tags say that this stack made it.
    pub ours: bool,
    /// The client that its tags name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tagged_client: Option<String>,
    /// When it was first seen without a holder.
    pub first_seen: Timestamp,
}

/// A domain whose identity SES does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Whose domain.
    pub client: String,
    /// The domain.
    pub domain: DomainName,
    /// Where it stood when that was seen.
    pub status: Status,
}

impl Orphan {
    /// Whether nobody can miss it: this stack made it, SES never verified it, and for 30 days no
    /// domain has held it.
    pub fn may_be_deleted(&self, now: Timestamp) -> bool {
        self.ours && !self.verified && now.duration_since(self.first_seen) >= ORPHAN_KEPT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_this_stack_made_in_vain_long_ago_may_be_deleted() {
        let now = Timestamp::UNIX_EPOCH + ORPHAN_KEPT;
        let orphan = Orphan {
            identity: DomainName::parse("example.com").unwrap(),
            verified: false,
            ours: true,
            tagged_client: None,
            first_seen: Timestamp::UNIX_EPOCH,
        };
        assert!(orphan.may_be_deleted(now));
        let not_ours = Orphan {
            ours: false,
            ..orphan.clone()
        };
        let verified = Orphan {
            verified: true,
            ..orphan.clone()
        };
        assert!(!not_ours.may_be_deleted(now));
        assert!(!verified.may_be_deleted(now));
        assert!(!orphan.may_be_deleted(now - SignedDuration::from_secs(1)));
    }
}
