//! A simulated DNS: records that are published or not, name servers that take their time, and some
//! that never answer.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain_auth::dns::{
    AuthorityAnswer, Data, Lookup, NameServer, Observation, Outcome, Question, RecordType, Zone,
    ZoneOutcome,
};
use domain_auth::names::DomainName;
use domain_auth::ports::Clock;
use domain_auth::records::{self, RecordData};
use domain_auth_testkit::identity;

use crate::setting::Setting;

/// One question to two authoritative servers and the resolver: the slowest of the three counts.
const REPLY: (Duration, Duration) = (Duration::from_millis(15), Duration::from_millis(35));
/// The same with servers that are far away or overloaded.
const SLOW_REPLY: (Duration, Duration) = (Duration::from_millis(300), Duration::from_millis(400));
/// How long the look-ups of one call take when nobody answers (`Limits::call` of the resolver).
const NO_REPLY: Duration = Duration::from_secs(10);
/// Questions of one call that are on their way at once (`Limits::queries_per_call`).
const AT_ONCE: usize = 8;

/// What the name servers of a domain are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Servers {
    /// They answer.
    #[default]
    Alive,
    /// They answer late.
    Slow,
    /// They never answer.
    Dead,
}

/// Which of a domain's records are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Published {
    /// None.
    #[default]
    Nothing,
    /// The TXT record, with another value.
    Wrong,
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
    published: HashMap<String, Published>,
    /// Our resolver answers nothing at all.
    down: bool,
    /// Everybody answers without taking time.
    at_once: bool,
}

impl SimDns {
    pub(crate) fn new(setting: Setting) -> Self {
        Self {
            setting,
            state: Arc::default(),
        }
    }

    /// Sets what the servers of the zone of `name` are like.
    pub(crate) fn set_servers(&self, name: &DomainName, servers: Servers) {
        let zone = name.organizational().to_owned();
        self.state().servers.insert(zone, servers);
    }

    /// Sets which records of `name` are there.
    pub(crate) fn publish(&self, name: &DomainName, published: Published) {
        self.state().published.insert(name.to_string(), published);
    }

    pub(crate) fn published(&self, name: &DomainName) -> Published {
        let state = self.state();
        state
            .published
            .get(name.as_str())
            .copied()
            .unwrap_or_default()
    }

    pub(crate) fn servers(&self, name: &DomainName) -> Servers {
        let state = self.state();
        let servers = state.servers.get(name.organizational());
        servers.copied().unwrap_or_default()
    }

    /// From now on everybody answers, and it takes no time.
    pub(crate) fn answer_at_once(&self) {
        let mut state = self.state();
        state.at_once = true;
        state.servers.clear();
    }

    /// Our own resolver is ill, or well again.
    pub(crate) fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    /// What the servers of a zone are like, seen through our resolver.
    fn seen(&self, zone: &str) -> Servers {
        let state = self.state();
        if state.down {
            return Servers::Dead;
        }
        state.servers.get(zone).copied().unwrap_or_default()
    }

    /// The records of the domains to which the questions belong.
    fn there(&self, questions: &[Question]) -> Vec<(String, RecordType, Data)> {
        let state = self.state();
        let mut names: Vec<&str> = Vec::new();
        for question in questions {
            let known = suffixes(&question.name).find(|name| state.published.contains_key(*name));
            if let Some(known) = known
                && !names.contains(&known)
            {
                names.push(known);
            }
        }
        let published = |name: &str| state.published.get(name).copied().unwrap_or_default();
        let records = names
            .into_iter()
            .map(|name| records_of(name, published(name)));
        records.flatten().collect()
    }

    fn observe_now(&self, questions: &[Question], zone: &str) -> Vec<Observation> {
        let servers = self.seen(zone);
        let there = self.there(questions);
        let outcome = |question: &Question| {
            if servers == Servers::Dead {
                return Outcome::TimedOut;
            }
            let answers = there
                .iter()
                .filter(|(name, record_type, _)| {
                    *name == question.name && *record_type == question.record_type
                })
                .map(|(_, _, data)| data.clone());
            let data: Vec<Data> = answers.collect();
            if data.is_empty() {
                Outcome::NoSuchName { negative_ttl: 300 }
            } else {
                Outcome::Found { data, ttl: 300 }
            }
        };
        let observe = |question: &Question| {
            let answer = |number: u8| AuthorityAnswer {
                server: NameServer {
                    host: format!("ns{number}.{zone}"),
                    address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, number)),
                },
                outcome: outcome(question),
            };
            Observation {
                question: question.clone(),
                authoritative: vec![answer(1), answer(2)],
                recursive: outcome(question),
            }
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
        // The parent tells of the zone, whatever its own servers are like.
        let (least, mean) = REPLY;
        self.take(self.setting.chance.latency(least, mean)).await;
        if servers == Servers::Dead && self.state().down {
            return ZoneOutcome::Unknown { failure: None };
        }
        ZoneOutcome::Found(Zone {
            name_servers: vec![format!("ns1.{zone}"), format!("ns2.{zone}")],
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
            Servers::Alive => self.waves(waves, REPLY),
            Servers::Slow => self.waves(waves, SLOW_REPLY),
            Servers::Dead => NO_REPLY,
        };
        self.take(took).await;
        self.setting
            .apart
            .take(|| self.observe_now(questions, &zone))
    }
}

impl SimDns {
    async fn take(&self, time: Duration) {
        if !self.state().at_once {
            self.setting.clock.sleep(time).await;
        }
    }

    /// Several waves of questions, of each of which the slowest counts.
    fn waves(&self, waves: usize, (least, mean): (Duration, Duration)) -> Duration {
        let slowest = || {
            (0..AT_ONCE)
                .map(|_| self.setting.chance.latency(least, mean))
                .max()
        };
        (0..waves).filter_map(|_| slowest()).sum()
    }
}

/// A name, and all names above it.
fn suffixes(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| Some(name.split_once('.')?.1))
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

fn records_of(name: &str, published: Published) -> Vec<(String, RecordType, Data)> {
    let Ok(name) = DomainName::parse(name) else {
        return Vec::new();
    };
    if published == Published::Nothing {
        return Vec::new();
    }
    let records = records::records_of(&name, &identity(&name));
    let data = records.into_iter().map(|record| {
        let (record_type, data) = match record.data {
            RecordData::Txt { text } => (RecordType::Txt, Data::Txt { text }),
            RecordData::Cname { target } => (RecordType::Cname, Data::Cname { target }),
            RecordData::Mx {
                preference,
                exchange,
            } => (
                RecordType::Mx,
                Data::Mx {
                    preference,
                    exchange,
                },
            ),
        };
        (record.name, record_type, data)
    });
    match published {
        Published::Everything => data.collect(),
        Published::Nothing | Published::Wrong => data
            .take(1)
            .map(|(name, record_type, _)| {
                let text = "some-other-token".to_owned();
                (name, record_type, Data::Txt { text })
            })
            .collect(),
    }
}
