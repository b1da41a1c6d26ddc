//! A simulated DNS: records that are published or not, slow name servers, and some that never
//! answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain_auth::dns::{Lookup, Observation, Outcome, Question, SecondLook, Zone, ZoneOutcome};
use domain_auth::names::DomainName;
use domain_auth::ports::Clock;
use domain_auth::records::{self, Record, RecordData, RecordId};
use domain_auth_testkit::{DnsScene, identity, no_such_name, observed, seen_again};

use crate::fault::Fault;
use crate::setting::Setting;

/// One question to two authoritative servers and the resolver: the slowest of the three counts.
const REPLY: (Duration, Duration) = (Duration::from_millis(15), Duration::from_millis(35));
/// The reply time of servers that are far away or overloaded.
const SLOW_REPLY: (Duration, Duration) = (Duration::from_millis(300), Duration::from_millis(400));
/// The duration of one call if no server answers (`Limits::call` of the resolver).
const NO_REPLY: Duration = Duration::from_secs(10);
/// Simultaneous questions of one call (`Limits::queries_per_call`).
const AT_ONCE: usize = 8;

/// The behaviour of a domain's name servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Servers {
    /// They answer.
    #[default]
    Alive,
    /// They answer late.
    Slow,
    /// One of the two does not have the records.
    Disagree,
    /// They never answer.
    Dead,
}

/// Which of a domain's records are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Published {
    /// None.
    #[default]
    Nothing,
    /// The TXT record, with a wrong value.
    Wrong,
    /// All except one of the DKIM records.
    WithoutAKey,
    /// All of them.
    Everything,
}

/// The DNS of all domains.
#[derive(Debug, Clone)]
pub(crate) struct SimDns {
    setting: Setting,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    servers: HashMap<String, Servers>,
    published: HashMap<DomainName, Published>,
    /// The published records.
    scene: DnsScene,
    /// Our resolver does not answer at all.
    down: bool,
    /// All servers answer without delay.
    at_once: bool,
    /// No server reveals the DNS provider.
    anonymous: bool,
}

impl SimDns {
    pub(crate) fn new(setting: Setting) -> Self {
        Self {
            setting,
            state: Arc::default(),
        }
    }

    /// Sets the behaviour of the servers for the zone of `name`.
    pub(crate) fn set_servers(&self, name: &DomainName, servers: Servers) {
        let zone = name.organizational().to_owned();
        self.state().servers.insert(zone, servers);
    }

    /// Sets which records of `name` are published.
    pub(crate) fn publish(&self, name: &DomainName, published: Published) {
        let all = records::records_of(name, &identity(name));
        let mut state = self.state();
        for record in &all {
            state.scene.unpublish(record);
        }
        for record in records_of(all, published) {
            state.scene.publish(&record);
        }
        state.published.insert(name.clone(), published);
    }

    /// Publishes the proof of a claim, in addition to other proofs.
    pub(crate) fn prove(&self, name: &DomainName, secret: &str) {
        let record = records::ownership_record(name, secret);
        self.state().scene.publish(&record);
    }

    /// Whether the proof of a claim is published.
    pub(crate) fn is_proven(&self, name: &DomainName, secret: &str) -> bool {
        let record = records::ownership_record(name, secret);
        self.state().scene.has(&record)
    }

    pub(crate) fn published(&self, name: &DomainName) -> Published {
        let state = self.state();
        state.published.get(name).copied().unwrap_or_default()
    }

    pub(crate) fn servers(&self, name: &DomainName) -> Servers {
        let state = self.state();
        let servers = state.servers.get(name.organizational());
        servers.copied().unwrap_or_default()
    }

    /// From now on all servers answer without delay.
    pub(crate) fn answer_at_once(&self) {
        let mut state = self.state();
        state.at_once = true;
        state.servers.clear();
    }

    /// From now on no server reveals the DNS provider; recognizing it takes a sixth of the time.
    pub(crate) fn keep_silent_about_providers(&self) {
        self.state().anonymous = true;
    }

    /// Whether our own resolver is down.
    pub(crate) fn is_down(&self) -> bool {
        self.state().down
    }

    /// Sets whether our own resolver is down.
    pub(crate) fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    /// The behaviour of a zone's servers, as seen through our resolver.
    fn seen(&self, zone: &str) -> Servers {
        let state = self.state();
        if state.down {
            return Servers::Dead;
        }
        state.servers.get(zone).copied().unwrap_or_default()
    }

    fn observe_now(&self, questions: &[Question], zone: &str) -> Vec<Observation> {
        let servers = self.seen(zone);
        let state = self.state();
        let outcome = |question: &Question| match servers {
            Servers::Dead if self.setting.has(Fault::SilenceCounts) => no_such_name(),
            Servers::Dead => Outcome::TimedOut,
            Servers::Alive | Servers::Slow | Servers::Disagree => state.scene.answer(question),
        };
        let observe = |question: &Question| {
            let first = outcome(question);
            let second = match servers {
                Servers::Disagree => no_such_name(),
                Servers::Alive | Servers::Slow | Servers::Dead => first.clone(),
            };
            observed(question, zone, [first.clone(), second], first)
        };
        questions.iter().map(observe).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lookup for SimDns {
    fn fresh(&self) -> Self {
        self.clone()
    }

    async fn zone(&self, name: &str) -> ZoneOutcome {
        let zone = zone_of(name);
        let servers = self.seen(&zone);
        // The parent zone answers about the zone, whatever the zone's own servers do.
        let (least, mean) = REPLY;
        self.take(self.setting.chance.latency(least, mean)).await;
        if servers == Servers::Dead && self.state().down {
            return ZoneOutcome::Unknown { failure: None };
        }
        let name_servers = if self.state().anonymous {
            Vec::new()
        } else {
            vec![format!("ns1.{zone}"), format!("ns2.{zone}")]
        };
        ZoneOutcome::Found(Zone {
            name_servers,
            apex: zone,
        })
    }

    async fn observe(&self, questions: &[Question]) -> Vec<Observation> {
        let Some(first) = questions.first() else {
            return Vec::new();
        };
        let zone = zone_of(&first.name);
        let waves = questions.len().div_ceil(AT_ONCE);
        let took = match self.seen(&zone) {
            Servers::Alive | Servers::Disagree => self.waves(waves, REPLY),
            Servers::Slow => self.waves(waves, SLOW_REPLY),
            Servers::Dead => NO_REPLY,
        };
        self.take(took).await;
        self.setting
            .apart
            .take(|| self.observe_now(questions, &zone))
    }

    async fn observe_source(&self, questions: &[Question]) -> Vec<Observation> {
        let mut observations = self.observe(questions).await;
        observations
            .iter_mut()
            .for_each(Observation::forget_resolver);
        observations
    }

    /// Nothing is forged here, so TCP shows the same as UDP.
    async fn ask_again(&self, questions: &[Question]) -> Vec<SecondLook> {
        let observations = self.observe(questions).await;
        observations.into_iter().map(seen_again).collect()
    }
}

impl SimDns {
    async fn take(&self, time: Duration) {
        if !self.state().at_once {
            self.setting.clock.sleep(time).await;
        }
    }

    /// Several waves of questions; in each wave the slowest counts.
    fn waves(&self, waves: usize, (least, mean): (Duration, Duration)) -> Duration {
        let slowest = || {
            (0..AT_ONCE)
                .map(|_| self.setting.chance.latency(least, mean))
                .max()
        };
        (0..waves).filter_map(|_| slowest()).sum()
    }
}

/// Every organizational domain is a zone.
fn zone_of(name: &str) -> String {
    let mut labels = name.rsplit('.');
    let (top, second) = (labels.next(), labels.next());
    match (second, top) {
        (Some(second), Some(top)) => format!("{second}.{top}"),
        (None | Some(_), _) => name.to_owned(),
    }
}

/// The published part of a domain's records.
fn records_of(all: Vec<Record>, published: Published) -> Vec<Record> {
    let all = all.into_iter();
    match published {
        Published::Nothing => Vec::new(),
        Published::Everything => all.collect(),
        Published::WithoutAKey => all.filter(|record| record.id != RecordId::Dkim2).collect(),
        Published::Wrong => all
            .take(1)
            .map(|record| {
                let text = "some-other-token".to_owned();
                let data = RecordData::Txt { text };
                Record { data, ..record }
            })
            .collect(),
    }
}
