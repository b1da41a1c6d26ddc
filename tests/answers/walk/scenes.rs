//! A domain of `maple` in every state, with every reason and stage that changes its texts.

mod looked;
mod troubled;

use domain_auth::history::Actor;
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::ports::{Clock, Refusal};
use domain_auth::state::{Grant, State};
use domain_auth_testkit::{SesFault, domain_name};
use jiff::SignedDuration;

use self::looked::{restarted_by_records, restarted_without_records, silent_after_a_look};
use self::troubled::{
    suspended, suspended_and_given_up, suspended_at_risk, suspended_claim, suspended_verified,
    vanished_verified, verified_and_lost,
};
use crate::world::{ALL, Call, MINUTE, NAME, World};

pub(crate) const MAPLE: &str = "maple";
const CEDAR: &str = "cedar";

/// The way in which a domain of `maple` reaches its state.
pub(crate) type Scene = (&'static str, fn() -> World);

pub(crate) const SCENES: &[Scene] = &[
    ("an unproven claim", unproven),
    ("a claim that one server of two shows", unconfirmed),
    ("a claim on a name that Amazon SES has for others", foreign),
    (
        "a claim on a name that another client gave up",
        given_up_by_another,
    ),
    ("a proven claim", proven),
    ("a claim that takes its name over", taking_over),
    ("a holder that is challenged", challenged),
    ("a holder that Lasso support released", displaced),
    ("a domain that SES has not registered", provisioning),
    ("a domain that was added a moment ago", added),
    ("a domain without records in DNS", without_records),
    ("a domain whose records are found", with_records),
    ("a domain whose client is ready", ready),
    ("a domain whose records are gone", gone),
    ("a domain for which DNS is silent", silent),
    (
        "a domain for which DNS is silent after a look",
        silent_after_a_look,
    ),
    ("a domain that its records restart", restarted_by_records),
    (
        "a domain that is restarted without its records",
        restarted_without_records,
    ),
    ("an adopted domain with a key of its owner", owners_key),
    ("a verified domain", verified),
    (
        "a verified domain that its registrar has suspended",
        suspended_verified,
    ),
    (
        "a verified domain whose records are gone",
        vanished_verified,
    ),
    ("a verified domain that SES has lost", verified_and_lost),
    ("an authenticated domain without DKIM", without_dkim),
    ("an authenticated domain whose DKIM waits", dkim_waits),
    ("an authenticated domain", authenticated),
    ("an authenticated domain whose records are gone", vanished),
    ("an authenticated domain that SES has lost", lost_at_ses),
    (
        "a verified domain that another client has proven",
        verified_and_challenged,
    ),
    ("a domain at risk", at_risk),
    (
        "a domain at risk whose registrar has suspended it",
        suspended_at_risk,
    ),
    ("a domain that its registrar has suspended", suspended),
    (
        "a claim on a domain that its registrar has suspended",
        suspended_claim,
    ),
    (
        "a domain that SES gave up and its registrar suspended",
        suspended_and_given_up,
    ),
    ("a domain whose 72 hours are over", deadline_passed),
    ("a domain that SES gave up", given_up),
    (
        "a domain that SES gave up, with records",
        given_up_with_records,
    ),
    ("a domain whose verification was taken back", revoked),
    ("a domain whose identity is gone", identity_gone),
    ("a domain that SES refuses", refused),
    (
        "a domain that SES refuses, with a question",
        refused_and_asked,
    ),
    ("a rejected domain", rejected),
    ("a domain that is removed", removing),
];

fn done(world: &World, call: Call) {
    let answer = world.call(MAPLE, call);
    assert!(answer.is_ok(), "{call:?}: {answer:?}");
}

fn status(verification: AxisStatus) -> SesStatus {
    SesStatus {
        verification,
        dkim: AxisStatus::Pending,
        mail_from: AxisStatus::Pending,
    }
}

/// Another client holds the name, and Lasso sends for it.
fn unproven() -> World {
    let world = World::default();
    world.add(CEDAR);
    world.ses_says(ALL);
    world.publish(CEDAR);
    world.poll_after(MINUTE);
    world.call(CEDAR, Call::Complete).unwrap();
    world.add(MAPLE);
    world
}

fn foreign() -> World {
    let world = World::default();
    world.ses.add_foreign(&domain_name(NAME), None, true);
    world.add(MAPLE);
    world
}

fn given_up_by_another() -> World {
    let world = unproven();
    world.call(CEDAR, Call::Remove).unwrap();
    world
}

fn unconfirmed() -> World {
    let world = unproven();
    world.publish(MAPLE);
    world.dns.set_second_without_tcp(true);
    done(&world, Call::Check);
    world.dns.set_second_without_tcp(false);
    world
}

fn proven() -> World {
    let world = unproven();
    world.publish(MAPLE);
    done(&world, Call::Check);
    world
}

fn taking_over() -> World {
    let world = proven();
    let now = world.clock.now();
    world.put(MAPLE, |domain| {
        if let State::Contested(claim) = &mut domain.state {
            claim.taking_over_since = Some(now);
            claim.granted = Some(Grant {
                actor: Actor::Service,
                reason: "They asked for it.".to_owned(),
                confirmed: true,
            });
        }
    });
    world
}

fn challenged() -> World {
    let world = authenticated();
    world.add(CEDAR);
    world.publish(CEDAR);
    world.call(CEDAR, Call::Check).unwrap();
    world
}

fn displaced() -> World {
    let world = authenticated();
    done(&world, Call::End);
    world
}

fn provisioning() -> World {
    let world = World::default();
    world
        .ses
        .fail("CreateEmailIdentity", &[SesFault::Throttled]);
    world.add(MAPLE);
    world
}

fn added() -> World {
    let world = World::default();
    world.add(MAPLE);
    world
}

fn without_records() -> World {
    let world = added();
    done(&world, Call::Check);
    world
}

fn with_records() -> World {
    let world = added();
    world.publish(MAPLE);
    done(&world, Call::Check);
    world
}

fn ready() -> World {
    let world = with_records();
    done(&world, Call::Notify);
    world
}

fn gone() -> World {
    let world = with_records();
    world.unpublish(MAPLE);
    done(&world, Call::Check);
    world
}

fn silent() -> World {
    let world = added();
    world.dns.set_silent(true);
    done(&world, Call::Check);
    world.dns.set_silent(false);
    world
}

fn owners_key() -> World {
    let world = World::default();
    world.ses.add_foreign_with_own_keys(&domain_name(NAME));
    world.add(MAPLE);
    done(&world, Call::Adopt);
    world.poll_after(MINUTE);
    world
}

fn verified() -> World {
    let world = with_records();
    world.ses_says(ALL);
    done(&world, Call::Check);
    world
}

fn without_dkim() -> World {
    let world = added();
    world.ses_says(status(AxisStatus::Success));
    done(&world, Call::Check);
    done(&world, Call::Complete);
    world
}

fn dkim_waits() -> World {
    let world = with_records();
    world.ses_says(status(AxisStatus::Success));
    done(&world, Call::Check);
    done(&world, Call::Complete);
    world
}

fn authenticated() -> World {
    let world = verified();
    done(&world, Call::Complete);
    world
}

fn vanished() -> World {
    let world = authenticated();
    world.unpublish(MAPLE);
    done(&world, Call::Check);
    world
}

fn lost_at_ses() -> World {
    let world = authenticated();
    world.ses.forget(&domain_name(NAME));
    done(&world, Call::Check);
    world
}

fn verified_and_challenged() -> World {
    let world = verified();
    world.add(CEDAR);
    world.publish(CEDAR);
    world.call(CEDAR, Call::Check).unwrap();
    world
}

fn at_risk() -> World {
    let world = authenticated();
    world.unpublish(MAPLE);
    for _ in 0..3 {
        world.clock.advance(SignedDuration::from_hours(7));
        done(&world, Call::Check);
    }
    world
}

fn deadline_passed() -> World {
    let world = without_records();
    world.poll_after(SignedDuration::from_hours(80));
    world
}

fn given_up() -> World {
    let world = without_records();
    world.ses_says(status(AxisStatus::Failed));
    done(&world, Call::Check);
    world
}

fn given_up_with_records() -> World {
    let world = with_records();
    world.ses_says(status(AxisStatus::Failed));
    done(&world, Call::Check);
    world
}

fn revoked() -> World {
    let world = authenticated();
    world.ses_says(status(AxisStatus::Failed));
    done(&world, Call::Check);
    world
}

fn identity_gone() -> World {
    let world = authenticated();
    world.ses.forget(&domain_name(NAME));
    done(&world, Call::Check);
    for _ in 0..3 {
        world.poll_after(SignedDuration::from_hours(7));
    }
    world
}

fn refused() -> World {
    let world = World::default();
    let fault = SesFault::Refused(Refusal::BadRequest);
    world.ses.fail("CreateEmailIdentity", &[fault]);
    world.add(MAPLE);
    world
}

fn refused_and_asked() -> World {
    let world = refused();
    done(&world, Call::Notify);
    world
}

fn rejected() -> World {
    let world = verified();
    done(&world, Call::Reject);
    world
}

fn removing() -> World {
    let world = authenticated();
    world
        .ses
        .fail("DeleteEmailIdentity", &[SesFault::Throttled]);
    done(&world, Call::Remove);
    world
}
