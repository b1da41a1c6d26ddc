//! A DNS with the records that a test puts in.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dns_diagnosis::scene::{DnsScene, data_of, no_such_name, observed, seen_again, type_of};
use domain_auth::dns::{
    Data, Lookup, Observation, Outcome, Question, SecondLook, Zone, ZoneOutcome,
};
use domain_auth::names::DomainName;
use domain_auth::records::Record;

/// Records in memory. Every organizational domain is a zone on two servers. A name without records
/// does not exist. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct FakeDns {
    state: Arc<Mutex<State>>,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a thing that goes wrong by itself"
)]
#[derive(Debug, Default, Clone)]
struct State {
    scene: DnsScene,
    silent: bool,
    /// Below these names no server answers.
    silent_below: HashSet<String>,
    /// Look-ups of these names, and of those below them, never end.
    endless_below: HashSet<String>,
    /// Names that only the first server still has.
    half_gone: HashSet<String>,
    one_server: bool,
    /// No authoritative server can be found; the resolver answers.
    no_server: bool,
    /// Every name is an alias of another.
    aliased: bool,
    /// Forged data, which is only seen over UDP.
    forged: HashSet<Question>,
    /// The second server does not answer over TCP.
    second_without_tcp: bool,
    /// Zones are at the servers that a registrar uses for suspended domains.
    suspended: bool,
}

impl FakeDns {
    /// A DNS that never answers.
    pub fn silent() -> Self {
        let dns = Self::default();
        dns.set_silent(true);
        dns
    }

    /// Sets whether no server answers.
    pub fn set_silent(&self, silent: bool) {
        self.state().silent = silent;
    }

    /// Sets whether every zone is at the name servers that a registrar uses for suspended domains.
    pub fn set_suspended(&self, suspended: bool) {
        self.state().suspended = suspended;
    }

    /// Sets whether no server answers at this name and below it.
    pub fn silence(&self, name: &str, silent: bool) {
        let mut state = self.state();
        if silent {
            state.silent_below.insert(name.to_owned());
        } else {
            state.silent_below.remove(name);
        }
    }

    /// Makes look-ups of this name, and of names below it, never end.
    pub fn never_answer(&self, name: &str) {
        self.state().endless_below.insert(name.to_owned());
    }

    /// Waits forever if one of these names is in the list of endless look-ups.
    async fn unless_endless(&self, names: impl IntoIterator<Item = &str>) {
        let endless = {
            let state = self.state();
            let mut names = names.into_iter();
            names.any(|name| is_below(name, &state.endless_below))
        };
        if endless {
            std::future::pending::<()>().await;
        }
    }

    /// Sets whether every zone has only one server.
    pub fn set_one_server(&self, one_server: bool) {
        self.state().one_server = one_server;
    }

    /// Sets whether no authoritative server can be found; the resolver still answers.
    pub fn set_no_server(&self, no_server: bool) {
        self.state().no_server = no_server;
    }

    /// Sets whether every name is an alias.
    pub fn set_aliased(&self, aliased: bool) {
        self.state().aliased = aliased;
    }

    /// Makes an attacker forge this record in every answer over UDP.
    pub fn forge(&self, record: &Record) {
        self.publish(record);
        self.state().forged.insert(Question {
            name: record.name.clone(),
            record_type: type_of(&data_of(record)),
        });
    }

    /// Sets whether the second server of every zone does not answer over TCP.
    pub fn set_second_without_tcp(&self, without: bool) {
        self.state().second_without_tcp = without;
    }

    /// Publishes a record with its correct value.
    pub fn publish(&self, record: &Record) {
        self.state().scene.publish(record);
    }

    /// Removes all data at the record's name that has its type.
    pub fn unpublish(&self, record: &Record) {
        self.state().scene.unpublish(record);
    }

    /// Removes a record from all servers except one, or restores it.
    pub fn half_unpublish(&self, record: &Record, gone: bool) {
        let mut state = self.state();
        if gone {
            state.half_gone.insert(record.name.clone());
        } else {
            state.half_gone.remove(&record.name);
        }
    }

    /// Adds data at a name.
    pub fn put(&self, name: &str, data: Data) {
        self.state().scene.put(name, data);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it is one of these names, or below one of them.
fn is_below(name: &str, names: &HashSet<String>) -> bool {
    names.iter().any(|above| {
        let rest = name.strip_suffix(above.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

impl State {
    fn is_silent(&self, name: &str) -> bool {
        self.silent || is_below(name, &self.silent_below)
    }

    fn answer(&self, question: &Question, server: u8) -> Outcome {
        if self.is_silent(&question.name) {
            return Outcome::TimedOut;
        }
        if self.aliased {
            let target = "elsewhere.example".to_owned();
            return Outcome::Alias { target, ttl: 300 };
        }
        if server > 1 && self.half_gone.contains(&question.name) {
            return no_such_name();
        }
        self.scene.answer(question)
    }

    fn answer_over_tcp(&self, question: &Question, server: u8) -> Outcome {
        match self.answer(question, server) {
            _ if self.second_without_tcp && server > 1 => Outcome::TimedOut,
            Outcome::Found { .. } if self.forged.contains(question) => no_such_name(),
            answer => answer,
        }
    }

    /// The domain of the name servers, which serve every zone and answer for every name.
    fn servers_at(&self) -> &'static str {
        if self.suspended {
            "verification-hold.suspended-domain.com"
        } else {
            "example"
        }
    }

    fn servers(&self) -> u8 {
        match (self.no_server, self.one_server) {
            (true, _) => 0,
            (false, true) => 1,
            (false, false) => 2,
        }
    }

    fn observe(
        &self,
        question: &Question,
        answer: impl Fn(&Self, &Question, u8) -> Outcome,
    ) -> Observation {
        let servers = (1..=self.servers()).map(|server| answer(self, question, server));
        let recursive = self.answer(question, 1);
        observed(question, self.servers_at(), servers, recursive)
    }
}

impl Lookup for FakeDns {
    fn fresh(&self) -> Self {
        Self {
            state: Arc::new(Mutex::new(self.state().clone())),
        }
    }

    async fn zone(&self, name: &str) -> ZoneOutcome {
        self.unless_endless([name]).await;
        if self.state().is_silent(name) {
            return ZoneOutcome::Unknown { failure: None };
        }
        let apex = DomainName::parse(name)
            .map_or_else(|_| name.to_owned(), |name| name.organizational().to_owned());
        let at = self.state().servers_at();
        ZoneOutcome::Found(Zone {
            name_servers: vec![format!("ns1.{at}"), format!("ns2.{at}")],
            apex,
        })
    }

    async fn observe(&self, questions: &[Question]) -> Vec<Observation> {
        let names = questions.iter().map(|question| question.name.as_str());
        self.unless_endless(names).await;
        let state = self.state();
        let observe = |question| state.observe(question, State::answer);
        questions.iter().map(observe).collect()
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
        let again = |question| seen_again(state.observe(question, State::answer_over_tcp));
        questions.iter().map(again).collect()
    }
}
