//! Events name the person who said that the client is ready, and the one who wrote the note.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

use domain_auth::domain::Domain;
use domain_auth::event::Event;
use domain_auth::history::{Actor, Person};
use domain_auth::names::{DisplayName, Note};
use domain_auth::ports::{Clock, CommitChanges};
use domain_auth::state::{State, Trigger};
use domain_auth::use_cases::StoreTools;
use domain_auth::use_cases::notify::{Notified, notify};
use domain_auth_testkit::{
    FakeDns, MemoryStore, SequentialIds, TestClock, TestPorts, client, domain_name, identity,
    new_domain,
};
use futures::FutureExt;

type Ports = TestPorts<FakeDns>;

#[derive(Default)]
struct World {
    store: MemoryStore,
    clock: TestClock,
    ids: SequentialIds,
}

impl World {
    /// A pending domain.
    fn pending() -> Self {
        let world = Self::default();
        let (new, now) = (new_domain("maple", "example.com"), world.clock.now());
        let state = State::provisioning();
        let added = Domain::add(new, state, None, Actor::Service, now, &world.ids);
        let commit = world.store.commit(&added);
        commit.now_or_never().unwrap().unwrap();
        let trigger = Trigger::Provisioned(identity(&added.domain.name));
        world.moved(&added.domain, trigger);
        world
    }

    fn moved(&self, domain: &Domain, trigger: Trigger) -> Option<Event> {
        let now = self.clock.now();
        let change = domain.transition(trigger, Actor::Service, None, now, &self.ids);
        let change = change.unwrap();
        let commit = self.store.commit(&change);
        commit.now_or_never().unwrap().unwrap();
        change.event
    }

    fn notify(&self, actor: &Actor, note: Option<&str>) -> Notified {
        let tools = StoreTools::<Ports> {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        };
        let note = note.map(|note| Note::parse(note).unwrap());
        let domain = (&client("maple"), &domain_name("example.com"));
        let notified = notify(&tools, domain, note.as_ref(), actor, true);
        notified.now_or_never().unwrap().unwrap()
    }
}

fn person(name: &str) -> Option<Person> {
    Person::new(DisplayName::of_claim(name), None)
}

fn admin(name: &str) -> Actor {
    Actor::ClientAdmin {
        subject: "1".to_owned(),
        person: person(name),
    }
}

fn named(event: &Event) -> [Option<&str>; 2] {
    [event.ready_by.as_deref(), event.note_by.as_deref()]
}

#[test]
fn the_alert_names_who_is_ready_and_who_wrote() {
    let world = World::pending();
    let kim = admin("admin@cedarhomes.com");
    let said = world.notify(&kim, Some("All is in."));
    let name = Some("admin@cedarhomes.com");
    assert_eq!(named(&said.event.unwrap()), [name, name]);

    // Another person adds a note, which raises no alert of its own.
    let later = world.notify(&admin("Sam"), Some("One more thing."));
    assert!(later.event.is_none());
    let verified = world.moved(&later.domain, Trigger::SesVerified).unwrap();
    assert_eq!(named(&verified), [name, Some("Sam")]);

    let erased = verified.without_persons();
    assert_eq!(named(&erased), [None, None]);
}

#[test]
fn lasso_support_is_named_as_such_and_an_unknown_person_is_not() {
    let support = Actor::LassoSupport {
        subject: "7".to_owned(),
        person: person("Dana Lee"),
    };
    for (actor, name) in [
        (support, Some("Dana Lee, Lasso support")),
        (Actor::lasso_support("7"), Some("Lasso support")),
        (Actor::client_admin("1"), None),
    ] {
        let said = World::pending().notify(&actor, None);
        assert_eq!(named(&said.event.unwrap()), [name, None]);
    }
}
