//! The second look over TCP, which confirms a proof.

use domain_auth::event::EventType;
use domain_auth::history::Action;
use domain_auth::ports::Clock;
use domain_auth::state::{State, Unconfirmed};

use super::{NAME, assert_taken};
use crate::world::{DAY, MINUTE, World};

#[test]
fn an_ownership_record_forged_over_udp_does_not_take_the_name() {
    let world = World::new();
    world.add("maple", NAME);
    world.add("cedar", NAME);
    let record = world.domain("cedar", NAME).unwrap().records().remove(0);
    world.dns.forge(&record);
    world.settle();
    assert_eq!(world.holder(NAME).as_deref(), Some("maple"));
    let claimant = world.domain("cedar", NAME).unwrap();
    let State::Contested(contested) = &claimant.state else {
        panic!("{claimant:?}");
    };
    assert_eq!(contested.unconfirmed, Some(Unconfirmed { seen: 0, of: 2 }));
    assert!(claimant.next_check > world.clock.now(), "at its pace");
    assert_eq!(world.actions("cedar", NAME), [Action::Added]);
}

#[test]
fn a_proof_waits_until_both_servers_confirm_it() {
    let world = World::new();
    world.verified("maple", "other.com");
    world.add("maple", NAME);
    world.add("cedar", NAME);
    world.publish_proof("cedar", NAME);
    world.dns.set_second_without_tcp(true);
    world.settle();
    assert_eq!(world.holder(NAME).as_deref(), Some("maple"));
    let State::Contested(contested) = world.domain("cedar", NAME).unwrap().state else {
        panic!("it was taken");
    };
    assert_eq!(contested.unconfirmed, Some(Unconfirmed { seen: 1, of: 2 }));
    world.dns.set_second_without_tcp(false);
    world.poll_after(MINUTE * 15);
    world.settle();
    assert_taken(&world, NAME, "confirmed");
}

#[test]
fn a_forged_proof_against_a_verified_holder_raises_no_alert() {
    let world = World::new();
    world.verified("maple", NAME);
    world.add("cedar", NAME);
    let record = world.domain("cedar", NAME).unwrap().records().remove(0);
    world.dns.forge(&record);
    world.settle();
    assert_eq!(world.event_types("cedar", NAME), [EventType::Contested]);
    assert_eq!(world.domain("maple", NAME).unwrap().challengers, []);
    // The record goes: nothing is left to be confirmed.
    world.dns.unpublish(&record);
    world.poll_after(DAY);
    let State::Contested(contested) = world.domain("cedar", NAME).unwrap().state else {
        panic!("it was taken");
    };
    assert_eq!(contested.unconfirmed, None);
}

#[test]
fn in_a_zone_with_one_server_that_server_is_enough_for_a_proof() {
    let world = World::new();
    world.add("maple", NAME);
    world.add("cedar", NAME);
    world.publish_proof("cedar", NAME);
    world.dns.set_one_server(true);
    world.settle();
    assert_taken(&world, NAME, "one server");
}
