//! Calls that take effect later than their callers expect, and names that would otherwise be kept
//! forever.

use domain_auth::ports::Refusal;
use domain_auth::state::{FailureReason, State, Status, Trigger};
use domain_auth::use_cases::SesBudget;
use domain_auth::use_cases::provision::provision;
use domain_auth::use_cases::restart::restart;
use domain_auth_testkit::{SesFault, client, domain_name};
use futures::FutureExt;
use jiff::SignedDuration;

use crate::takeover::assert_taken;
use crate::world::{DAY, MINUTE, World, admin};

const NAME: &str = "example.com";
/// They create an identity if there is none.
const V1_CALLS: [&str; 2] = ["VerifyDomainIdentity", "VerifyDomainDkim"];

impl World {
    /// Every identity that is left at SES can be found again.
    fn assert_nothing_untagged(&self, context: &str) {
        let tag = self.ses.client_of(&domain_name(NAME));
        assert_ne!(tag, Some(None), "{context}: an identity without tags");
    }
}

/// Two functions register the same domain, one has finished, and the client removes the domain. The
/// other function must not create an identity afterwards. (A call that is already on its way can.)
#[test]
fn registering_makes_no_v1_call_after_the_domain_was_removed() {
    let added = || {
        let world = World::new();
        world
            .ses
            .fail("CreateEmailIdentity", &[SesFault::Throttled]);
        let domain = world.add("maple", NAME);
        assert_eq!(domain.state.status(), Status::Provisioning);
        (world, domain)
    };
    let budget = SesBudget::unlimited();
    let points = {
        let (world, domain) = added();
        world.crash.live();
        let tools = world.tools(&budget);
        let done = Box::pin(provision(&tools, domain)).now_or_never();
        assert!(done.unwrap().is_ok());
        world.crash.log()
    };
    for (point, call) in points.iter().enumerate() {
        if V1_CALLS.contains(call) {
            continue;
        }
        let context = format!("slow at point {} ({call})", point + 1);
        let (world, domain) = added();
        let tools = world.tools(&budget);
        world.crash.die_at(point + 1);
        let mut slow = Box::pin(provision(&tools, domain));
        assert!(slow.as_mut().now_or_never().is_none(), "{context}");
        world.crash.stop_no_other();
        world.poll_after(SignedDuration::from_secs(1));
        world.remove("maple", NAME);
        world.crash.let_go();
        slow.now_or_never().unwrap().ok();
        world.settle();
        assert_eq!(world.status("maple", NAME), None, "{context}");
        world.assert_nothing_untagged(&context);
    }
}

/// A holder restarts its failed domain while another client proves the name. The holder's call must
/// not create an identity that would look foreign to the new holder.
#[test]
fn a_takeover_waits_for_a_restart_that_is_under_way() {
    let failed = || {
        let world = World::new();
        world.add("maple", NAME);
        world.poll_after(SignedDuration::from_hours(72));
        assert_eq!(world.status("maple", NAME), Some(Status::Failed));
        world.add("cedar", NAME);
        world.publish_proof("cedar", NAME);
        world
    };
    let (maple, name, actor) = (client("maple"), domain_name(NAME), admin());
    let points = {
        let world = failed();
        world.crash.live();
        let budget = SesBudget::unlimited();
        let tools = world.tools(&budget);
        let whose = (&maple, &name);
        let done = restart(&tools, whose, &actor, 100);
        assert!(Box::pin(done).now_or_never().unwrap().is_ok());
        world.crash.log().len()
    };
    for point in 1..=points {
        let context = format!("slow at point {point}");
        let world = failed();
        let budget = SesBudget::unlimited();
        let tools = world.tools(&budget);
        let whose = (&maple, &name);
        world.crash.die_at(point);
        let mut slow = Box::pin(restart(&tools, whose, &actor, 100));
        assert!(slow.as_mut().now_or_never().is_none(), "{context}");
        world.crash.stop_no_other();
        world.poll_after(SignedDuration::from_secs(5));
        world.crash.let_go();
        slow.now_or_never().unwrap().ok();
        world.settle();
        assert_taken(&world, NAME, &context);
        let domain = world.domain("cedar", NAME).unwrap();
        let identity = domain.state.identity().unwrap();
        assert!(identity.dkim.is_some(), "{context}: its own, with DKIM");
        assert!(identity.adopted.is_none(), "{context}");
    }
}

#[test]
fn a_domain_without_an_ses_identity_expires_after_30_days() {
    for reason in [FailureReason::RefusedBySes, FailureReason::IdentityGone] {
        let world = World::new();
        if reason == FailureReason::RefusedBySes {
            let fault = [SesFault::Refused(Refusal::BadRequest)];
            world.ses.fail("CreateEmailIdentity", &fault);
            world.add("maple", NAME);
        } else {
            world.add("maple", NAME);
            world.ses.forget(&domain_name(NAME));
            world.moves("maple", NAME, Trigger::SesFailed(reason));
        }
        for _ in 0..29 {
            world.poll_after(DAY);
        }
        assert_eq!(
            world.status("maple", NAME),
            Some(Status::Failed),
            "{reason:?}"
        );
        world.poll_after(DAY);
        world.settle();
        assert_eq!(world.status("maple", NAME), None, "{reason:?}");
        assert_eq!(world.holder(NAME), None, "{reason:?}");
    }
}

#[test]
fn a_domain_can_be_removed_even_if_ses_refuses_to_describe_it() {
    let world = World::new();
    let fault = [SesFault::Refused(Refusal::BadRequest)];
    world.ses.fail("CreateEmailIdentity", &fault);
    world.add("maple", NAME);
    world.ses.fail("GetEmailIdentity", &fault);
    world.remove("maple", NAME);
    assert_eq!(world.status("maple", NAME), None);
    assert_eq!(world.holder(NAME), None);
}

#[test]
fn a_refused_removal_does_not_block_the_queue() {
    let world = World::new();
    world.add("maple", NAME);
    let fault = [SesFault::Refused(Refusal::AccessDenied); 2];
    world.ses.fail("GetEmailIdentity", &fault);
    world.remove("maple", NAME);
    let removing = world.domain("maple", NAME).unwrap();
    assert_eq!(removing.state.status(), Status::Removing);
    world.poll_after(MINUTE);
    let later = world.domain("maple", NAME).unwrap();
    assert!(later.next_check > removing.next_check);
    world.settle();
    assert_eq!(world.status("maple", NAME), None);
}

#[test]
fn support_can_grant_a_name_below_a_foreign_verified_identity() {
    use domain_auth::history::Actor;
    use domain_auth::names::Note;
    use domain_auth::use_cases::adopt::adopt;

    let world = World::new();
    let below = "mail.example.com";
    world.ses.add_foreign(&domain_name(NAME), None, true);
    world.ses.verify(&domain_name(NAME));
    let added = world.add("maple", below);
    assert_eq!(added.state.status(), Status::Contested);
    let (client, name) = (client("maple"), domain_name(below));
    let reason = Note::parse("the parent is ours").unwrap();
    let actor = Actor::lasso_support("sam");
    let budget = SesBudget::unlimited();
    let tools = world.tools(&budget);
    let adopted = adopt(&tools, (&client, &name), &reason, &actor);
    assert!(Box::pin(adopted).now_or_never().unwrap().is_ok());
    world.settle();
    let status = world.status("maple", below).unwrap();
    assert_eq!(status, Status::Verified, "the decision stands");
}

#[test]
fn removing_an_unverified_name_leaves_a_short_tombstone() {
    let world = World::new();
    let below = "mail.example.com";
    world.ses.add_foreign(&domain_name(NAME), None, true);
    world.ses.verify(&domain_name(NAME));
    world.add("maple", below);
    world.remove("maple", below);
    world.settle();
    assert_eq!(world.status("maple", below), None);
    world.ses.forget(&domain_name(NAME));
    let contested = world.add("cedar", below);
    assert_eq!(contested.state.status(), Status::Contested, "a tombstone");
    world.remove("cedar", below);
    world.clock.advance(DAY * 8);
    let free = world.add("cedar", below);
    assert_eq!(free.state.status(), Status::Pending);
}

#[test]
fn an_identity_deleted_before_its_mail_from_is_set_is_created_again() {
    const OPERATION: &str = "PutEmailIdentityMailFromAttributes";
    let refused = [SesFault::Refused(Refusal::BadRequest)];
    let world = World::new();
    world.ses.fail(OPERATION, &refused);
    let added = world.add("maple", NAME);
    let identity = added.state.identity().unwrap();
    assert_eq!(
        identity.mail_from, None,
        "SES has the identity, and no MAIL FROM for it"
    );

    let world = World::new();
    world
        .ses
        .fail("CreateEmailIdentity", &[SesFault::Throttled]);
    let domain = world.add("maple", NAME);
    let budget = SesBudget::unlimited();
    let tools = world.tools(&budget);
    world.ses.fail(OPERATION, &refused);
    world.crash.die_at(points_before(OPERATION));
    let mut slow = Box::pin(provision(&tools, domain));
    assert!(slow.as_mut().now_or_never().is_none());
    assert_eq!(world.crash.log().last(), Some(&OPERATION));
    world.ses.forget(&domain_name(NAME));
    world.crash.let_go();
    assert!(slow.now_or_never().unwrap().is_ok());
    assert_eq!(world.status("maple", NAME), Some(Status::Provisioning));
    world.settle();
    let domain = world.domain("maple", NAME).unwrap();
    let State::Pending(pending) = &domain.state else {
        panic!("{domain:?}");
    };
    assert!(pending.identity.mail_from.is_some());
    world.assert_nothing_untagged("made again");
}

/// The number of the first point of this call in a registration.
fn points_before(operation: &str) -> usize {
    let world = World::new();
    world
        .ses
        .fail("CreateEmailIdentity", &[SesFault::Throttled]);
    let domain = world.add("maple", NAME);
    let budget = SesBudget::unlimited();
    world.crash.live();
    let tools = world.tools(&budget);
    let done = Box::pin(provision(&tools, domain)).now_or_never();
    assert!(done.unwrap().is_ok());
    let log = world.crash.log();
    log.iter().position(|call| *call == operation).unwrap() + 1
}
