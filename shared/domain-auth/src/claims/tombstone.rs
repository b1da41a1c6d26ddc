//! Tombstones of claims that have ended. The records of the former holder may still be in DNS, and
//! must prove nothing for the next client. Each tombstone is a separate item under the exact name,
//! so tombstones do not make the register larger.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::Domain;
use crate::names::{ClientId, DomainName};

/// How long a released name stays reserved for its former holder, whose records may still be in DNS.
pub const TOMBSTONE_WINDOW: SignedDuration = SignedDuration::from_hours(400 * 24);
/// How long a name stays reserved that SES never verified and that its client gave up itself. Its
/// records may be in DNS, but have proven nothing.
pub const SHORT_TOMBSTONE_WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A name that a client held and no longer holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// The name.
    pub name: DomainName,
    /// The client that held it last.
    pub client: ClientId,
    /// When its claim ended.
    pub released_at: Timestamp,
    /// Until when any other client needs proof for the name.
    pub until: Timestamp,
    /// The client lost the name without giving it up, and needs proof to get it back.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub lost: bool,
    /// The client's domain is being removed: no other client can have the name before its identity
    /// is deleted at SES, however long this takes.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub leaving: bool,
    /// Until when a call that deletes the client's identity at SES may be running. No other client
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
    /// The reservation of the name of a domain that its client gives up.
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
    /// Whether the tombstone has not expired. DynamoDB may delete it later than that.
    pub fn counts(&self, now: Timestamp) -> bool {
        now < self.until || self.keeps_the_name(now)
    }

    /// Whether the former holder's identity has to be deleted before the name is free.
    pub fn keeps_the_name(&self, now: Timestamp) -> bool {
        self.leaving || self.deleting_until.is_some_and(|until| now < until)
    }
}
