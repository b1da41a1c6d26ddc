//! Cases that the documentation of SES leaves open, with both variants: a domain that only its DKIM
//! records verified, and a domain below a verified domain of the same client.

use domain_auth::claims::ClaimRegister;
use domain_auth::domain::Domain;
use domain_auth::event::EventType;
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::ports::Clock;
use domain_auth::state::{FailureReason, State, Status, Trigger};
use domain_auth_testkit::{Inheritance, SesFault, TextMissing, client, domain_name};

use super::world::{DAY, HOUR, MINUTE, WAITS, World, dkim_of};

const STOPPED: SesStatus = SesStatus {
    verification: AxisStatus::Failed,
    dkim: AxisStatus::Failed,
    mail_from: AxisStatus::Failed,
};

/// An SES with these variants: v1 gives up on the TXT record of a domain that DKIM verified, and a
/// domain below a verified one has its own status.
fn world() -> World {
    let world = World::default();
    world.ses.behave(|behaviour| {
        behaviour.text_missing = TextMissing::Failed;
        behaviour.inheritance = Inheritance::SendingOnly;
    });
    world
}

/// A domain below a domain that `holder` holds and SES has verified.
fn below(world: &World, holder: &str, triggers: &[Trigger]) -> Domain {
    let parent = world.sending("example.com");
    let child = world.in_state("mail.example.com", triggers);
    world.ses.set_status(&child.name, WAITS);
    let now = world.clock.now();
    let claims = ClaimRegister::empty("example.com")
        .taken(&parent.name, &client(holder), now)
        .taken(&child.name, &child.client, now);
    world.store.put_claims(&claims);
    child
}

#[test]
fn a_dkim_verified_domain_stays_verified_if_its_txt_record_fails() {
    for triggers in [
        vec![Trigger::SesVerified],
        vec![Trigger::SesVerified, Trigger::Completed],
    ] {
        let world = world();
        let domain = world.in_state("example.com", &triggers);
        for record in dkim_of(&domain) {
            world.dns.publish(&record);
        }
        world.ses.verify_by_dkim_alone(&domain.name);
        world.change("example.com", Domain::hurry);
        world.run_for(DAY * 2);
        assert_eq!(world.status("example.com"), domain.state.status());
        let known = world.domain("example.com").ses.unwrap().status;
        assert_eq!(known.verification, AxisStatus::Success);
        assert!(world.published().is_empty());
    }
}

#[test]
fn seen_dkim_records_verify_a_domain_despite_the_v1_status() {
    let failed = Trigger::SesFailed(FailureReason::SesGaveUp);
    for triggers in [vec![], vec![failed]] {
        let world = world();
        let domain = world.in_state("example.com", &triggers);
        world.ses.verify_by_dkim_alone(&domain.name);
        world.run_for(HOUR * 7);
        assert_eq!(world.status("example.com"), Status::Verified);
        assert_eq!(world.published(), [EventType::Verified]);
    }
}

#[test]
fn a_domain_that_may_not_send_fails_despite_dkim() {
    let world = World::default();
    let domain = world.sending("example.com");
    for record in domain.records() {
        world.dns.unpublish(&record);
    }
    let revoked = SesStatus {
        verification: AxisStatus::Failed,
        dkim: AxisStatus::Success,
        mail_from: AxisStatus::Success,
    };
    world.ses.set_status(&domain.name, revoked);
    world.run_for(HOUR * 2);
    assert_eq!(world.status("example.com"), Status::Failed);
}

#[test]
fn a_domain_below_its_clients_verified_one_never_fails() {
    let world = world();
    let child = below(&world, "maple", &[]);
    world.run_for(DAY * 2);
    assert_eq!(world.status("mail.example.com"), Status::Pending);
    world.run_for(DAY * 2);
    assert_eq!(world.status("mail.example.com"), Status::Verified);
    world.ses.set_status(&child.name, STOPPED);
    world.run_for(HOUR * 2);
    world.clock.advance(DAY * 31);
    world.run_for(HOUR * 2);
    assert_eq!(world.status("mail.example.com"), Status::Verified);
    assert!(!world.published().contains(&EventType::Failed));
    assert!(world.ses.has(&child.name));
}

#[test]
fn a_domain_below_another_clients_verified_one_can_fail() {
    let world = world();
    below(&world, "cedar", &[]);
    world.run_for(DAY * 4);
    let State::Failed(failed) = world.domain("mail.example.com").state else {
        panic!("failed");
    };
    assert_eq!(failed.reason, FailureReason::DeadlinePassed);
    assert_eq!(world.ses.calls("GetEmailIdentity"), 0, "v2 is not asked");
}

#[test]
fn a_domain_fails_when_the_domain_above_it_is_no_longer_verified() {
    let world = world();
    let child = below(&world, "maple", &[Trigger::SesVerified, Trigger::Completed]);
    world.ses.set_status(&child.name, STOPPED);
    world.run_for(DAY);
    assert_eq!(world.status("mail.example.com"), Status::Authenticated);
    world.ses.set_status(&domain_name("example.com"), STOPPED);
    world.run_for(HOUR * 2);
    assert_eq!(world.status("mail.example.com"), Status::Failed);
}

#[test]
fn a_domain_keeps_its_state_while_the_v2_api_does_not_answer() {
    let world = world();
    below(&world, "maple", &[]);
    world.clock.advance(DAY * 4);
    world
        .ses
        .fail("GetEmailIdentity", &[SesFault::Throttled; 20]);
    world.run_for(MINUTE * 30);
    assert_eq!(world.status("mail.example.com"), Status::Pending);
    world.run_for(DAY);
    assert_eq!(world.status("mail.example.com"), Status::Verified);
}
