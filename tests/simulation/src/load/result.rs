//! The results of a strategy.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain_auth::domain::{Change, Domain};
use domain_auth::event::Event;
use domain_auth::names::DomainName;
use domain_auth::ports::Clock;
use domain_auth::state::Status;
use jiff::Timestamp;

use crate::store::Observe;
use crate::time::SimClock;

/// Records when each domain was looked at, and when it was known to be verified.
#[derive(Debug)]
pub(crate) struct Notes {
    clock: SimClock,
    started: Timestamp,
    state: Mutex<Noted>,
}

#[derive(Debug, Default)]
pub(crate) struct Noted {
    /// When each domain was looked at for the first time.
    pub(crate) first_look: HashMap<DomainName, Duration>,
    /// How long each look was due before it was written.
    pub(crate) waits: Vec<Duration>,
    /// When each domain was known to be verified.
    pub(crate) known: HashMap<DomainName, Duration>,
    /// Looks at DNS that were written.
    pub(crate) dns_looks: usize,
    /// Domains whose DNS was looked at.
    pub(crate) in_dns: HashSet<DomainName>,
}

impl Notes {
    pub(crate) fn new(clock: SimClock) -> Self {
        let started = clock.now();
        Self {
            clock,
            started,
            state: Mutex::default(),
        }
    }

    pub(crate) fn noted(&self) -> MutexGuard<'_, Noted> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observe for Notes {
    fn committed(&self, before: &[Option<Domain>], changes: &[&Change]) {
        let (elapsed, now) = (self.clock.elapsed(), self.clock.now());
        let mut noted = self.noted();
        for (before, change) in before.iter().zip(changes) {
            let domain = &change.domain;
            let Some(before) = before else { continue };
            if domain.dns_looked_at > before.dns_looked_at {
                noted.dns_looks += 1;
                noted.in_dns.insert(domain.name.clone());
            }
            if before.state.status() != Status::Verified
                && domain.state.status() == Status::Verified
            {
                noted.known.insert(domain.name.clone(), elapsed);
            }
            if domain.next_check > before.next_check {
                let due = before.next_check.max(self.started);
                let wait = Duration::try_from(now.duration_since(due));
                noted.waits.push(wait.unwrap_or_default());
                noted
                    .first_look
                    .entry(domain.name.clone())
                    .or_insert(elapsed);
            }
        }
    }

    fn marked(&self, _: &Event) {}
}

/// The value that this share of all values does not exceed; the values are sorted.
pub(crate) fn quantile(values: &[Duration], share: f64) -> Option<Duration> {
    let last = u32::try_from(values.len().checked_sub(1)?).ok()?;
    let position = Duration::from_secs(u64::from(last)).mul_f64(share);
    values
        .get(usize::try_from(position.as_secs()).ok()?)
        .copied()
}
