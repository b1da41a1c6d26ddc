//! Limits for each client: domains in its list, domains that it adds per day, and emails to Lasso
//! support about them per day. The deployment has defaults; Lasso support can set others for a
//! client.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::erasure::Erasure;
use crate::history::Actor;
use crate::instructions::Day;
use crate::names::ClientId;
use crate::ports::StoreError;

/// The highest limit that the deployment or Lasso support can set. Counting the domains of such a
/// client again takes a query of about 100 MB.
pub const MOST: u32 = 100_000;

/// The limits in force for a client, or the defaults of the deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Domains in the client's list, contested ones included.
    pub domains: u32,
    /// Domains that it adds per day in UTC, including contested ones and ones that it had before.
    pub added_per_day: u32,
    /// Emails to Lasso support about its domains per day in UTC, each about one event.
    pub support_emails_per_day: u32,
}

/// The limits of an addition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdditionLimits {
    /// Domains in the client's list.
    pub domains: u32,
    /// Domains that it adds per day in UTC.
    pub added_per_day: u32,
}

/// The limits that Lasso support has set for one client. The deployment's default applies to a
/// limit that is not set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnLimits {
    /// In place of [`Limits::domains`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub domains: Option<u32>,
    /// In place of [`Limits::added_per_day`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub added_per_day: Option<u32>,
    /// In place of [`Limits::support_emails_per_day`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub support_emails_per_day: Option<u32>,
    /// The reason, in the words of Lasso support.
    pub reason: String,
    /// Who set them.
    pub by: Actor,
    /// The time at which they were set.
    pub at: Timestamp,
}

/// The stored data of a client as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientRecord {
    /// Domains in its list. `None` before the first change of the number: then the store counts
    /// them, in the transaction of that change.
    pub held: Option<u32>,
    /// The last day on which it added a domain, and how many it added.
    pub added: Option<(Day, u32)>,
    /// The limits that Lasso support has set for it.
    pub own: Option<OwnLimits>,
    /// Its erasure while it is running. The client can add no domain meanwhile.
    pub erasure: Option<Erasure>,
    /// When it was erased, if it has added no domain since.
    pub erased_at: Option<Timestamp>,
}

/// The change of the number of domains in a client's list. It is written in the transaction of the
/// change, so the number is exact even after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientCountChange {
    /// One domain more.
    Added {
        /// The day on which it is added.
        day: Day,
        /// The limits that the write has to respect, if any.
        within: Option<AdditionLimits>,
    },
    /// One domain fewer.
    Removed,
}

/// A limit that an addition would exceed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LimitReached {
    /// The client has that many domains.
    #[error("the client has {limit} domains")]
    Domains {
        /// The limit in force.
        limit: u32,
    },
    /// The client has added that many today.
    #[error("the client has added {limit} domains today")]
    AddedToday {
        /// The limit in force.
        limit: u32,
        /// How long until the next day.
        wait: SignedDuration,
    },
}

/// Reads the stored data of a client as a whole.
pub trait ReadClientRecord: Send + Sync {
    /// As last written; empty before the first write.
    fn client_record(
        &self,
        client: &ClientId,
    ) -> impl Future<Output = Result<ClientRecord, StoreError>> + Send;

    /// How many domains are in the client's list, counted now, as long as [`ClientRecord::held`] says nothing.
    fn count_domains(
        &self,
        client: &ClientId,
    ) -> impl Future<Output = Result<u32, StoreError>> + Send;
}

/// Writes the limits of one client.
pub trait SetLimits: Send + Sync {
    /// Replaces the client's own limits. The number of its domains is counted again at the next
    /// change of the number.
    fn set_limits(
        &self,
        client: &ClientId,
        own: &OwnLimits,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl Limits {
    /// These limits, replaced by those that Lasso support has set for a client.
    #[must_use]
    pub fn or(self, own: Option<&OwnLimits>) -> Self {
        let set = |limit: fn(&OwnLimits) -> Option<u32>| own.and_then(limit);
        Self {
            domains: set(|own| own.domains).unwrap_or(self.domains),
            added_per_day: set(|own| own.added_per_day).unwrap_or(self.added_per_day),
            support_emails_per_day: set(|own| own.support_emails_per_day)
                .unwrap_or(self.support_emails_per_day),
        }
    }
}

impl AdditionLimits {
    /// No limits.
    pub const NONE: Self = Self {
        domains: u32::MAX,
        added_per_day: u32::MAX,
    };

    /// These limits, replaced by those that Lasso support has set for a client.
    #[must_use]
    pub fn or(self, own: Option<&OwnLimits>) -> Self {
        let set = |limit: fn(&OwnLimits) -> Option<u32>| own.and_then(limit);
        Self {
            domains: set(|own| own.domains).unwrap_or(self.domains),
            added_per_day: set(|own| own.added_per_day).unwrap_or(self.added_per_day),
        }
    }
}

impl ClientRecord {
    /// How many domains the client added on a day.
    pub fn added_on(&self, day: Day) -> u32 {
        // A late clock counts on the day that other clocks have already begun.
        self.added
            .filter(|(last, _)| *last >= day)
            .map_or(0, |(_, added)| added)
    }

    /// When the client was erased, if it has added no domain since.
    pub fn erased(&self) -> Option<Timestamp> {
        let is_empty = self.erasure.is_none() && self.own.is_none();
        self.erased_at.filter(|_| is_empty)
    }

    /// Whether another domain is within the limits.
    pub fn may_add(&self, limits: AdditionLimits, now: Timestamp) -> Result<(), LimitReached> {
        if self.held.unwrap_or(0) >= limits.domains {
            return Err(LimitReached::Domains {
                limit: limits.domains,
            });
        }
        let day = Day::of(now);
        if self.added_on(day) >= limits.added_per_day {
            return Err(LimitReached::AddedToday {
                limit: limits.added_per_day,
                wait: day.end().duration_since(now),
            });
        }
        Ok(())
    }
}

impl ClientCountChange {
    /// The combined effect of two steps of one change. An addition and a removal leave the number
    /// unchanged.
    pub(crate) fn and(first: Option<Self>, second: Option<Self>) -> Option<Self> {
        match (first, second) {
            (None, only) | (only, None) => only,
            (Some(Self::Added { .. }), Some(Self::Removed))
            | (Some(Self::Removed), Some(Self::Added { .. })) => None,
            // A domain is not added twice, or removed twice, in one change.
            (Some(Self::Added { .. } | Self::Removed), Some(second)) => Some(second),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn own(domains: Option<u32>) -> OwnLimits {
        OwnLimits {
            domains,
            added_per_day: None,
            support_emails_per_day: None,
            reason: "A large builder".to_owned(),
            by: Actor::Service,
            at: at("2026-06-01T00:00:00Z"),
        }
    }

    #[test]
    fn a_limit_set_for_the_client_replaces_the_default() {
        let defaults = AdditionLimits {
            domains: 500,
            added_per_day: 50,
        };
        assert_eq!(defaults.or(None), defaults);
        assert_eq!(defaults.or(Some(&own(Some(0)))).domains, 0);
        assert_eq!(defaults.or(Some(&own(None))), defaults);
    }

    #[test]
    fn the_limit_of_domains_is_reported_before_the_daily_limit() {
        let now = at("2026-06-01T18:00:00Z");
        let limits = AdditionLimits {
            domains: 3,
            added_per_day: 2,
        };
        let record = |held, added| ClientRecord {
            held,
            added: Some((Day::of(now), added)),
            own: None,
            erasure: None,
            erased_at: None,
        };
        assert_eq!(record(Some(2), 1).may_add(limits, now), Ok(()));
        assert_eq!(record(None, 1).may_add(limits, now), Ok(()));
        assert_eq!(
            record(Some(3), 2).may_add(limits, now),
            Err(LimitReached::Domains { limit: 3 })
        );
        assert_eq!(
            record(Some(2), 2).may_add(limits, now),
            Err(LimitReached::AddedToday {
                limit: 2,
                wait: SignedDuration::from_hours(6)
            })
        );
        let tomorrow = now + SignedDuration::from_hours(6);
        assert_eq!(record(Some(2), 2).may_add(limits, tomorrow), Ok(()));
    }

    #[test]
    fn adding_and_removing_in_one_change_leaves_the_counts_unchanged() {
        let added = Some(ClientCountChange::Added {
            day: Day::of(at("2026-06-01T18:00:00Z")),
            within: None,
        });
        let removed = Some(ClientCountChange::Removed);
        assert_eq!(ClientCountChange::and(added, removed), None);
        assert_eq!(ClientCountChange::and(added, None), added);
        assert_eq!(ClientCountChange::and(None, removed), removed);
    }
}
