//! Weeks of everything that goes wrong, from a seed: whatever happens, nothing is lost.

mod journal;
mod people;
mod plan;
mod settled;
mod topic;
mod world;

use std::io::{self, Write};
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use world::World;

use crate::goals::Goals;

/// After the last trouble everything has so long to come right: longer than the slowest pace.
const SETTLING: Duration = Duration::from_hours(4 * 24);

/// What one seed made of it.
struct Outcome {
    wrong: Vec<String>,
    commits: usize,
    published: usize,
}

/// Simulates so many days from each of many seeds, and prints which seeds went wrong.
pub(crate) fn run(
    out: &mut impl Write,
    goals: &mut Goals,
    (first, seeds, days): (u64, u64, u32),
) -> io::Result<()> {
    writeln!(
        out,
        "{seeds} times {days} days, from seed {first}: domains added, published, broken, repaired and checked;\n\
         SES throttled, SNS and our resolver down, name servers dead, clocks that jump, runs and requests\n\
         cut off, runs that overlap.\n"
    )?;
    let failed: Mutex<Vec<(u64, Vec<String>)>> = Mutex::default();
    let (commits, published, next) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(first));
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + seeds {
                        break;
                    }
                    let outcome = simulate(seed, days);
                    let add = |sum: &AtomicU64, count| {
                        sum.fetch_add(u64::try_from(count).unwrap_or(0), Ordering::Relaxed);
                    };
                    add(&commits, outcome.commits);
                    add(&published, outcome.published);
                    if !outcome.wrong.is_empty() {
                        let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                        failed.push((seed, outcome.wrong));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.sort();
    for (seed, wrong) in failed.iter().take(10) {
        writeln!(
            out,
            "seed {seed} (again: weeks --first {seed} --seeds 1 --days {days})"
        )?;
        for what in wrong.iter().take(5) {
            writeln!(out, "  {what}")?;
        }
    }
    writeln!(
        out,
        "{} changes written, {} events published",
        commits.into_inner(),
        published.into_inner(),
    )?;
    let wrong = f64::from(u32::try_from(failed.len()).unwrap_or(u32::MAX));
    goals.reach(
        out,
        "nothing that must not happen did, from any seed",
        wrong,
        |wrong| wrong == 0.0,
    )
}

fn simulate(seed: u64, days: u32) -> Outcome {
    let world = World::new(seed);
    let (clients, names) = world.size();
    let plan = plan::plan(&world.chance, days, clients, names);
    let weeks = Duration::from_hours(24) * days;
    world.clock.run(async {
        Box::pin(world.live(&plan, weeks)).await;
        world.heal();
        Box::pin(world.live(&[], weeks + SETTLING)).await;
    });
    settled::check(&world);
    let (commits, published) = world.store.observer.figures();
    Outcome {
        wrong: world.store.observer.all_wrong(),
        commits,
        published,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_in_weeks_of_trouble() {
        let (mut out, mut goals) = (Vec::new(), Goals::default());
        run(&mut out, &mut goals, (1, 30, 1)).unwrap();
        run(&mut out, &mut goals, (1_001, 4, 5)).unwrap();
        assert!(
            goals.missed().is_empty(),
            "{}",
            String::from_utf8_lossy(&out)
        );
    }

    #[test]
    fn a_seed_gives_the_same_weeks_again() {
        let (first, again) = (simulate(7, 3), simulate(7, 3));
        assert_eq!(
            (first.commits, first.published),
            (again.commits, again.published)
        );
        assert!(
            first.commits > 100 && first.published > 5,
            "something happened"
        );
    }
}
