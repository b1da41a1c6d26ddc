//! Weeks with all kinds of trouble, from a seed: whatever happens, nothing is lost.

mod answers;
#[cfg(test)]
mod faults;
mod figures;
mod foreign;
mod happens;
mod holders;
mod journal;
mod mail;
mod orphans;
mod people;
mod plan;
mod settled;
mod steps;
mod topic;
mod truth;
mod world;

use std::io::{self, Write};
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use figures::Figures;
use world::World;

use crate::fault::Fault;
use crate::goals::Goals;

/// The time after the last trouble until everything must be right: longer than the longest check
/// interval.
const SETTLING: Duration = Duration::from_hours(2 * 24);

/// After this many seeds progress is printed, because it may take minutes.
const PROGRESS: u64 = 200;

/// The parameters of the simulation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weeks {
    pub(crate) first: u64,
    pub(crate) seeds: u64,
    pub(crate) days: u32,
    /// The fault that was inserted on purpose.
    pub(crate) fault: Option<Fault>,
}

/// Seeds with problems, and the problems.
type Failed = Vec<(u64, Vec<String>)>;

/// The result of one seed.
struct Outcome {
    wrong: Vec<String>,
    figures: Figures,
}

/// Simulates this many days for each of many seeds, and prints the seeds with problems.
pub(crate) fn run(out: &mut impl Write, goals: &mut Goals, weeks: Weeks) -> io::Result<()> {
    let Weeks {
        first,
        seeds,
        days,
        fault,
    } = weeks;
    writeln!(
        out,
        "{seeds} times {days} days, from seed {first}, and two days in which all comes right: domains added,\n\
         published, broken, repaired, checked, contested, proven, released and adopted; SES throttled, SNS\n\
         and our resolver down, name servers dead or at odds, identities lost, identities of others under\n\
         the same names, clocks that jump, runs and requests cut off, runs that overlap.\n"
    )?;
    if let Some(fault) = fault {
        writeln!(out, "The service has a fault: {fault:?}.\n")?;
    }
    let (figures, mut failed) = simulate_all(out, weeks)?;
    failed.sort();
    for (seed, wrong) in failed.iter().take(10) {
        writeln!(
            out,
            "seed {seed} (again: weeks --first {seed} --seeds 1 --days {days})"
        )?;
        let shown = if seeds == 1 { wrong.len() } else { 5 };
        for what in wrong.iter().take(shown) {
            writeln!(out, "  {what}")?;
        }
    }
    figures.print(out)?;
    let wrong = f64::from(u32::try_from(failed.len()).unwrap_or(u32::MAX));
    goals.reach(
        out,
        "nothing that must not happen did, from any seed",
        wrong,
        |wrong| wrong == 0.0,
    )
}

/// The statistics of all seeds, and the problems by seed. Prints its progress from time to time.
fn simulate_all(out: &mut impl Write, weeks: Weeks) -> io::Result<(Figures, Failed)> {
    let (mut figures, mut failed) = (Figures::default(), Failed::new());
    let next = AtomicU64::new(weeks.first);
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let (sender, outcomes) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..workers {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= weeks.first + weeks.seeds {
                        break;
                    }
                    let outcome = simulate(seed, weeks.days, weeks.fault);
                    if sender.send((seed, outcome)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (done, (seed, outcome)) in (1..).zip(outcomes) {
            figures += outcome.figures;
            if !outcome.wrong.is_empty() {
                failed.push((seed, outcome.wrong));
            }
            if done % PROGRESS == 0 {
                let wrong = failed.len();
                writeln!(out, "{done} seeds so far, {wrong} of them went wrong")?;
                out.flush()?;
            }
        }
        Ok((figures, failed))
    })
}

fn simulate(seed: u64, days: u32, fault: Option<Fault>) -> Outcome {
    let world = World::new(seed, fault);
    let (clients, names) = world.size();
    let plan = plan::plan(&world.chance, days, clients, names);
    let weeks = Duration::from_hours(24) * days;
    let throttled = world.clock.run(async {
        Box::pin(world.live(&plan, weeks)).await;
        world.heal();
        let before = world.ses.throttled();
        Box::pin(world.live(&[], weeks + SETTLING)).await;
        world.ses.throttled() - before
    });
    settled::check(&world, throttled);
    Outcome {
        wrong: world.store.observer.all_wrong(),
        figures: world.store.observer.figures(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_domain_and_no_event_is_lost_in_simulated_weeks_of_faults() {
        let (mut out, mut goals) = (Vec::new(), Goals::default());
        for (first, seeds, days) in [(1, 10, 1), (1_001, 2, 5)] {
            let weeks = Weeks {
                first,
                seeds,
                days,
                fault: None,
            };
            run(&mut out, &mut goals, weeks).unwrap();
        }
        assert!(
            goals.missed().is_empty(),
            "{}",
            String::from_utf8_lossy(&out)
        );
    }

    #[test]
    fn the_same_seed_gives_the_same_weeks() {
        let (first, again) = (simulate(7, 1, None).figures, simulate(7, 1, None).figures);
        assert_eq!(first, again);
        assert!(
            first.commits > 100 && first.published > 5,
            "something happened"
        );
    }
}
