//! Counts the questions that arrive, so that a test can say how often a look-up went out.

use std::collections::HashMap;

use hickory_proto::rr::Name;

/// How a question arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

/// The questions that a server has received, answered or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryCounts {
    udp: u64,
    tcp: u64,
    by_name: HashMap<String, HashMap<String, u64>>,
}

impl QueryCounts {
    /// All questions.
    pub fn total(&self) -> u64 {
        self.udp + self.tcp
    }

    /// Those that came on UDP.
    pub fn over_udp(&self) -> u64 {
        self.udp
    }

    /// Those that came on TCP.
    pub fn over_tcp(&self) -> u64 {
        self.tcp
    }

    /// Those about one name, of any type. Case and a last dot do not matter.
    pub fn about(&self, name: &str) -> u64 {
        self.by_name
            .get(&key(name))
            .map_or(0, |types| types.values().sum())
    }

    /// Those about one name and type, for example `("example.com", "TXT")`.
    pub fn about_type(&self, name: &str, record_type: &str) -> u64 {
        self.by_name
            .get(&key(name))
            .and_then(|types| types.get(&record_type.to_ascii_uppercase()))
            .copied()
            .unwrap_or(0)
    }

    pub(crate) fn count(&mut self, name: &Name, record_type: &str, transport: Transport) {
        match transport {
            Transport::Udp => self.udp += 1,
            Transport::Tcp => self.tcp += 1,
        }
        *self
            .by_name
            .entry(key(&name.to_ascii()))
            .or_default()
            .entry(record_type.to_owned())
            .or_default() += 1;
    }
}

fn key(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}
