//! Adding a domain again at any moment of its removal.

use std::pin::pin;

use domain_auth::history::Action;
use domain_auth::ports::Clock;
use domain_auth::state::{State, Status};
use domain_auth::use_cases::remove::Confirmation;
use domain_auth_testkit::{SesFault, new_domain};
use futures::FutureExt;

use super::{NAME, assert_gone, assert_whole};
use crate::world::{MINUTE, World};

#[test]
fn a_removed_domain_is_added_again_as_a_new_one() {
    let world = World::new();
    let first = world.add("maple", NAME);
    world.remove("maple", NAME);
    world.clock.advance(MINUTE);
    let again = world.add("maple", NAME);
    assert_eq!(again.state.status(), Status::Pending);
    assert!(again.added_at > first.added_at);
    assert_whole(&world, "at once");
    let lives: Vec<_> = world
        .events("maple", NAME)
        .into_iter()
        .map(|event| (event.added_at, event.sequence))
        .collect();
    assert!(lives.is_sorted(), "{lives:?}");
    assert_eq!(lives.len(), 3);
}

#[test]
fn a_domain_added_again_during_removal_keeps_its_identity() {
    let world = World::new();
    world.verified("maple", NAME);
    world
        .ses
        .fail("DeleteEmailIdentity", &[SesFault::Throttled]);
    world.remove("maple", NAME);
    let mut new = new_domain("maple", NAME);
    new.contact_email = Some(domain_auth::names::EmailAddress::parse("it@example.com").unwrap());
    let again = Box::pin(world.post(&new)).now_or_never().unwrap().unwrap();
    assert_eq!(
        again.state.status(),
        Status::Pending,
        "nothing is under way"
    );
    assert_eq!(again.contact_email, new.contact_email);
    assert_eq!(again.added_at, world.clock.now());
    assert_eq!((again.ses, again.dns_looked_at), (None, None));
    assert_eq!(world.ses.calls("DeleteEmailIdentity"), 1);
    world.settle();
    assert_eq!(world.ses.identities(), 1);
    let verified = world.status("maple", NAME);
    assert_eq!(verified, Some(Status::Verified), "its records are in DNS");
    assert_eq!(
        world.actions("maple", NAME)[3..],
        [
            Action::Removed,
            Action::Readded,
            Action::Provisioned,
            Action::Verified
        ]
    );
}

#[test]
fn a_domain_added_again_waits_until_a_running_deletion_has_ended() {
    let world = World::new();
    world.add("maple", NAME);
    let fault = [SesFault::Unavailable];
    world.ses.fail("DeleteEmailIdentity", &fault);
    world.remove("maple", NAME);
    let again = world.add("maple", NAME);
    let State::Provisioning(provisioning) = &again.state else {
        panic!("{again:?}");
    };
    assert_eq!(provisioning.deleting_until, Some(again.next_check));
    assert_eq!(world.ses.calls("CreateEmailIdentity"), 1, "not before");
    world.settle();
    assert_whole(&world, "in the end");
}

/// The deletion is slow at each of its steps in turn, while the client adds the domain again.
#[test]
fn a_late_deletion_spares_the_identity_of_a_domain_added_again() {
    let points = {
        let world = World::new();
        world.add("maple", NAME);
        world.crash.live();
        world.remove("maple", NAME);
        world.crash.log().len()
    };
    for point in 1..=points {
        for late in [false, true] {
            let context = format!("slow at point {point}, late: {late}");
            let world = World::new();
            world.add("maple", NAME);
            world.crash.die_at(point);
            let mut delete = pin!(world.delete("maple", NAME, Confirmation::Absent));
            assert!(delete.as_mut().now_or_never().is_none(), "{context}");
            world.crash.stop_no_other();
            world.add("maple", NAME);
            if !late {
                world.try_poll().unwrap();
            }
            world.crash.let_go();
            assert!(delete.now_or_never().is_some(), "{context}");
            world.settle();
            let marked = world.status("maple", NAME);
            if marked.is_none() {
                // The request to add arrived before the removal had written anything.
                assert_gone(&world, &context);
                continue;
            }
            assert_whole(&world, &context);
        }
    }
}

/// Two runs of the poller delete at the same time, and the new addition is slow.
#[test]
fn two_simultaneous_deletions_and_an_addition_end_in_one_consistent_state() {
    let prepare = || {
        let world = World::new();
        world.add("maple", NAME);
        world
            .ses
            .fail("DeleteEmailIdentity", &[SesFault::Throttled]);
        world.remove("maple", NAME);
        world.clock.advance(MINUTE);
        world
    };
    let new = new_domain("maple", NAME);
    let points = {
        let world = prepare();
        world.crash.live();
        world.add("maple", NAME);
        world.crash.log().len()
    };
    assert!(points > 15, "{points} points");
    for point in 1..=points {
        let context = format!("slow at point {point}");
        let world = prepare();
        world.crash.die_at(point);
        let mut post = Box::pin(world.post(&new));
        assert!(post.as_mut().now_or_never().is_none(), "{context}");
        world.crash.stop_no_other();
        world.try_poll().unwrap();
        world.crash.let_go();
        post.now_or_never().unwrap().unwrap();
        world.settle();
        assert_whole(&world, &context);
    }
}
