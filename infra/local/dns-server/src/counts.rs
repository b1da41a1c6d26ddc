//! Counts the queries that arrive, so that a test can check how many queries a look-up made.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use hickory_proto::rr::Name;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How a query arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// In a datagram.
    Udp,
    /// On a connection.
    Tcp,
}

/// The queries that a server has received, answered or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryCounts {
    udp: u64,
    tcp: u64,
    by_name: ByName,
    of_resolver: ByName,
    by_server: BTreeMap<IpAddr, PerTransport>,
}

/// Counts by name and type.
type ByName = HashMap<String, HashMap<String, u64>>;

/// The queries at one address.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
struct PerTransport {
    udp: u64,
    tcp: u64,
}

impl QueryCounts {
    /// All queries.
    pub fn total(&self) -> u64 {
        self.udp + self.tcp
    }

    /// Queries over UDP.
    pub fn over_udp(&self) -> u64 {
        self.udp
    }

    /// Queries over TCP.
    pub fn over_tcp(&self) -> u64 {
        self.tcp
    }

    /// Queries to one address of the server, over UDP and over TCP.
    pub fn at(&self, server: IpAddr) -> (u64, u64) {
        let count = self.by_server.get(&server).copied().unwrap_or_default();
        (count.udp, count.tcp)
    }

    /// Queries about one name, of any type. Case and a last dot do not matter.
    pub fn about(&self, name: &str) -> u64 {
        self.by_name
            .get(&key(name))
            .map_or(0, |types| types.values().sum())
    }

    /// Queries about one name and type, for example `("example.com", "TXT")`.
    pub fn about_type(&self, name: &str, record_type: &str) -> u64 {
        number(&self.by_name, name, record_type)
    }

    /// Recursive queries (with the RD bit) for one name and type.
    pub fn of_resolver(&self, name: &str, record_type: &str) -> u64 {
        number(&self.of_resolver, name, record_type)
    }

    /// The sorted names of recursive queries.
    pub fn names_of_resolver(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.of_resolver.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// The counts as `GET /control` shows them.
    pub(crate) fn report(&self) -> Value {
        json!({
            "total": self.total(),
            "udp": self.udp,
            "tcp": self.tcp,
            "by_name": sorted(&self.by_name),
            "of_resolver": sorted(&self.of_resolver),
            "by_server": self.by_server,
        })
    }

    pub(crate) fn count(
        &mut self,
        name: &Name,
        record_type: &str,
        transport: Transport,
        server: IpAddr,
        of_resolver: bool,
    ) {
        let at_server = self.by_server.entry(server).or_default();
        match transport {
            Transport::Udp => {
                self.udp += 1;
                at_server.udp += 1;
            }
            Transport::Tcp => {
                self.tcp += 1;
                at_server.tcp += 1;
            }
        }
        let name = key(&name.to_ascii());
        if of_resolver {
            add(&mut self.of_resolver, &name, record_type);
        }
        add(&mut self.by_name, &name, record_type);
    }
}

fn add(numbers: &mut ByName, name: &str, record_type: &str) {
    let types = numbers.entry(name.to_owned()).or_default();
    *types.entry(record_type.to_owned()).or_default() += 1;
}

fn number(numbers: &ByName, name: &str, record_type: &str) -> u64 {
    let types = numbers.get(&key(name));
    let number = types.and_then(|types| types.get(&record_type.to_ascii_uppercase()));
    number.copied().unwrap_or(0)
}

fn sorted(numbers: &ByName) -> BTreeMap<&String, BTreeMap<&String, u64>> {
    let numbers = numbers.iter();
    numbers
        .map(|(name, types)| (name, types.iter().map(|(word, n)| (word, *n)).collect()))
        .collect()
}

fn key(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}
