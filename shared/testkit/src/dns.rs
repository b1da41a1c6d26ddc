//! A DNS that holds what a test puts in.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain_auth::dns::{
    AuthorityAnswer, Data, Lookup, NameServer, Observation, Outcome, Question, RecordType,
    SecondAnswer, SecondLook, Transport, Zone, ZoneOutcome,
};
use domain_auth::names::DomainName;
use domain_auth::records::{Record, RecordData};

/// Records in memory; every organizational domain is a zone on two servers. Where nothing was put,
/// there is no such name.
#[derive(Debug, Default)]
pub struct FakeDns {
    state: Mutex<State>,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing that goes wrong by itself"
)]
#[derive(Debug, Default, Clone)]
struct State {
    answers: HashMap<Question, Vec<Data>>,
    silent: bool,
    /// Below these names nobody answers.
    silent_below: HashSet<String>,
    /// Names that only the first server still has.
    half_gone: HashSet<String>,
    one_server: bool,
    /// No authoritative server can be found; the resolver answers.
    no_server: bool,
    /// Every name is an alias of another.
    aliased: bool,
    /// What is only seen over UDP: somebody forges it.
    forged: HashSet<Question>,
    /// The second server answers nothing over TCP.
    second_without_tcp: bool,
}

impl FakeDns {
    /// A DNS that never answers.
    pub fn silent() -> Self {
        let dns = Self::default();
        dns.set_silent(true);
        dns
    }

    /// Whether nobody answers anything.
    pub fn set_silent(&self, silent: bool) {
        self.state().silent = silent;
    }

    /// Whether nobody answers at this name and below it.
    pub fn silence(&self, name: &str, silent: bool) {
        let mut state = self.state();
        if silent {
            state.silent_below.insert(name.to_owned());
        } else {
            state.silent_below.remove(name);
        }
    }

    /// Every zone has one server only.
    pub fn set_one_server(&self, one_server: bool) {
        self.state().one_server = one_server;
    }

    /// No authoritative server can be found, and the resolver answers from what was put.
    pub fn set_no_server(&self, no_server: bool) {
        self.state().no_server = no_server;
    }

    /// Every name is an alias.
    pub fn set_aliased(&self, aliased: bool) {
        self.state().aliased = aliased;
    }

    /// Somebody forges this record in every answer on UDP.
    pub fn forge(&self, record: &Record) {
        let (record_type, _) = data_of(record);
        self.publish(record);
        self.state().forged.insert(Question {
            name: record.name.clone(),
            record_type,
        });
    }

    /// Whether the second server of every zone answers nothing over TCP.
    pub fn set_second_without_tcp(&self, without: bool) {
        self.state().second_without_tcp = without;
    }

    /// Publishes a record as it should be.
    pub fn publish(&self, record: &Record) {
        let (record_type, data) = data_of(record);
        self.put(&record.name, record_type, data);
    }

    /// Takes away all that is at the record's name.
    pub fn unpublish(&self, record: &Record) {
        let (record_type, _) = data_of(record);
        self.state().answers.remove(&Question {
            name: record.name.clone(),
            record_type,
        });
    }

    /// Takes a record away from all servers but one, or gives it back.
    pub fn half_unpublish(&self, record: &Record, gone: bool) {
        let mut state = self.state();
        if gone {
            state.half_gone.insert(record.name.clone());
        } else {
            state.half_gone.remove(&record.name);
        }
    }

    /// Puts data at a name, beside what is there.
    pub fn put(&self, name: &str, record_type: RecordType, data: Data) {
        let question = Question {
            name: name.to_owned(),
            record_type,
        };
        self.state().answers.entry(question).or_default().push(data);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_silent(&self, name: &str) -> bool {
        let below = |silent: &String| {
            let rest = name.strip_suffix(silent.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.silent || self.silent_below.iter().any(below)
    }

    fn answer(&self, question: &Question, server: u8) -> Outcome {
        if self.is_silent(&question.name) {
            return Outcome::TimedOut;
        }
        if self.aliased {
            let target = "elsewhere.example".to_owned();
            return Outcome::Alias { target, ttl: 300 };
        }
        let gone_here = server > 1 && self.half_gone.contains(&question.name);
        match self.answers.get(question) {
            Some(data) if !gone_here => Outcome::Found {
                data: data.clone(),
                ttl: 300,
            },
            Some(_) | None => Outcome::NoSuchName { negative_ttl: 300 },
        }
    }

    fn servers(&self) -> u8 {
        match (self.no_server, self.one_server) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        }
    }

    fn look_again(&self, question: &Question) -> SecondLook {
        let over_tcp = |server| match self.answer(question, server) {
            _ if self.second_without_tcp && server > 1 => Outcome::TimedOut,
            Outcome::Found { .. } if self.forged.contains(question) => {
                Outcome::NoSuchName { negative_ttl: 300 }
            }
            answer => answer,
        };
        let answer = |server| SecondAnswer {
            server: name_server(server),
            transport: Transport::Tcp,
            outcome: over_tcp(server),
        };
        SecondLook {
            question: question.clone(),
            listed: self.servers().into(),
            answers: (1..=self.servers()).map(answer).collect(),
        }
    }

    fn observe(&self, question: &Question) -> Observation {
        let servers = self.servers();
        let answer = |server| AuthorityAnswer {
            server: name_server(server),
            outcome: self.answer(question, server),
        };
        Observation {
            question: question.clone(),
            authoritative: (1..=servers).map(answer).collect(),
            recursive: self.answer(question, 1),
        }
    }
}

impl Lookup for FakeDns {
    fn fresh(&self) -> Self {
        Self {
            state: Mutex::new(self.state().clone()),
        }
    }

    async fn zone(&self, name: &str) -> ZoneOutcome {
        if self.state().is_silent(name) {
            return ZoneOutcome::Unknown { failure: None };
        }
        let apex = DomainName::parse(name)
            .map_or_else(|_| name.to_owned(), |name| name.organizational().to_owned());
        ZoneOutcome::Found(Zone {
            name_servers: vec![format!("ns1.{apex}"), format!("ns2.{apex}")],
            apex,
        })
    }

    async fn observe(&self, questions: &[Question]) -> Vec<Observation> {
        let state = self.state();
        questions.iter().map(|q| state.observe(q)).collect()
    }

    async fn observe_source(&self, questions: &[Question]) -> Vec<Observation> {
        let mut observations = self.observe(questions).await;
        observations
            .iter_mut()
            .for_each(Observation::forget_resolver);
        observations
    }

    async fn ask_again(&self, questions: &[Question]) -> Vec<SecondLook> {
        let state = self.state();
        questions.iter().map(|q| state.look_again(q)).collect()
    }
}

fn name_server(number: u8) -> NameServer {
    NameServer {
        host: format!("ns{number}.example"),
        address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, number)),
    }
}

fn data_of(record: &Record) -> (RecordType, Data) {
    match record.data.clone() {
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
    }
}
