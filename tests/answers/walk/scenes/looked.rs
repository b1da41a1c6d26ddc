//! Pending domains that tell of an earlier look, or of one without an answer.

use domain_auth::state::Status;
use jiff::SignedDuration;

use super::{MAPLE, done, given_up, revoked, without_records};
use crate::world::{Call, World};

/// The records are published since the last look, but DNS gives no answer for them.
pub(super) fn silent_after_a_look() -> World {
    let world = without_records();
    world.publish(MAPLE);
    world.dns.set_silent(true);
    done(&world, Call::Check);
    world.dns.set_silent(false);
    world
}

/// The poller has found the records of a domain that Amazon SES gave up.
pub(super) fn restarted_by_records() -> World {
    let world = given_up();
    world.publish(MAPLE);
    world.poll_after(SignedDuration::from_mins(10));
    let status = world.domain(MAPLE).unwrap().state.status();
    assert_eq!(status, Status::Pending);
    world
}

/// Amazon SES has withdrawn its verification, and the records are gone.
pub(super) fn restarted_without_records() -> World {
    let world = revoked();
    world.unpublish(MAPLE);
    done(&world, Call::Check);
    done(&world, Call::Restart);
    world
}
