//! A domain that is removed while the poller makes SES look for its DKIM records again. The call
//! creates an identity without tags if there is none, so the identity is not deleted while the call
//! may be running.

use std::pin::pin;

use domain_auth::final_step::MANUAL;
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::ports::Clock;
use domain_auth::state::Status;
use domain_auth::use_cases::SesBudget;
use domain_auth::use_cases::poll::{Poller, Settings};
use domain_auth::use_cases::remove::Confirmation;
use domain_auth_testkit::domain_name;
use futures::FutureExt;
use jiff::SignedDuration;

use crate::world::{DAY, World};

const NAME: &str = "example.com";

/// SES has verified the domain by its TXT record and given up on DKIM, whose records are published
/// now.
fn prepare() -> World {
    let world = World::new();
    let domain = world.verified("maple", NAME);
    let gave_up = SesStatus {
        verification: AxisStatus::Success,
        dkim: AxisStatus::Failed,
        mail_from: AxisStatus::Success,
    };
    world.ses.set_status(&domain_name(NAME), gave_up);
    for record in domain.records() {
        world.dns.publish(&record);
    }
    world.clock.advance(DAY);
    world
}

/// A run of the poller that is slow at a point: `meanwhile` happens, and then the run continues.
/// False if the run has fewer points.
fn run_while(world: &World, point: usize, meanwhile: impl FnOnce()) -> bool {
    let budget = SesBudget::per_second(1);
    let poller = Poller {
        tools: world.tools(&budget),
        publisher: &world.topic,
        settings: Settings::default(),
        final_step: &MANUAL,
    };
    let deadline = world.clock.now() + SignedDuration::from_secs(59);
    world.crash.die_at(point);
    let mut run = pin!(poller.run(deadline));
    if run.as_mut().now_or_never().is_some() {
        return false;
    }
    world.crash.stop_no_other();
    meanwhile();
    world.crash.let_go();
    run.now_or_never().expect("it goes on").unwrap();
    true
}

#[test]
fn a_removal_during_a_restart_of_dkim_leaves_no_identity_behind() {
    let (mut point, mut during, mut waited) = (0, 0, 0);
    loop {
        point += 1;
        let world = prepare();
        let asked = || world.ses.calls("VerifyDomainDkim");
        let before = asked();
        let mut removing = false;
        let stopped = run_while(&world, point, || {
            let began = asked() > before;
            let delete = world.delete("maple", NAME, Confirmation::Absent);
            Box::pin(delete).now_or_never().unwrap().unwrap();
            removing = world.status("maple", NAME) == Some(Status::Removing);
            // The call is not over, or has not begun.
            during += usize::from(removing && !began);
        });
        if !stopped {
            break;
        }
        waited += usize::from(removing);
        let context = format!("slow at point {point}");
        let name = domain_name(NAME);
        let tag = world.ses.client_of(&name);
        let tagged = tag == Some(Some("maple".to_owned()));
        let found = world.domain("maple", NAME).is_some();
        assert!(
            tag.is_none() || (tagged && found),
            "{context}: {tag:?}, and the domain is there: {found}"
        );
        world.settle();
        assert!(!world.ses.has(&name), "{context}");
        assert_eq!(world.status("maple", NAME), None, "{context}");
        assert_eq!(world.holder(NAME), None, "{context}");
    }
    assert!(point > 20, "{point} points");
    assert!(during > 0 && waited > 0, "the removal has to wait at some");
}

#[test]
fn a_crash_at_a_dkim_restart_only_delays_a_removal() {
    let mut point = 0;
    loop {
        point += 1;
        let world = prepare();
        world.crash.die_at(point);
        if world.try_poll().is_some() {
            break;
        }
        world.crash.live();
        world.remove("maple", NAME);
        world.settle();
        let context = format!("died at point {point}");
        assert!(!world.ses.has(&domain_name(NAME)), "{context}");
        assert_eq!(world.status("maple", NAME), None, "{context}");
    }
    assert!(point > 20, "{point} points");
}

#[test]
fn the_poller_restarts_the_prepared_domain() {
    let world = prepare();
    world.try_poll().unwrap();
    assert_eq!(world.ses.calls("VerifyDomainDkim"), 1);
}
