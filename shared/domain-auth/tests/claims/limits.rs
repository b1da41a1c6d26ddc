//! The limits of what one client can do to the claims under a domain, and the effect on other
//! clients.

use domain_auth::claims::NAMES_PER_CLIENT;
use domain_auth::names::DomainName;
use domain_auth::ports::Clock;
use domain_auth::state::Status;
use domain_auth::use_cases::Failure;
use domain_auth::use_cases::add::{AddError, AddRefusal};
use domain_auth_testkit::{SesFault, client, domain_name, new_domain};
use futures::FutureExt;
use jiff::SignedDuration;

use crate::takeover::assert_taken;
use crate::world::{DAY, World};

const NAME: &str = "example.com";

fn below(n: usize) -> String {
    format!("n{n:04}.{NAME}")
}

impl World {
    fn refused(&self, client_id: &str, name: &str) -> AddError {
        let new = new_domain(client_id, name);
        let answer = Box::pin(self.post(&new)).now_or_never().unwrap();
        answer.unwrap_err()
    }
}

#[test]
fn the_number_of_names_of_a_client_under_a_domain_is_limited() {
    let world = World::new();
    for n in 0..NAMES_PER_CLIENT {
        assert_eq!(
            world.add("maple", &below(n)).state.status(),
            Status::Pending
        );
    }
    let before = world.claims(NAME);
    let refused = world.refused("maple", "one-more.example.com");
    assert!(matches!(refused, Failure::Refused(AddRefusal::TooManyNames(of)) if of == NAME));
    assert_eq!(world.domain("maple", "one-more.example.com"), None);
    assert_eq!(world.claims(NAME), before, "nothing is written");
    // It keeps what it has, can get nothing more here, and does not limit others.
    assert_eq!(
        world.add("maple", &below(3)).state.status(),
        Status::Pending
    );
    assert_eq!(
        world.add("maple", "example.org").state.status(),
        Status::Pending
    );
    assert_eq!(
        world.add("oak", "beside.example.com").state.status(),
        Status::Pending
    );
}

#[test]
fn a_removed_name_counts_toward_the_limit_until_its_identity_is_gone() {
    let world = World::new();
    for n in 0..NAMES_PER_CLIENT {
        world.add("maple", &below(n));
    }
    world
        .ses
        .fail("DeleteEmailIdentity", &[SesFault::Throttled; 100]);
    world.remove("maple", &below(0));
    assert_eq!(world.status("maple", &below(0)), Some(Status::Removing));
    let refused = world.refused("maple", "one-more.example.com");
    assert!(matches!(
        refused,
        Failure::Refused(AddRefusal::TooManyNames(_))
    ));
    // It may itself be added again.
    let again = world.add("maple", &below(0)).state.status();
    assert!(
        [Status::Provisioning, Status::Pending].contains(&again),
        "{again}"
    );
    world.ses.fail("DeleteEmailIdentity", &[]);
    world.settle();
    world.remove("maple", &below(0));
    world.settle();
    let added = world.add("maple", "one-more.example.com");
    assert_eq!(added.state.status(), Status::Pending);
}

#[test]
fn adding_and_removing_names_leaves_the_register_unchanged() {
    const ROUNDS: usize = 1_280;
    let world = World::new();
    let labels = ["a".repeat(63), "b".repeat(63), "c".repeat(60)].join(".");
    let started = world.clock.now();
    for n in 0..ROUNDS {
        let name = format!("n{n:06}.{labels}.{NAME}");
        world.add("maple", &name);
        world.remove("maple", &name);
    }
    let took = world.clock.now().duration_since(started);
    assert!(
        took < SignedDuration::from_hours(24),
        "they are all remembered"
    );
    assert_eq!(world.claims(NAME).size(), 0);
    // The owner can add, prove and remove immediately.
    assert_eq!(
        world.add("oak", "mail.example.com").state.status(),
        Status::Pending
    );
    let apex = world.add("cedar", NAME);
    assert_eq!(
        apex.state.status(),
        Status::Contested,
        "oak has a name below it"
    );
    world.publish_proof("cedar", NAME);
    world.settle();
    assert_taken(&world, NAME, "proven");
    world.remove("oak", "mail.example.com");
    world.settle();
    assert_eq!(world.status("oak", "mail.example.com"), None);
}

#[test]
fn verified_names_are_reserved_longer_than_unverified_ones() {
    for (verified, is_free) in [(false, true), (true, false)] {
        let world = World::new();
        if verified {
            world.verified("maple", NAME);
        } else {
            world.add("maple", NAME);
        }
        world.remove("maple", NAME);
        world.settle();
        world.poll_after(DAY * 6);
        assert_eq!(world.add("cedar", NAME).state.status(), Status::Contested);
        world.remove("cedar", NAME);
        world.poll_after(DAY * 2);
        let added = world.add("cedar", NAME).state.status();
        assert_eq!(
            added == Status::Pending,
            is_free,
            "verified: {verified}, {added}"
        );
    }
}

#[test]
fn claims_without_proof_wait_while_the_register_is_full() {
    let world = World::new();
    let labels = ["a".repeat(63), "b".repeat(63), "c".repeat(60)].join(".");
    let now = world.clock.now();
    let mut claims = world.claims(NAME);
    let mut n = 0;
    let mut next = || -> DomainName {
        n += 1;
        domain_name(&format!("n{n:06}.{labels}.{NAME}"))
    };
    loop {
        let (name, who) = (next(), client("maple"));
        if !claims.has_room(&name, &who) {
            break;
        }
        claims = claims.taken(&name, &who, now);
    }
    world.store.put_claims(&claims);
    let mail = world.add("oak", &format!("mail.{labels}.{NAME}"));
    assert_eq!(mail.state.status(), Status::Contested, "not refused");
    assert_eq!(world.claims(NAME).size(), claims.size());
    world.publish_proof("oak", mail.name.as_str());
    world.settle();
    assert_eq!(world.holder(mail.name.as_str()).as_deref(), Some("oak"));
    assert_eq!(
        world.status("oak", mail.name.as_str()),
        Some(Status::Pending)
    );
}
