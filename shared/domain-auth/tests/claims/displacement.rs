//! A holder that loses its name. If Lasso sends for it, this needs a confirmation. It learns why,
//! but not to which client. Repeating the decision does not make it worse.

use std::pin::pin;

use domain_auth::event::{EventType, Severity};
use domain_auth::history::Action;
use domain_auth::ports::Clock;
use domain_auth::state::{DisplacedBy, Displacement, Status, Trigger};
use domain_auth::use_cases::Failure;
use domain_auth::use_cases::release::{ReleaseRefusal, Verdict, release};
use domain_auth_testkit::{client, domain_name};
use futures::FutureExt;

use crate::release::{REASON, order, supporter};
use crate::takeover::assert_taken;
use crate::world::World;

const NAME: &str = "example.com";

/// The stored loss after a decision of Lasso support.
fn released_by_support(world: &World, was_sending: bool) -> Displacement {
    Displacement {
        at: world.clock.now(),
        why: DisplacedBy::ReleasedByLassoSupport {
            reason: REASON.to_owned(),
        },
        was_sending,
    }
}

impl World {
    /// `cedar` has proven a name that Lasso sends for on behalf of `maple`.
    fn with_a_proven_claim() -> Self {
        let world = Self::new();
        world.authenticated("maple", NAME);
        world.add("cedar", NAME);
        world.publish_proof("cedar", NAME);
        world.settle();
        assert!(world.domain("cedar", NAME).unwrap().state.is_proven_claim());
        world
    }
}

#[test]
fn a_sending_holder_loses_its_name_only_with_a_confirmation() {
    for at_risk in [false, true] {
        for (of, verdict) in [("maple", Verdict::End), ("cedar", Verdict::Grant)] {
            let context = format!("{verdict:?}, at risk: {at_risk}");
            let world = World::with_a_proven_claim();
            if at_risk {
                let reason = "gone".to_owned();
                world.moves("maple", NAME, Trigger::RecordsBroken { reason });
            }
            let before = ["maple", "cedar"].map(|client| world.domain(client, NAME));
            let refused = world.ordered(of, NAME, &order(verdict, false));
            let Err(Failure::Refused(ReleaseRefusal::Unconfirmed { name, holder })) = refused
            else {
                panic!("{context}: {refused:?}");
            };
            assert_eq!(
                (name.as_str(), holder.as_str()),
                (NAME, "maple"),
                "{context}"
            );
            let after = ["maple", "cedar"].map(|client| world.domain(client, NAME));
            assert_eq!(after, before, "{context}: nothing was written");
            world.ordered(of, NAME, &order(verdict, true)).unwrap();
            assert_eq!(
                world.status("maple", NAME),
                Some(Status::Contested),
                "{context}"
            );
        }
    }
}

#[test]
fn a_holder_that_lasso_does_not_send_for_needs_no_confirmation() {
    let world = World::new();
    world.verified("maple", NAME);
    world.add("cedar", NAME);
    world.publish_proof("cedar", NAME);
    world.settle();
    let granted = world.ordered("cedar", NAME, &order(Verdict::Grant, false));
    assert_eq!(granted.unwrap(), Status::Provisioning);
    let lost = world.domain("maple", NAME).unwrap();
    assert_eq!(
        lost.state.displacement(),
        Some(&released_by_support(&world, false))
    );
    let world = World::new();
    world.add("maple", NAME);
    let ended = world.ordered("maple", NAME, &order(Verdict::End, false));
    assert_eq!(ended.unwrap(), Status::Contested);
}

/// Lasso support's release is slow at each of its steps in turn, while the final step is taken.
#[test]
fn a_domain_completed_meanwhile_needs_a_confirmed_release() {
    let prepare = || {
        let world = World::new();
        world.verified("maple", NAME);
        world.add("cedar", NAME);
        world.publish_proof("cedar", NAME);
        world.settle();
        world
    };
    for (of, verdict) in [("maple", Verdict::End), ("cedar", Verdict::Grant)] {
        let order = order(verdict, false);
        let points = {
            let world = prepare();
            world.crash.live();
            world.ordered(of, NAME, &order).unwrap();
            world.crash.log().len()
        };
        let mut refused = 0;
        for point in 1..=points {
            let context = format!("{verdict:?}, slow at point {point}");
            let world = prepare();
            world.crash.die_at(point);
            let (client, name) = (client(of), domain_name(NAME));
            let tools = world.store_tools();
            let supporter = supporter();
            let of = (&client, &name);
            let mut released = pin!(release(&tools, of, &order, &supporter));
            assert!(released.as_mut().now_or_never().is_none(), "{context}");
            world.crash.stop_no_other();
            if world.status("maple", NAME) == Some(Status::Contested) {
                // It was only slow to answer.
                continue;
            }
            world.moves("maple", NAME, Trigger::Completed);
            world.crash.let_go();
            let answer = released.now_or_never().unwrap();
            assert!(
                matches!(
                    answer,
                    Err(Failure::Refused(ReleaseRefusal::Unconfirmed { .. }))
                ),
                "{context}: {answer:?}"
            );
            let status = world.status("maple", NAME);
            assert_eq!(status, Some(Status::Authenticated), "{context}");
            refused += 1;
        }
        assert!(refused > 0, "{verdict:?}");
    }
}

#[test]
fn the_loser_of_a_domain_learns_the_reason_but_not_the_winner() {
    for (of, verdict) in [("maple", Verdict::End), ("cedar", Verdict::Grant)] {
        let world = World::with_a_proven_claim();
        world.decide(of, NAME, verdict).unwrap();
        let lost = world.domain("maple", NAME).unwrap();
        assert_eq!(
            lost.state.displacement(),
            Some(&released_by_support(&world, true)),
            "{verdict:?}"
        );
        let line = world.history("maple", NAME).pop().unwrap();
        assert_eq!((line.action, line.actor), (Action::Displaced, supporter()));
        let evidence = line.evidence.unwrap().for_support();
        assert_eq!(evidence["reason"], "released_by_lasso_support");
        assert_eq!(evidence["explanation"], REASON);
        world.settle();
        let told = world.events("maple", NAME).pop().unwrap();
        assert_eq!(
            (told.event_type, told.severity),
            (EventType::Displaced, Severity::Warning)
        );
        assert_eq!(told.previous_status, Some(Status::Authenticated));
        for said in [REASON, "no longer sends"] {
            assert!(told.summary.contains(said), "{}", told.summary);
        }
        assert!(told.wanted.is_some());
        assert!(!serde_json::to_string(&told).unwrap().contains("cedar"));
    }
}

#[test]
fn repeating_a_release_changes_nothing() {
    let world = World::with_a_proven_claim();
    world.release("maple", NAME).unwrap();
    let after_the_first = world.domain("maple", NAME);
    for _ in 0..2 {
        assert_eq!(world.release("maple", NAME).unwrap(), Status::Contested);
        assert_eq!(world.domain("maple", NAME), after_the_first);
    }
    world.settle();
    assert_taken(&world, NAME, "the claimant follows");
    assert_eq!(world.release("maple", NAME).unwrap(), Status::Contested);
    let lost = world.events("maple", NAME);
    let lost = lost
        .iter()
        .filter(|event| event.event_type == EventType::Displaced);
    assert_eq!(lost.count(), 1);
    // Neither does a release after another client's proof.
    let world = World::new();
    world.add("maple", NAME);
    world.add("cedar", NAME);
    world.publish_proof("cedar", NAME);
    world.settle();
    let refused = world.release("maple", NAME);
    assert!(
        matches!(refused, Err(Failure::Refused(ReleaseRefusal::AlreadyLost))),
        "the reason would be lost: {refused:?}"
    );
    assert_eq!(world.status("maple", NAME), Some(Status::Contested));
}

#[test]
fn a_claim_proven_again_after_its_loss_can_be_ended() {
    let world = World::with_a_proven_claim();
    world.release("maple", NAME).unwrap();
    world.settle();
    world.ses.verify(&domain_name(NAME));
    world.settle();
    assert_eq!(world.status("cedar", NAME), Some(Status::Verified));
    world.publish_proof("maple", NAME);
    world.settle();
    let claim = world.domain("maple", NAME).unwrap().state;
    assert!(claim.is_proven_claim() && claim.displacement().is_some());
    assert_eq!(world.release("maple", NAME).unwrap(), Status::Removing);
}
