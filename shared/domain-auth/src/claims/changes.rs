//! The changes of a register. Each change raises the version by one.

use jiff::Timestamp;

use super::size::ROOM_WITHOUT_PROOF;
use super::{Claim, ClaimRegister, Reservation, TOMBSTONE_WINDOW, Tombstone};
use crate::names::{ClientId, DomainName};

/// The maximum number of tombstones that one write moves out of a register of an earlier release,
/// which stored them inside. A transaction of DynamoDB has at most 100 items.
const MOVED_AT_ONCE: usize = 8;

impl ClaimRegister {
    /// The register after `client` has claimed `name`.
    #[must_use]
    pub fn taken(self, name: &DomainName, client: &ClientId, now: Timestamp) -> Self {
        self.with(name, Claim::new(client, now), now)
    }

    /// The register after `client` has claimed `name` with a proof. The holders of `lost` lose
    /// those names in the same change.
    #[must_use]
    pub fn proven(
        self,
        name: &DomainName,
        client: &ClientId,
        lost: &[DomainName],
        now: Timestamp,
    ) -> Self {
        let claim = Claim {
            proven_at: Some(now),
            ..Claim::new(client, now)
        };
        let mut register = self.with(name, claim, now);
        for other in lost.iter().filter(|other| *other != name) {
            register.lose(other, now);
        }
        register
    }

    /// The register after the holders of `names` have lost them.
    #[must_use]
    pub fn lost(mut self, names: &[DomainName], now: Timestamp) -> Self {
        self.begin(now);
        for name in names {
            self.lose(name, now);
        }
        self
    }

    /// The register in which no client can have `name`, which was just lost, before `until`. Until
    /// then a call that deletes the former holder's identity may be running.
    #[must_use]
    pub fn deleting(mut self, name: &DomainName, until: Timestamp) -> Self {
        if let Some(tombstone) = self.tombstones.get_mut(name) {
            tombstone.deleting_until = Some(until);
        }
        self
    }

    /// The register in which no identity has to be deleted at SES before `name`, which was just
    /// lost, is free.
    #[must_use]
    pub fn gone(mut self, name: &DomainName) -> Self {
        if let Some(tombstone) = self.tombstones.get_mut(name) {
            tombstone.leaving = false;
        }
        self
    }

    /// The register while the domain of `client` is being removed. If no client holds the name any
    /// more, it is kept for `client`, so that no other client can have it while the identity is
    /// deleted. This does not make the register larger.
    #[must_use]
    pub fn leaving(
        mut self,
        name: &DomainName,
        client: &ClientId,
        reservation: Reservation,
        now: Timestamp,
    ) -> Self {
        self.begin(now);
        let others = self
            .claim(name)
            .is_some_and(|claim| claim.client != *client);
        let tombstone = self.tombstone(name);
        let tombstone = tombstone.filter(|tombstone| tombstone.counts(now));
        if others
            || tombstone
                .as_ref()
                .is_some_and(|tombstone| tombstone.client != *client)
        {
            return self;
        }
        let full = self.size() > ROOM_WITHOUT_PROOF;
        if let Some(claim) = self.claims.get_mut(name).filter(|claim| claim.is_active()) {
            claim.leaving = true;
            if full {
                // It may have been written by an earlier release, up to the last byte.
                let claim = claim.clone();
                self.claims.remove(name);
                self.bury(Tombstone {
                    leaving: true,
                    ..Tombstone::of(name, &claim, reservation, now)
                });
            }
            return self;
        }
        let tombstone = tombstone
            .unwrap_or_else(|| Tombstone::of(name, &Claim::new(client, now), reservation, now));
        self.claims.remove(name);
        self.bury(Tombstone {
            leaving: true,
            ..tombstone
        });
        self
    }

    /// The register after `client` has given up `name`, or after its domain was deleted. A claim of
    /// another client stays.
    #[must_use]
    pub fn released(
        mut self,
        name: &DomainName,
        client: &ClientId,
        reservation: Reservation,
        now: Timestamp,
    ) -> Self {
        self.begin(now);
        if self
            .claim(name)
            .is_some_and(|claim| claim.client == *client)
        {
            self.release(name, false, reservation, now);
        } else if let Some(tombstone) = self.tombstones.get(name).cloned()
            && tombstone.leaving
            && tombstone.client == *client
        {
            let reservation = if tombstone.lost {
                Reservation::Full
            } else {
                reservation
            };
            self.bury(Tombstone {
                released_at: now,
                until: tombstone.until.max(now + reservation.window()),
                leaving: false,
                ..tombstone
            });
        }
        self
    }

    /// The register without the claim of `client`, which it had no right to make.
    #[must_use]
    pub fn withdrawn(mut self, name: &DomainName, client: &ClientId, now: Timestamp) -> Self {
        self.begin(now);
        if self
            .claim(name)
            .is_some_and(|claim| claim.client == *client)
        {
            self.claims.remove(name);
        }
        self
    }

    fn with(mut self, name: &DomainName, mut claim: Claim, now: Timestamp) -> Self {
        // Runs before expired tombstones are dropped, because records do not expire.
        let after_another = self.was_anothers(name, &claim.client);
        claim.after_another = after_another && claim.proven_at.is_none();
        self.begin(now);
        // The tombstone counts again if the claim is withdrawn, except for the identity, which is
        // replaced.
        if let Some(tombstone) = self.tombstone(name) {
            let inside = !self.tombstones.contains_key(name);
            if inside || tombstone.leaving || tombstone.deleting_until.is_some() {
                self.bury(Tombstone {
                    leaving: false,
                    deleting_until: None,
                    ..tombstone
                });
            }
        }
        self.claims.insert(name.clone(), claim);
        self
    }

    fn lose(&mut self, name: &DomainName, now: Timestamp) {
        if let Some(claim) = self.claims.get_mut(name).filter(|claim| claim.is_active()) {
            claim.lost = true;
            let leaving = claim.leaving;
            self.release(name, leaving, Reservation::Full, now);
        } else if let Some(tombstone) = self.tombstone(name) {
            self.bury(Tombstone {
                lost: true,
                until: now + TOMBSTONE_WINDOW,
                ..tombstone
            });
        }
    }

    /// Ends the claim. If an earlier tombstone of the same client lasts longer, it still applies.
    fn release(
        &mut self,
        name: &DomainName,
        leaving: bool,
        reservation: Reservation,
        now: Timestamp,
    ) {
        let Some(claim) = self.claims.remove(name) else {
            return;
        };
        let tombstone = Tombstone::of(name, &claim, reservation, now);
        let outlasts = |earlier: &Tombstone| {
            earlier.client == tombstone.client && earlier.until > tombstone.until
        };
        let earlier = self
            .tombstones
            .get(name)
            .filter(|earlier| outlasts(earlier));
        let until = earlier.map_or(tombstone.until, |earlier| earlier.until);
        self.bury(Tombstone {
            until,
            leaving,
            ..tombstone
        });
    }

    fn bury(&mut self, tombstone: Tombstone) {
        if !self.written.contains(&tombstone.name) {
            self.written.push(tombstone.name.clone());
        }
        self.tombstones.insert(tombstone.name.clone(), tombstone);
    }

    /// Begins the next version. Tombstones inside a register of an earlier release move out.
    fn begin(&mut self, now: Timestamp) {
        self.version += 1;
        self.written.clear();
        self.claims.retain(|_, claim| claim.counts(now));
        let ended = self.claims.iter().filter(|(_, claim)| !claim.is_active());
        let ended: Vec<DomainName> = ended.map(|(name, _)| name.clone()).collect();
        for name in ended.into_iter().take(MOVED_AT_ONCE) {
            if let Some(claim) = self.claims.remove(&name) {
                self.bury(Tombstone::of(&name, &claim, Reservation::Full, now));
            }
        }
    }
}
