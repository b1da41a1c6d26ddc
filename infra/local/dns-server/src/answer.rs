//! Finds the answer to a query in the zones: RFC 1034 section 4.3.2, RFC 4592 for wildcards,
//! RFC 2308 for negative answers.
//!
//! The server has two roles, as a name server with recursion switched on. To a query with the RD
//! bit (as a resolver's client sends it) it is the whole DNS: a name in no zone does not exist. To
//! a query without the RD bit (as an authoritative look-up sends it) it is only the name server
//! of its zones: it answers REFUSED for other names, and returns a referral for delegated ones.

use std::net::IpAddr;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::SOA;
use hickory_proto::rr::{LowerName, Name, RData, Record, RecordType};

use super::zone::{Zone, Zones, address_record, of_type};

/// How many CNAME records are followed in one answer.
const MAX_ALIASES: usize = 16;

/// A query, without its message.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) name: Name,
    pub(crate) record_type: RecordType,
    /// The RD bit.
    pub(crate) recursive: bool,
    /// The CD bit.
    pub(crate) unchecked: bool,
    /// Whether it has EDNS.
    pub(crate) edns: bool,
    /// The address that it came to.
    pub(crate) server: IpAddr,
}

/// The parts of a response that come from the zones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) code: ResponseCode,
    pub(crate) authoritative: bool,
    pub(crate) answers: Vec<Record>,
    pub(crate) authorities: Vec<Record>,
    pub(crate) additionals: Vec<Record>,
}

impl Answer {
    /// A response with only a code.
    pub(crate) fn empty(code: ResponseCode) -> Self {
        Self {
            code,
            authoritative: false,
            answers: Vec::new(),
            authorities: Vec::new(),
            additionals: Vec::new(),
        }
    }
}

/// How a query is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Answered from the zones.
    Answered(Answer),
    /// A recursive query about a delegated name: a resolver would query these servers.
    Ask {
        /// The CNAME records that lead to the delegated name.
        so_far: Vec<Record>,
        /// The name to query.
        name: Name,
        /// Their addresses, as far as the zones have them.
        servers: Vec<IpAddr>,
    },
}

/// Answers a query. `own_address` is the address of name servers without an address in the
/// zones.
pub(crate) fn answer(zones: &Zones, question: &Question, own_address: IpAddr) -> Outcome {
    let mut found = Answer {
        authoritative: true,
        ..Answer::empty(ResponseCode::NoError)
    };
    let mut name = question.name.clone();
    let mut visited = vec![LowerName::new(&name)];
    loop {
        let lower = LowerName::new(&name);
        let Some(zone) = zone_for(zones, &lower, question.record_type) else {
            return Outcome::Answered(not_held(zones, question, &name, found, own_address));
        };
        if let Some(servers) = zone.delegation(&lower).filter(|servers| {
            question.record_type != RecordType::DS
                || servers
                    .iter()
                    .all(|record| LowerName::new(&record.name) != lower)
        }) {
            return delegated(zones, question, found, name, &servers);
        }
        let exists = zone.exists(&lower) || zones.exists_below(&lower);
        let records = if exists {
            zone.at(&lower)
        } else if let Some(wildcard) = zone.wildcard(&lower) {
            wildcard
        } else if zones.is_name_server(&lower) {
            let address = address_record(&name, own_address);
            found.answers.extend(
                Some(address).filter(|record| record.record_type() == question.record_type),
            );
            return Outcome::Answered(found);
        } else {
            found.code = ResponseCode::NXDomain;
            found.authorities.extend(zone.start_of_authority());
            return Outcome::Answered(found);
        };

        let before = found.answers.len();
        found.answers.extend(
            records
                .iter()
                .filter(|record| {
                    question.record_type == RecordType::ANY
                        || record.record_type() == question.record_type
                })
                .map(|record| named(record, &name)),
        );
        if found.answers.len() > before {
            found.additionals = addresses_of_targets(zones, &found.answers[before..]);
            return Outcome::Answered(found);
        }

        // A CNAME next to other records violates RFC 1034 section 3.6.2. Servers that allow it
        // return the queried type if it exists, and the CNAME otherwise.
        let aliases: Vec<_> = of_type(records, RecordType::CNAME)
            .map(|record| named(record, &name))
            .collect();
        let Some(RData::CNAME(target)) = aliases.first().map(|record| &record.data) else {
            found.authorities.extend(zone.start_of_authority());
            return Outcome::Answered(found);
        };
        let target = target.0.clone();
        found.answers.extend(aliases);
        let lower = LowerName::new(&target);
        if visited.contains(&lower) || visited.len() > MAX_ALIASES {
            // A resolver gives up on a loop; a name server returns the records that it has.
            if question.recursive {
                return Outcome::Answered(Answer::empty(ResponseCode::ServFail));
            }
            return Outcome::Answered(found);
        }
        visited.push(lower);
        name = target;
    }
}

/// The answer of a server of the parent zone to a query about a name in `child`, which it does
/// not serve.
pub(crate) fn referral(zones: &Zones, child: &Zone) -> Answer {
    let servers: Vec<Record> = of_type(child.at(child.origin()), RecordType::NS)
        .cloned()
        .collect();
    Answer {
        additionals: addresses_of_targets(zones, &servers),
        authorities: servers,
        ..Answer::empty(ResponseCode::NoError)
    }
}

/// The zone to answer from. DS records of a child belong to the parent (RFC 4035 section 3.1.4.1).
fn zone_for<'a>(zones: &'a Zones, name: &LowerName, record_type: RecordType) -> Option<&'a Zone> {
    let zone = zones.holding(name)?;
    if record_type == RecordType::DS && zone.origin() == name && !name.is_root() {
        return zones.holding(&name.base_name()).or(Some(zone));
    }
    Some(zone)
}

fn not_held(
    zones: &Zones,
    question: &Question,
    name: &Name,
    mut found: Answer,
    own_address: IpAddr,
) -> Answer {
    if zones.is_name_server(&LowerName::new(name)) {
        let address = address_record(name, own_address);
        found
            .answers
            .extend(Some(address).filter(|record| record.record_type() == question.record_type));
        found.authoritative = false;
        return found;
    }
    if !found.answers.is_empty() {
        // A CNAME whose target is not known here, such as `dkim.amazonses.com`. The target is in
        // another zone, so the answer does not say that it is missing.
        return found;
    }
    if !question.recursive {
        return Answer::empty(ResponseCode::Refused);
    }
    // A resolver answers for every name: no data for a name above a zone, NXDOMAIN for any other. The
    // authority section has the root's SOA.
    found.authoritative = false;
    if !zones.exists_below(&LowerName::new(name)) && !name.is_root() {
        found.code = ResponseCode::NXDomain;
    }
    found.authorities.push(root_authority());
    found
}

fn delegated(
    zones: &Zones,
    question: &Question,
    mut found: Answer,
    name: Name,
    servers: &[&Record],
) -> Outcome {
    let servers: Vec<Record> = servers.iter().map(|record| (*record).clone()).collect();
    let glue = addresses_of_targets(zones, &servers);
    if question.recursive {
        return Outcome::Ask {
            so_far: found.answers,
            name,
            servers: glue
                .iter()
                .filter_map(|record| record.data.ip_addr())
                .collect(),
        };
    }
    found.authoritative = !found.answers.is_empty();
    found.authorities = servers;
    found.additionals = glue;
    Outcome::Answered(found)
}

/// The record with QNAME as its owner name, as a wildcard's records are returned (RFC 4592).
fn named(record: &Record, name: &Name) -> Record {
    let mut record = record.clone();
    if record.name != *name {
        record.name = name.clone();
    }
    record
}

/// The addresses of the hosts in NS and MX records, for the additional section.
fn addresses_of_targets(zones: &Zones, records: &[Record]) -> Vec<Record> {
    let mut addresses = Vec::new();
    for record in records {
        let target = match &record.data {
            RData::NS(server) => LowerName::new(&server.0),
            RData::MX(server) => LowerName::new(&server.exchange),
            _ => continue,
        };
        // Glue is in the parent zone even if a child zone holds the name.
        let holders = [
            zones.holding(&target),
            zones.holding(&LowerName::new(&record.name.base_name())),
        ];
        let known = holders
            .into_iter()
            .flatten()
            .map(|zone| zone.at(&target))
            .find(|records| !records.is_empty())
            .unwrap_or_default();
        for address in known {
            if address.data.ip_addr().is_some() && !addresses.contains(address) {
                addresses.push(address.clone());
            }
        }
    }
    addresses
}

fn root_authority() -> Record {
    let soa = SOA::new(Name::root(), Name::root(), 1, 3_600, 600, 604_800, 5);
    Record::from_rdata(Name::root(), 5, RData::SOA(soa))
}
