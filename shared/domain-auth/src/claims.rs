//! Who holds which name: one holder for a domain, and nobody else above or below it.
//!
//! All claims under one organizational domain are one aggregate with one version, so that two
//! clients who race for a name, or for its parent and its child, cannot both win.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::names::{ClientId, DomainName};

/// How long a released name stays reserved for its former holder, whose records may still be in DNS.
pub const TOMBSTONE_WINDOW: SignedDuration = SignedDuration::from_hours(400 * 24);

/// The claims under one organizational domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimRegister {
    /// The organizational domain (RFC 7489 section 3.2).
    pub organizational: String,
    /// Grows by one with every change; zero before the first.
    pub version: u64,
    claims: BTreeMap<DomainName, Claim>,
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
    /// Nobody else has to do with it.
    Free,
    /// Somebody else holds it, its parent or its child, or held it not long ago: proof is needed.
    Contested,
}

impl ClaimRegister {
    /// The register before its first claim.
    pub fn empty(organizational: impl Into<String>) -> Self {
        Self {
            organizational: organizational.into(),
            version: 0,
            claims: BTreeMap::new(),
        }
    }

    /// How `client` stands with `name`.
    pub fn standing(&self, name: &DomainName, client: &ClientId, now: Timestamp) -> Standing {
        if let Some(own) = self.claims.get(name)
            && own.client == *client
        {
            if own.is_active() && !own.leaving {
                return Standing::Held;
            }
            if own.lost && own.counts(now) {
                return Standing::Contested;
            }
        }
        let contests = |(claimed, claim): (&DomainName, &Claim)| match claim.released_at {
            None => touches(claimed, name),
            Some(_) => claimed == name && claim.counts(now),
        };
        let contested = self
            .claims
            .iter()
            .filter(|(_, claim)| claim.client != *client)
            .any(contests);
        if contested {
            Standing::Contested
        } else {
            Standing::Free
        }
    }

    /// The claim that is in force on exactly `name`.
    pub fn claim(&self, name: &DomainName) -> Option<&Claim> {
        self.claims.get(name).filter(|claim| claim.is_active())
    }

    /// The client that holds exactly `name`, or held it last.
    pub fn last_holder(&self, name: &DomainName) -> Option<&ClientId> {
        self.claims.get(name).map(|claim| &claim.client)
    }

    /// The client that holds exactly `name`.
    pub fn holder(&self, name: &DomainName) -> Option<&ClientId> {
        self.claim(name).map(|claim| &claim.client)
    }

    /// Whether another client held exactly `name` before `client`, which has not proven it.
    pub fn was_anothers(&self, name: &DomainName, client: &ClientId) -> bool {
        let claim = self.claims.get(name);
        claim.is_some_and(|claim| claim.client != *client || claim.after_another)
    }

    /// The most specific name that `client` holds and that covers `name`: itself or one above it. A
    /// name in between that somebody else holds is theirs, with all below it; one that is being
    /// removed covers nothing.
    pub fn covering<'a>(&'a self, name: &DomainName, client: &ClientId) -> Option<&'a DomainName> {
        let mut names = name.ancestors();
        names.insert(0, name.clone());
        let (covering, holder) = names.iter().find_map(|name| {
            let (claimed, claim) = self.claims.get_key_value(name)?;
            (claim.is_active() && !claim.leaving).then_some((claimed, claim))
        })?;
        (holder.client == *client).then_some(covering)
    }

    /// The register after `client` took `name`. Tombstones that have had their time are dropped.
    #[must_use]
    pub fn taken(self, name: &DomainName, client: &ClientId, now: Timestamp) -> Self {
        self.with(name, Claim::new(client, now), now)
    }

    /// The claims of others that stand in the way of `client`, which has proven `name`: on the name
    /// itself, and on names above and below it that their holders have not proven.
    pub fn in_the_way<'a>(
        &'a self,
        name: &'a DomainName,
        client: &'a ClientId,
    ) -> impl Iterator<Item = (&'a DomainName, &'a Claim)> {
        self.claims.iter().filter(move |(claimed, claim)| {
            let may_stay = claim.proven_at.is_some() && *claimed != name;
            claim.client != *client && claim.is_active() && touches(claimed, name) && !may_stay
        })
    }

    /// The register after `client` took `name`, which it had proven to be its own. The holders of
    /// `lost` lose those names with it.
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

    /// The register after the holders of `names` lost them.
    #[must_use]
    pub fn lost(mut self, names: &[DomainName], now: Timestamp) -> Self {
        self.prune(now);
        for name in names {
            self.lose(name, now);
        }
        self.version += 1;
        self
    }

    /// The register while the domain of `client` is being removed. Where nobody holds the name any
    /// more, `client` holds it again, so that nobody else can while its identity is deleted.
    #[must_use]
    pub fn leaving(self, name: &DomainName, client: &ClientId, now: Timestamp) -> Self {
        let before = self.claims.get(name).cloned();
        let claim = Claim {
            leaving: true,
            released_at: None,
            ..before.unwrap_or_else(|| Claim::new(client, now))
        };
        if claim.client == *client {
            self.with(name, claim, now)
        } else {
            self
        }
    }

    fn with(mut self, name: &DomainName, mut claim: Claim, now: Timestamp) -> Self {
        // Before tombstones are dropped that have had their time: records have none.
        let after = self.claims.get(name);
        let after =
            after.is_some_and(|before| before.client != claim.client || before.after_another);
        claim.after_another = after && claim.proven_at.is_none();
        self.prune(now);
        self.claims.insert(name.clone(), claim);
        self.version += 1;
        self
    }

    /// The register after `client` gave up `name`. A claim of another client stays.
    #[must_use]
    pub fn released(mut self, name: &DomainName, client: &ClientId, now: Timestamp) -> Self {
        self.prune(now);
        if self
            .claims
            .get(name)
            .is_some_and(|claim| claim.client == *client)
        {
            self.release(name, now);
        }
        self.version += 1;
        self
    }

    fn lose(&mut self, name: &DomainName, now: Timestamp) {
        self.release(name, now);
        if let Some(claim) = self.claims.get_mut(name) {
            claim.lost = true;
        }
    }

    fn release(&mut self, name: &DomainName, now: Timestamp) {
        if let Some(claim) = self.claims.get_mut(name) {
            claim.released_at.get_or_insert(now);
            claim.leaving = false;
        }
    }

    /// The register without the claim of `client`, which turned out not to be theirs to make.
    #[must_use]
    pub fn withdrawn(mut self, name: &DomainName, client: &ClientId, now: Timestamp) -> Self {
        self.prune(now);
        if self.holder(name) == Some(client) {
            self.claims.remove(name);
        }
        self.version += 1;
        self
    }

    /// When nothing of the register counts any more: where all of it are tombstones, the end of the
    /// last one.
    pub fn expires_at(&self) -> Option<Timestamp> {
        let ends = self.claims.values();
        let ends = ends.map(|claim| Some(claim.released_at? + TOMBSTONE_WINDOW));
        ends.collect::<Option<Vec<Timestamp>>>()?.into_iter().max()
    }

    fn prune(&mut self, now: Timestamp) {
        self.claims.retain(|_, claim| claim.counts(now));
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

/// Whether two names are the same, or one lies below the other.
fn touches(one: &DomainName, other: &DomainName) -> bool {
    one == other || one.is_below(other) || other.is_below(one)
}

#[cfg(test)]
#[path = "claims_tests.rs"]
mod tests;
