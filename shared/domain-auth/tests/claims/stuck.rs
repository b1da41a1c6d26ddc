//! A proven claim about which Lasso support does not decide.

use domain_auth::event::{Event, EventType};
use domain_auth::history::{Action, Actor};
use domain_auth::ports::Clock;
use domain_auth::state::{State, Status};
use domain_auth::use_cases::poll::Settings;
use domain_auth_testkit::{client, domain_name};
use jiff::{SignedDuration, Timestamp};

use crate::world::{DAY, World};

const NAME: &str = "example.com";
const STEP: SignedDuration = SignedDuration::from_mins(10);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn proven_at(world: &World) -> Option<Timestamp> {
    match world.domain("cedar", NAME)?.state {
        State::Contested(contested) => contested.proven_at,
        State::Provisioning(_) | State::Pending(_) | State::Verified(_) => None,
        State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) => None,
        State::Rejected(_) | State::Removing(_) => None,
    }
}

fn stuck(world: &World) -> Vec<Event> {
    let events = world.events("cedar", NAME).into_iter();
    events
        .filter(|event| event.event_type == EventType::Stuck)
        .collect()
}

/// A claim that is proven two days after it was made.
fn proven() -> World {
    let world = World::new();
    world.verified("maple", NAME);
    world.add("cedar", NAME);
    world.poll_after(DAY * 2);
    world.publish_proof("cedar", NAME);
    world.poll_after(DAY);
    assert!(proven_at(&world).is_some());
    world
}

#[test]
fn support_is_told_once_of_a_proven_claim_that_waits_for_its_decision() {
    let world = proven();
    let told_at = proven_at(&world).unwrap() + Settings::default().patience.staff;
    let mut looks = 0;
    while world.clock.now() + STEP < told_at {
        let before = world.domain("cedar", NAME).unwrap();
        world.poll_after(STEP);
        let after = world.domain("cedar", NAME).unwrap();
        assert!(after.next_check <= told_at && after.next_check > world.clock.now());
        looks += usize::from(after.dns_looked_at != before.dns_looked_at);
    }
    assert!(looks >= 8, "{looks} looks: at least one in six hours");
    assert_eq!(stuck(&world), []);
    world.poll_after(STEP * 2);
    let told = stuck(&world);
    let [event] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(event.status, Status::Contested);
    let side = &event.other_sides[0];
    assert_eq!(
        (&side.client, &side.domain),
        (&client("maple"), &domain_name(NAME))
    );
    assert!(event.wanted.as_ref().unwrap().starts_with("Decide who"));
    assert!(event.summary.contains("has waited for Lasso support"));
    let after = world.domain("cedar", NAME).unwrap();
    assert!(
        after.next_check > world.clock.now(),
        "it is not due in every run"
    );
    for _ in 0..20 {
        world.poll_after(HOUR * 7);
    }
    assert_eq!(stuck(&world).len(), 1);
    let line = world.history("cedar", NAME);
    let line = line.iter().find(|line| line.action == Action::Stuck);
    let since = &line.unwrap().evidence.as_ref().unwrap().for_support()["since"];
    let since: Timestamp = since.as_str().unwrap().parse().unwrap();
    assert_eq!(since, proven_at(&world).unwrap());
    assert_eq!(line.unwrap().actor, Actor::Service);
}

#[test]
fn a_stuck_claim_without_a_holder_asks_support_to_grant_it() {
    let world = proven();
    let claimant = world.domain("cedar", NAME).unwrap();
    world.dns.unpublish(&claimant.records()[0]);
    world.remove("maple", NAME);
    world.settle();
    for _ in 0..9 {
        world.poll_after(HOUR * 6);
    }
    let told = stuck(&world);
    let [event] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(event.other_sides, []);
    assert!(
        event
            .wanted
            .as_ref()
            .unwrap()
            .starts_with("Grant the claim")
    );
}
