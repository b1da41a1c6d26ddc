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
        let mut standing = Standing::Free;
        for (claimed, claim) in &self.claims {
            if claim.client == *client {
                if claimed == name && claim.released_at.is_none() {
                    standing = Standing::Held;
                }
                continue;
            }
            let contests = match claim.released_at {
                None => claimed == name || claimed.is_below(name) || name.is_below(claimed),
                Some(released_at) => claimed == name && now < released_at + TOMBSTONE_WINDOW,
            };
            if contests {
                return Standing::Contested;
            }
        }
        standing
    }

    /// The client that holds exactly `name`.
    pub fn holder(&self, name: &DomainName) -> Option<&ClientId> {
        self.claims
            .get(name)
            .filter(|claim| claim.released_at.is_none())
            .map(|claim| &claim.client)
    }

    /// The most specific name that `client` holds and that covers `name`: itself or one above it. A
    /// name in between that somebody else holds is theirs, with all below it.
    pub fn covering<'a>(&'a self, name: &DomainName, client: &ClientId) -> Option<&'a DomainName> {
        let mut names = name.ancestors();
        names.insert(0, name.clone());
        let (covering, holder) = names.iter().find_map(|name| {
            let (claimed, claim) = self.claims.get_key_value(name)?;
            claim.released_at.is_none().then_some((claimed, claim))
        })?;
        (holder.client == *client).then_some(covering)
    }

    /// The register after `client` took `name`. Tombstones that have had their time are dropped.
    #[must_use]
    pub fn taken(mut self, name: &DomainName, client: &ClientId, now: Timestamp) -> Self {
        self.prune(now);
        self.claims.insert(
            name.clone(),
            Claim {
                client: client.clone(),
                since: now,
                released_at: None,
            },
        );
        self.version += 1;
        self
    }

    /// The register after `client` gave up `name`. A claim of another client stays.
    #[must_use]
    pub fn released(mut self, name: &DomainName, client: &ClientId, now: Timestamp) -> Self {
        self.prune(now);
        if let Some(claim) = self.claims.get_mut(name)
            && claim.client == *client
        {
            claim.released_at.get_or_insert(now);
        }
        self.version += 1;
        self
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

    fn prune(&mut self, now: Timestamp) {
        self.claims.retain(|_, claim| {
            claim
                .released_at
                .is_none_or(|released_at| now < released_at + TOMBSTONE_WINDOW)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).unwrap()
    }

    fn client(text: &str) -> ClientId {
        ClientId::parse(text).unwrap()
    }

    fn held_by_maple() -> ClaimRegister {
        ClaimRegister::empty("example.com").taken(&name("mail.example.com"), &client("maple"), NOW)
    }

    #[test]
    fn a_held_name_its_parent_and_its_child_are_contested_for_others() {
        let register = held_by_maple();
        for other in ["mail.example.com", "example.com", "a.mail.example.com"] {
            let standing = register.standing(&name(other), &client("cedar"), NOW);
            assert_eq!(standing, Standing::Contested, "{other}");
        }
        let sibling = register.standing(&name("news.example.com"), &client("cedar"), NOW);
        assert_eq!(sibling, Standing::Free);
    }

    #[test]
    fn the_holder_may_add_above_and_below_its_own_name() {
        let register = held_by_maple();
        let maple = client("maple");
        assert_eq!(
            register.standing(&name("mail.example.com"), &maple, NOW),
            Standing::Held
        );
        assert_eq!(
            register.standing(&name("example.com"), &maple, NOW),
            Standing::Free
        );
        assert_eq!(
            register.standing(&name("a.mail.example.com"), &maple, NOW),
            Standing::Free
        );
    }

    #[test]
    fn a_released_name_stays_contested_for_others_for_400_days() {
        let register = held_by_maple().released(&name("mail.example.com"), &client("maple"), NOW);
        let at = |hours| NOW + SignedDuration::from_hours(hours);
        let standing =
            |who: &str, now| register.standing(&name("mail.example.com"), &client(who), now);
        assert_eq!(standing("cedar", at(1)), Standing::Contested);
        assert_eq!(standing("cedar", at(400 * 24)), Standing::Free);
        assert_eq!(standing("maple", at(1)), Standing::Free);
        assert_eq!(register.holder(&name("mail.example.com")), None);
    }

    #[test]
    fn a_withdrawn_claim_leaves_no_trace() {
        let (mail, maple) = (name("mail.example.com"), client("maple"));
        let register = held_by_maple().withdrawn(&mail, &maple, NOW);
        assert_eq!(
            register.standing(&mail, &client("cedar"), NOW),
            Standing::Free
        );
        let other = held_by_maple().withdrawn(&mail, &client("cedar"), NOW);
        assert_eq!(other.holder(&mail), Some(&maple));
    }

    #[test]
    fn a_name_covers_all_below_it_for_its_holder_alone() {
        let (maple, cedar) = (client("maple"), client("cedar"));
        let register = held_by_maple().taken(&name("example.com"), &maple, NOW);
        let covering = |of: &str, client| {
            let covering = register.covering(&name(of), client);
            covering.map(DomainName::as_str)
        };
        let mail = Some("mail.example.com");
        assert_eq!(covering("mail.example.com", &maple), mail);
        assert_eq!(covering("a.b.mail.example.com", &maple), mail);
        assert_eq!(covering("news.example.com", &maple), Some("example.com"));
        assert_eq!(covering("mail.example.com", &cedar), None);
        assert_eq!(covering("example.org", &maple), None);
    }

    #[test]
    fn what_another_holds_or_one_gave_up_covers_nothing() {
        let (maple, cedar) = (client("maple"), client("cedar"));
        let register = held_by_maple().taken(&name("example.com"), &cedar, NOW);
        assert_eq!(register.covering(&name("a.mail.example.com"), &cedar), None);
        let mail = name("mail.example.com");
        let released = register.released(&mail, &maple, NOW);
        assert_eq!(released.covering(&mail, &maple), None);
        assert_eq!(released.covering(&mail, &cedar), Some(&name("example.com")));
    }

    #[test]
    fn nobody_releases_the_claim_of_another() {
        let register = held_by_maple().released(&name("mail.example.com"), &client("cedar"), NOW);
        assert_eq!(
            register.holder(&name("mail.example.com")),
            Some(&client("maple"))
        );
    }
}
