//! A slow check has no effect on a domain that changes meanwhile.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

use std::sync::Mutex;

use domain_auth::dns::{Lookup, Observation, Question, SecondLook, ZoneOutcome};
use domain_auth::domain::{Change, Domain};
use domain_auth::event::EventType;
use domain_auth::final_step::FinalStepPolicy;
use domain_auth::history::{Action, Actor};
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::limits::AdditionLimits;
use domain_auth::names::Eligibility;
use domain_auth::ports::{Clock, CommitChanges, Outbox, ReadDomains};
use domain_auth::records::records_of;
use domain_auth::state::{FailureReason, State, Status, Trigger};
use domain_auth::use_cases::add::{self, Addition};
use domain_auth::use_cases::check::{CheckError, CheckLimits, Checked, check};
use domain_auth::use_cases::remove::{self, Confirmation};
use domain_auth::use_cases::restart;
use domain_auth::use_cases::{SesBudget, Tools};
use domain_auth::use_cases::{StoreTools, provision};
use domain_auth_testkit::{
    FakeDns, FakeSes, MemoryStore, SequentialIds, TestClock, TestPorts, client, domain_name,
    identity, new_domain,
};
use futures::FutureExt;
use jiff::SignedDuration;

const NAME: &str = "example.com";

#[derive(Default)]
struct World {
    store: MemoryStore,
    ses: FakeSes,
    clock: TestClock,
    ids: SequentialIds,
    dns: FakeDns,
}

type Meanwhile<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Name servers that take 5 s, during which something happens.
struct SlowDns<'a> {
    world: &'a World,
    meanwhile: Mutex<Option<Meanwhile<'a>>>,
}

impl Lookup for SlowDns<'_> {
    fn fresh(&self) -> Self {
        Self {
            world: self.world,
            meanwhile: Mutex::default(),
        }
    }

    async fn zone(&self, name: &str) -> ZoneOutcome {
        if let Some(meanwhile) = self.meanwhile.lock().unwrap().take() {
            self.world.clock.advance(SignedDuration::from_secs(2));
            meanwhile();
            self.world.clock.advance(SignedDuration::from_secs(3));
        }
        self.world.dns.zone(name).await
    }

    async fn observe(&self, questions: &[Question]) -> Vec<Observation> {
        self.world.dns.observe(questions).await
    }

    async fn observe_source(&self, questions: &[Question]) -> Vec<Observation> {
        self.world.dns.observe_source(questions).await
    }

    async fn ask_again(&self, questions: &[Question]) -> Vec<SecondLook> {
        self.world.dns.ask_again(questions).await
    }
}

impl World {
    fn store_tools<L>(&self) -> StoreTools<'_, TestPorts<L>> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    fn tools<'a, L>(&'a self, dns: &'a L, budget: &'a SesBudget) -> Tools<'a, TestPorts<L>> {
        self.store_tools().with_ses(&self.ses, budget).with_dns(dns)
    }

    /// A check during which something happens.
    fn check_while(&self, meanwhile: impl FnOnce() + Send) -> Result<Checked, CheckError> {
        self.clock.advance(SignedDuration::from_mins(1));
        let dns = SlowDns {
            world: self,
            meanwhile: Mutex::new(Some(Box::new(meanwhile))),
        };
        let policy = FinalStepPolicy::parse("automatic", None).unwrap();
        let budget = SesBudget::unlimited();
        let tools = self.tools(&dns, &budget);
        let (client, name, actor) = (client("maple"), domain_name(NAME), actor());
        let checked = check(
            &tools,
            &policy,
            (&client, &name),
            &actor,
            CheckLimits::default(),
        );
        Box::pin(checked).now_or_never().unwrap()
    }

    fn add(&self) -> Domain {
        let budget = SesBudget::unlimited();
        let tools = self.tools(&self.dns, &budget);
        let (new, eligibility) = (new_domain("maple", NAME), Eligibility::default());
        let actor = actor();
        let none = AdditionLimits::NONE;
        let added = add::add(&tools, &eligibility, &new, &actor, none);
        let Addition::Created(change) = Box::pin(added).now_or_never().unwrap().unwrap() else {
            panic!("it was there");
        };
        let provisioned = provision::provision(&tools, change.domain);
        Box::pin(provisioned).now_or_never().unwrap().unwrap();
        for record in records_of(&domain_name(NAME), &identity(&domain_name(NAME))) {
            self.dns.publish(&record);
        }
        self.domain().unwrap()
    }

    fn delete(&self) {
        let budget = SesBudget::unlimited();
        let tools = self.tools(&self.dns, &budget);
        let (client, name, actor) = (client("maple"), domain_name(NAME), actor());
        let confirmed = Confirmation::Absent;
        let marked = remove::mark(&tools, (&client, &name), confirmed, &actor);
        let marked = Box::pin(marked).now_or_never().unwrap().unwrap().unwrap();
        let finished = remove::finish(&tools, marked.domain);
        Box::pin(finished).now_or_never().unwrap().unwrap();
    }

    fn restart(&self) {
        let budget = SesBudget::unlimited();
        let tools = self.tools(&self.dns, &budget);
        let (client, name, actor) = (client("maple"), domain_name(NAME), actor());
        let restarted = restart::restart(&tools, (&client, &name), &actor, 100);
        Box::pin(restarted).now_or_never().unwrap().unwrap();
    }

    fn domain(&self) -> Option<Domain> {
        let (client, name) = (client("maple"), domain_name(NAME));
        let read = self.store.domain(&client, &name);
        read.now_or_never().unwrap().unwrap()
    }

    fn apply(&self, trigger: Trigger) {
        let domain = self.domain().unwrap();
        let (now, actor) = (self.clock.now(), Actor::Service);
        let change = domain.transition(trigger, actor, None, now, &self.ids);
        self.commit(&change.unwrap());
    }

    fn commit(&self, change: &Change) {
        self.store.commit(change).now_or_never().unwrap().unwrap();
    }

    fn set_ses(&self, axis: AxisStatus) {
        let status = SesStatus {
            verification: axis,
            dkim: axis,
            mail_from: axis,
        };
        self.ses.set_status(&domain_name(NAME), status);
    }

    fn event_types(&self) -> Vec<EventType> {
        let events = self.store.unpublished_after(None, 100);
        let events = events.now_or_never().unwrap().unwrap();
        events.into_iter().map(|event| event.event_type).collect()
    }
}

fn actor() -> Actor {
    Actor::client_admin("kim")
}

#[test]
fn a_check_of_a_domain_that_is_removed_and_added_again_moves_nothing() {
    let world = World::default();
    world.add();
    world.set_ses(AxisStatus::Success);
    world.apply(Trigger::SesVerified);
    let checked = world.check_while(|| {
        world.delete();
        world.add();
        world.set_ses(AxisStatus::Pending);
    });
    let change = checked.unwrap().change;
    assert_eq!(change.domain.state.status(), Status::Pending);
    assert_eq!(change.event, None);
    assert_eq!(world.domain(), Some(change.domain), "nothing was written");
    assert!(!world.event_types().contains(&EventType::Authenticated));
}

#[test]
fn a_check_changes_nothing_of_a_readded_domain_with_the_same_version() {
    let world = World::default();
    world.add();
    world.set_ses(AxisStatus::Success);
    world.apply(Trigger::SesVerified);
    let read = world.domain().unwrap().version;
    let checked = world.check_while(|| {
        world.delete();
        world.add();
        world.set_ses(AxisStatus::Pending);
        // Until the version is the one that the check has written at its beginning.
        while world.domain().unwrap().version <= read {
            world.commit(&world.domain().unwrap().updated(|_| {}));
        }
    });
    assert_eq!(world.domain().unwrap().version, read + 1);
    let change = checked.unwrap().change;
    assert_eq!(change.domain.state.status(), Status::Pending);
    assert_eq!(world.domain(), Some(change.domain), "nothing was written");
}

#[test]
fn a_check_of_a_domain_that_is_removed_meanwhile_finds_nothing() {
    let world = World::default();
    world.add();
    world.set_ses(AxisStatus::Success);
    let checked = world.check_while(|| world.delete());
    assert!(matches!(checked, Err(CheckError::NotFound)), "{checked:?}");
    assert_eq!(world.domain(), None);
}

#[test]
fn a_check_overtaken_by_a_restart_changes_nothing() {
    let world = World::default();
    world.add();
    world.set_ses(AxisStatus::Failed);
    world.apply(Trigger::SesFailed(FailureReason::SesGaveUp));
    let told = world.event_types();
    let checked = world.check_while(|| world.restart());
    let change = checked.unwrap().change;
    assert_eq!(change.domain.state.status(), Status::Pending);
    assert_eq!(world.domain(), Some(change.domain), "nothing was written");
    assert_eq!(world.event_types(), told, "no second alert");
}

#[test]
fn a_check_overtaken_by_a_failure_emits_no_second_event() {
    let world = World::default();
    world.add();
    world.set_ses(AxisStatus::Failed);
    let checked = world.check_while(|| {
        world.apply(Trigger::SesFailed(FailureReason::SesGaveUp));
    });
    assert_eq!(checked.unwrap().change.event, None);
    let failures = world.event_types().into_iter();
    let failures = failures.filter(|event| *event == EventType::Failed);
    assert_eq!(failures.count(), 1);
}

#[test]
fn a_check_is_written_despite_a_simultaneous_look_in_the_same_state() {
    let world = World::default();
    world.add();
    world.set_ses(AxisStatus::Success);
    let checked = world.check_while(|| {
        let domain = world.domain().unwrap();
        world.commit(&domain.looked_at(|_| {}, world.clock.now()));
    });
    let change = checked.unwrap().change;
    assert_eq!(change.domain.state.status(), Status::Authenticated);
    let history = change.history.iter().map(|line| line.action);
    let history: Vec<Action> = history.collect();
    assert_eq!(
        history,
        [Action::Checked, Action::Verified, Action::Completed]
    );
    let stored = world.domain().unwrap();
    assert!(matches!(stored.state, State::Authenticated(_)));
}
