//! A grant of Lasso support that takes longer than its request: it is stored, and the poller finishes it.

use domain_auth::event::EventType;
use domain_auth::history::Action;
use domain_auth::ports::Clock;
use domain_auth::state::{Status, Trigger};
use domain_auth::use_cases::Failure;
use domain_auth::use_cases::release::{ReleaseError, ReleaseRefusal, Released, Verdict, release};
use domain_auth_testkit::{client, domain_name};
use futures::FutureExt;
use jiff::SignedDuration;

use crate::release::{REASON, order, supporter};
use crate::steps::below;
use crate::takeover::assert_taken;
use crate::world::{MINUTE, World};

const NAME: &str = "example.com";

/// Lasso sends for `example.com` of `maple`, which also has this many waiting names below it;
/// `cedar` has proven `example.com`.
fn prepare(below: usize) -> World {
    let world = World::new();
    world.authenticated("maple", NAME);
    world.squat("maple", below);
    world.add("cedar", NAME);
    world.publish_proof("cedar", NAME);
    world.settle();
    let claimant = world.domain("cedar", NAME).unwrap();
    assert!(claimant.state.is_proven_claim());
    world
}

fn slow_down(world: &World, seconds: i64) {
    let each_write = SignedDuration::from_secs(seconds);
    world.store.slow_down(&world.clock, each_write);
}

impl World {
    fn grant(&self, confirmed: bool) -> Option<Result<Released, ReleaseError>> {
        self.grant_of(NAME, confirmed)
    }

    fn grant_of(&self, name: &str, confirmed: bool) -> Option<Result<Released, ReleaseError>> {
        let (client, name) = (client("cedar"), domain_name(name));
        let tools = self.store_tools();
        let (order, supporter) = (order(Verdict::Grant, confirmed), supporter());
        let released = release(&tools, (&client, &name), &order, &supporter);
        Box::pin(released).now_or_never()
    }

    fn assert_granted(&self, count: usize, context: &str) {
        assert_taken(self, NAME, context);
        assert_eq!(self.held_by("maple", count), 0, "{context}");
        for name in (0..count).map(below).chain([NAME.to_owned()]) {
            let lost = self.domain("maple", &name).unwrap();
            assert_eq!(lost.state.status(), Status::Contested, "{context}: {name}");
            let types = self.event_types("maple", &name);
            let displaced = types.iter().filter(|told| **told == EventType::Displaced);
            assert_eq!(displaced.count(), 1, "{context}: {name} is told once");
            let sentences = lost.state.displacement().unwrap().sentences(&lost.name);
            assert!(sentences.contains(REASON), "{context}: {sentences}");
        }
        let mut history = self.history("cedar", NAME).into_iter();
        let decided =
            history.find(|entry| entry.action == Action::ProofFound && entry.actor == supporter());
        assert!(
            decided.is_some(),
            "{context}: it is the decision of a person"
        );
    }
}

#[test]
fn a_grant_that_runs_out_of_time_is_finished_by_the_poller() {
    const COUNT: usize = 100;
    let world = prepare(COUNT);
    slow_down(&world, 2);
    let granted = world.grant(true).unwrap().unwrap();
    assert!(granted.goes_on);
    let grant = granted.domain.state.grant().expect("it is stored");
    assert_eq!(
        (grant.actor.clone(), grant.reason.as_str()),
        (supporter(), REASON)
    );
    assert_eq!(world.domain("cedar", NAME).unwrap(), granted.domain);
    let left = world.held_by("maple", COUNT);
    assert!((1..COUNT).contains(&left), "{left} of {COUNT} are left");
    assert!(
        granted.domain.next_check <= world.clock.now(),
        "due at once"
    );
    for _ in 0..5 {
        world.poll_after(MINUTE);
    }
    world.assert_granted(COUNT, "by the poller");
}

#[test]
fn a_repeated_grant_continues_where_it_stopped() {
    const COUNT: usize = 100;
    let world = prepare(COUNT);
    slow_down(&world, 2);
    let mut left = COUNT;
    let mut answers = 0;
    loop {
        let granted = world.grant(true).unwrap().unwrap();
        answers += 1;
        let now = world.held_by("maple", COUNT);
        if !granted.goes_on {
            assert_eq!(granted.domain.state.status(), Status::Provisioning);
            break;
        }
        assert!(now < left, "each has done a part: {now} of {left}");
        left = now;
    }
    assert!(answers > 1, "{answers}");
    world.settle();
    world.assert_granted(COUNT, "by repeating");
}

#[test]
fn a_check_during_a_grant_continues_the_grant() {
    const COUNT: usize = 60;
    let world = prepare(COUNT);
    slow_down(&world, 2);
    assert!(world.grant(true).unwrap().unwrap().goes_on);
    world.clock.advance(MINUTE);
    world.check("cedar", NAME);
    for _ in 0..5 {
        world.poll_after(MINUTE);
    }
    world.assert_granted(COUNT, "after a check");
}

#[test]
fn a_crash_at_any_step_of_a_long_grant_loses_nothing() {
    const COUNT: usize = 20;
    let points = {
        let world = prepare(COUNT);
        world.crash.live();
        world.grant(true).unwrap().unwrap();
        world.crash.log().len()
    };
    assert!(points > 20, "{points} points");
    for point in 1..=points {
        let context = format!("died at point {point}");
        let world = prepare(COUNT);
        world.crash.die_at(point);
        assert!(world.grant(true).is_none(), "{context}");
        world.crash.live();
        let begun = world.held_by("maple", COUNT) < COUNT;
        let stored = world.domain("cedar", NAME).unwrap();
        let taken = stored.state.status() != Status::Contested;
        assert_eq!(begun, taken || stored.state.grant().is_some(), "{context}");
        world.settle();
        if !begun {
            // Nothing was written, as if there had been no request.
            assert_eq!(world.status("cedar", NAME), Some(Status::Contested));
            assert_eq!(world.status("maple", NAME), Some(Status::Authenticated));
            world.grant(true).unwrap().unwrap();
            world.settle();
        }
        world.assert_granted(COUNT, &context);
    }
}

/// Only a confirmed decision ends sending, even while the decision is being carried out.
#[test]
fn an_unconfirmed_grant_ends_if_lasso_starts_to_send_for_the_holder() {
    // It comes after the other names below it, so it is lost last.
    const LAST: &str = "zulu.example.com";
    let world = World::new();
    world.verified("maple", LAST);
    world.squat_below("maple", LAST, 60);
    world.add("cedar", LAST);
    world.publish_proof("cedar", LAST);
    world.settle();
    slow_down(&world, 6);
    let granted = world.grant_of(LAST, false).unwrap().unwrap();
    assert!(granted.goes_on);
    assert_eq!(world.status("maple", LAST), Some(Status::Verified));
    world.moves("maple", LAST, Trigger::Completed);
    for _ in 0..5 {
        world.poll_after(MINUTE);
    }
    assert_eq!(world.status("maple", LAST), Some(Status::Authenticated));
    let claimant = world.domain("cedar", LAST).unwrap();
    assert!(claimant.state.is_proven_claim() && claimant.state.grant().is_none());
    let told = world.events("cedar", LAST).pop().unwrap();
    let holder = format!("maple ({LAST}, authenticated)");
    assert!(told.summary.contains(&holder), "{}", told.summary);
    let refused = world.grant_of(LAST, false).unwrap();
    assert!(matches!(
        refused,
        Err(Failure::Refused(ReleaseRefusal::Unconfirmed { .. }))
    ));
    world.grant_of(LAST, true).unwrap().unwrap();
    for _ in 0..5 {
        world.poll_after(MINUTE);
    }
    assert_taken(&world, LAST, "confirmed");
}
