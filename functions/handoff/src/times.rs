//! Times in a form for people.

use jiff::Timestamp;

/// Whole seconds from `now` until a time, rounded up; `None` if the time is over.
pub(crate) fn seconds_until(at: Timestamp, now: Timestamp) -> Option<u64> {
    let left = at.duration_since(now);
    let seconds = u64::try_from(left.as_secs()).ok()?;
    let seconds = seconds + u64::from(left.subsec_nanos() > 0);
    (seconds > 0).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_until_the_next_check_is_rounded_up_to_seconds() {
        let noon: Timestamp = "2026-06-01T12:00:00Z".parse().unwrap();
        let later = |nanoseconds| noon + jiff::SignedDuration::from_nanos(nanoseconds);
        assert_eq!(seconds_until(later(1), noon), Some(1));
        assert_eq!(seconds_until(later(2_000_000_000), noon), Some(2));
        assert_eq!(seconds_until(noon, noon), None);
        assert_eq!(seconds_until(noon, later(1)), None);
    }
}
