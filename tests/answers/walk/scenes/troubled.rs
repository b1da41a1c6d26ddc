//! Domains whose records cannot be seen or are gone, and those that Amazon SES has lost.

use domain_auth::identity::AxisStatus;
use domain_auth_testkit::domain_name;
use jiff::SignedDuration;

use super::{MAPLE, added, authenticated, done, status, unproven, verified};
use crate::world::{Call, NAME, World};

pub(super) fn suspended() -> World {
    let world = added();
    world.dns.set_suspended(true);
    done(&world, Call::Check);
    world
}

pub(super) fn suspended_claim() -> World {
    let world = unproven();
    world.dns.set_suspended(true);
    done(&world, Call::Check);
    world
}

pub(super) fn suspended_at_risk() -> World {
    let world = authenticated();
    world.unpublish(MAPLE);
    world.dns.set_suspended(true);
    for _ in 0..3 {
        world.clock.advance(SignedDuration::from_hours(7));
        done(&world, Call::Check);
    }
    world
}

pub(super) fn suspended_and_given_up() -> World {
    let world = suspended();
    world.ses_says(status(AxisStatus::Failed));
    done(&world, Call::Check);
    world
}

pub(super) fn suspended_verified() -> World {
    let world = verified();
    world.unpublish(MAPLE);
    world.dns.set_suspended(true);
    done(&world, Call::Check);
    world
}

pub(super) fn verified_and_lost() -> World {
    let world = verified();
    world.ses.forget(&domain_name(NAME));
    done(&world, Call::Check);
    world
}

pub(super) fn vanished_verified() -> World {
    let world = verified();
    world.unpublish(MAPLE);
    done(&world, Call::Check);
    world
}
