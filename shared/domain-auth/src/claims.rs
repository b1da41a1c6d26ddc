//! Who holds which name: one holder for a domain, and no other client above or below it.
//!
//! All claims under one organizational domain are one aggregate with one version, so that two
//! clients who race for a name, or for its parent and its child, cannot both win. What stays of claims
//! that have ended is stored by itself ([`Tombstone`]), and is read with the register of the name that
//! is asked about.

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
    /// Tombstones that were read with the register, or made since.
    #[serde(skip)]
    tombstones: BTreeMap<DomainName, Tombstone>,
    /// Names whose tombstones are written together with this version.
    #[serde(skip)]
    written: Vec<DomainName>,
}

/// One name's claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Who holds the name, or held it last.
    pub client: ClientId,
    /// Since when.
    pub since: Timestamp,
    /// When it was given up; a tombstone from then on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub released_at: Option<Timestamp>,
    /// When the client proved the name, where it did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proven_at: Option<Timestamp>,
    /// The domain is being removed: the name is held until its identity is gone from SES, and
    /// serves its client no more.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub leaving: bool,
    /// The client did not give the name up but lost it, and needs proof to have it again.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub lost: bool,
    /// Another client held the name before, and this one has not proven it: what is in DNS may be the
    /// other's.
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
    /// Another client holds it, its parent or its child, or held it not long ago: proof is needed.
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

    /// The register together with the tombstone of a name, where it has one. It has to be read after the
    /// register: then whatever ended a claim in between has changed the version, and this register
    /// cannot be written any more.
    #[must_use]
    pub fn with_tombstone(mut self, tombstone: Option<Tombstone>) -> Self {
        if let Some(tombstone) = tombstone {
            self.tombstones.insert(tombstone.name.clone(), tombstone);
        }
        self
    }

    /// The tombstones that are to be written together with this version.
    pub fn tombstones_written(&self) -> impl Iterator<Item = &Tombstone> {
        let written = self.written.iter();
        written.filter_map(|name| self.tombstones.get(name))
    }

    /// The register as it is stored: without tombstones, which are stored by themselves.
    #[must_use]
    pub fn stored(&self) -> Self {
        Self {
            tombstones: BTreeMap::new(),
            written: Vec::new(),
            ..self.clone()
        }
    }

    /// How `client` stands with `name`, whose tombstone was read with the register.
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

    /// The claim that is in force on exactly `name`.
    pub fn claim(&self, name: &DomainName) -> Option<&Claim> {
        self.claims.get(name).filter(|claim| claim.is_active())
    }

    /// What stays of the last claim on exactly `name`. A claim that is in force goes before it.
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

    /// The most specific name that `client` holds and that covers `name`: itself or one above it. A
    /// name in between that another client holds is that client's, with all below it; one that is being
    /// removed covers nothing.
    pub fn covering<'a>(&'a self, name: &DomainName, client: &ClientId) -> Option<&'a DomainName> {
        let (covering, holder) = self.covered_by(name)?;
        (holder == client).then_some(covering)
    }

    /// The most specific name that is held and covers `name`, with its holder.
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

    /// The claims of others that stand in the way of `client` on its way to `name`: on the name itself,
    /// and on names above and below it that their holders have not proven. A proof takes nothing from
    /// the holders above.
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

    /// When nothing of the register counts any more: where no claim of it is in force, the end of the
    /// last tombstone that is known.
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

    /// Whether it is in force, or a tombstone that has not had its time.
    fn counts(&self, now: Timestamp) -> bool {
        let released_at = self.released_at;
        released_at.is_none_or(|released_at| now < released_at + TOMBSTONE_WINDOW)
    }

    /// Whether it is in force, and no tombstone.
    fn is_active(&self) -> bool {
        self.released_at.is_none()
    }
}

impl Tombstone {
    /// Of a claim that ends now.
    pub(super) fn of(
        name: &DomainName,
        claim: &Claim,
        reservation: Reservation,
        now: Timestamp,
    ) -> Self {
        let released_at = claim.released_at.unwrap_or(now);
        // A proof is in DNS, and so may be the records of a client that did not give the name up.
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

/// Whether two names are the same, or one lies below the other.
fn touches(one: &DomainName, other: &DomainName) -> bool {
    one == other || one.is_below(other) || other.is_below(one)
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;

#[cfg(test)]
mod bounds_tests;
