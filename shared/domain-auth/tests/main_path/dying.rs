//! The process crashes between any two of its steps.

use std::collections::HashSet;

use super::*;

#[test]
fn a_crash_at_any_step_of_an_addition_loses_and_repeats_nothing() {
    let points = {
        let world = World::new();
        world.crash.live();
        world.added("maple", "example.com");
        world.crash.log().len()
    };
    assert!(points > 15, "{points} points");
    for point in 1..=points {
        let world = World::new();
        world.crash.die_at(point);
        assert!(
            world.post(&new_domain("maple", "example.com")).is_none(),
            "point {point}"
        );
        world.crash.live();
        // A client that got no response repeats the request.
        world.added("maple", "example.com");
        finish(&world, &format!("died at point {point}"));
    }
}

#[test]
fn a_crash_at_any_step_of_a_run_loses_and_repeats_nothing() {
    // A run with all kinds of work: a registration, a look that changes a state, events.
    let prepare = || {
        let world = World::new();
        world.topic.set_down(true);
        world.added("maple", "example.org");
        world.ses.verify(&domain_name("example.org"));
        world
            .ses
            .fail("CreateEmailIdentity", &[SesFault::Throttled]);
        world.added("maple", "example.com");
        world.topic.set_down(false);
        world.clock.advance(MINUTE);
        world
    };
    let points = {
        let world = prepare();
        world.crash.live();
        world.poll().unwrap();
        world.crash.log().len()
    };
    assert!(points > 30, "{points} points");
    for point in 1..=points {
        let world = prepare();
        world.crash.die_at(point);
        assert!(world.poll().is_none(), "point {point}");
        world.crash.live();
        finish(&world, &format!("died at point {point}"));
        assert_eq!(
            world.status("example.org"),
            Status::Verified,
            "point {point}"
        );
    }
}

/// Runs the poller until nothing is left, and checks that each event id is published.
fn finish(world: &World, context: &str) {
    world.poll_after(MINUTE);
    world.ses.verify(&domain_name("example.com"));
    world.poll_after(MINUTE);
    world.poll_after(MINUTE);
    assert_eq!(world.status("example.com"), Status::Verified, "{context}");
    assert_eq!(world.store.outbox_length(), 0, "{context}");
    let events: HashSet<_> = world
        .topic
        .events()
        .into_iter()
        .map(|event| (event.event_id, event.domain.to_string(), event.event_type))
        .collect();
    for name in world
        .store
        .all_domains()
        .iter()
        .map(|domain| domain.name.to_string())
    {
        for event_type in [EventType::Added, EventType::Verified] {
            let times = events
                .iter()
                .filter(|(_, domain, found)| *domain == name && *found == event_type)
                .count();
            assert_eq!(times, 1, "{context}: {name} {event_type:?}");
        }
    }
}
