//! Claims on names. A domain has one holder, and no other client holds a name above or below it.
//!
//! All claims under one organizational domain are one aggregate with one version. Two clients that
//! race for a name, or for a name and its parent, therefore cannot both win. A claim that has ended
//! becomes a [`Tombstone`]. Tombstones are stored as separate items; the tombstone of the name in
//! question is read together with the register.

mod changes;
mod size;
mod tombstone;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::names::{ClientId, DomainName};

pub use size::NAMES_PER_CLIENT;
pub use tombstone::{Reservation, SHORT_TOMBSTONE_WINDOW, TOMBSTONE_WINDOW, Tombstone};

/// The claims under one organizational domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRegister {
    /// The organizational domain (RFC 7489 section 3.2).
    pub organizational: String,
    /// Grows by one with every change; zero before the first.
    pub version: u64,
    /// In registers of earlier releases, tombstones too.
    claims: BTreeMap<DomainName, Claim>,
    /// Tombstones that were read with the register or made since.
    #[serde(skip)]
    tombstones: BTreeMap<DomainName, Tombstone>,
    /// Names whose tombstones are written together with this version.
    #[serde(skip)]
    written: Vec<DomainName>,
}

/// One name's claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The client that holds the name, or held it last.
    pub client: ClientId,
    /// Since when.
    pub since: Timestamp,
    /// When the client gave it up; the claim is a tombstone from then on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub released_at: Option<Timestamp>,
    /// When the client proved the name, if it did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proven_at: Option<Timestamp>,
    /// The domain is being removed. The name stays held until the identity is deleted at SES, but
    /// the client can no longer use it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub leaving: bool,
    /// The client lost the name without giving it up, and needs proof to get it back.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub lost: bool,
    /// Another client held the name before, and this client has not proven it: the records in DNS
    /// may be the other client's.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub after_another: bool,
}

/// What a client may do with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The client holds it.
    Held,
    /// No other client has a claim on it.
    Free,
    /// Another client holds the name, its parent or a name below it, or held it recently: proof is
    /// needed.
    Contested,
}

impl ClaimRegister {
    /// The register before its first claim.
    pub fn empty(organizational: impl Into<String>) -> Self {
        Self {
            organizational: organizational.into(),
            version: 0,
            claims: BTreeMap::new(),
            tombstones: BTreeMap::new(),
            written: Vec::new(),
        }
    }

    /// Adds the tombstone of a name, if it has one. Read the tombstone after the register. If a
    /// claim ended in between, the version of the register has changed, so this register can no
    /// longer be written.
    #[must_use]
    pub fn with_tombstone(mut self, tombstone: Option<Tombstone>) -> Self {
        if let Some(tombstone) = tombstone {
            self.tombstones.insert(tombstone.name.clone(), tombstone);
        }
        self
    }

    /// The tombstones that must be written together with this version.
    pub fn tombstones_written(&self) -> impl Iterator<Item = &Tombstone> {
        let written = self.written.iter();
        written.filter_map(|name| self.tombstones.get(name))
    }

    /// The register as it is stored: without tombstones, which are separate items.
    #[must_use]
    pub fn stored(&self) -> Self {
        Self {
            tombstones: BTreeMap::new(),
            written: Vec::new(),
            ..self.clone()
        }
    }

    /// The standing of `client` for `name`. The tombstone of `name` must have been read with the
    /// register.
    pub fn standing(&self, name: &DomainName, client: &ClientId, now: Timestamp) -> Standing {
        match self.claim(name) {
            Some(own) if own.client == *client => {
                if !own.leaving {
                    return Standing::Held;
                }
                if own.lost {
                    return Standing::Contested;
                }
            }
            Some(_) => return Standing::Contested,
            None => {
                let tombstone = self.tombstone(name);
                let tombstone = tombstone.filter(|tombstone| tombstone.counts(now));
                if tombstone.is_some_and(|tombstone| tombstone.client != *client || tombstone.lost)
                {
                    return Standing::Contested;
                }
            }
        }
        let mut others = self.active().filter(|(_, claim)| claim.client != *client);
        if others.any(|(claimed, _)| touches(claimed, name)) {
            Standing::Contested
        } else {
            Standing::Free
        }
    }

    /// The claim in force on exactly `name`.
    pub fn claim(&self, name: &DomainName) -> Option<&Claim> {
        self.claims.get(name).filter(|claim| claim.is_active())
    }

    /// The tombstone of the last claim on exactly `name`. `None` if a claim is in force.
    pub fn tombstone(&self, name: &DomainName) -> Option<Tombstone> {
        let known = self.tombstones.get(name).cloned();
        known.or_else(|| {
            let claim = self.claims.get(name).filter(|claim| !claim.is_active())?;
            let released_at = claim.released_at?;
            Some(Tombstone::of(name, claim, Reservation::Full, released_at))
        })
    }

    /// The client that holds exactly `name`, or held it last.
    pub fn last_holder(&self, name: &DomainName) -> Option<ClientId> {
        let holder = self.claim(name).map(|claim| claim.client.clone());
        holder.or_else(|| Some(self.tombstone(name)?.client))
    }

    /// The client that holds exactly `name`: by its claim, or because its domain is being removed.
    pub fn holder(&self, name: &DomainName) -> Option<&ClientId> {
        let leaving = || {
            let tombstone = self.tombstones.get(name)?;
            tombstone.leaving.then_some(&tombstone.client)
        };
        self.claim(name).map(|claim| &claim.client).or_else(leaving)
    }

    /// Whether a claim is in force on `name`, or on a name above or below it.
    pub fn touches(&self, name: &DomainName) -> bool {
        self.active().any(|(claimed, _)| touches(claimed, name))
    }

    /// The claims in force on `name`, and on names above and below it, with their holders.
    pub fn touching<'a>(
        &'a self,
        name: &'a DomainName,
    ) -> impl Iterator<Item = (&'a DomainName, &'a ClientId)> {
        let touching = self.active().filter(|(claimed, _)| touches(claimed, name));
        touching.map(|(claimed, claim)| (claimed, &claim.client))
    }

    /// Whether another client held exactly `name` before `client`, which has not proven it.
    pub fn was_anothers(&self, name: &DomainName, client: &ClientId) -> bool {
        if let Some(claim) = self.claim(name) {
            return claim.client != *client || claim.after_another;
        }
        let tombstone = self.tombstone(name);
        tombstone.is_some_and(|tombstone| tombstone.client != *client)
    }

    /// The most specific name that `client` holds and that covers `name`: `name` itself or a name
    /// above it. If another client holds a name in between, that client covers everything below it.
    /// A name that is being removed covers nothing.
    pub fn covering<'a>(&'a self, name: &DomainName, client: &ClientId) -> Option<&'a DomainName> {
        let (covering, holder) = self.covered_by(name)?;
        (holder == client).then_some(covering)
    }

    /// The most specific held name that covers `name`, with its holder.
    pub fn covered_by(&self, name: &DomainName) -> Option<(&DomainName, &ClientId)> {
        let mut at = Some(name.as_str());
        while let Some(above) = at {
            if let Some((claimed, claim)) = self.claims.get_key_value(above)
                && claim.is_active()
                && !claim.leaving
            {
                return Some((claimed, &claim.client));
            }
            at = above.split_once('.').map(|(_, rest)| rest);
        }
        None
    }

    /// Claims of other clients that block `client` from `name`: claims on the name itself, and
    /// claims on names above and below it that their holders have not proven. A proof takes nothing
    /// from the holders above.
    pub fn in_the_way<'a>(
        &'a self,
        name: &'a DomainName,
        client: &'a ClientId,
    ) -> impl Iterator<Item = (&'a DomainName, &'a ClientId)> {
        let claims = self.active().filter(move |(claimed, claim)| {
            let may_stay = claim.proven_at.is_some() && *claimed != name;
            claim.client != *client && touches(claimed, name) && !may_stay
        });
        let claims = claims.map(|(claimed, claim)| (claimed, &claim.client));
        let leaving = self.tombstones.get_key_value(name);
        let leaving = leaving.filter(|(name, tombstone)| {
            tombstone.leaving && tombstone.client != *client && self.claim(name).is_none()
        });
        claims.chain(leaving.map(|(name, tombstone)| (name, &tombstone.client)))
    }

    /// When the register may be deleted: the end of its last known tombstone, if no claim is in
    /// force.
    pub fn expires_at(&self) -> Option<Timestamp> {
        if self.active().next().is_some() {
            return None;
        }
        let inside = self.claims.keys().filter_map(|name| self.tombstone(name));
        let all = self.tombstones.values().cloned().chain(inside);
        let ends = all.map(|tombstone| (!tombstone.leaving).then_some(tombstone.until));
        ends.collect::<Option<Vec<Timestamp>>>()?.into_iter().max()
    }

    fn active(&self) -> impl Iterator<Item = (&DomainName, &Claim)> {
        self.claims.iter().filter(|(_, claim)| claim.is_active())
    }
}

impl Claim {
    fn new(client: &ClientId, since: Timestamp) -> Self {
        Self {
            client: client.clone(),
            since,
            released_at: None,
            proven_at: None,
            leaving: false,
            lost: false,
            after_another: false,
        }
    }

    /// Whether the claim is in force, or is a tombstone that has not expired.
    fn counts(&self, now: Timestamp) -> bool {
        let released_at = self.released_at;
        released_at.is_none_or(|released_at| now < released_at + TOMBSTONE_WINDOW)
    }

    /// Whether the claim is in force, so not a tombstone.
    fn is_active(&self) -> bool {
        self.released_at.is_none()
    }
}

impl Tombstone {
    /// The tombstone of a claim that ends now.
    pub(super) fn of(
        name: &DomainName,
        claim: &Claim,
        reservation: Reservation,
        now: Timestamp,
    ) -> Self {
        let released_at = claim.released_at.unwrap_or(now);
        // The proof may still be in DNS, and so may the records of a client that lost the name.
        let reservation = if claim.lost || claim.proven_at.is_some() {
            Reservation::Full
        } else {
            reservation
        };
        Self {
            name: name.clone(),
            client: claim.client.clone(),
            released_at,
            until: released_at + reservation.window(),
            lost: claim.lost,
            leaving: false,
            deleting_until: None,
        }
    }
}

/// Whether the two names are equal, or one is below the other.
fn touches(one: &DomainName, other: &DomainName) -> bool {
    one == other || one.is_below(other) || other.is_below(one)
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;

#[cfg(test)]
mod bounds_tests;
