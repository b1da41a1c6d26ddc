//! The truth about each name, independent of the service: since when its records are visibly broken
//! or complete, and so by when the service has to know.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use domain_auth::domain::{Change, Domain};
use domain_auth::event::EventType;
use domain_auth::identity::AxisStatus;
use domain_auth::names::{ClientId, DomainName};
use domain_auth::state::Status;
use domain_auth::watching::STRIKES_APART;

use crate::dns::{Published, Servers};

/// The longest time between two daily looks (`daily` in `pace.rs`): a day and a half.
pub(super) const LONGEST_PACE: Duration = Duration::from_hours(36);
/// How often a domain at risk is looked at, at least (`BROKEN` in `pace.rs`), and how often SES's
/// list is read.
const HOURLY: Duration = Duration::from_hours(1);
/// Consecutive runs that are cut off, and the duration of one.
const SLACK: Duration = Duration::from_mins(40);
/// The time from a look to the write of its result: the duration of a run and more.
const OF_A_LOOK: Duration = Duration::from_mins(2);

/// The visible facts about a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) published: Published,
    pub(super) servers: Servers,
    pub(super) resolver_down: bool,
    /// The verification at SES; `None` if SES has no identity.
    pub(super) ses: Option<AxisStatus>,
    /// SES has not verified it by its own records, but has verified a name above it of the same
    /// holder. Mail may still be sent from it: it may look broken, but must not fail.
    pub(super) inherits: bool,
}

/// How often each rule was checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tested {
    /// Breaks that needed an alert, and got one.
    pub(crate) alerted: usize,
    /// Repairs that had to be noticed, and were.
    pub(crate) recovered: usize,
    /// Breaks that ended before an alert was due, without an alert.
    pub(crate) blips: usize,
    /// Domains that could not be seen for a while although nothing was broken, without an alert.
    pub(crate) unseen: usize,
    /// Domains whose verification SES withdrew or whose identity it lost, and that failed in time.
    pub(crate) revoked: usize,
}

/// The names, and the watched domains.
#[derive(Debug, Default)]
pub(super) struct Truth {
    names: HashMap<DomainName, Name>,
    watched: BTreeMap<(ClientId, DomainName), Watched>,
    /// When the wall clock jumped ahead, and how far.
    ahead: Vec<(Duration, Duration)>,
    /// When the delaying trouble ends.
    busy_until: Duration,
    pub(super) tested: Tested,
}

#[derive(Debug)]
struct Name {
    facts: Facts,
    /// When it was visibly broken: from, and until if it is over.
    broken: Vec<(Duration, Option<Duration>)>,
    /// When it was last visibly complete.
    whole_at: Option<Duration>,
    /// Since when it inherits its verification.
    inherits_since: Option<Duration>,
}

#[derive(Debug)]
struct Watched {
    status: Status,
    since: Duration,
    /// A bad look is stored.
    doubted: bool,
    /// The change that the service has to notice.
    awaited: Option<Awaited>,
    /// The present break got an alert.
    alerted: bool,
    /// It is not broken, but cannot be seen.
    unseen: bool,
}

#[derive(Debug, Clone, Copy)]
struct Awaited {
    what: Notice,
    since: Duration,
    until: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notice {
    /// The first bad look at a domain that Lasso does not send for.
    Doubt,
    AtRisk,
    Recovered,
    Failed,
}

impl Facts {
    /// Every observer sees that it is broken.
    fn is_broken(self) -> bool {
        let gone = self.published != Published::Everything && self.servers == Servers::Alive;
        let ses_misses = self.ses == Some(AxisStatus::TemporaryFailure);
        let broken = gone && !self.resolver_down && self.ses == Some(AxisStatus::Success);
        (broken || ses_misses) && !self.inherits
    }

    /// A look may show that it is broken.
    fn may_be_broken(self) -> bool {
        let answered = match self.servers {
            // A record that one server lacks is missing at the other one, too.
            Servers::Alive | Servers::Slow | Servers::Disagree => !self.resolver_down,
            Servers::Dead => false,
        };
        let ses = matches!(
            self.ses,
            Some(AxisStatus::TemporaryFailure | AxisStatus::Failed)
        );
        (answered && self.published != Published::Everything) || ses || self.inherits
    }

    /// Every observer sees that it is complete.
    fn is_whole(self) -> bool {
        self.may_be_whole() && self.servers == Servers::Alive && !self.inherits
    }

    fn may_be_whole(self) -> bool {
        let whole = self.published == Published::Everything
            && matches!(self.servers, Servers::Alive | Servers::Slow)
            && !self.resolver_down
            && self.ses == Some(AxisStatus::Success);
        whole || self.inherits
    }

    /// SES reports that it is no longer verified.
    fn is_revoked(self) -> bool {
        matches!(self.ses, Some(AxisStatus::Failed) | None) && !self.inherits
    }
}

impl Notice {
    fn in_time(self) -> Duration {
        match self {
            Self::Doubt => LONGEST_PACE + SLACK,
            Self::AtRisk => LONGEST_PACE + second_look(),
            Self::Recovered | Self::Failed => HOURLY + SLACK,
        }
    }
}

/// The time from the first bad look until the second one must have counted.
fn second_look() -> Duration {
    Duration::try_from(STRIKES_APART).unwrap_or_default() + HOURLY + SLACK
}

impl Truth {
    /// Sets the facts about a name from now on.
    pub(super) fn is(&mut self, name: &DomainName, facts: Facts, now: Duration) {
        let known = self.names.entry(name.clone()).or_insert(Name {
            facts,
            broken: Vec::new(),
            whole_at: None,
            inherits_since: None,
        });
        let since = known.inherits_since.unwrap_or(now);
        known.inherits_since = facts.inherits.then_some(since);
        if known.facts.may_be_whole() {
            known.whole_at = Some(now);
        }
        known.facts = facts;
        let open = known.broken.last_mut().filter(|(_, until)| until.is_none());
        match (open, facts.may_be_broken()) {
            (None, true) => known.broken.push((now, None)),
            (Some((_, until)), false) => *until = Some(now),
            (None, false) | (Some(_), true) => {}
        }
    }

    /// The process that would notice a change is delayed by this long.
    pub(super) fn holds_up(&mut self, length: Duration) {
        for watched in self.watched.values_mut() {
            if let Some(awaited) = &mut watched.awaited {
                awaited.until += length;
            }
        }
    }

    /// The wall clock jumps ahead: looks that must be hours apart may be closer.
    pub(super) fn jumps_ahead(&mut self, now: Duration, by: Duration) {
        self.ahead.push((now, by));
    }

    /// Checks all changes that should have been noticed; `busy` is how much longer the delaying
    /// trouble lasts.
    pub(super) fn weigh(&mut self, now: Duration, busy: Duration) -> Vec<String> {
        self.busy_until = now + busy;
        let mut wrong = Vec::new();
        for ((client, name), watched) in &mut self.watched {
            let Some(known) = self.names.get(name) else {
                continue;
            };
            watched.look_around(known.facts, now, busy, &mut self.tested);
            if let Some(late) = watched.awaited.take_if(|awaited| awaited.until < now) {
                let (what, since) = (late.what, late.since);
                wrong.push(format!(
                    "{name} of {client} is {} and awaits {what:?} since {since:?}: {:?}",
                    watched.status, known.facts
                ));
            }
        }
        wrong
    }

    /// A change was written. Returns the problem, if there is one.
    pub(super) fn changed(&mut self, change: &Change, now: Duration) -> Result<(), String> {
        let domain = &change.domain;
        let key = (domain.client.clone(), domain.name.clone());
        let event = change.event.as_ref().map(|event| event.event_type);
        let status = domain.state.status();
        let before = self.watched.get(&key).map(|watched| watched.status);
        let breaks = before == Some(Status::Authenticated) && status == Status::AtRisk;
        let name = self.names.get(&domain.name);
        let inherits_since = name.and_then(|known| known.inherits_since);
        let inherits = inherits_since.is_some_and(|since| since + OF_A_LOOK < now);
        let outcome = if event == Some(EventType::Failed) && inherits {
            Err("has failed below a verified domain of its client".to_owned())
        } else if event == Some(EventType::AtRisk) {
            self.alerted(&key, now)
        } else if event == Some(EventType::Recovered) {
            self.recovered(&key, now)
        } else if event.is_none() && breaks {
            Err("is at risk without an alert".to_owned())
        } else {
            Ok(())
        };
        if domain_auth::watching::is_watched(status) {
            let watched = self.watched.entry(key).or_insert(Watched::new(status, now));
            watched.becomes(domain, now, self.busy_until);
        } else if let Some(watched) = self.watched.remove(&key) {
            let failed = watched.awaits(Notice::Failed) && status == Status::Failed;
            self.tested.revoked += usize::from(failed);
        }
        outcome
    }

    fn alerted(&mut self, key: &(ClientId, DomainName), now: Duration) -> Result<(), String> {
        let (Some(known), Some(watched)) = (self.names.get(&key.1), self.watched.get_mut(key))
        else {
            return Err("is at risk, and was not watched".to_owned());
        };
        let apart = Duration::try_from(STRIKES_APART).unwrap_or_default();
        let lately = self.ahead.iter().filter(|(at, _)| *at + apart >= now);
        let jumped: Duration = lately.map(|(_, by)| *by).sum();
        let first = (now + OF_A_LOOK + jumped).saturating_sub(apart);
        let within = |from: Duration, until: Duration| {
            let mut spells = known.broken.iter();
            spells.any(|(begin, end)| *begin <= until && end.is_none_or(|end| end >= from))
        };
        if !within(now.saturating_sub(OF_A_LOOK), now) {
            return Err(format!("is at risk, and nothing is broken: {known:?}"));
        }
        if !within(watched.since.saturating_sub(OF_A_LOOK), first) {
            return Err(format!("is at risk after one bad look: {known:?}"));
        }
        if watched.alerted {
            return Err("is alerted twice for the same break".to_owned());
        }
        watched.alerted = known.facts.is_broken();
        self.tested.alerted += usize::from(watched.awaits(Notice::AtRisk));
        Ok(())
    }

    fn recovered(&mut self, key: &(ClientId, DomainName), now: Duration) -> Result<(), String> {
        let known = self.names.get(&key.1);
        let whole_at = known.and_then(|known| {
            let whole = known.facts.may_be_whole();
            if whole { Some(now) } else { known.whole_at }
        });
        if whole_at.is_none_or(|at| at + OF_A_LOOK < now) {
            return Err(format!("has recovered, and is not whole: {known:?}"));
        }
        let watched = self.watched.get(key);
        let awaited = watched.is_some_and(|watched| watched.awaits(Notice::Recovered));
        self.tested.recovered += usize::from(awaited);
        Ok(())
    }
}

impl Watched {
    fn new(status: Status, now: Duration) -> Self {
        Self {
            status,
            since: now,
            doubted: false,
            awaited: None,
            alerted: false,
            unseen: false,
        }
    }

    fn awaits(&self, what: Notice) -> bool {
        self.awaited.is_some_and(|awaited| awaited.what == what)
    }

    /// The domain as it was written.
    fn becomes(&mut self, domain: &Domain, now: Duration, busy_until: Duration) {
        let status = domain.state.status();
        if self.status != status {
            *self = Self {
                alerted: self.alerted,
                ..Self::new(status, now)
            };
        }
        let doubted = domain.watch.bad_since.is_some();
        if let Some(awaited) = self.awaited.as_mut().filter(|_| doubted && !self.doubted) {
            // From here on it is looked at every hour, once the first look is old enough.
            awaited.until = awaited.until.min(busy_until.max(now) + second_look());
        }
        self.doubted = doubted;
        if let (Some(_), Some(awaited)) = (domain.watch.held_back_since, &mut self.awaited) {
            // The breaker ignores it for now: as if it had just begun, except for the first look.
            awaited.until = awaited.until.max(now + HOURLY + second_look());
        }
    }

    /// The change that has to be noticed now.
    fn look_around(&mut self, facts: Facts, now: Duration, busy: Duration, tested: &mut Tested) {
        let what = match self.status {
            _ if facts.is_revoked() => Some(Notice::Failed),
            Status::Authenticated if facts.is_broken() => Some(Notice::AtRisk),
            Status::Verified | Status::Rejected if facts.is_broken() && !self.doubted => {
                Some(Notice::Doubt)
            }
            Status::AtRisk if facts.is_whole() => Some(Notice::Recovered),
            Status::Authenticated | Status::Verified | Status::Rejected | Status::AtRisk => None,
            // These are not watched.
            Status::Contested | Status::Provisioning | Status::Pending => None,
            Status::Failed | Status::Removing => None,
        };
        if !facts.is_broken() {
            self.alerted = false;
        }
        let unseen = !facts.may_be_broken() && !facts.may_be_whole() && !facts.is_revoked();
        let sends = self.status == Status::Authenticated;
        tested.unseen += usize::from(sends && self.unseen && !unseen);
        self.unseen = sends && unseen;
        match (self.awaited, what) {
            (Some(awaited), what) if what == Some(awaited.what) => {}
            (before, what) => {
                let blip = before.is_some_and(|before| before.what == Notice::AtRisk);
                tested.blips += usize::from(blip && facts.is_whole());
                self.awaited = what.map(|what| Awaited {
                    what,
                    since: now,
                    until: now + busy + what.in_time(),
                });
            }
        }
    }
}
