//! The comparison of SES's list of identities with the service's domains.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::names::DomainName;
use crate::state::Status;

/// How many of each kind are listed by name. The counts include all.
pub const NAMED: usize = 100;

/// The maximum size, in octets, of a comparison, as JSON text.
const MAX_STORED: usize = 90 * 1024;

/// How long an identity must have been without a holder before it may be deleted.
pub const ORPHAN_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The result of one comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// When it was made.
    pub checked_at: Timestamp,
    /// Domain identities at SES.
    pub identities: usize,
    /// How many of them are held by no domain.
    pub orphans: usize,
    /// How many domains have no identity at SES although they should have one.
    pub missing: usize,
    /// The first of the identities that no domain holds.
    pub orphan_identities: Vec<Orphan>,
    /// The first of the domains without an identity.
    pub missing_identities: Vec<Missing>,
}

/// An identity that no domain of the service holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphan {
    /// The identity.
    pub identity: DomainName,
    /// Whether SES has verified it, now or since it was first seen.
    pub verified: bool,
    /// Whether its tags say that this stack created it.
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
    /// The client that has the domain.
    pub client: String,
    /// The domain.
    pub domain: DomainName,
    /// Its state when this was seen.
    pub status: Status,
}

impl Reconciliation {
    /// The result with fewer identities and domains by name, so that it can be stored. The counts
    /// include all.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        while serde_json::to_vec(&self).is_ok_and(|text| text.len() > MAX_STORED) {
            if self.orphan_identities.len() > self.missing_identities.len() {
                self.orphan_identities.pop();
            } else if self.missing_identities.pop().is_none() {
                break;
            }
        }
        self
    }
}

impl Orphan {
    /// Whether it is unused: this stack created it, SES never verified it, and no domain has held
    /// it for 30 days.
    pub fn may_be_deleted(&self, now: Timestamp) -> bool {
        self.ours && !self.verified && now.duration_since(self.first_seen) >= ORPHAN_KEPT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_comparison_is_bounded_for_any_tags() {
        let label = |n: usize| format!("{n}{}", "x".repeat(60 - n.to_string().len()));
        let long = |n| DomainName::parse(&format!("{0}.{0}.{0}.{0}.com", label(n))).unwrap();
        let comparison = Reconciliation {
            checked_at: Timestamp::UNIX_EPOCH,
            identities: 10_000,
            orphans: 10_000,
            missing: 10_000,
            orphan_identities: (0..NAMED)
                .map(|n| Orphan {
                    identity: long(n),
                    verified: true,
                    ours: true,
                    // The longest value of a tag: 256 characters of up to four octets.
                    tagged_client: Some("\u{20000}".repeat(256)),
                    first_seen: Timestamp::UNIX_EPOCH,
                })
                .collect(),
            missing_identities: (0..NAMED)
                .map(|n| Missing {
                    client: "c".repeat(128),
                    domain: long(n),
                    status: Status::Provisioning,
                })
                .collect(),
        };
        let bounded = comparison.clone().bounded();
        assert!(serde_json::to_vec(&bounded).unwrap().len() <= MAX_STORED);
        assert!(bounded.orphan_identities.len() > 20);
        assert_eq!(bounded.orphans, 10_000);
        assert_eq!(bounded.clone().bounded(), bounded);
    }

    #[test]
    fn only_old_unverified_orphans_of_this_stack_may_be_deleted() {
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
