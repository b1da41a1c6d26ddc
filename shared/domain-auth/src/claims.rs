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

    fn with(mut self, name: &DomainName, claim: Claim, now: Timestamp) -> Self {
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
    fn a_name_that_is_being_removed_is_held_and_covers_nothing() {
        let (maple, mail) = (client("maple"), name("mail.example.com"));
        let register = held_by_maple()
            .taken(&name("example.com"), &maple, NOW)
            .leaving(&mail, &maple, NOW);
        assert_eq!(register.holder(&mail), Some(&maple));
        assert_eq!(register.covering(&mail, &maple), Some(&name("example.com")));
        let other = register.standing(&mail, &client("cedar"), NOW);
        assert_eq!(other, Standing::Contested);
        let again = register.standing(&mail, &maple, NOW);
        assert_eq!(again, Standing::Free);
        let gone = register.released(&mail, &maple, NOW);
        assert_eq!(gone.holder(&mail), None);
        let other = gone
            .clone()
            .leaving(&name("example.com"), &client("cedar"), NOW);
        assert_eq!(other, gone, "nobody makes another client leave");
    }

    #[test]
    fn a_holder_keeps_its_name_beside_a_parent_of_another() {
        let register = held_by_maple().proven(&name("example.com"), &client("cedar"), &[], NOW);
        let standing = register.standing(&name("mail.example.com"), &client("maple"), NOW);
        assert_eq!(standing, Standing::Held);
    }

    #[test]
    fn what_is_proven_elsewhere_is_not_in_the_way() {
        let (maple, cedar) = (client("maple"), client("cedar"));
        let register = held_by_maple()
            .proven(&name("a.mail.example.com"), &client("oak"), &[], NOW)
            .taken(&name("b.mail.example.com"), &cedar, NOW)
            .taken(&name("news.example.com"), &maple, NOW);
        let in_the_way = |of: &str| -> Vec<String> {
            let of = name(of);
            let names = register.in_the_way(&of, &cedar);
            names.map(|(name, _)| name.to_string()).collect()
        };
        assert_eq!(in_the_way("mail.example.com"), ["mail.example.com"]);
        assert_eq!(
            in_the_way("a.mail.example.com"),
            ["a.mail.example.com", "mail.example.com"]
        );
        assert_eq!(
            in_the_way("example.com"),
            ["mail.example.com", "news.example.com"]
        );
        assert!(in_the_way("other.example.com").is_empty());
    }

    #[test]
    fn a_proven_name_is_taken_and_what_stood_in_its_way_is_lost() {
        let (maple, cedar, mail) = (client("maple"), client("cedar"), name("mail.example.com"));
        let before = held_by_maple().taken(&name("a.mail.example.com"), &maple, NOW);
        let lost = [mail.clone(), name("a.mail.example.com")];
        let register = before.clone().proven(&mail, &cedar, &lost, NOW);
        assert_eq!(register.version, before.version + 1);
        assert_eq!(register.holder(&mail), Some(&cedar));
        assert_eq!(register.claim(&mail).unwrap().proven_at, Some(NOW));
        assert_eq!(register.holder(&name("a.mail.example.com")), None);
        let again = register.standing(&name("a.mail.example.com"), &cedar, NOW);
        assert_eq!(again, Standing::Contested, "a tombstone");
        let lost = before.lost(&lost, NOW);
        assert_eq!(lost.holder(&mail), None);
    }

    #[test]
    fn a_name_that_was_lost_needs_proof_also_of_who_lost_it() {
        let (maple, mail) = (client("maple"), name("mail.example.com"));
        let lost = held_by_maple().lost(std::slice::from_ref(&mail), NOW);
        assert_eq!(lost.standing(&mail, &maple, NOW), Standing::Contested);
        let leaving = lost.leaving(&mail, &maple, NOW);
        assert_eq!(leaving.holder(&mail), Some(&maple));
        assert_eq!(leaving.standing(&mail, &maple, NOW), Standing::Contested);
        let gone = leaving.released(&mail, &maple, NOW);
        assert_eq!(gone.standing(&mail, &maple, NOW), Standing::Contested);
        let later = NOW + TOMBSTONE_WINDOW;
        assert_eq!(gone.standing(&mail, &maple, later), Standing::Free);
        let proven = gone.proven(&mail, &maple, &[], NOW);
        assert_eq!(proven.standing(&mail, &maple, NOW), Standing::Held);
    }

    #[test]
    fn a_register_of_tombstones_alone_ends_with_the_last_of_them() {
        let (maple, mail) = (client("maple"), name("mail.example.com"));
        let later = NOW + SignedDuration::from_hours(1);
        let held = held_by_maple().taken(&name("example.com"), &maple, NOW);
        let half = held.released(&mail, &maple, NOW);
        assert_eq!(half.expires_at(), None);
        let gone = half.released(&name("example.com"), &maple, later);
        assert_eq!(gone.expires_at(), Some(later + TOMBSTONE_WINDOW));
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
