//! A takeover of a domain with many names of other clients below it: in steps, within a time limit,
//! at a cost that grows only linearly with the number of names, and with crashes at any point.

use std::collections::BTreeMap;

use domain_auth::claims::ClaimRegister;
use domain_auth::domain::{Change, Domain};
use domain_auth::event::EventType;
use domain_auth::final_step::MANUAL;
use domain_auth::ports::{Clock, CommitChanges};
use domain_auth::state::{State, Status, Trigger};
use domain_auth::use_cases::SesBudget;
use domain_auth::use_cases::check::{CheckLimits, Checked, check};
use domain_auth_testkit::{SesFault, client, domain_name, identity, new_domain};
use futures::FutureExt;
use jiff::SignedDuration;

use crate::takeover::assert_taken;
use crate::world::{DAY, MINUTE, World, admin};

const NAME: &str = "example.com";

pub(super) fn below(n: usize) -> String {
    format!("n{n:04}.{NAME}")
}

impl World {
    /// Gives a client names below `example.com` that wait for their records, more than one client
    /// may have today.
    pub(super) fn squat(&self, client_id: &str, count: usize) {
        self.squat_below(client_id, NAME, count);
    }

    /// Gives a client such names below another name under `example.com`.
    pub(super) fn squat_below(&self, client_id: &str, parent: &str, count: usize) {
        let now = self.clock.now();
        let mut claims = self.claims(NAME);
        for n in 0..count {
            let new = new_domain(client_id, &format!("n{n:04}.{parent}"));
            claims = claims.taken(&new.name, &new.client, now);
            let state = State::provisioning();
            let register = Some(claims.clone());
            let added = Domain::add(new, state, register, admin(), now, &self.ids);
            let trigger = Trigger::Provisioned(identity(&added.domain.name));
            let pending = added
                .domain
                .transition(trigger, admin(), None, now, &self.ids);
            let mut pending = pending.unwrap();
            // SES is not asked about it in these tests.
            pending.domain.next_check = now + DAY * 300;
            self.write(&added);
            self.write(&pending);
        }
    }

    fn write(&self, change: &Change) {
        let written = self.store.commit(change);
        written.now_or_never().unwrap().unwrap();
    }

    fn claim_and_prove(&self, client_id: &str, name: &str) {
        assert_eq!(self.add(client_id, name).state.status(), Status::Contested);
        self.publish_proof(client_id, name);
    }

    pub(super) fn check(&self, client_id: &str, name: &str) -> Checked {
        let (client, name) = (client(client_id), domain_name(name));
        let budget = SesBudget::unlimited();
        let tools = self.tools(&budget);
        let actor = admin();
        let checked = check(
            &tools,
            &MANUAL,
            (&client, &name),
            &actor,
            CheckLimits::default(),
        );
        Box::pin(checked).now_or_never().unwrap().unwrap()
    }

    fn calls(&self, call: &str) -> usize {
        let log = self.crash.log();
        log.iter().filter(|passed| **passed == call).count()
    }

    pub(super) fn held_by(&self, client_id: &str, count: usize) -> usize {
        let claims = self.claims(NAME);
        let holds = |n: &usize| claims.holder(&domain_name(&below(*n))) == Some(&client(client_id));
        (0..count).filter(holds).count()
    }
}

#[test]
fn a_takeover_of_many_steps_reads_each_holder_once() {
    const COUNT: usize = 400;
    let world = World::new();
    world.squat("maple", COUNT);
    world.claim_and_prove("cedar", NAME);
    world.crash.live();
    world.check("cedar", NAME);
    let (reads, writes) = (world.calls("domain"), world.calls("committed"));
    assert_eq!(world.status("cedar", NAME), Some(Status::Provisioning));
    assert!((COUNT..COUNT + 10).contains(&reads), "{reads} reads");
    assert!(writes <= COUNT / 16 + 5, "{writes} writes");
    world.settle();
    assert_taken(&world, NAME, "all of them");
    assert_eq!(world.held_by("maple", COUNT), 0);
    for n in 0..COUNT {
        assert_eq!(world.status("maple", &below(n)), Some(Status::Contested));
        let types = world.event_types("maple", &below(n));
        assert_eq!(types, [EventType::Added, EventType::Displaced]);
    }
}

#[test]
fn a_takeover_that_runs_out_of_time_continues_in_the_next_run() {
    const COUNT: usize = 200;
    let world = World::new();
    world.squat("maple", COUNT);
    world.claim_and_prove("cedar", NAME);
    world
        .store
        .slow_down(&world.clock, SignedDuration::from_secs(2));
    let started = world.clock.now();
    let checked = world.check("cedar", NAME);
    let took = world.clock.now().duration_since(started);
    assert!(took < SignedDuration::from_secs(15), "{took:#}");
    // Its status is right: the record is found, the takeover is running, and Lasso support has
    // nothing to decide.
    let State::Contested(contested) = &checked.change.domain.state else {
        panic!("{:?}", checked.change.domain.state);
    };
    assert!(contested.taking_over_since.is_some() && contested.proven_at.is_none());
    let left = world.held_by("maple", COUNT);
    assert!((1..COUNT).contains(&left), "{left} of {COUNT} are left");
    assert!(
        checked.change.domain.next_check <= world.clock.now(),
        "due at once"
    );

    let mut runs = 0;
    while world.status("cedar", NAME) == Some(Status::Contested) {
        world.clock.advance(MINUTE);
        let started = world.clock.now();
        world.try_poll().unwrap();
        let took = world.clock.now().duration_since(started);
        assert!(
            took < SignedDuration::from_secs(55),
            "run {runs} took {took:#}"
        );
        runs += 1;
        assert!(runs < 20, "it comes to an end");
    }
    assert_eq!(world.held_by("maple", COUNT), 0);
}

#[test]
fn a_long_takeover_delays_no_other_domain_and_no_event() {
    let world = World::new();
    world.squat("maple", 300);
    world.claim_and_prove("cedar", NAME);
    world.add("oak", "other.org");
    world.ses.verify(&domain_name("other.org"));
    world
        .store
        .slow_down(&world.clock, SignedDuration::from_secs(3));
    world.poll_after(MINUTE);
    assert_eq!(
        world.status("cedar", NAME),
        Some(Status::Contested),
        "under way"
    );
    assert_eq!(world.status("oak", "other.org"), Some(Status::Verified));
    let types = world.event_types("oak", "other.org");
    assert_eq!(
        types,
        [EventType::Added, EventType::Verified],
        "in the same run"
    );
}

#[test]
fn a_crash_at_any_step_of_a_takeover_leaves_one_holder_per_name() {
    const COUNT: usize = 20;
    let prepare = || {
        let world = World::new();
        world.squat("maple", COUNT);
        world.claim_and_prove("cedar", NAME);
        world.clock.advance(SignedDuration::from_mins(5));
        world
    };
    let points = {
        let world = prepare();
        world.crash.live();
        world.try_poll().unwrap();
        let points = world.crash.log().len();
        assert_eq!(world.status("cedar", NAME), Some(Status::Provisioning));
        points
    };
    assert!(points > 60, "{points} points");
    for point in 1..=points {
        let world = prepare();
        world.crash.die_at(point);
        assert!(world.try_poll().is_none(), "point {point}");
        world.crash.live();
        for n in 0..COUNT {
            // The register and the domains agree at every moment.
            let name = below(n);
            let holds = world.holder(&name).as_deref() == Some("maple");
            let pending = world.status("maple", &name) == Some(Status::Pending);
            assert_eq!(holds, pending, "died at point {point}: {name}");
        }
        world.settle();
        assert_taken(&world, NAME, &format!("died at point {point}"));
        assert_eq!(world.held_by("maple", COUNT), 0, "point {point}");
        let mut told = BTreeMap::new();
        for event in world.topic.events() {
            if event.client == client("maple") && event.event_type == EventType::Displaced {
                told.insert(event.event_id, event.domain);
            }
        }
        assert_eq!(told.len(), COUNT, "point {point}: each is told once");
    }
}

#[test]
fn names_being_removed_do_not_delay_a_proof_of_a_name_above_them() {
    let world = World::new();
    for n in 0..30 {
        world.add("maple", &below(n));
    }
    world.claim_and_prove("cedar", NAME);
    world
        .ses
        .fail("DeleteEmailIdentity", &[SesFault::Unavailable; 1_000]);
    for n in 0..30 {
        world.remove("maple", &below(n));
    }
    world.poll_after(MINUTE);
    assert_eq!(
        world.holder(NAME).as_deref(),
        Some("cedar"),
        "at the first look"
    );
    // The names themselves are not free before their identities are gone.
    let (first, other) = (domain_name(&below(0)), client("cedar"));
    assert_eq!(world.holder(&below(0)).as_deref(), Some("maple"));
    assert_eq!(
        world.add("cedar", &below(0)).state.status(),
        Status::Contested
    );
    world.publish_proof("cedar", &below(0));
    world.poll_after(MINUTE);
    assert_eq!(world.status("cedar", &below(0)), Some(Status::Contested));
    world.ses.fail("DeleteEmailIdentity", &[]);
    for _ in 0..40 {
        world.poll_after(MINUTE);
    }
    let claims = world.claims(&below(0));
    assert_eq!(claims.holder(&first), Some(&other), "and then it is");
    assert_eq!(world.status("maple", &below(0)), None);
}

#[test]
fn a_holder_cannot_delay_a_proof_by_removing_and_adding_its_name() {
    let world = World::new();
    world.add("maple", NAME);
    world.claim_and_prove("cedar", NAME);
    world
        .ses
        .fail("DeleteEmailIdentity", &[SesFault::Unavailable; 3]);
    world.remove("maple", NAME);
    world.poll_after(SignedDuration::ZERO);
    assert_eq!(
        world.status("cedar", NAME),
        Some(Status::Contested),
        "it waits"
    );
    world.clock.advance(MINUTE);
    let again = world.add("maple", NAME);
    assert_eq!(
        again.state.status(),
        Status::Contested,
        "the name was lost meanwhile"
    );
    world.settle();
    assert_taken(&world, NAME, "then");
}

#[test]
fn a_takeover_works_with_a_register_that_an_earlier_release_filled() {
    let world = World::new();
    // 1,468 names of 250 octets: a register of nearly 400 KB.
    let labels = ["a".repeat(63), "b".repeat(63), "c".repeat(60)].join(".");
    let name_of = |n: usize| format!("n{n:06}.{labels}.{NAME}");
    let now = world.clock.now();
    let claims = (0..1_300).fold(ClaimRegister::empty(NAME), |claims, n| {
        claims.taken(&domain_name(&name_of(n)), &client("maple"), now)
    });
    world.store.put_claims(&claims);
    world.claim_and_prove("cedar", NAME);
    let refused = world.add("oak", &format!("mail.{NAME}"));
    assert_eq!(
        refused.state.status(),
        Status::Contested,
        "there is no room without proof"
    );
    world.crash.live();
    world.poll_after(MINUTE);
    world.settle();
    assert_taken(&world, NAME, "the proof has room");
    assert!(world.claims(NAME).size() < 1_000);
    world.publish_proof("oak", &format!("mail.{NAME}"));
    world.poll_after(DAY);
    assert_eq!(
        world.holder(&format!("mail.{NAME}")).as_deref(),
        Some("oak")
    );
}
