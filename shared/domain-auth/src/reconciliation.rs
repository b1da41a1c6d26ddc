//! What SES's list of identities and our domains say of each other.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::names::DomainName;
use crate::state::Status;

/// How many of each kind are named. The figures count all.
pub const NAMED: usize = 100;

/// The most octets of a comparison, as JSON text.
const MAX_STORED: usize = 90 * 1024;

/// How long an identity without a holder has to be known before it may be deleted.
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
    /// The client that has the domain.
    pub client: String,
    /// The domain.
    pub domain: DomainName,
    /// Where it stood when that was seen.
    pub status: Status,
}

impl Reconciliation {
    /// The same with fewer identities and domains by name, so that it can be stored. The counts say how
    /// many there are.
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
    /// Whether it has no use: this stack made it, SES never verified it, and for 30 days no
    /// domain has held it.
    pub fn may_be_deleted(&self, now: Timestamp) -> bool {
        self.ours && !self.verified && now.duration_since(self.first_seen) >= ORPHAN_KEPT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_bounded_whatever_the_tags_of_identities_say() {
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
