//! How often a domain is looked at: fast while a person waits, slower the longer nothing happens.

use jiff::{SignedDuration, Timestamp};

use crate::domain::Domain;
use crate::fnv::fnv1a_64;
use crate::state::Status;
use crate::watching::STRIKES_APART;

/// While a domain is younger than the first figure in its state, or since a person hurried it, it
/// is looked at every second figure. The last line of a table holds for all older ones.
type Steps = &'static [(SignedDuration, SignedDuration)];

const QUARTER: SignedDuration = SignedDuration::from_mins(15);
const FIVE_MINUTES: SignedDuration = SignedDuration::from_mins(5);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const TWO_HOURS: SignedDuration = SignedDuration::from_hours(2);
const DAY: SignedDuration = SignedDuration::from_hours(24);
const EVER: SignedDuration = SignedDuration::MAX;

/// As often as the poller runs, which is once a minute.
const EVERY_RUN: SignedDuration = SignedDuration::ZERO;

/// SES looks for 72 hours; most people publish within the first.
const PENDING: Steps = &[
    (QUARTER, EVERY_RUN),
    (TWO_HOURS, FIVE_MINUTES),
    (DAY, QUARTER),
    (EVER, HOUR),
];
/// SES was slow or throttled: the next run tries again.
const PROVISIONING: Steps = &[(DAY, EVERY_RUN), (EVER, HOUR)];
/// A proof, or a repair after SES gave up.
const WAITING: Steps = &[
    (HOUR, FIVE_MINUTES),
    (DAY, QUARTER),
    (EVER, SignedDuration::from_hours(6)),
];
/// Broken ones are watched more closely, so that a repair is soon noticed.
const BROKEN: Steps = &[(DAY, QUARTER), (EVER, HOUR)];
/// Deleting goes on at the next run.
const REMOVING: Steps = &[(EVER, SignedDuration::from_mins(1))];
/// What SES has verified, after a person asked to see it now. Then it is looked at once a day, at a
/// time of its own.
const HURRIED: Steps = &[(QUARTER, EVERY_RUN), (TWO_HOURS, FIVE_MINUTES)];
/// What SES has verified, once the second look at what seemed broken was due and saw nothing.
const DOUBTED: SignedDuration = HOUR;

/// The share of an interval, as one part in this many, over which the checks of domains that were
/// added together are spread.
const JITTER_PARTS: i32 = 10;

/// When `domain`, looked at just now, is looked at again.
pub fn next_check(domain: &Domain, now: Timestamp) -> Timestamp {
    let next = match domain.state.status() {
        Status::Pending => stepped(domain, PENDING, now),
        Status::Provisioning => stepped(domain, PROVISIONING, now),
        Status::Contested | Status::Failed => stepped(domain, WAITING, now),
        Status::AtRisk => stepped(domain, BROKEN, now),
        Status::Removing => stepped(domain, REMOVING, now),
        Status::Verified | Status::Authenticated | Status::Rejected => watched(domain, now),
    };
    let next = match domain.deadline() {
        Some(deadline) if now < deadline => next.min(deadline),
        Some(_) | None => next,
    };
    domain.after_calls_under_way(next)
}

/// Whether a person asked for progress so lately that it is looked at often.
pub fn is_hurried(domain: &Domain, now: Timestamp) -> bool {
    domain
        .hurried_at
        .is_some_and(|hurried_at| now.duration_since(hurried_at) < TWO_HOURS)
}

fn stepped(domain: &Domain, steps: Steps, now: Timestamp) -> Timestamp {
    let since = domain.hurried_at.map_or(domain.state_since, |hurried_at| {
        hurried_at.max(domain.state_since)
    });
    let interval = interval(steps, now.duration_since(since)).unwrap_or(DAY);
    now + interval - jitter(domain, interval)
}

/// Daily, but for what a person asks to see now, and for what was seen broken once.
fn watched(domain: &Domain, now: Timestamp) -> Timestamp {
    let daily = daily(domain, now);
    let hurried = domain
        .hurried_at
        .and_then(|hurried_at| interval(HURRIED, now.duration_since(hurried_at)))
        .map(|interval| now + interval - jitter(domain, interval));
    let second_look = domain
        .watch
        .bad_since
        .map(|bad_since| (bad_since + STRIKES_APART).max(now))
        .map(|at| if at > now { at } else { now + DOUBTED });
    [hurried, second_look]
        .into_iter()
        .flatten()
        .fold(daily, Timestamp::min)
}

fn interval(steps: Steps, age: SignedDuration) -> Option<SignedDuration> {
    let step = steps.iter().find(|(younger_than, _)| age < *younger_than);
    step.map(|(_, interval)| *interval)
}

/// Each domain has its own second of the day, so that the looks at all of them are spread evenly
/// over it, whenever they were verified. The next one is between half a day and a day and a half
/// from now, and from then on they are a day apart.
fn daily(domain: &Domain, now: Timestamp) -> Timestamp {
    let day = DAY.as_secs();
    let own_second = i64::try_from(hash(domain) % DAY.as_secs().unsigned_abs()).unwrap_or(0);
    let soonest = now.as_second() + day / 2;
    let until_own = (own_second - soonest).rem_euclid(day);
    Timestamp::from_second(soonest + until_own).unwrap_or(now + DAY)
}

/// The same for the same domain and state, so that a repeated run decides alike. It shortens the
/// interval: a domain is never late for its jitter.
fn jitter(domain: &Domain, interval: SignedDuration) -> SignedDuration {
    spread(domain, interval / JITTER_PARTS)
}

/// A part of `span`, the same for the same domain, evenly spread over all domains.
pub fn spread(domain: &Domain, span: SignedDuration) -> SignedDuration {
    let permille = i32::try_from(hash(domain) % 1000).unwrap_or(0);
    span / 1000 * permille
}

fn hash(domain: &Domain) -> u64 {
    let name = domain.name.as_str().bytes();
    fnv1a_64(name.chain(domain.client.as_str().bytes()))
}

/// For how long a domain may be in a state before Lasso support is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Being registered with SES.
    pub provisioning: SignedDuration,
    /// Waiting for the final step.
    pub staff: SignedDuration,
}

impl Patience {
    /// When `domain` is stuck; none for one of which support was told, or that may take its time.
    pub fn ends(self, domain: &Domain) -> Option<Timestamp> {
        let patience = match domain.state.status() {
            Status::Provisioning => self.provisioning,
            Status::Verified => self.staff,
            Status::Contested | Status::Pending | Status::Authenticated | Status::AtRisk => {
                return None;
            }
            Status::Failed | Status::Rejected | Status::Removing => return None,
        };
        domain
            .stuck_at
            .is_none()
            .then(|| domain.state_since + patience)
    }
}

#[cfg(test)]
mod tests;
