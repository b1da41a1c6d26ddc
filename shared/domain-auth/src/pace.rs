//! How often a domain is looked at: often while a person waits, and less often the longer nothing
//! happens.

use jiff::{SignedDuration, Timestamp};

use crate::domain::Domain;
use crate::fnv::fnv1a_64;
use crate::state::{State, Status};
use crate::watching::STRIKES_APART;

/// Pairs of an age and an interval. While the domain's time in its state (or since a person asked
/// for progress) is below the age, it is looked at once in each interval. The last line of a table
/// holds for all older domains.
type Steps = &'static [(SignedDuration, SignedDuration)];

const QUARTER: SignedDuration = SignedDuration::from_mins(15);
const FIVE_MINUTES: SignedDuration = SignedDuration::from_mins(5);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const TWO_HOURS: SignedDuration = SignedDuration::from_hours(2);
const DAY: SignedDuration = SignedDuration::from_hours(24);
const EVER: SignedDuration = SignedDuration::MAX;

/// At every run of the poller, once a minute.
const EVERY_RUN: SignedDuration = SignedDuration::ZERO;

/// SES looks for 72 hours; most people publish the records in the first of them.
const PENDING: Steps = &[
    (QUARTER, EVERY_RUN),
    (TWO_HOURS, FIVE_MINUTES),
    (DAY, QUARTER),
    (EVER, HOUR),
];
/// SES was slow or throttled: the next run tries again.
const PROVISIONING: Steps = &[(DAY, EVERY_RUN), (EVER, HOUR)];
/// A proof is awaited, or a repair after SES gave up.
const WAITING: Steps = &[
    (HOUR, FIVE_MINUTES),
    (DAY, QUARTER),
    (EVER, SignedDuration::from_hours(6)),
];
/// A domain with broken records is looked at more often, so that a repair is noticed soon.
const BROKEN: Steps = &[(DAY, QUARTER), (EVER, HOUR)];
/// The next run continues the deletion.
const REMOVING: Steps = &[(EVER, SignedDuration::from_mins(1))];
/// A verified domain, after a person asked for progress. Later it is looked at once a day, at its
/// own time of day.
const HURRIED: Steps = &[(QUARTER, EVERY_RUN), (TWO_HOURS, FIVE_MINUTES)];
/// A verified domain, if the second look at records that seemed broken was due and had no result.
const DOUBTED: SignedDuration = HOUR;

/// Each interval is shortened by up to one part in this many, so that domains that were added
/// together are not checked together.
const JITTER_PARTS: i32 = 10;

/// When `domain`, which was looked at just now, is looked at again.
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

/// Whether a person asked for progress so recently that the domain is looked at often.
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

/// Daily, except after a request for progress or after one look that found broken records.
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

/// Each domain has its own second of the day, so that the looks are spread evenly over the day,
/// whenever the domains were verified. The next look is between half a day and a day and a half
/// from now; later looks are a day apart.
fn daily(domain: &Domain, now: Timestamp) -> Timestamp {
    let day = DAY.as_secs();
    let own_second = i64::try_from(hash(domain) % DAY.as_secs().unsigned_abs()).unwrap_or(0);
    let soonest = now.as_second() + day / 2;
    let until_own = (own_second - soonest).rem_euclid(day);
    Timestamp::from_second(soonest + until_own).unwrap_or(now + DAY)
}

/// The jitter of an interval, always the same for a domain and a state, so that a repeated run has
/// the same result. It only shortens the interval.
fn jitter(domain: &Domain, interval: SignedDuration) -> SignedDuration {
    spread(domain, interval / JITTER_PARTS)
}

/// A part of `span`, always the same for a domain, spread evenly over all domains.
pub fn spread(domain: &Domain, span: SignedDuration) -> SignedDuration {
    let permille = i32::try_from(hash(domain) % 1000).unwrap_or(0);
    span / 1000 * permille
}

fn hash(domain: &Domain) -> u64 {
    let name = domain.name.as_str().bytes();
    fnv1a_64(name.chain(domain.client.as_str().bytes()))
}

/// How long a domain may be in a state before Lasso support is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For domains that are being registered with SES.
    pub provisioning: SignedDuration,
    /// For domains that wait for Lasso support: verified ones for the final step, and proven claims
    /// for a decision.
    pub staff: SignedDuration,
}

impl Patience {
    /// When `domain` is stuck. `None` if Lasso support was told, or if the state has no such limit.
    pub fn ends(self, domain: &Domain) -> Option<Timestamp> {
        let patience = match &domain.state {
            State::Provisioning(_) => self.provisioning,
            State::Verified(_) => self.staff,
            State::Contested(contested)
                if contested.proven_at.is_some() && contested.taking_over_since.is_none() =>
            {
                self.staff
            }
            State::Contested(_) | State::Pending(_) | State::Authenticated(_) => return None,
            State::AtRisk(_) | State::Failed(_) | State::Rejected(_) | State::Removing(_) => {
                return None;
            }
        };
        domain
            .stuck_at
            .is_none()
            .then(|| domain.waits_since() + patience)
    }
}

#[cfg(test)]
mod tests;
