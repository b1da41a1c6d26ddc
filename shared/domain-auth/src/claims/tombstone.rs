//! What stays of a claim that has ended, so that the records of the former holder, which may still be
//! in DNS, prove nothing for the next client. Each tombstone is stored by itself, under the exact name,
//! so that no number of them makes the register larger.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::Domain;
use crate::names::{ClientId, DomainName};

/// How long a released name stays reserved for its former holder, whose records may still be in DNS.
pub const TOMBSTONE_WINDOW: SignedDuration = SignedDuration::from_hours(400 * 24);
/// The same for a name that SES never verified, and that its client gave up itself: its records may be
/// in DNS, but they have proven nothing.
pub const SHORT_TOMBSTONE_WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A name that a client held and does not hold any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// The name.
    pub name: DomainName,
    /// The client that held it last.
    pub client: ClientId,
    /// When its claim ended.
    pub released_at: Timestamp,
    /// Until when the name needs proof of any other client.
    pub until: Timestamp,
    /// The client did not give the name up but lost it, and needs proof to have it again.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub lost: bool,
    /// The client's domain is being removed: no other client can have the name before its identity is gone
    /// from SES, whatever the time.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub leaving: bool,
    /// Until when a call may be under way that deletes the identity of the client at SES. No other client
    /// can have the name before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deleting_until: Option<Timestamp>,
}

/// How long a released name stays reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reservation {
    /// [`TOMBSTONE_WINDOW`].
    Full,
    /// [`SHORT_TOMBSTONE_WINDOW`].
    Short,
}

impl Reservation {
    /// For the name of a domain that its client gives up.
    pub fn of(domain: &Domain) -> Self {
        if domain.never_verified {
            Self::Short
        } else {
            Self::Full
        }
    }

    pub(super) fn window(self) -> SignedDuration {
        match self {
            Self::Full => TOMBSTONE_WINDOW,
            Self::Short => SHORT_TOMBSTONE_WINDOW,
        }
    }
}

impl Tombstone {
    /// Whether it has not had its time. DynamoDB may delete it later than that.
    pub fn counts(&self, now: Timestamp) -> bool {
        now < self.until || self.keeps_the_name(now)
    }

    /// Whether the identity of the former holder has to go first, so that the name is not free yet.
    pub fn keeps_the_name(&self, now: Timestamp) -> bool {
        self.leaving || self.deleting_until.is_some_and(|until| now < until)
    }
}
