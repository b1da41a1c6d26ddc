//! The population: domains with the state, the age and the name servers of a scenario.

use std::time::Duration;

use domain_auth::domain::{Change, Domain, Fate};
use domain_auth::history::Actor;
use domain_auth::identity::{AxisStatus, SesLook};
use domain_auth::ports::{Clock, IdentityOwner};
use domain_auth::state::{State, Trigger};
use domain_auth_testkit::{SequentialIds, identity, new_domain};
use jiff::{SignedDuration, Timestamp};

use super::result::Notes;
use crate::dns::{Servers, SimDns};
use crate::ses::{SimDoor, SimSes, axes};
use crate::setting::Setting;
use crate::store::{Purpose, SimStore};

/// Domains in each scenario.
pub(crate) const DOMAINS: usize = 10_000;

/// SES's default quota, for each operation.
pub(crate) const CALLS_PER_SECOND: u32 = 1;

/// How many of a hundred domains have slow name servers, and how many have silent ones.
const SLOW: usize = 3;
const DEAD: usize = 2;

/// The data of a strategy.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) setting: Setting,
    pub(crate) ses: SimSes,
    pub(crate) dns: SimDns,
    pub(crate) store: SimStore<Notes>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let setting = Setting::new(seed);
        let notes = Notes::new(setting.clock.clone());
        Self {
            ses: SimDoor::to_ses(setting.clone(), CALLS_PER_SECOND),
            dns: SimDns::new(setting.clone()),
            store: SimStore::new(notes, setting.clone(), Purpose::Cost),
            setting,
        }
    }

    /// The wall-clock time at its beginning.
    pub(crate) fn started(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.setting.clock.elapsed());
        self.setting.clock.now() - elapsed.unwrap_or_default()
    }

    /// All of them have waited since some time of the last day, after the first two hours.
    pub(crate) fn of_a_day(seed: u64) -> Self {
        let hour = Duration::from_hours(1);
        let world = Self::new(seed);
        world.waiting("waiting", DOMAINS, 2 * hour, 24 * hour);
        world
    }

    /// Whether every domain was looked at.
    pub(crate) fn all_seen(&self) -> bool {
        self.store.observer.noted().first_look.len() >= DOMAINS
    }

    /// Domains that wait for their records and are due, with ages up to `oldest`. They belong to a
    /// hundred clients.
    pub(crate) fn waiting(&self, prefix: &str, count: usize, youngest: Duration, oldest: Duration) {
        for number in 0..count {
            let age = youngest + self.setting.chance.up_to(oldest.saturating_sub(youngest));
            let since =
                self.setting.clock.now() - SignedDuration::try_from(age).unwrap_or_default();
            let change = waiting(prefix, number, since, self.setting.clock.now());
            let name = &change.domain.name;
            let owner = IdentityOwner::Client(change.domain.client.to_string());
            self.ses.put(name, &owner, AxisStatus::Pending);
            let servers = match self.setting.chance.below(100) {
                share if share < DEAD => Servers::Dead,
                share if share < DEAD + SLOW => Servers::Slow,
                _ => Servers::Alive,
            };
            self.dns.set_servers(name, servers);
            self.store.put(&change);
        }
    }

    /// Domains after these triggers, none of which is due within a day.
    pub(crate) fn not_due(&self, prefix: &str, count: usize, triggers: &[Trigger]) {
        let day = self.setting.clock.now() + SignedDuration::from_hours(24);
        self.due_at(prefix, count, triggers, |_| day);
    }

    /// Domains after these triggers, each due at its time.
    pub(crate) fn due_at(
        &self,
        prefix: &str,
        count: usize,
        triggers: &[Trigger],
        due: impl Fn(usize) -> Timestamp,
    ) {
        let now = self.setting.clock.now();
        let day = SignedDuration::from_hours(24);
        for number in 0..count {
            let mut change = waiting(prefix, number, now - day, due(number));
            for trigger in triggers {
                let ids = SequentialIds::default();
                let domain =
                    change
                        .domain
                        .transition(trigger.clone(), Actor::Service, None, now, &ids);
                if let Ok(moved) = domain {
                    change.domain.state = moved.domain.state;
                }
            }
            let verification = if triggers.is_empty() {
                AxisStatus::Pending
            } else {
                AxisStatus::Success
            };
            let domain = &change.domain;
            let owner = IdentityOwner::Client(domain.client.to_string());
            self.ses.put(&domain.name, &owner, verification);
            self.store.put(&change);
        }
    }
}

/// A domain that has waited for its records since a time, and is due.
pub(super) fn waiting(prefix: &str, number: usize, since: Timestamp, due: Timestamp) -> Change {
    let ids = SequentialIds::default();
    let name = format!("{prefix}{number:05}.com");
    let new = new_domain(&format!("client-{:02}", number % 100), &name);
    let added = Domain::add(
        new,
        State::provisioning(),
        None,
        Actor::Service,
        since,
        &ids,
    )
    .domain;
    let provisioned = Trigger::Provisioned(identity(&added.name));
    let pending = added.transition(provisioned, Actor::Service, None, since, &ids);
    let mut domain = pending.map_or(added, |change| change.domain);
    let looked_at = due - SignedDuration::from_mins(15);
    // It has been looked at before; a new one is looked at for the first time.
    if since < looked_at {
        let status = axes(AxisStatus::Pending);
        // All three axes at some time of the last six hours.
        let minutes = i64::try_from(number % 345).unwrap_or(0);
        domain.ses = Some(SesLook {
            status,
            looked_at,
            details_at: Some(looked_at - SignedDuration::from_mins(minutes)),
        });
    }
    domain.next_check = due;
    domain.version = 1;
    Change {
        domain,
        fate: Fate::Stored,
        claims: None,
        history: Vec::new(),
        event: None,
        look: None,
        client_count: None,
        link: None,
    }
}
