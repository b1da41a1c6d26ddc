//! Failed domains whose records were published after SES had stopped looking.

use domain_auth::diagnosis::RecordState;
use domain_auth::domain::{Domain, RecordsSeen};
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::records::RecordId;
use domain_auth::state::{FailureReason, Status, Trigger};
use domain_auth::use_cases::poll::Counter;
use domain_auth_testkit::SesFault;

use super::world::{DAY, HOUR, MINUTE, World, named, sum};

const GAVE_UP: SesStatus = SesStatus {
    verification: AxisStatus::Failed,
    dkim: AxisStatus::Failed,
    mail_from: AxisStatus::Failed,
};

/// A domain whose records SES has not found.
fn failed(world: &World) -> Domain {
    let reason = FailureReason::DeadlinePassed;
    let domain = world.in_state("example.com", &[Trigger::SesFailed(reason)]);
    world.ses.set_status(&domain.name, GAVE_UP);
    domain
}

fn restarts(world: &World) -> [usize; 2] {
    ["VerifyDomainIdentity", "VerifyDomainDkim"].map(|operation| world.ses.calls(operation))
}

#[test]
fn required_records_restart_a_failed_domain_once_per_failure() {
    let world = World::default();
    let domain = failed(&world);
    for record in domain.records() {
        if !matches!(record.id, RecordId::Verification | RecordId::Dkim2) {
            world.dns.publish(&record);
        }
    }
    world.run_for(DAY);
    assert_eq!(restarts(&world), [0, 0], "what SES verifies by is missing");
    assert_eq!(world.status("example.com"), Status::Failed);

    world.dns.publish(&named(&domain, "_amazonses"));
    let reports = world.run_for(HOUR * 7);
    assert_eq!(restarts(&world), [1, 1]);
    assert_eq!(sum(&reports, Counter::RestartedAtSes), 1);
    assert_eq!(world.status("example.com"), Status::Pending);

    world.ses.set_status(&domain.name, GAVE_UP);
    world.run_for(HOUR * 7);
    assert_eq!(restarts(&world), [2, 2], "another failure");
    world.ses.verify(&domain.name);
    world.run_for(HOUR);
    assert_eq!(world.status("example.com"), Status::Verified);
}

#[test]
fn dkim_records_alone_restart_a_failed_domain() {
    let world = World::default();
    let domain = failed(&world);
    for record in domain.records() {
        if matches!(
            record.id,
            RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3
        ) {
            world.dns.publish(&record);
        }
    }
    world.run_for(HOUR * 7);
    assert_eq!(restarts(&world), [1, 1]);
    assert_eq!(world.status("example.com"), Status::Pending);
}

#[test]
fn a_failed_restart_is_tried_again_at_the_next_look() {
    let world = World::default();
    let domain = failed(&world);
    world.dns.publish(&named(&domain, "_amazonses"));
    let throttled = [SesFault::Throttled; 3];
    world.ses.fail("VerifyDomainIdentity", &throttled);
    world.run_for(MINUTE * 5);
    assert_eq!(world.status("example.com"), Status::Failed);
    world.run_for(HOUR * 2);
    assert_eq!(world.status("example.com"), Status::Pending);
    assert_eq!(restarts(&world), [4, 1]);
}

#[test]
fn a_failed_domain_whose_identity_is_not_the_clients_is_left_alone() {
    let world = World::default();
    let domain = failed(&world);
    world.ses.forget(&domain.name);
    world.ses.add_foreign(&domain.name, None, false);
    world.ses.set_status(&domain.name, GAVE_UP);
    world.dns.publish(&named(&domain, "_amazonses"));
    world.run_for(DAY);
    assert_eq!(restarts(&world), [0, 0]);
    assert_eq!(world.status("example.com"), Status::Failed);
}

#[test]
fn the_look_that_restarts_a_failed_domain_is_stored_with_the_restart() {
    let world = World::default();
    let domain = failed(&world);
    world.poll();
    for record in domain.records() {
        world.dns.publish(&record);
    }
    world.change("example.com", Domain::hurry);
    world.poll();
    assert_eq!(world.status("example.com"), Status::Pending);
    let domain = world.domain("example.com");
    assert_eq!(RecordsSeen::of(&domain), RecordsSeen::Found);
    let look = world.look("example.com");
    let mut states = look.diagnosis.states();
    assert!(states.all(|(_, state)| state == RecordState::Found));
}
