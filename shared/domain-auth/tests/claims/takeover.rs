//! Taking over a domain: what needs proof, what a proof changes, and what does not count as proof.

mod confirmed;

use domain_auth::dns::Data;
use domain_auth::event::{EventType, Severity};
use domain_auth::history::{Action, Actor};
use domain_auth::state::{DisplacedBy, State, Status};
use domain_auth_testkit::{SesFault, client, domain_name};
use jiff::SignedDuration;

use crate::world::{DAY, MINUTE, World};

const NAME: &str = "example.com";
const BELOW: &str = "mail.example.com";

impl World {
    /// Publishes the ownership record of a contested claim as it is now.
    pub(super) fn publish_proof(&self, client_id: &str, name: &str) {
        let domain = self.domain(client_id, name).unwrap();
        assert_eq!(domain.state.status(), Status::Contested);
        self.dns.publish(&domain.records()[0]);
    }

    fn secret(&self, client_id: &str, name: &str) -> String {
        match self.domain(client_id, name).unwrap().state {
            State::Contested(contested) => contested.ownership_secret,
            other => panic!("{other:?}"),
        }
    }
}

pub(super) fn assert_taken(world: &World, name: &str, context: &str) {
    assert_eq!(world.holder(name).as_deref(), Some("cedar"), "{context}");
    // It is verified immediately if a name above it is; with the proof this is right.
    let status = world.status("cedar", name).unwrap();
    let has_identity = [Status::Pending, Status::Verified].contains(&status);
    assert!(has_identity, "{context}: {status}");
    let tag = world.ses.client_of(&domain_name(name));
    assert_eq!(
        tag,
        Some(Some("cedar".to_owned())),
        "{context}: a fresh identity"
    );
    let claim = world.claims(name);
    let claim = claim.claim(&domain_name(name)).unwrap();
    assert!(claim.proven_at.is_some(), "{context}");
}

#[test]
fn proof_takes_a_domain_from_a_holder_that_is_not_verified() {
    let world = World::new();
    world.add("maple", NAME);
    world.add("cedar", NAME);
    world.settle();
    assert_eq!(
        world.holder(NAME).as_deref(),
        Some("maple"),
        "nothing is proven"
    );
    world.publish_proof("cedar", NAME);
    world.settle();
    assert_taken(&world, NAME, "proven");
    assert_eq!(world.status("maple", NAME), Some(Status::Contested));
    assert_eq!(
        world.event_types("maple", NAME),
        [EventType::Added, EventType::Displaced]
    );
    assert_eq!(
        world.event_types("cedar", NAME),
        [
            EventType::Contested,
            EventType::Added,
            EventType::RecordsReady
        ]
    );
    let told = &world.events("maple", NAME)[1];
    assert!(!told.summary.contains("cedar"), "{}", told.summary);
    let lost = world.domain("maple", NAME).unwrap();
    let displacement = lost.state.displacement().unwrap();
    assert_eq!(displacement.why, DisplacedBy::ProvenByAnotherClient);
    assert_eq!(
        (displacement.at, displacement.was_sending),
        (lost.state_since, false)
    );
    assert_eq!(
        world.actions("cedar", NAME),
        [Action::Added, Action::ProofFound, Action::Provisioned]
    );
}

#[test]
fn a_former_holder_has_to_prove_the_domain_with_its_own_record() {
    let world = World::new();
    world.add("maple", NAME);
    world.add("cedar", NAME);
    world.publish_proof("cedar", NAME);
    world.settle();
    let secret = world.secret("maple", NAME);
    assert_ne!(secret, "");
    // Its own records, and the other client's ownership record, prove nothing.
    world.poll_after(DAY);
    assert_taken(&world, NAME, "the holder keeps it");
    // With its own ownership record it gets the domain back, which SES has not verified.
    world.publish_proof("maple", NAME);
    world.poll_after(DAY);
    world.settle();
    assert_eq!(world.holder(NAME).as_deref(), Some("maple"));
    // The record with which cedar proved it no longer proves anything for cedar.
    assert_eq!(world.status("cedar", NAME), Some(Status::Contested));
    world.poll_after(DAY);
    assert_eq!(world.holder(NAME).as_deref(), Some("maple"));
}

#[test]
fn a_record_of_another_claim_does_not_count_as_proof() {
    let world = World::new();
    world.add("maple", NAME);
    world.add("oak", NAME);
    world.add("cedar", NAME);
    world.publish_proof("oak", NAME);
    assert_ne!(world.secret("oak", NAME), world.secret("cedar", NAME));
    world.settle();
    assert_eq!(world.holder(NAME).as_deref(), Some("oak"));
    assert_eq!(world.status("cedar", NAME), Some(Status::Contested));
}

#[test]
fn a_proof_must_be_at_every_authoritative_server() {
    type Dns = fn(&World);
    let no_proof: [(&str, Dns); 3] = [
        ("the resolver alone", |world| world.dns.set_no_server(true)),
        ("one server of two", |world| {
            let claimant = world.domain("cedar", NAME).unwrap();
            world.dns.half_unpublish(&claimant.records()[0], true);
        }),
        ("an alias", |world| world.dns.set_aliased(true)),
    ];
    for (what, dns) in no_proof {
        let world = World::new();
        world.add("maple", NAME);
        world.add("cedar", NAME);
        world.publish_proof("cedar", NAME);
        dns(&world);
        world.settle();
        assert_eq!(world.holder(NAME).as_deref(), Some("maple"), "{what}");
    }
    let world = World::new();
    world.add("maple", NAME);
    world.add("cedar", NAME);
    world.dns.put(
        "_lasso-challenge.example.com",
        Data::Txt {
            text: format!("lasso-domain-verification={}", world.secret("cedar", NAME))
                .to_uppercase(),
        },
    );
    world.settle();
    assert_eq!(world.holder(NAME).as_deref(), Some("maple"), "another case");
    world.publish_proof("cedar", NAME);
    world.poll_after(DAY);
    world.settle();
    assert_taken(&world, NAME, "beside other records at the name");
}

/// A verified name is not taken without Lasso support, in any state.
#[test]
fn lasso_support_decides_about_a_verified_holder_and_is_told_once() {
    for (holds, wanted) in [(NAME, NAME), (NAME, BELOW), (BELOW, NAME)] {
        let context = format!("{holds} is held, {wanted} is wanted");
        let world = World::new();
        let before = world.authenticated("maple", holds);
        world.add("cedar", wanted);
        world.publish_proof("cedar", wanted);
        world.settle();
        world.poll_after(DAY);
        world.poll_after(DAY / 2);
        let after = world.domain("maple", holds).unwrap();
        assert_eq!(after.state, before.state, "{context}");
        assert_eq!(world.holder(holds).as_deref(), Some("maple"), "{context}");
        assert_eq!(
            world.status("cedar", wanted),
            Some(Status::Contested),
            "{context}"
        );

        let alerts: Vec<_> = world.events("cedar", wanted);
        assert_eq!(alerts.len(), 2, "{context}: once");
        assert_eq!(alerts[1].severity, Severity::Action);
        assert!(alerts[1].wanted.is_some());
        for named in ["maple", "cedar", holds, wanted] {
            assert!(alerts[1].summary.contains(named), "{}", alerts[1].summary);
        }
        let told = world.events("maple", holds);
        let told = told.last().unwrap();
        assert_eq!(told.event_type, EventType::Contested);
        assert!(!serde_json::to_string(told).unwrap().contains("cedar"));
        assert_eq!(
            world.actions("maple", holds).last(),
            Some(&Action::Challenged)
        );
        let claimant = world.domain("cedar", wanted).unwrap();
        assert_eq!(
            claimant.deadline(),
            None,
            "it does not expire while it waits"
        );
        assert!(claimant.queue_part().waiting_for().is_some());
    }
}

#[test]
fn an_unverified_child_is_displaced_with_its_identity() {
    let world = World::new();
    world.add("maple", BELOW);
    world.add("cedar", NAME);
    world.publish_proof("cedar", NAME);
    world.settle();
    assert_taken(&world, NAME, NAME);
    assert_eq!(world.holder(BELOW), None, "a tombstone");
    assert_eq!(world.status("maple", BELOW), Some(Status::Contested));
    assert_eq!(world.ses.identities(), 2);
    world.remove("maple", BELOW);
    world.settle();
    assert_eq!(world.ses.client_of(&domain_name(BELOW)), None);
    assert_eq!(world.status("maple", BELOW), None);
    assert_taken(&world, NAME, "the other stays");
}

#[test]
fn a_childs_proof_takes_nothing_from_an_unverified_parent() {
    let world = World::new();
    let before = world.add("maple", NAME);
    world.add("cedar", BELOW);
    world.publish_proof("cedar", BELOW);
    world.settle();
    assert_taken(&world, BELOW, "beside the parent");
    assert_eq!(world.holder(NAME).as_deref(), Some("maple"));
    let after = world.domain("maple", NAME).unwrap();
    assert_eq!(after.state, before.state);
    assert_eq!(world.event_types("maple", NAME), [EventType::Added]);
    // Each covers its own names: the parent covers nothing of the child, and the child covers
    // nothing else.
    let claims = world.claims(NAME);
    let covers = |client_id: &str, name: &str| {
        let covering = claims.covering(&domain_name(name), &client(client_id));
        covering.map(ToString::to_string)
    };
    assert_eq!(
        covers("cedar", "a.mail.example.com").as_deref(),
        Some(BELOW)
    );
    assert_eq!(covers("maple", "a.mail.example.com"), None);
    assert_eq!(covers("maple", "news.example.com").as_deref(), Some(NAME));
}

#[test]
fn two_proven_names_above_and_below_each_other_live_side_by_side() {
    let world = World::new();
    world.add("oak", BELOW);
    world.add("cedar", BELOW);
    world.publish_proof("cedar", BELOW);
    world.settle();
    world.add("maple", NAME);
    world.publish_proof("maple", NAME);
    world.poll_after(DAY);
    world.settle();
    assert_taken(&world, BELOW, "proven");
    assert_eq!(world.holder(NAME).as_deref(), Some("maple"), "proven too");
}

#[test]
fn any_number_of_squatters_is_displaced() {
    let world = World::new();
    for n in 0..60 {
        world.add("maple", &format!("n{n}.example.com"));
    }
    world.add("cedar", NAME);
    world.publish_proof("cedar", NAME);
    world.settle();
    assert_taken(&world, NAME, "all of them");
    for n in 0..60 {
        let name = format!("n{n}.example.com");
        assert_eq!(
            world.status("maple", &name),
            Some(Status::Contested),
            "{name}"
        );
        assert_eq!(world.holder(&name), None);
    }
}

#[test]
fn a_proof_waits_until_the_holders_removal_ends() {
    let world = World::new();
    world.add("maple", NAME);
    world.add("cedar", NAME);
    world.publish_proof("cedar", NAME);
    world
        .ses
        .fail("DeleteEmailIdentity", &[SesFault::Unavailable]);
    world.remove("maple", NAME);
    world.poll_after(SignedDuration::ZERO);
    assert_eq!(world.status("cedar", NAME), Some(Status::Contested));
    world.settle();
    assert_taken(&world, NAME, "then");
    assert_eq!(world.status("maple", NAME), None);
}

#[test]
fn a_crash_at_any_step_of_a_takeover_leaves_one_holder() {
    let prepare = || {
        let world = World::new();
        world.add("maple", NAME);
        world.add("cedar", NAME);
        world.publish_proof("cedar", NAME);
        world.clock.advance(SignedDuration::from_mins(5));
        world
    };
    let points = {
        let world = prepare();
        world.crash.live();
        world.try_poll().unwrap();
        world.clock.advance(MINUTE);
        world.try_poll().unwrap();
        world.crash.log().len()
    };
    assert!(points > 40, "{points} points");
    for point in 1..=points {
        let world = prepare();
        world.crash.die_at(point);
        if world.try_poll().is_some() {
            world.clock.advance(MINUTE);
            assert!(world.try_poll().is_none(), "point {point}");
        }
        world.crash.live();
        world.settle();
        world.settle();
        assert_taken(&world, NAME, &format!("died at point {point}"));
        assert_eq!(world.status("maple", NAME), Some(Status::Contested));
        let types = world.event_types("maple", NAME);
        assert_eq!(
            types,
            [EventType::Added, EventType::Displaced],
            "point {point}"
        );
    }
}

#[test]
fn a_claim_that_is_not_proven_expires_after_14_days() {
    let world = World::new();
    world.add("maple", NAME);
    world.add("cedar", NAME);
    world.poll_after(DAY * 13);
    assert_eq!(world.status("cedar", NAME), Some(Status::Contested));
    world.poll_after(DAY);
    assert_eq!(world.status("cedar", NAME), None);
    let removed = world.events("cedar", NAME).pop().unwrap();
    assert_eq!(removed.event_type, EventType::Removed);
    assert!(removed.summary.contains("14 days"), "{}", removed.summary);
    let line = world.history("cedar", NAME).pop().unwrap();
    assert_eq!((line.action, line.actor), (Action::Removed, Actor::Service));
    assert_eq!(line.evidence.unwrap().for_support()["reason"], "not_proven");
    assert_eq!(world.holder(NAME).as_deref(), Some("maple"));
}

#[test]
fn an_abandoned_failed_domain_expires_after_30_days() {
    let world = World::new();
    world.add("maple", NAME);
    world.poll_after(SignedDuration::from_hours(72));
    let failed = world.domain("maple", NAME).unwrap();
    assert_eq!(failed.state.status(), Status::Failed);
    assert_eq!(failed.deadline(), Some(failed.state_since + DAY * 30));
    world.poll_after(DAY * 29);
    assert_eq!(world.status("maple", NAME), Some(Status::Failed));
    world.poll_after(DAY);
    world.settle();
    assert_eq!(world.status("maple", NAME), None);
    assert_eq!(world.ses.identities(), 0);
    assert_eq!(world.holder(NAME), None);
    let removed = world.events("maple", NAME).pop().unwrap();
    assert!(removed.summary.contains("30 days"), "{}", removed.summary);
}

#[test]
fn a_domain_that_is_verified_at_the_last_moment_does_not_expire() {
    let world = World::new();
    world.add("maple", NAME);
    world.poll_after(SignedDuration::from_hours(72));
    world.ses.verify(&domain_name(NAME));
    world.poll_after(DAY * 31);
    assert_eq!(world.status("maple", NAME), Some(Status::Verified));
}

#[test]
fn a_name_verified_by_a_foreign_parent_needs_proof() {
    let world = World::new();
    world.ses.add_foreign(&domain_name(NAME), None, true);
    world.ses.verify(&domain_name(NAME));
    assert_eq!(world.add("maple", BELOW).state.status(), Status::Contested);
    world.remove("maple", BELOW);
    world.settle();
    assert_eq!(
        world.ses.client_of(&domain_name(BELOW)),
        None,
        "nothing is left"
    );
    world.add("cedar", BELOW);
    world.publish_proof("cedar", BELOW);
    world.settle();
    assert_eq!(
        world.status("cedar", BELOW),
        Some(Status::Verified),
        "proven"
    );

    let world = World::new();
    world.verified("maple", NAME);
    assert_eq!(
        world.add("maple", BELOW).state.status(),
        Status::Pending,
        "its own parent"
    );
}

#[test]
fn leftover_records_of_the_previous_holder_verify_no_other_client() {
    let world = World::new();
    world.verified("maple", NAME);
    world.remove("maple", NAME);
    assert_eq!(world.add("cedar", NAME).state.status(), Status::Contested);
    world.settle();
    world.poll_after(DAY);
    assert_eq!(world.status("cedar", NAME), Some(Status::Contested));
    assert_eq!(world.ses.identities(), 0);
}
