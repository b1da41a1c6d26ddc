//! How often a domain is looked at: fast while a person waits, slower the longer nothing happens.

use jiff::{SignedDuration, Timestamp};

use crate::domain::Domain;
use crate::state::Status;

/// While a domain is younger than the first figure in its state, or since somebody hurried it, it
/// is looked at every second figure. The last line of a table holds for all older ones.
type Steps = &'static [(SignedDuration, SignedDuration)];

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// As often as the poller runs, which is once a minute.
const EVERY_RUN: SignedDuration = SignedDuration::ZERO;

/// SES looks for 72 hours; most people publish within the first.
const PENDING: Steps = &[
    (SignedDuration::from_mins(15), EVERY_RUN),
    (SignedDuration::from_hours(2), SignedDuration::from_mins(5)),
    (DAY, SignedDuration::from_mins(15)),
    (SignedDuration::MAX, HOUR),
];
/// SES was slow or throttled: the next run tries again.
const PROVISIONING: Steps = &[
    (SignedDuration::from_mins(15), EVERY_RUN),
    (DAY, MINUTE),
    (SignedDuration::MAX, HOUR),
];
/// A proof, or a repair after SES gave up.
const WAITING: Steps = &[
    (HOUR, SignedDuration::from_mins(5)),
    (DAY, SignedDuration::from_mins(15)),
    (SignedDuration::MAX, SignedDuration::from_hours(6)),
];
/// Records that were good are watched.
const WATCHED: Steps = &[(SignedDuration::MAX, DAY)];
/// Broken ones are watched more closely, so that a repair is soon noticed.
const BROKEN: Steps = &[
    (DAY, SignedDuration::from_mins(15)),
    (SignedDuration::MAX, HOUR),
];
/// Deleting goes on at the next run.
const REMOVING: Steps = &[(SignedDuration::MAX, MINUTE)];

/// The share of an interval, as one part in this many, over which the checks of domains that were
/// added together are spread.
const JITTER_PARTS: i32 = 10;

/// When `domain`, looked at just now, is looked at again.
pub fn next_check(domain: &Domain, now: Timestamp) -> Timestamp {
    let steps = match domain.state.status() {
        Status::Pending => PENDING,
        Status::Provisioning => PROVISIONING,
        Status::Contested | Status::Failed => WAITING,
        Status::Verified | Status::Authenticated | Status::Rejected => WATCHED,
        Status::AtRisk => BROKEN,
        Status::Removing => REMOVING,
    };
    let since = domain.hurried_at.map_or(domain.state_since, |hurried| {
        hurried.max(domain.state_since)
    });
    let age = now.duration_since(since);
    let interval = steps
        .iter()
        .find(|(younger_than, _)| age < *younger_than)
        .or(steps.last())
        .map_or(DAY, |(_, interval)| *interval);
    let mut next = now + interval - jitter(domain, interval);
    if let Some(deadline) = domain.state.deadline()
        && now < deadline
    {
        next = next.min(deadline);
    }
    domain.after_deletion(next)
}

/// The same for the same domain and state, so that a repeated run decides alike. It shortens the
/// interval: a domain is never late for its jitter.
fn jitter(domain: &Domain, interval: SignedDuration) -> SignedDuration {
    // FNV-1a; any even spread will do.
    let hash = domain
        .name
        .as_str()
        .bytes()
        .chain(domain.client.as_str().bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let permille = i32::try_from(hash % 1000).unwrap_or(0);
    interval / JITTER_PARTS / 1000 * permille
}
