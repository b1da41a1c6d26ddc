//! The types of the port to DNS.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The maximum number of records of one answer that are kept, after sorting: more than any domain has at one name, so
/// that a right record among many wrong ones is seen.
pub const MAX_RECORDS: usize = 1_000;
/// Longest text of one TXT record that is kept, in octets of the rendered form.
pub const MAX_TEXT: usize = 4_096;

/// Record types that are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordType {
    /// IPv4 address.
    A,
    /// IPv6 address.
    Aaaa,
    /// Canonical name; queried as CNAME, never followed.
    Cname,
    /// Mail exchange.
    Mx,
    /// Name server.
    Ns,
    /// Start of authority.
    Soa,
    /// Text.
    Txt,
}

/// One question: a name and a type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "DnsQuestion")
)]
pub struct Question {
    /// Absolute, without a trailing dot.
    pub name: String,
    /// The queried type.
    pub record_type: RecordType,
}

/// Data of one record in an answer. Names are absolute, without a trailing dot, in lower case; the root is
/// `.`. Octets that are not printable ASCII are shown as `\DDD` (RFC 1035 section 5.1); in names also a
/// space, and a dot or a backslash inside a label as `\.` and `\\`. In a text the backslash stands for
/// itself as well.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "DnsData")
)]
#[serde(tag = "type", rename_all = "UPPERCASE")]
pub enum Data {
    /// A or AAAA.
    Address {
        /// The address.
        address: IpAddr,
    },
    /// CNAME.
    Cname {
        /// The canonical name.
        target: String,
    },
    /// MX.
    Mx {
        /// Lower is tried first.
        preference: u16,
        /// The mail exchanger.
        exchange: String,
    },
    /// NS.
    Ns {
        /// The name server.
        host: String,
    },
    /// SOA.
    Soa {
        /// Primary name server.
        primary: String,
        /// The longest time, in seconds, for which a negative answer may be cached (RFC 2308 section 4).
        minimum: u32,
    },
    /// TXT: the character-strings concatenated.
    Txt {
        /// The text, with case and spaces kept. A longer text is cut at 4096 characters.
        text: String,
    },
}

/// Why a question has no usable answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "DnsFailure")
)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Response code SERVFAIL.
    ServerFailure,
    /// SERVFAIL that disappears when validation is switched off (CD bit): the zone is bogus (RFC 4035).
    DnssecBogus,
    /// Response code REFUSED or NOTAUTH, for this question.
    Refused,
    /// The server is listed for the zone, but does not serve it (a lame delegation, RFC 8499): it answers
    /// without authority, or refuses even the zone's SOA.
    Lame,
    /// The answer could not be read, or was truncated and the server takes no TCP.
    Malformed,
    /// No connection could be made.
    Unreachable,
    /// The name server's address is not a public one, so it was not asked.
    NotPublic,
}

/// The result of one question to one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "DnsOutcome")
)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Records of the queried type.
    Found {
        /// At least one, sorted, without duplicates. If there are more than 1,000, the first 1,000.
        data: Vec<Data>,
        /// The shortest remaining time to live, in seconds.
        ttl: u32,
    },
    /// The name has a CNAME record, and another type was queried. The CNAME is not followed.
    Alias {
        /// The canonical name.
        target: String,
        /// Remaining time to live, in seconds.
        ttl: u32,
    },
    /// The name exists without this type (RFC 2308 section 2.2).
    NoData {
        /// How long the negative answer may be cached, in seconds.
        negative_ttl: u32,
    },
    /// The name does not exist: NXDOMAIN (RFC 2308 section 2.1).
    NoSuchName {
        /// How long the negative answer may be cached, in seconds.
        negative_ttl: u32,
    },
    /// No answer: the state is unknown, which is not the same as missing.
    Failed {
        /// What went wrong.
        failure: Failure,
    },
    /// No answer in time: the state is unknown, which is not the same as missing.
    TimedOut,
    /// No server was asked. For the resolver: the answers of the authoritative servers were enough, or said
    /// that there is no record.
    NotAsked,
}

/// A name server of a zone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct NameServer {
    /// Its name, as the NS record has it.
    pub host: String,
    /// The address that was asked.
    pub address: IpAddr,
}

/// What one authoritative server answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct AuthorityAnswer {
    /// The server.
    pub server: NameServer,
    /// Its answer.
    pub outcome: Outcome,
}

/// The answers to one question: from the authoritative servers and from the recursive resolver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Observation {
    /// What was asked.
    pub question: Question,
    /// The answers of the authoritative servers and the failures of those that gave none, sorted by server;
    /// empty if no server could be found. Two answers if two servers answered.
    pub authoritative: Vec<AuthorityAnswer>,
    /// The apex of the zone that holds the name, as far as the authoritative servers tell: by a delegation,
    /// by the SOA record of a negative answer (RFC 2308 section 3), or by an SOA record at the name itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// The answer of the recursive resolver, as SES and mailbox providers see it. Not asked if an
    /// authoritative server says that there is no record.
    pub recursive: Outcome,
}

impl Observation {
    /// Whether an authoritative server has answered.
    pub fn is_answered_at_source(&self) -> bool {
        let mut outcomes = self.authoritative.iter().map(|answer| &answer.outcome);
        outcomes.any(Outcome::is_answer)
    }

    /// Whether the resolver is to be asked beside the authoritative servers: if all of them that answer
    /// have the record, and if none answers. A resolver keeps "not there" for as long as the zone's SOA
    /// record says (RFC 2308), and would then show it to Amazon SES after the record is published.
    pub fn is_for_resolver(&self) -> bool {
        let mut answers = self.authoritative.iter().map(|answer| &answer.outcome);
        answers.all(|outcome| match outcome {
            Outcome::NoData { .. } | Outcome::NoSuchName { .. } => false,
            Outcome::Found { .. } | Outcome::Alias { .. } => true,
            Outcome::Failed { .. } | Outcome::TimedOut | Outcome::NotAsked => true,
        })
    }

    /// The same without the resolver, if [`super::Lookup::observe`] would not ask it.
    pub fn spare_resolver(&mut self) {
        if !self.is_for_resolver() {
            self.recursive = Outcome::NotAsked;
        }
    }

    /// The same without the resolver, if [`super::Lookup::observe_source`] would not ask it.
    pub fn forget_resolver(&mut self) {
        if self.is_answered_at_source() {
            self.recursive = Outcome::NotAsked;
        }
    }

    /// This observation with each time to live set to 0. How long an answer may still be kept differs each time it
    /// is asked for, so two observations are compared without.
    #[must_use]
    pub fn without_ttls(mut self) -> Self {
        self.recursive.forget_ttl();
        for answer in &mut self.authoritative {
            answer.outcome.forget_ttl();
        }
        self
    }
}

impl Outcome {
    /// Whether the outcome says anything about the name.
    pub fn is_answer(&self) -> bool {
        match self {
            Self::Found { .. }
            | Self::Alias { .. }
            | Self::NoData { .. }
            | Self::NoSuchName { .. } => true,
            Self::Failed { .. } | Self::TimedOut | Self::NotAsked => false,
        }
    }

    fn forget_ttl(&mut self) {
        match self {
            Self::Found { ttl, .. } | Self::Alias { ttl, .. } => *ttl = 0,
            Self::NoData { negative_ttl } | Self::NoSuchName { negative_ttl } => *negative_ttl = 0,
            Self::Failed { .. } | Self::TimedOut | Self::NotAsked => {}
        }
    }
}

/// The zone that holds a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Zone {
    /// The apex, without a trailing dot.
    pub apex: String,
    /// The hosts of the NS records, sorted.
    pub name_servers: Vec<String>,
}

/// The result of the search for the zone cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum ZoneOutcome {
    /// The closest enclosing zone.
    Found(Zone),
    /// The registered domain does not exist. A name below a live domain need not exist before its records
    /// do.
    NoSuchDomain,
    /// No server answered, so the zone is not known.
    Unknown {
        /// What went wrong last.
        failure: Option<Failure>,
    },
}
