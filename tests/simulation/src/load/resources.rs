//! The resources that a run uses.

use std::io::{self, Write};

use super::ours;
use super::population::{DOMAINS, World};
use crate::cpu;
use crate::goals::Goals;

/// Processor time and memory of the poller with 10,000 domains that are due.
pub(crate) fn resources(out: &mut impl Write, goals: &mut Goals) -> io::Result<()> {
    let world = World::of_a_day(1);
    let before = cpu::peak_memory();
    let (started, apart) = (cpu::thread_time(), world.setting.apart.total());
    // So that there is time for a DNS look of all of them.
    world.dns.answer_at_once();
    world.setting.clock.run(ours::poll(&world, World::all_seen));
    let spent = cpu::thread_time().saturating_sub(started);
    let fakes = world.setting.apart.total().saturating_sub(apart);
    let looked_up = world.store.observer.noted().in_dns.len();
    let each = spent.saturating_sub(fakes).as_secs_f64() * 1000.0 / 10_000.0;
    writeln!(
        out,
        "Processor time and memory: {DOMAINS} domains that are due, {looked_up} of them with a look at DNS, which\n\
         here answers at once. Counted is the poller with its diagnosis, and what makes items for DynamoDB; not\n\
         the network, its encryption and the DNS packets, which are simulated. The fakes took {:.1} s more, and\n\
         their data is in the memory.\n",
        fakes.as_secs_f64(),
    )?;
    goals.reach(
        out,
        "processor time for each domain is under 1 ms",
        each,
        |time| time < 1.0,
    )?;
    if let (Some(before), Some(peak)) = (before, cpu::peak_memory()) {
        let megabytes =
            |bytes: u64| f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) / 1024.0;
        writeln!(
            out,
            "before the poller runs: {:.1} MB resident",
            megabytes(before)
        )?;
        goals.reach(out, "peak memory is under 96 MB", megabytes(peak), |peak| {
            peak < 96.0
        })?;
    }
    Ok(())
}
