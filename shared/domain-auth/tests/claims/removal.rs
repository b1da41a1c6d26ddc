//! Removing a domain.

mod added_again;

use domain_auth::claims::Standing;
use domain_auth::event::EventType;
use domain_auth::history::Action;
use domain_auth::ports::{Clock, Refusal};
use domain_auth::state::Status;
use domain_auth::use_cases::Failure;
use domain_auth::use_cases::poll::Counter;
use domain_auth::use_cases::remove::{Confirmation, RemoveError, RemoveRefusal};
use domain_auth_testkit::{SesFault, client, domain_name, new_domain};
use futures::FutureExt;
use jiff::SignedDuration;

use crate::world::{MINUTE, World};

const NAME: &str = "example.com";
const BELOW: &str = "mail.example.com";

fn assert_gone(world: &World, context: &str) {
    assert_eq!(world.status("maple", NAME), None, "{context}");
    assert_eq!(world.ses.client_of(&domain_name(NAME)), None, "{context}");
    assert_eq!(world.holder(NAME), None, "{context}");
    assert_eq!(world.store.outbox_length(), 0, "{context}");
    let types = world.event_types("maple", NAME);
    let removed = types.iter().filter(|found| **found == EventType::Removed);
    assert_eq!(removed.count(), 1, "{context}");
}

/// One domain, one identity and one claim, all of the same client.
fn assert_whole(world: &World, context: &str) {
    assert_eq!(
        world.status("maple", NAME),
        Some(Status::Pending),
        "{context}"
    );
    let tag = world.ses.client_of(&domain_name(NAME));
    assert_eq!(tag, Some(Some("maple".to_owned())), "{context}");
    assert_eq!(world.holder(NAME).as_deref(), Some("maple"), "{context}");
    let claims = world.claims(NAME);
    let now = world.clock.now();
    let standing = claims.standing(&domain_name(NAME), &client("maple"), now);
    assert_eq!(standing, Standing::Held, "{context}");
    assert_eq!(world.store.outbox_length(), 0, "{context}");
}

#[test]
fn removal_deletes_identity_and_item_and_keeps_the_history() {
    let world = World::new();
    world.add("maple", NAME);
    world.remove("maple", NAME);
    assert_gone(&world, "removed");
    let actions = world.actions("maple", NAME);
    assert_eq!(
        actions,
        [Action::Added, Action::Provisioned, Action::Removed]
    );
    let contested = world.add("cedar", NAME);
    assert_eq!(contested.state.status(), Status::Contested, "a tombstone");
    let events = world.events("maple", NAME);
    assert!(
        events
            .iter()
            .all(|event| event.added_at == events[0].added_at)
    );
}

#[test]
fn removing_an_unknown_domain_fails_and_repeated_removals_act_once() {
    let world = World::new();
    let missing = world
        .delete("maple", NAME, Confirmation::Given)
        .now_or_never()
        .unwrap();
    assert!(matches!(missing, Err(RemoveError::NotFound)));
    world.add("maple", NAME);
    let fault = [SesFault::Unavailable; 9];
    world.ses.fail("DeleteEmailIdentity", &fault);
    for _ in 0..3 {
        world.remove("maple", NAME);
    }
    assert_eq!(world.status("maple", NAME), Some(Status::Removing));
    assert_eq!(world.ses.calls("DeleteEmailIdentity"), 1);
    let others = world
        .delete("cedar", NAME, Confirmation::Given)
        .now_or_never()
        .unwrap();
    assert!(matches!(others, Err(RemoveError::NotFound)));
}

#[test]
fn a_domain_that_sends_is_removed_only_with_a_confirmation() {
    let world = World::new();
    world.authenticated("maple", NAME);
    let unconfirmed = world
        .delete("maple", NAME, Confirmation::Absent)
        .now_or_never()
        .unwrap();
    let Err(Failure::Refused(RemoveRefusal::Unconfirmed(name))) = unconfirmed else {
        panic!("{unconfirmed:?}");
    };
    assert_eq!(name, domain_name(NAME));
    assert_eq!(world.status("maple", NAME), Some(Status::Authenticated));
    world.add("maple", BELOW);
    for (name, of_another) in [(NAME, "Unconfirmed"), (BELOW, "OtherConfirmed")] {
        let delete = world.delete("maple", name, Confirmation::OfAnother);
        let Err(Failure::Refused(refused)) = delete.now_or_never().unwrap() else {
            panic!("it was not refused");
        };
        assert!(
            format!("{refused:?}").starts_with(of_another),
            "{refused:?}"
        );
        assert!(world.status("maple", name).is_some());
    }
    let confirmed = world
        .delete("maple", NAME, Confirmation::Given)
        .now_or_never()
        .unwrap();
    confirmed.unwrap();
    world.settle();
    assert_gone(&world, "confirmed");
}

#[test]
fn a_removal_succeeds_if_the_identity_is_already_gone() {
    let world = World::new();
    world.add("maple", NAME);
    world.ses.forget(&domain_name(NAME));
    world.remove("maple", NAME);
    assert_gone(&world, "it was deleted by hand");
}

#[test]
fn the_poller_finishes_deletions_that_ses_refused_at_first() {
    for fault in [
        SesFault::Throttled,
        SesFault::Unavailable,
        SesFault::AnswerLost,
        SesFault::Refused(Refusal::Other),
    ] {
        let world = World::new();
        world.add("maple", NAME);
        world.ses.fail("DeleteEmailIdentity", &[fault; 2]);
        world.remove("maple", NAME);
        assert_eq!(world.status("maple", NAME), Some(Status::Removing));
        assert_eq!(
            world.holder(NAME).as_deref(),
            Some("maple"),
            "held until then"
        );
        world.settle();
        assert_gone(&world, &format!("{fault:?}"));
    }
}

#[test]
fn a_domain_is_removed_from_every_state() {
    type Prepare = fn(&World);
    let prepare: [(&str, Prepare); 5] = [
        ("provisioning", |world| {
            let fault = [SesFault::Throttled; 2];
            world.ses.fail("VerifyDomainIdentity", &fault);
            world.add("maple", NAME);
        }),
        ("pending", |world| {
            world.add("maple", NAME);
        }),
        ("verified", |world| {
            world.verified("maple", NAME);
        }),
        ("authenticated", |world| {
            world.authenticated("maple", NAME);
        }),
        ("failed", |world| {
            world.add("maple", NAME);
            world.poll_after(SignedDuration::from_hours(72));
        }),
    ];
    for (status, prepare) in prepare {
        let world = World::new();
        prepare(&world);
        let before = world.status("maple", NAME).unwrap();
        assert_eq!(before.as_str(), status);
        let removed = world
            .delete("maple", NAME, Confirmation::Given)
            .now_or_never()
            .unwrap();
        removed.unwrap();
        // A process may still be creating the identity of a `provisioning` domain.
        let left = usize::from(status == "provisioning");
        assert_eq!(world.ses.identities(), left, "{status}");
        world.settle();
        assert_gone(&world, status);
    }
}

#[test]
fn an_identity_still_being_created_is_deleted_too() {
    let world = World::new();
    let new = new_domain("maple", NAME);
    // A request crashes, or seems to, right before it creates the identity.
    let mut post = Box::pin(world.post(&new));
    let create = {
        let world = World::new();
        world.add("maple", NAME);
        let log = world.crash.log();
        log.iter()
            .position(|call| *call == "CreateEmailIdentity")
            .unwrap()
            + 1
    };
    world.crash.die_at(create);
    assert!(post.as_mut().now_or_never().is_none());
    world.crash.stop_no_other();
    world.remove("maple", NAME);
    assert_eq!(world.status("maple", NAME), Some(Status::Removing));
    world.crash.let_go();
    assert!(post.now_or_never().is_some());
    assert_eq!(world.ses.identities(), 1, "it was only slow");
    world.settle();
    assert_gone(&world, "the late identity too");
}

#[test]
fn a_contested_claim_is_removed_at_once_and_ses_is_not_asked() {
    let world = World::new();
    world.add("maple", NAME);
    world.add("cedar", NAME);
    world.remove("cedar", NAME);
    assert_eq!(world.status("cedar", NAME), None);
    assert_eq!(world.ses.calls("DeleteEmailIdentity"), 0);
    assert_whole(&world, "the holder notices nothing");
    let types = world.event_types("cedar", NAME);
    assert_eq!(types, [EventType::Contested, EventType::Removed]);
}

#[test]
fn a_crash_at_any_step_of_a_removal_leaves_nothing() {
    let points = {
        let world = World::new();
        world.add("maple", NAME);
        world.crash.live();
        world.remove("maple", NAME);
        world.crash.log().len()
    };
    assert!(points > 15, "{points} points");
    for point in 1..=points {
        let world = World::new();
        world.add("maple", NAME);
        world.crash.die_at(point);
        let died = Box::pin(world.delete("maple", NAME, Confirmation::Absent)).now_or_never();
        assert!(died.is_none(), "point {point}");
        world.crash.live();
        // A client that got no response repeats the request; then the domain may be gone.
        let again = world
            .delete("maple", NAME, Confirmation::Absent)
            .now_or_never()
            .unwrap();
        let missing = matches!(again, Err(RemoveError::NotFound));
        assert!(again.is_ok() || missing, "point {point}: {again:?}");
        world.settle();
        assert_gone(&world, &format!("died at point {point}"));
    }
}

#[test]
fn a_crash_at_any_step_of_a_removing_run_leaves_nothing() {
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
    let points = {
        let world = prepare();
        world.crash.live();
        assert_eq!(world.try_poll().unwrap()[Counter::Removed], 1);
        world.crash.log().len()
    };
    for point in 1..=points {
        let world = prepare();
        world.crash.die_at(point);
        assert!(world.try_poll().is_none(), "point {point}");
        world.crash.live();
        world.settle();
        assert_gone(&world, &format!("died at point {point}"));
    }
}
