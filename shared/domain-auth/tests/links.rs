//! Links for people without a login: their limits, their ends, and crashes of functions.

use std::sync::Arc;

use domain_auth::domain::{Change, Domain};
use domain_auth::history::{Action, Actor};
use domain_auth::links::{LinkToken, MOST_LINKS};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{Clock, CommitChanges, ReadDomains};
use domain_auth::state::{DisplacedBy, State, Trigger};
use domain_auth::use_cases::links::{
    LinkRefusal, Made, Opened, make_link, open_link, withdraw_link,
};
use domain_auth::use_cases::{Failure, StoreTools};
use domain_auth_testkit::{
    CrashPoint, MemoryStore, SequentialIds, TestClock, TestPorts, client, domain_name, identity,
    new_domain,
};
use futures::FutureExt;
use jiff::SignedDuration;

struct World {
    store: MemoryStore,
    clock: TestClock,
    ids: SequentialIds,
    client: ClientId,
    name: DomainName,
}

impl World {
    fn new() -> Self {
        Self::on(MemoryStore::default())
    }

    fn on(store: MemoryStore) -> Self {
        let world = Self {
            store,
            clock: TestClock::default(),
            ids: SequentialIds::default(),
            client: client("maple-homes"),
            name: domain_name("example.com"),
        };
        let new = new_domain("maple-homes", "example.com");
        let (now, state) = (world.clock.now(), State::provisioning());
        let added = Domain::add(new, state, None, jo(), now, &world.ids);
        world.commit(&added);
        world.moved(Trigger::Provisioned(identity(&world.name)));
        world
    }

    fn tools(&self) -> StoreTools<'_, TestPorts> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    fn commit(&self, change: &Change) {
        let written = self.store.commit(change).now_or_never();
        written.expect("no wait").expect("a change written");
    }

    fn domain(&self) -> Domain {
        let domain = self.store.domain(&self.client, &self.name).now_or_never();
        let domain = domain.expect("no wait").expect("a store that answers");
        domain.expect("a domain")
    }

    fn moved(&self, trigger: Trigger) {
        let now = self.clock.now();
        let moved = self
            .domain()
            .transition(trigger, jo(), None, now, &self.ids);
        self.commit(&moved.expect("a transition that there is"));
    }

    fn make(&self, days: u32) -> Result<Made, Failure<LinkRefusal>> {
        let domain = (&self.client, &self.name);
        let made = make_link(&self.tools(), domain, days, &jo()).now_or_never();
        made.expect("no wait")
    }

    fn withdraw(&self, id: &str) -> Result<(), Failure<LinkRefusal>> {
        let domain = (&self.client, &self.name);
        let done = withdraw_link(&self.tools(), domain, id, &jo()).now_or_never();
        done.expect("no wait")
    }

    fn open(&self, token: &LinkToken) -> Option<Opened> {
        let opened = open_link(&self.store, &self.clock, token).now_or_never();
        opened.expect("no wait").expect("a store that answers")
    }
}

fn jo() -> Actor {
    Actor::client_admin("jo")
}

fn displaced() -> Trigger {
    Trigger::Displaced {
        ownership_secret: "d1".repeat(16),
        why: DisplacedBy::ProvenByAnotherClient,
    }
}

#[test]
fn a_link_opens_the_domain_for_the_requested_number_of_days() {
    let world = World::new();
    let made = world.make(3).unwrap();
    let opened = world.open(&made.token).expect("a live link");
    assert_eq!(
        (opened.domain.name, opened.link),
        (world.name.clone(), made.link)
    );
    world
        .clock
        .advance(SignedDuration::from_hours(72) - SignedDuration::from_secs(1));
    assert!(world.open(&made.token).is_some());
    world.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(world.open(&made.token), None);
}

#[test]
fn every_token_is_different() {
    let world = World::new();
    let (one, two) = (world.make(1).unwrap(), world.make(1).unwrap());
    assert_ne!(one.token, two.token);
    assert_ne!(one.link.id, two.link.id);
    world.withdraw(one.link.id.as_str()).unwrap();
    assert_eq!(world.open(&one.token), None);
    assert!(world.open(&two.token).is_some(), "the other one is live");
}

#[test]
fn a_link_is_withdrawn_once_and_only_at_its_own_domain() {
    let world = World::new();
    let made = world.make(14).unwrap();
    let no_such = |outcome| matches!(outcome, Err(Failure::Refused(LinkRefusal::NoSuchLink)));
    assert!(no_such(world.withdraw("another")));
    let other = client("cedar-homes");
    let id = made.link.id.as_str();
    let tools = world.tools();
    let foreign = withdraw_link(&tools, (&other, &world.name), id, &jo()).now_or_never();
    assert!(matches!(foreign.unwrap(), Err(Failure::NotFound)));
    assert!(world.open(&made.token).is_some());
    world.withdraw(id).unwrap();
    assert!(no_such(world.withdraw(id)));
    let history = world.store.history(&world.client, &world.name, 2, None);
    let history = history.now_or_never().unwrap().unwrap().items;
    let actions: Vec<Action> = history.iter().map(|line| line.action).collect();
    assert_eq!(actions, [Action::LinkWithdrawn, Action::LinkMade]);
}

#[test]
fn a_domain_has_no_more_than_ten_live_links() {
    let world = World::new();
    let first = world.make(1).unwrap();
    for _ in 1..MOST_LINKS {
        world.make(14).unwrap();
    }
    let before = world.domain();
    let refused = world.make(14);
    assert!(matches!(
        refused,
        Err(Failure::Refused(LinkRefusal::TooMany))
    ));
    assert_eq!(world.domain(), before);
    world.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(world.open(&first.token), None);
    world.make(14).expect("one has ended");
    assert_eq!(world.domain().links.len(), MOST_LINKS);
}

#[test]
fn links_end_when_the_client_loses_or_removes_the_domain() {
    for ends in [
        vec![displaced()],
        vec![Trigger::Removed],
        vec![Trigger::Removed, Trigger::Readded],
    ] {
        let world = World::new();
        let made = world.make(14).unwrap();
        for trigger in ends {
            world.moved(trigger);
        }
        assert!(world.domain().links.is_empty());
        assert_eq!(world.open(&made.token), None);
    }
}

#[test]
fn a_link_stays_invalid_after_its_domain_is_deleted_and_added_again() {
    let world = World::new();
    let made = world.make(14).unwrap();
    let mut gone = world.domain().updated(|_| {});
    gone.fate = domain_auth::domain::Fate::Deleted;
    world.commit(&gone);
    assert_eq!(world.open(&made.token), None);
    let new = new_domain("maple-homes", "example.com");
    let (now, state) = (world.clock.now(), State::provisioning());
    world.commit(&Domain::add(new, state, None, jo(), now, &world.ids));
    assert_eq!(world.open(&made.token), None);
}

#[test]
fn a_link_outlives_other_changes_of_state() {
    let world = World::new();
    let made = world.make(14).unwrap();
    for trigger in [
        Trigger::SesVerified,
        Trigger::Completed,
        Trigger::RecordsBroken {
            reason: "Gone.".to_owned(),
        },
        Trigger::RecordsRecovered,
    ] {
        world.moved(trigger);
        assert!(world.open(&made.token).is_some());
    }
}

#[test]
fn a_crash_at_any_step_leaves_a_complete_link_or_none() {
    // Each call of the store passes points at which the function may crash.
    for point in 1..20 {
        let crash = Arc::new(CrashPoint::default());
        let world = World::on(MemoryStore::new(Arc::clone(&crash)));
        crash.die_at(point);
        let domain = (&world.client, &world.name);
        let outcome = make_link(&world.tools(), domain, 14, &jo()).now_or_never();
        crash.live();
        let links = world.domain().links;
        let history = world.store.history(&world.client, &world.name, 9, None);
        let history = history.now_or_never().unwrap().unwrap().items;
        let told = history
            .iter()
            .filter(|line| line.action == Action::LinkMade);
        assert_eq!(told.count(), links.len(), "died at {point}");
        if let Some(outcome) = outcome {
            assert!(world.open(&outcome.unwrap().token).is_some());
            return;
        }
    }
    panic!("it never got through");
}
