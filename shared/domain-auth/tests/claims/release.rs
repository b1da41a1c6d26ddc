//! Decisions of Lasso support about claims.

use domain_auth::event::{EventType, Severity};
use domain_auth::history::{Action, Actor};
use domain_auth::names::Note;
use domain_auth::state::Status;
use domain_auth::use_cases::Failure;
use domain_auth::use_cases::release::{Order, ReleaseError, ReleaseRefusal, Verdict, release};
use domain_auth_testkit::{SesFault, client, domain_name};
use futures::FutureExt;
use jiff::SignedDuration;

use crate::takeover::assert_taken;
use crate::world::World;

const NAME: &str = "example.com";
const BELOW: &str = "mail.example.com";

pub(super) fn supporter() -> Actor {
    Actor::lasso_support("sam")
}

pub(super) const REASON: &str = "Sold to another builder.";

pub(super) fn order(verdict: Verdict, confirmed: bool) -> Order {
    Order {
        verdict,
        reason: Note::parse(REASON).unwrap(),
        confirmed,
    }
}

impl World {
    pub(super) fn release(&self, client_id: &str, name: &str) -> Result<Status, ReleaseError> {
        self.decide(client_id, name, Verdict::End)
    }

    pub(super) fn decide(
        &self,
        client_id: &str,
        name: &str,
        verdict: Verdict,
    ) -> Result<Status, ReleaseError> {
        self.ordered(client_id, name, &order(verdict, true))
    }

    pub(super) fn ordered(
        &self,
        client_id: &str,
        name: &str,
        order: &Order,
    ) -> Result<Status, ReleaseError> {
        let (client, name) = (client(client_id), domain_name(name));
        let tools = self.store_tools();
        let supporter = supporter();
        let released = release(&tools, (&client, &name), order, &supporter);
        let released = Box::pin(released).now_or_never().unwrap()?;
        Ok(released.domain.state.status())
    }
}

#[test]
fn a_grant_takes_only_the_claimed_name_from_the_holder() {
    for (holds, wanted) in [(NAME, NAME), (NAME, BELOW), (BELOW, NAME)] {
        let world = World::new();
        world.authenticated("maple", holds);
        world.add("cedar", wanted);
        world.publish_proof("cedar", wanted);
        world.settle();
        assert_eq!(world.domain("maple", holds).unwrap().challengers.len(), 1);
        assert_eq!(
            world.decide("cedar", wanted, Verdict::Grant).unwrap(),
            Status::Provisioning
        );
        world.settle();
        assert_taken(&world, wanted, wanted);
        let left = world.status("maple", holds).unwrap();
        if holds == wanted {
            assert_eq!(left, Status::Contested);
        } else {
            assert_eq!(left, Status::Authenticated, "names above and below stay");
            assert_eq!(world.holder(holds).as_deref(), Some("maple"));
        }
        assert_eq!(world.domain("maple", holds).unwrap().challengers, []);
        if let Err(error) = world.decide("cedar", wanted, Verdict::Grant) {
            assert!(
                matches!(error, Failure::Refused(ReleaseRefusal::NothingToGrant(_))),
                "{error}"
            );
        } else {
            panic!("it was granted twice");
        }
        let decided = &world.history("cedar", wanted)[2];
        assert_eq!(
            (decided.action, &decided.actor),
            (Action::ProofFound, &supporter())
        );
    }
}

#[test]
fn a_release_stops_sending_and_the_proven_claimant_becomes_the_holder() {
    for wanted in [NAME, BELOW] {
        let world = World::new();
        world.authenticated("maple", NAME);
        world.add("cedar", wanted);
        world.publish_proof("cedar", wanted);
        world.settle();
        assert_eq!(world.release("maple", NAME).unwrap(), Status::Contested);
        assert_eq!(world.status("maple", NAME), Some(Status::Contested));
        world.poll_after(SignedDuration::ZERO);
        world.settle();
        assert_taken(&world, wanted, "at the next run");
        // A released client does not get the name back by adding it again.
        world.remove("maple", NAME);
        world.settle();
        assert_eq!(world.add("maple", NAME).state.status(), Status::Contested);
        assert_taken(&world, wanted, "still");
    }
}

#[test]
fn ending_a_proven_claim_does_not_affect_the_holder() {
    let ends: [fn(&World); 2] = [
        |world| assert_eq!(world.release("cedar", NAME).unwrap(), Status::Removing),
        |world| world.remove("cedar", NAME),
    ];
    for end in ends {
        let world = World::new();
        world.authenticated("maple", NAME);
        world.add("cedar", NAME);
        world.publish_proof("cedar", NAME);
        world.settle();
        end(&world);
        world.settle();
        assert_eq!(world.status("cedar", NAME), None);
        assert_eq!(world.status("maple", NAME), Some(Status::Authenticated));
        assert_eq!(world.holder(NAME).as_deref(), Some("maple"));
        assert_eq!(world.domain("maple", NAME).unwrap().challengers, []);
        // Its proof was only for that claim.
        world.add("cedar", NAME);
        world.settle();
        let again = world.domain("cedar", NAME).unwrap();
        assert_eq!(again.state.status(), Status::Contested);
        assert!(!again.state.is_proven_claim());
    }
}

#[test]
fn only_a_proven_claim_is_granted() {
    let world = World::new();
    world.add("maple", NAME);
    world.add("cedar", NAME);
    for (client, status) in [("maple", Status::Pending), ("cedar", Status::Contested)] {
        let refused = world.decide(client, NAME, Verdict::Grant);
        let Err(Failure::Refused(ReleaseRefusal::NothingToGrant(found))) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(found.status, status);
    }
}

#[test]
fn a_repeated_release_with_another_reason_is_refused() {
    let world = World::new();
    world.authenticated("maple", NAME);
    world.release("maple", NAME).unwrap();
    let before = world.domain("maple", NAME);
    assert_eq!(world.release("maple", NAME).unwrap(), Status::Contested);
    let other = Order {
        reason: Note::parse("Another reason.").unwrap(),
        ..order(Verdict::End, true)
    };
    let refused = world.ordered("maple", NAME, &other);
    assert!(
        matches!(refused, Err(Failure::Refused(ReleaseRefusal::AlreadyLost))),
        "{refused:?}"
    );
    assert_eq!(world.domain("maple", NAME), before);
}

#[test]
fn a_released_domain_without_a_claimant_leaves_no_identity_behind() {
    let world = World::new();
    world.authenticated("maple", NAME);
    world.release("maple", NAME).unwrap();
    assert_eq!(world.holder(NAME), None);
    assert_eq!(world.ses.identities(), 1);
    world.remove("maple", NAME);
    world.settle();
    assert_eq!(world.ses.identities(), 0);
    assert_eq!(world.status("maple", NAME), None);
    assert_eq!(world.add("maple", NAME).state.status(), Status::Contested);
    assert_eq!(world.ses.identities(), 0, "it needs proof first");
    world.publish_proof("maple", NAME);
    world.settle();
    assert_eq!(world.status("maple", NAME), Some(Status::Pending));
}

#[test]
fn an_unproven_claim_is_dropped_and_a_domain_being_removed_is_refused() {
    let world = World::new();
    world.add("maple", NAME);
    world.add("cedar", NAME);
    assert_eq!(world.release("cedar", NAME).unwrap(), Status::Removing);
    assert_eq!(world.status("cedar", NAME), None);
    let dropped = world.history("cedar", NAME).pop().unwrap();
    assert_eq!(
        (dropped.action, dropped.actor),
        (Action::Removed, supporter())
    );
    assert_eq!(
        dropped.evidence.unwrap().for_support()["explanation"],
        REASON
    );
    world.settle();
    let told = world.events("cedar", NAME).pop().unwrap();
    assert_eq!(told.event_type, EventType::Removed);
    assert!(told.summary.contains(REASON), "{}", told.summary);
    assert_eq!(
        told.severity,
        Severity::Warning,
        "its contact gets an email"
    );
    world
        .ses
        .fail("DeleteEmailIdentity", &[SesFault::Throttled]);
    world.remove("maple", NAME);
    assert!(matches!(
        world.release("maple", NAME),
        Err(Failure::Refused(ReleaseRefusal::Removing))
    ));
    assert!(matches!(
        world.release("oak", NAME),
        Err(ReleaseError::NotFound)
    ));
}

#[test]
fn the_former_holder_cannot_delete_the_new_holders_identity() {
    let world = World::new();
    world.add("maple", NAME);
    world.release("maple", NAME).unwrap();
    world.add("cedar", NAME);
    world.publish_proof("cedar", NAME);
    world.settle();
    assert_taken(&world, NAME, "a tombstone needs proof");
    let deletions = world.ses.calls("DeleteEmailIdentity");
    world.remove("maple", NAME);
    world.settle();
    assert_eq!(world.ses.calls("DeleteEmailIdentity"), deletions);
    assert_taken(&world, NAME, "untouched");
    // Neither does its tombstone, after it has gone too.
    world.add("maple", NAME);
    world.remove("cedar", NAME);
    world.remove("maple", NAME);
    assert_eq!(world.add("maple", NAME).state.status(), Status::Contested);
}

#[test]
fn a_crash_at_any_step_of_a_release_decides_once() {
    let prepare = || {
        let world = World::new();
        world.authenticated("maple", NAME);
        world.add("cedar", NAME);
        world.publish_proof("cedar", NAME);
        world.settle();
        world
    };
    for (of, verdict) in [("maple", Verdict::End), ("cedar", Verdict::Grant)] {
        let points = {
            let world = prepare();
            world.crash.live();
            world.decide(of, NAME, verdict).unwrap();
            world.crash.log().len()
        };
        for point in 1..=points {
            let context = format!("died at point {point} of the release of {of}");
            let world = prepare();
            world.crash.die_at(point);
            let (client, name) = (client(of), domain_name(NAME));
            let tools = world.store_tools();
            let (order, supporter) = (order(verdict, true), supporter());
            let died = release(&tools, (&client, &name), &order, &supporter);
            assert!(Box::pin(died).now_or_never().is_none(), "{context}");
            world.crash.live();
            match world.decide(of, NAME, verdict) {
                Ok(_) => {}
                Err(Failure::Refused(ReleaseRefusal::NothingToGrant(found)))
                    if found.status == Status::Provisioning => {}
                Err(error) => panic!("{context}: {error}"),
            }
            world.settle();
            assert_taken(&world, NAME, &context);
            assert_eq!(
                world.status("maple", NAME),
                Some(Status::Contested),
                "{context}"
            );
        }
    }
}
