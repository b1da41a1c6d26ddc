//! When a message that could not be emailed is delivered again.

use std::time::Duration;

/// The pause before the second delivery. It doubles with each delivery.
const SHORTEST: u64 = 2;

/// The longest pause, so an alert is at most this late after Amazon SES accepts mail again.
const LONGEST: u64 = 300;

/// A little less than the 12 hours for which SQS allows a message to be invisible after it was
/// received.
pub(crate) const LONGEST_OF_SQS: Duration = Duration::from_mins(11 * 60 + 45);

/// The pause after the delivery with this number, counted from one: two seconds, doubled with each
/// delivery up to five minutes. It is then shortened by up to a quarter, depending on the message's
/// identifier, so that messages that were refused together are not delivered together again.
pub(crate) fn pause_after(delivery: u32, message_id: &str) -> Duration {
    let doubled = SHORTEST << delivery.saturating_sub(1).min(16);
    let longest = doubled.min(LONGEST);
    let seed = message_id.bytes().fold(u64::from(delivery), |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    Duration::from_secs(longest - seed % (longest / 4 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `maxReceiveCount` in `infra/template.yaml`. After this many deliveries SQS moves the message to
    /// the dead-letter queue.
    const DELIVERIES: u32 = 1_000;

    #[test]
    fn retry_pauses_grow_from_two_seconds_to_five_minutes() {
        for id in ["a", "059f36b4-87a3-44ab-83d2-661975830a7d"] {
            let pauses: Vec<u64> = (1..=DELIVERIES)
                .map(|delivery| pause_after(delivery, id).as_secs())
                .collect();
            for (pause, at_most) in pauses.iter().zip([2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
                assert!(*pause >= at_most * 3 / 4 && *pause <= at_most, "{pauses:?}");
            }
            assert!(pauses.iter().all(|pause| *pause > 0));
        }
        assert!(pause_after(u32::MAX, "a").as_secs() <= LONGEST);
    }

    #[test]
    fn a_message_is_retried_for_three_days() {
        for number in 0..100_u32 {
            let id = format!("message {number}");
            let all: Duration = (1..DELIVERIES).map(|n| pause_after(n, &id)).sum();
            assert!(all >= Duration::from_hours(3 * 24), "{all:?}");
        }
    }

    #[test]
    fn messages_refused_at_the_same_time_are_retried_at_different_times() {
        let pauses: std::collections::BTreeSet<Duration> = (0..100)
            .map(|number| pause_after(8, &format!("message {number}")))
            .collect();
        assert!(pauses.len() > 20, "{pauses:?}");
    }
}
