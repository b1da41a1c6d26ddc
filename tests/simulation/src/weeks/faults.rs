//! Tests of the checks of the weeks: each fault of the service must be found.

use std::iter;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use clap::ValueEnum;

use super::simulate;
use crate::fault::Fault;

/// The maximum number of seeds that are tried until one shows the fault. Which seed shows it
/// changes with every random number that the service or the weeks use.
const SEEDS: u64 = 100;

/// The number of days after which a fault shows with some seed, and a word of the expected report.
fn expected(fault: Fault) -> (u32, &'static str) {
    match fault {
        Fault::EventDropped | Fault::MarkedUnpublished => (1, "lost: "),
        Fault::MarksForgotten => (1, "published after it was marked"),
        Fault::VersionIgnored => (1, "a version was left out"),
        Fault::HistoryDropped => (1, "without a line of history"),
        Fault::FirstBadLookBelieved => (1, "after one bad look"),
        Fault::SilenceCounts => (2, "nothing is broken"),
        Fault::AlertForgotten => (2, "without an alert"),
        Fault::FirstBadLookForgotten => (3, "awaits AtRisk"),
        Fault::WatchedForgotten => (3, "was due for"),
        Fault::DueInAMonth => (1, "and due at"),
        Fault::ClaimsLost => (1, "holds it"),
        Fault::SecretReused => (1, "given out twice"),
        Fault::Undecided => (2, "a verified holder was displaced"),
        Fault::DeletionForgotten => (1, "which no client holds"),
        Fault::DeletionAstray => (1, "and is ["),
        Fault::OrphanDeletedEarly => (1, "was deleted at SES before"),
        Fault::VerifiedOrphanDeleted => (1, "was deleted at SES: Verified"),
        Fault::TagsIgnored => (1, "was deleted at SES: OfAnotherStack"),
        Fault::DescribingForgotten => (2, "which is not theirs"),
        Fault::OrphansDeletedUnasked => (1, "which was not wanted"),
        Fault::OrphansKept => (1, "which has no use"),
        Fault::ConfigurationSetForgotten => (1, "was completed with None"),
        Fault::QuotaIgnored => (2, "calls in calm times were throttled"),
        Fault::LettersUncounted => (1, "on one day"),
        Fault::NumberForgotten => (1, "is counted"),
    }
}

fn is_found(fault: Fault) -> bool {
    let (days, words) = expected(fault);
    (1..=SEEDS).any(|seed| {
        let outcome = simulate(seed, days, Some(fault));
        outcome.wrong.iter().any(|what| what.contains(words))
    })
}

#[test]
fn the_simulation_finds_every_injected_fault() {
    let faults = Fault::value_variants();
    let next = AtomicUsize::new(0);
    let work = || {
        let next = || faults.get(next.fetch_add(1, Ordering::Relaxed));
        let faults = iter::from_fn(next).copied();
        faults.filter(|fault| !is_found(*fault)).collect::<Vec<_>>()
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let missed: Vec<Fault> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let missed = workers.into_iter().map(thread::ScopedJoinHandle::join);
        missed
            .flat_map(|missed| missed.expect("a simulation that ends"))
            .collect()
    });
    assert!(missed.is_empty(), "not noticed: {missed:?}");
}
