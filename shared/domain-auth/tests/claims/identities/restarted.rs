//! Restarts of domains whose identity SES has lost, or whose name SES did not accept.

use domain_auth::ports::Refusal;
use domain_auth::state::{FailureReason, State, Status};
use domain_auth::use_cases::SesBudget;
use domain_auth::use_cases::poll::Counter;
use domain_auth::use_cases::restart::restart;
use domain_auth_testkit::{SesFault, client, domain_name};
use futures::FutureExt;
use jiff::SignedDuration;

use super::{NAME, foreign, make};
use crate::world::{DAY, MINUTE, World, admin};

#[test]
fn a_restart_leaves_an_identity_of_others_as_it_is() {
    let failed = || {
        let world = World::new();
        world.add("maple", NAME);
        world.poll_after(SignedDuration::from_hours(72));
        assert_eq!(world.status("maple", NAME), Some(Status::Failed));
        world.ses.forget(&domain_name(NAME));
        world
    };
    for (owner, verified) in foreign() {
        let context = format!("{owner:?}, verified: {verified}");
        let world = failed();
        let before = make(&world, owner, verified);
        let calls = world.changing_calls();
        assert_eq!(world.restart().unwrap(), Status::Contested, "{context}");
        assert_eq!(world.record(), Some(before), "{context}");
        assert_eq!(world.changing_calls(), calls, "{context}");
        assert_eq!(world.holder(NAME), None, "{context}");
    }
    let world = failed();
    assert_eq!(world.restart().unwrap(), Status::Provisioning);
    assert!(
        !world.ses.has(&domain_name(NAME)),
        "v1 has made none without tags"
    );
    world.settle();
    assert_eq!(world.status("maple", NAME), Some(Status::Pending));
    let tag = world.ses.client_of(&domain_name(NAME));
    assert_eq!(tag, Some(Some("maple".to_owned())));
}

/// A v1 call creates an identity if there is none. So a domain that is removed during its restart
/// keeps its identity until the call is over.
#[test]
fn a_domain_removed_during_its_restart_leaves_no_identity() {
    let points = {
        let world = World::new();
        world.add("maple", NAME);
        world.poll_after(SignedDuration::from_hours(72));
        world.crash.live();
        world.restart().unwrap();
        world.crash.log().len()
    };
    for point in 1..=points {
        let context = format!("slow at point {point}");
        let world = World::new();
        world.add("maple", NAME);
        world.poll_after(SignedDuration::from_hours(72));
        let (client, name, actor) = (client("maple"), domain_name(NAME), admin());
        let budget = SesBudget::unlimited();
        let tools = world.tools(&budget);
        world.crash.die_at(point);
        let mut slow = Box::pin(restart(&tools, (&client, &name), &actor, 100));
        assert!(slow.as_mut().now_or_never().is_none(), "{context}");
        world.crash.stop_no_other();
        world.remove("maple", NAME);
        world.crash.let_go();
        slow.now_or_never().unwrap().ok();
        world.settle();
        assert_eq!(world.status("maple", NAME), None, "{context}");
        assert!(!world.ses.has(&name), "{context}");
    }
}

#[test]
fn a_name_that_ses_refuses_fails_with_a_reason() {
    let world = World::new();
    let fault = [SesFault::Refused(Refusal::BadRequest)];
    world.ses.fail("CreateEmailIdentity", &fault);
    let failed = world.add("maple", NAME);
    let State::Failed(state) = &failed.state else {
        panic!("{failed:?}");
    };
    assert_eq!(state.reason, FailureReason::RefusedBySes);
    // The status at SES is about an identity of another owner.
    make(&world, None, true);
    world.poll_after(DAY);
    assert_eq!(world.status("maple", NAME), Some(Status::Failed));
    world.ses.forget(&domain_name(NAME));
    assert_eq!(world.restart().unwrap(), Status::Provisioning);
    world.settle();
    assert_eq!(world.status("maple", NAME), Some(Status::Pending));
}

#[test]
fn a_refusal_that_the_operator_has_to_fix_is_counted_and_the_domain_waits() {
    for refusal in [Refusal::AccessDenied, Refusal::LimitExceeded] {
        let world = World::new();
        let fault = [SesFault::Refused(refusal); 2];
        world.ses.fail("CreateEmailIdentity", &fault);
        let added = world.add("maple", NAME);
        assert_eq!(added.state.status(), Status::Provisioning);
        let report = world.poll_after(MINUTE);
        assert_eq!(
            (report[Counter::RefusedBySes], report[Counter::Errors]),
            (1, 0),
            "{refusal}"
        );
        assert_eq!(world.poll_after(MINUTE)[Counter::RefusedBySes], 0);
        assert_eq!(world.status("maple", NAME), Some(Status::Pending));
    }
}
