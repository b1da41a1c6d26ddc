//! A month of 10,000 domains, computed from the cost of a look and from the real check intervals.

use std::io::{self, Write};
use std::time::Duration;

use domain_auth::pace;
use domain_auth::ports::Clock;
use domain_auth::state::Trigger;
use jiff::SignedDuration;

use super::population::{DOMAINS, World, waiting};
use super::sweep::Strategy;
use super::{ours, price};
use crate::units::float;

/// How long a domain waits until SES verifies it. It is looked at daily for the rest of the month.
const WAITS: SignedDuration = SignedDuration::from_hours(24);
const WATCHED_DAYS: f64 = 29.0;
const DAYS: f64 = 30.0;
const HOURS: f64 = DAYS * 24.0;
const MINUTES: f64 = HOURS * 60.0;
/// One in this many of the domains that are added during the month waits at any time.
const WAITING: usize = 30;

/// Dollars for a month.
pub(super) fn cost(strategy: &Strategy) -> f64 {
    let looks = float(DOMAINS) * looks_at_each();
    let look = strategy.cost() / float(DOMAINS);
    let between = if strategy.reads_list {
        between_looks()
    } else {
        idle()
    };
    looks * look + between
}

/// Dollars for the runs of a month in which no domain is due. Some domains wait, and SES's list is
/// read for them; most are verified.
fn between_looks() -> f64 {
    let world = World::new(1);
    let waiting = DOMAINS / WAITING;
    world.not_due("waiting", waiting, &[]);
    world.not_due("verified", DOMAINS - waiting, &[Trigger::SesVerified]);
    let hour = Duration::from_hours(1);
    let runs = ours::poll(&world, |world| world.setting.clock.elapsed() >= hour);
    let (reports, busy) = world.setting.clock.run(runs);
    let an_hour = price::table(world.store.units()) + price::runs(busy, float(reports.len()));
    an_hour * HOURS
}

/// Prints the meaning of the price.
pub(super) fn explain(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "\nThe month: each domain is added, waits for {} hours, and is watched from then on: {:.0} looks each at\n\
         the real pace, and {:.0} runs in which nothing is due; ours read SES's list in some of them. Prices: us-east-1, on demand, arm64, without free tier.\n",
        WAITS.as_hours(),
        looks_at_each(),
        MINUTES,
    )
}

/// Looks at one domain per month, by a poller that runs every minute.
fn looks_at_each() -> f64 {
    let world = World::new(1);
    let added = world.setting.clock.now();
    let domain = waiting("one", 0, added, added).domain;
    let (mut now, mut looks) = (added, 0.0);
    while now < added + WAITS {
        looks += 1.0;
        let next = pace::next_check(&domain, now);
        // The first run at or after the time at which it is due.
        let minutes = next.duration_since(added).as_secs().max(0) / 60 + 1;
        now = added + SignedDuration::from_mins(minutes);
    }
    looks + WATCHED_DAYS
}

/// Dollars for the runs of a month that find nothing to do.
fn idle() -> f64 {
    let world = World::new(1);
    let minute = Duration::from_mins(1);
    let once = ours::poll(&world, |world| world.setting.clock.elapsed() >= minute);
    let (_, busy) = world.setting.clock.run(once);
    MINUTES * (price::table(world.store.units()) + price::runs(busy, 1.0))
}
