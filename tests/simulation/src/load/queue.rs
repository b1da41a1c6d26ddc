//! Measures whether any domain starves if many are new and many are abandoned.

use std::io::{self, Write};
use std::time::Duration;

use domain_auth::use_cases::poll::Counter;

use super::ours;
use super::population::{DOMAINS, World};
use super::result::quantile;
use crate::goals::Goals;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// 5,000 new and 5,000 abandoned domains: how long each look is due before it is made.
pub(crate) fn queue(out: &mut impl Write, goals: &mut Goals) -> io::Result<()> {
    let half = DOMAINS / 2;
    let time = 15 * MINUTE;
    writeln!(
        out,
        "\nThe queue: {half} new domains, looked at in every run, and {half} abandoned ones, 48 to 71 hours\n\
         old, all due at once; {} minutes. Of a hundred, 3 have slow name servers and 2 dead ones.\n",
        time.as_secs() / 60,
    )?;
    let world = World::new(1);
    world.waiting("new", half, Duration::ZERO, Duration::ZERO);
    world.waiting("abandoned", half, 48 * HOUR, 71 * HOUR);
    let (reports, _) = world.setting.clock.run(ours::poll(&world, |world| {
        world.setting.clock.elapsed() >= time
    }));
    let noted = world.store.observer.noted();
    let mut waits = noted.waits.clone();
    waits.sort_unstable();
    writeln!(
        out,
        "{} looks in {} runs, {} of them with DNS, of {} domains; {} conflicts, {} errors",
        waits.len(),
        reports.len(),
        noted.dns_looks,
        noted.in_dns.len(),
        reports
            .iter()
            .map(|report| report[Counter::Conflicts])
            .sum::<usize>(),
        reports
            .iter()
            .map(|report| report[Counter::Errors])
            .sum::<usize>(),
    )?;
    for (name, share) in [("median", 0.5), ("p99", 0.99)] {
        let wait = quantile(&waits, share).unwrap_or_default();
        writeln!(
            out,
            "wait in the queue, {name}: {:.1} s",
            wait.as_secs_f64()
        )?;
    }
    let longest = quantile(&waits, 1.0).unwrap_or_default().as_secs_f64();
    goals.reach(
        out,
        "the longest wait in the queue is under 120 s",
        longest,
        |wait| wait < 120.0,
    )
}
