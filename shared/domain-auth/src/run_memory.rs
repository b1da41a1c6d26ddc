//! The data that one run of the poller leaves for the next.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::listing::Listing;
use crate::watching::STRIKES_APART;

/// The fewest looks from which a percentage can be computed.
pub const FEWEST_LOOKS: usize = 10;
/// The greatest age of a sample that still counts: the time that must pass before a second bad look
/// counts.
const FRESH: SignedDuration = STRIKES_APART;

/// The data that one run of the poller leaves for the next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunMemory {
    /// Looks at watched domains in the last runs, the newest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Sample>,
    /// When SES's list of identities is read next for domains that wait for SES.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_listing: Option<Timestamp>,
    /// When the list is read next for all domains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_sweep: Option<Timestamp>,
    /// When the list is compared next with all domains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_reconciliation: Option<Timestamp>,
    /// The list that the last runs have partly read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listing: Option<Listing>,
    /// Number of pages of the last list that was read to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_pages: Option<usize>,
}

/// The looks of one run at domains that were well before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The time.
    pub at: Timestamp,
    /// Looks with a result, good or bad.
    pub looks: usize,
    /// Number of bad looks among them.
    pub bad: usize,
}

/// Stops all downgrades of a run if too many of its looks are bad: then the cause is more likely
/// this service's view of DNS than a hundred clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breaker {
    /// The highest percentage of bad looks that is accepted.
    pub percent: usize,
}

impl Breaker {
    /// Whether too many looks of this run are bad. If the run had only a few looks, earlier runs of
    /// the last six hours are included.
    pub fn trips(self, sample: Sample, before: &[Sample]) -> bool {
        let (mut looks, mut bad) = (sample.looks, sample.bad);
        for earlier in before.iter().rev() {
            let fresh = sample.at.duration_since(earlier.at) < FRESH;
            if looks >= FEWEST_LOOKS || !fresh {
                break;
            }
            looks += earlier.looks;
            bad += earlier.bad;
        }
        sample.bad > 0 && looks >= FEWEST_LOOKS && bad * 100 > looks * self.percent
    }
}

impl RunMemory {
    /// Adds the sample of a run, and drops samples that no later run needs.
    pub fn remember(&mut self, sample: Sample) {
        if sample.looks > 0 {
            self.samples.push(sample);
        }
        let excess = self.samples.len().saturating_sub(FEWEST_LOOKS);
        self.samples.drain(..excess);
        self.samples
            .retain(|earlier| sample.at.duration_since(earlier.at) < FRESH);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(minute: i64, looks: usize, bad: usize) -> Sample {
        Sample {
            at: Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute),
            looks,
            bad,
        }
    }

    #[test]
    fn too_many_bad_looks_at_once_trip_the_breaker() {
        let breaker = Breaker { percent: 20 };
        for (now, before, trips) in [
            (sample(0, 100, 20), vec![], false),
            (sample(0, 100, 21), vec![], true),
            (sample(0, 9, 9), vec![], false),
            (sample(0, 10, 0), vec![], false),
            // A run with few looks is judged together with earlier runs.
            (sample(5, 7, 7), vec![sample(4, 7, 0)], true),
            (
                sample(5, 1, 1),
                vec![sample(3, 5, 0), sample(4, 5, 0)],
                false,
            ),
            (sample(5, 1, 0), vec![sample(4, 9, 9)], false),
            // Only earlier runs of the last six hours, and only as many as needed.
            (sample(6 * 60 + 4, 7, 7), vec![sample(4, 7, 0)], false),
            (sample(5, 10, 2), vec![sample(4, 100, 100)], false),
        ] {
            assert_eq!(breaker.trips(now, &before), trips, "{now:?} {before:?}");
        }
    }

    #[test]
    fn samples_that_no_run_needs_are_dropped() {
        let mut memory = RunMemory::default();
        for minute in 0..100 {
            memory.remember(sample(minute, 1, 0));
        }
        assert_eq!(memory.samples.len(), FEWEST_LOOKS);
        memory.remember(sample(1_000, 0, 0));
        assert!(memory.samples.is_empty());
    }
}
