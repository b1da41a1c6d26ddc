//! The checks of the weeks, checked: each fault of the service has to be found.

use clap::ValueEnum;

use super::simulate;
use crate::fault::Fault;

/// Seeds that are tried, from the one on that shows it.
const SEEDS: u64 = 4;

/// From which seed on a fault shows, in how many days, and a word of what is to be said of it.
fn expected(fault: Fault) -> (u64, u32, &'static str) {
    match fault {
        Fault::EventDropped | Fault::MarkedUnpublished => (1, 1, "lost: "),
        Fault::MarksForgotten => (1, 1, "published after it was marked"),
        Fault::VersionIgnored => (1, 1, "a version was left out"),
        Fault::HistoryDropped => (1, 1, "without a line of history"),
        Fault::FirstBadLookBelieved => (13, 1, "after one bad look"),
        Fault::SilenceCounts => (16, 2, "nothing is broken"),
        Fault::AlertForgotten => (1, 2, "nobody is told"),
        Fault::FirstBadLookForgotten => (1, 3, "awaits AtRisk"),
        Fault::WatchedForgotten => (1, 3, "was due for"),
        Fault::DueInAMonth => (1, 1, "and due at"),
        Fault::ClaimsLost => (1, 1, "holds it"),
        Fault::SecretReused => (23, 1, "given out twice"),
        Fault::NobodyDecided => (20, 2, "a verified holder was displaced"),
        Fault::DeletionForgotten => (20, 1, "which nobody holds"),
        Fault::DeletionAstray => (12, 1, "and is ["),
        Fault::OrphanDeletedEarly => (5, 1, "was deleted at SES before"),
        Fault::VerifiedOrphanDeleted => (1, 1, "was deleted at SES: Verified"),
        Fault::TagsIgnored => (10, 1, "was deleted at SES: OfAnotherStack"),
        Fault::OrphansDeletedUnasked => (1, 1, "and nobody wants that"),
        Fault::OrphansKept => (1, 1, "which nobody can miss"),
        Fault::ConfigurationSetForgotten => (2, 1, "was completed with None"),
        Fault::QuotaIgnored => (12, 2, "calls in calm times were throttled"),
        Fault::LettersUncounted => (6, 1, "on one day"),
    }
}

#[test]
fn every_fault_is_found() {
    for fault in Fault::value_variants() {
        let (first, days, words) = expected(*fault);
        let found = (first..first + SEEDS).any(|seed| {
            let outcome = simulate(seed, days, Some(*fault));
            outcome.wrong.iter().any(|what| what.contains(words))
        });
        assert!(found, "nobody noticed: {fault:?}");
    }
}
