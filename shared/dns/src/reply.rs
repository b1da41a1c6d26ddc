//! Interprets a message as the answer to a question. These functions are pure: they read data of
//! hostile servers, and must distinguish "nothing there" from "no answer".

use std::net::IpAddr;

use domain_auth::dns::{Data, Failure, MAX_RECORDS, Outcome};
use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::rdata::opt::EdnsOption;
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};

use crate::names::{render, render_text};

/// The maximum number of name servers of one zone that are considered. The root has 13.
pub(crate) const MAX_HOSTS: usize = 16;
/// The maximum number of addresses of one name server that are considered.
pub(crate) const MAX_ADDRESSES: usize = 4;
/// The maximum number of records of an additional section that are searched for glue.
const MAX_GLUE_RECORDS: usize = 256;

/// The kind of server that sent the message; it decides what counts as an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Speaker<'a> {
    /// The configured resolver.
    Recursive,
    /// A name server that is listed for this zone.
    Authority(&'a Name),
}

/// The meaning of the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Records of the queried type.
    Found { data: Vec<Data>, ttl: u32 },
    /// A CNAME, if another type was queried.
    Alias { target: String, ttl: u32 },
    /// The name exists without this type.
    NoData(Negative),
    /// The name does not exist.
    NoSuchName(Negative),
    /// A delegation to other servers.
    Referral(Referral),
    /// The server reports that it cannot or will not answer.
    Failed(Failure),
}

/// A negative answer (RFC 2308).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Negative {
    /// How long it may be cached; 0 without an SOA (RFC 2308 section 5).
    pub(crate) ttl: u32,
    /// The owner of the SOA record in the authority section: the zone that gave the answer.
    pub(crate) zone: Option<Name>,
}

/// A delegation (RFC 1034 section 4.3.2, step 3b).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Referral {
    /// The delegated zone.
    pub(crate) zone: Name,
    /// Its name servers, at most [`MAX_HOSTS`].
    pub(crate) hosts: Vec<Host>,
}

/// A name server before it is queried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    /// Its name.
    pub(crate) name: Name,
    /// Its addresses, if the referring server is authoritative for them; at most [`MAX_ADDRESSES`].
    pub(crate) glue: Vec<IpAddr>,
}

impl Host {
    /// A server of which only the name is known.
    pub(crate) fn without_glue(name: Name) -> Self {
        Self {
            name,
            glue: Vec::new(),
        }
    }
}

impl Reply {
    /// The outcome that the domain sees. A referral that is no longer followed counts as a server
    /// that does not serve the name.
    pub(crate) fn into_outcome(self) -> Outcome {
        match self {
            Self::Found { data, ttl } => Outcome::Found { data, ttl },
            Self::Alias { target, ttl } => Outcome::Alias { target, ttl },
            Self::NoData(negative) => Outcome::NoData {
                negative_ttl: negative.ttl,
            },
            Self::NoSuchName(negative) => Outcome::NoSuchName {
                negative_ttl: negative.ttl,
            },
            Self::Referral(_) => Outcome::Failed {
                failure: Failure::Lame,
            },
            Self::Failed(failure) => Outcome::Failed { failure },
        }
    }
}

/// Interprets a response to `query`. The caller has checked that it is one.
pub(crate) fn interpret(message: &Message, query: &Query, speaker: Speaker<'_>) -> Reply {
    let nothing_there = match message.metadata.response_code {
        ResponseCode::NoError => Reply::NoData,
        ResponseCode::NXDomain => Reply::NoSuchName,
        ResponseCode::Refused | ResponseCode::NotAuth => return Reply::Failed(Failure::Refused),
        ResponseCode::ServFail if says_bogus(message) => {
            return Reply::Failed(Failure::DnssecBogus);
        }
        // SERVFAIL, codes without a meaning in an answer to a query, and the codes of a server that
        // cannot read the query either with EDNS or without.
        _ => return Reply::Failed(Failure::ServerFailure),
    };
    let referral = match speaker {
        Speaker::Authority(zone) if message.metadata.response_code == ResponseCode::NoError => {
            referral(message, query, zone)
        }
        Speaker::Authority(_) | Speaker::Recursive => None,
    };
    let answers_for_itself = match speaker {
        Speaker::Recursive => true,
        Speaker::Authority(_) => message.metadata.authoritative,
    };
    let positive = positive(message, query);
    match (positive, referral) {
        (Some(reply), _) if answers_for_itself => reply,
        (None, Some(referral)) => Reply::Referral(referral),
        (_, _) if !answers_for_itself => Reply::Failed(Failure::Lame),
        (Some(reply), _) => reply,
        (None, None) => match (negative(message, &query.name), speaker) {
            // Neither an answer nor a reason: a server that did not recurse, and refers elsewhere.
            (Negative { zone: None, .. }, Speaker::Recursive) if has_name_servers(message) => {
                Reply::Failed(Failure::Refused)
            }
            (negative, _) => nothing_there(negative),
        },
    }
}

/// Number of the EDNS option with extended errors (RFC 8914 section 2).
const EXTENDED_ERROR: u16 = 15;

/// Whether an extended error says that the signatures are invalid: 6 (DNSSEC Bogus) to 12 (NSEC
/// Missing) of RFC 8914 section 4.
fn says_bogus(message: &Message) -> bool {
    let options = message.edns.iter().flat_map(|edns| &edns.options().options);
    options
        .filter_map(|(_, option)| match option {
            EdnsOption::Unknown(EXTENDED_ERROR, data) => data.first_chunk::<2>(),
            _ => None,
        })
        .any(|code| (6..=12).contains(&u16::from_be_bytes(*code)))
}

/// The records of the queried type at the queried name, or the CNAME there. The target of a CNAME
/// is ignored, even if the server added it.
fn positive(message: &Message, query: &Query) -> Option<Reply> {
    let at_name = |record: &&Record| record.dns_class == DNSClass::IN && record.name == query.name;
    let mut data = Vec::new();
    let mut shortest = u32::MAX;
    for record in message.answers.iter().filter(at_name) {
        if record.record_type() == query.query_type
            && let Some(datum) = datum(record)
        {
            data.push(datum);
            shortest = shortest.min(ttl(record));
        }
    }
    if !data.is_empty() {
        data.sort();
        data.dedup();
        data.truncate(MAX_RECORDS);
        return Some(Reply::Found {
            data,
            ttl: shortest,
        });
    }
    message
        .answers
        .iter()
        .filter(at_name)
        .find_map(|record| match &record.data {
            RData::CNAME(target) => Some(Reply::Alias {
                target: render(&target.0),
                ttl: ttl(record),
            }),
            _ => None,
        })
}

fn datum(record: &Record) -> Option<Data> {
    match &record.data {
        RData::A(address) => Some(Data::Address {
            address: address.0.into(),
        }),
        RData::AAAA(address) => Some(Data::Address {
            address: address.0.into(),
        }),
        RData::CNAME(target) => Some(Data::Cname {
            target: render(&target.0),
        }),
        RData::MX(mx) => Some(Data::Mx {
            preference: mx.preference,
            exchange: render(&mx.exchange),
        }),
        RData::NS(host) => Some(Data::Ns {
            host: render(&host.0),
        }),
        RData::SOA(soa) => Some(Data::Soa {
            primary: render(&soa.mname),
            minimum: ttl(record).min(soa.minimum),
        }),
        RData::TXT(txt) => Some(Data::Txt {
            text: render_text(&txt.txt_data),
        }),
        // Types that are never queried.
        _ => None,
    }
}

/// The time to live; zero if its highest bit is set (RFC 2181 section 8).
fn ttl(record: &Record) -> u32 {
    i32::try_from(record.ttl).map_or(0, |_fits| record.ttl)
}

fn negative(message: &Message, name: &Name) -> Negative {
    message
        .authorities
        .iter()
        .filter(|record| record.dns_class == DNSClass::IN && record.name.zone_of(name))
        .find_map(|record| match &record.data {
            RData::SOA(soa) => Some(Negative {
                ttl: ttl(record).min(soa.minimum),
                zone: Some(record.name.to_lowercase()),
            }),
            _ => None,
        })
        .unwrap_or(Negative { ttl: 0, zone: None })
}

fn has_name_servers(message: &Message) -> bool {
    message
        .authorities
        .iter()
        .any(|record| record.record_type() == RecordType::NS)
}

/// A delegation strictly below `zone`, at the queried name or above it: each step goes down, so a
/// chain of delegations ends and cannot loop. With an SOA record it is a negative answer instead.
fn referral(message: &Message, query: &Query, zone: &Name) -> Option<Referral> {
    let has_soa = message
        .authorities
        .iter()
        .any(|record| record.record_type() == RecordType::SOA);
    if has_soa {
        return None;
    }
    let leads_down = |record: &&Record| {
        record.dns_class == DNSClass::IN
            && record.record_type() == RecordType::NS
            && zone.zone_of(&record.name)
            && record.name != *zone
            && record.name.zone_of(&query.name)
    };
    let delegated = message.authorities.iter().find(leads_down)?.name.clone();
    let mut names = message
        .authorities
        .iter()
        .filter(leads_down)
        .filter(|record| record.name == delegated)
        .filter_map(|record| match &record.data {
            RData::NS(host) => Some(host.0.to_lowercase()),
            _ => None,
        })
        .collect::<Vec<_>>();
    names.sort();
    names.dedup();
    names.truncate(MAX_HOSTS);
    let hosts = names
        .into_iter()
        .map(|name| {
            let glue = glue(message, &name, zone);
            Host { name, glue }
        })
        .collect();
    Some(Referral {
        zone: delegated.to_lowercase(),
        hosts,
    })
}

/// Addresses of `host` in the additional section. They are used only if the server is authoritative
/// for them (RFC 9471, in-domain names).
fn glue(message: &Message, host: &Name, zone: &Name) -> Vec<IpAddr> {
    if !zone.zone_of(host) {
        return Vec::new();
    }
    let mut addresses = message
        .additionals
        .iter()
        .take(MAX_GLUE_RECORDS)
        .filter(|record| record.dns_class == DNSClass::IN && record.name == *host)
        .filter_map(|record| record.data.ip_addr())
        .collect::<Vec<_>>();
    // IPv4 first: it works everywhere.
    addresses.sort();
    addresses.dedup();
    addresses.truncate(MAX_ADDRESSES);
    addresses
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
