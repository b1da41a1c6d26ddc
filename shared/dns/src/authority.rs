//! The source's view: the authoritative servers of the zone, queried directly, down through
//! delegations that the resolver has not cached yet.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain_auth::dns::{AuthorityAnswer, Data, NameServer};
use futures::future::join_all;
use hickory_proto::op::Query;
use hickory_proto::rr::{Name, RecordType};

use crate::addresses::addresses_of;
use crate::asking::Asking;
use crate::memory::Cut;
use crate::names::{parse, render};
use crate::reply::{Host, MAX_HOSTS, Negative, Referral, Reply};
use crate::transport::NoReply;

/// The number of answers, from different servers, that a question needs.
const WANTED: usize = 2;
/// Name servers whose addresses are looked up at the same time.
const HOSTS_AT_ONCE: usize = 4;
/// The maximum number of servers of one zone that are queried for one question.
const MAX_SERVERS: usize = 16;
/// The maximum number of delegations that are followed below the zone where the search begins.
const MAX_REFERRALS: usize = 8;

/// The result of the search at the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    /// Their answers and failures, sorted by server.
    pub(crate) answers: Vec<AuthorityAnswer>,
    /// Number of servers of that zone that were looked up: all of them, if fewer than two have
    /// answered. A server whose address could not be looked up counts.
    pub(crate) listed: usize,
    /// The zone that holds the name, if it is known.
    pub(crate) zone: Option<Name>,
}

impl Source {
    /// No server is known that could be queried.
    pub(crate) fn nowhere() -> Self {
        Self {
            answers: Vec::new(),
            listed: 0,
            zone: None,
        }
    }
}

/// Queries the servers of the zone at `cut`, and follows delegations from there. Each delegation
/// goes strictly down, so there are no loops.
pub(crate) async fn ask(asking: &Asking<'_>, cut: Cut, query: &Query) -> Source {
    let Cut {
        mut zone,
        mut hosts,
    } = cut;
    let mut answers = Vec::new();
    let mut listed = 0;
    for step in 0..=MAX_REFERRALS {
        let asked;
        (asked, listed) = ask_zone(asking, &zone, &hosts, query).await;
        let shown = zone_shown(&zone, query, &asked);
        let (mut replies, referral) = split(asked);
        let Some(referral) = referral.filter(|_| step < MAX_REFERRALS) else {
            answers.append(&mut replies);
            zone = shown.unwrap_or(zone);
            break;
        };
        // If one server answers and another one delegates, the first holds the child zone as well,
        // or disagrees; both are worth showing. Failures of a parent's servers are not.
        replies.retain(|reply| reply.outcome.is_answer());
        answers.append(&mut replies);
        zone = referral.zone;
        hosts = referral.hosts;
    }
    answers.sort_by(|one, other| one.server.cmp(&other.server));
    answers.dedup_by(|one, other| one.server == other.server);
    Source {
        answers,
        listed,
        zone: Some(zone),
    }
}

/// The zone below their zone that these servers serve too, and that holds the name. It has an SOA
/// record at the name, or in a negative answer. If there is no delegation, nothing else shows it.
fn zone_shown(zone: &Name, query: &Query, asked: &[Asked]) -> Option<Name> {
    let zones = asked.iter().filter_map(|(_, reply)| match reply {
        Ok(Reply::NoData(negative) | Reply::NoSuchName(negative)) => negative.zone.clone(),
        Ok(Reply::Found { .. }) if query.query_type == RecordType::SOA => Some(query.name.clone()),
        Ok(Reply::Found { .. } | Reply::Alias { .. } | Reply::Referral(_) | Reply::Failed(_)) => {
            None
        }
        Err(_) => None,
    });
    zones
        .filter(|shown| zone.zone_of(shown) && shown.zone_of(&query.name))
        .max_by_key(Name::num_labels)
}

/// The answer of a zone's servers about a name below its apex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Below {
    /// It is at or below a zone that they delegate.
    Delegated(Cut),
    /// They are authoritative for it.
    Held {
        /// The zone that it is in: their zone, or one below it that they serve too.
        zone: Name,
        /// Whether one of them has it.
        exists: bool,
    },
    /// None of them answers.
    Silent,
}

/// Asks the servers of a zone which zone holds a name below it. Delegations are returned and not
/// followed.
pub(crate) async fn ask_below(asking: &Asking<'_>, cut: &Cut, name: &Name) -> Below {
    let query = Query::query(name.clone(), RecordType::SOA);
    let (asked, _) = ask_zone(asking, &cut.zone, &cut.hosts, &query).await;
    let mut held: Option<(Name, bool)> = None;
    for (_, reply) in asked {
        let (zone, exists) = match reply {
            Ok(Reply::Referral(Referral { zone, hosts })) => {
                return Below::Delegated(Cut { zone, hosts });
            }
            Ok(Reply::Found { .. }) => (Some(name.clone()), true),
            // The SOA next to an alias is that of its target (RFC 2308 section 2.1).
            Ok(Reply::Alias { .. }) => (None, true),
            Ok(Reply::NoData(Negative { zone, .. })) => (zone, true),
            Ok(Reply::NoSuchName(Negative { zone, .. })) => (zone, false),
            Ok(Reply::Failed(_)) | Err(_) => continue,
        };
        let zone = zone.filter(|zone| cut.zone.zone_of(zone));
        let zone = zone.unwrap_or_else(|| cut.zone.clone());
        let (closest, known) = held.get_or_insert((zone.clone(), exists));
        if closest.num_labels() < zone.num_labels() {
            *closest = zone;
        }
        *known |= exists;
    }
    held.map_or(Below::Silent, |(zone, exists)| Below::Held { zone, exists })
}

/// The name servers of a zone that the servers of the zone at `cut` serve too. `None` if they do
/// not answer.
pub(crate) async fn name_servers(asking: &Asking<'_>, cut: &Cut, zone: &Name) -> Option<Vec<Host>> {
    let query = Query::query(zone.clone(), RecordType::NS);
    let (asked, _) = ask_zone(asking, &cut.zone, &cut.hosts, &query).await;
    asked.into_iter().find_map(|(_, reply)| match reply {
        Ok(Reply::Found { data, .. }) => Some(hosts_of(&data)),
        Ok(_) | Err(_) => None,
    })
}

/// The hosts of NS records.
pub(crate) fn hosts_of(data: &[Data]) -> Vec<Host> {
    let names = data.iter().filter_map(|datum| match datum {
        Data::Ns { host } => parse(host),
        _ => None,
    });
    names.take(MAX_HOSTS).map(Host::without_glue).collect()
}

/// One server and its reply.
type Asked = (NameServer, Result<Reply, NoReply>);

/// Separates a delegation from the other answers. If it is the last one that may be followed, the
/// other answers include the servers that returned it, as servers that do not serve the name.
fn split(asked: Vec<Asked>) -> (Vec<AuthorityAnswer>, Option<Referral>) {
    let referral = asked.iter().find_map(|(_, reply)| match reply {
        Ok(Reply::Referral(referral)) => Some(referral.clone()),
        _ => None,
    });
    let answers = asked
        .into_iter()
        .map(|(server, reply)| AuthorityAnswer {
            server,
            outcome: match reply {
                Ok(reply) => reply.into_outcome(),
                Err(no_reply) => no_reply.into_outcome(),
            },
        })
        .collect();
    (answers, referral)
}

/// Queries servers of one zone until two have answered, there are no more, or the time is over.
/// Also returns the number of servers that were found.
async fn ask_zone(
    asking: &Asking<'_>,
    zone: &Name,
    hosts: &[Host],
    query: &Query,
) -> (Vec<Asked>, usize) {
    let mut hosts = hosts.iter().collect::<Vec<_>>();
    hosts.sort_by_cached_key(|host| asking.memory.servers.rank(&host.name));
    let mut seen = HashSet::new();
    let mut asked: Vec<Asked> = Vec::new();
    let mut without_address = 0;
    let mut chunks = hosts.chunks(HOSTS_AT_ONCE);
    for hosts in chunks.by_ref() {
        let wanted = WANTED.saturating_sub(asked.iter().filter(|(_, it)| has_answer(it)).count());
        if wanted == 0 || asking.is_over() {
            without_address += hosts.len();
            break;
        }
        let (mut servers, unknown) = servers_of(asking, hosts).await;
        without_address += unknown;
        servers.retain(|server| seen.insert(server.address));
        servers.truncate(MAX_SERVERS.saturating_sub(asked.len()));
        let next = AtomicUsize::new(0);
        let lanes = (0..wanted).map(|_| ask_in_turn(asking, zone, &servers, &next, query));
        asked.extend(join_all(lanes).await.into_iter().flatten());
    }
    without_address += chunks.map(<[&Host]>::len).sum::<usize>();
    (asked, seen.len() + without_address)
}

/// Takes the next server, until one answers. Several of these share a list.
async fn ask_in_turn(
    asking: &Asking<'_>,
    zone: &Name,
    servers: &[NameServer],
    next: &AtomicUsize,
    query: &Query,
) -> Vec<Asked> {
    let mut asked = Vec::new();
    while let Some(server) = servers.get(next.fetch_add(1, Ordering::Relaxed)) {
        let reply = asking.authority(server.address, zone, query).await;
        let is_enough = has_answer(&reply) || reply == Err(NoReply::OutOfTime);
        asked.push((server.clone(), reply));
        if is_enough {
            break;
        }
    }
    asked
}

fn has_answer(reply: &Result<Reply, NoReply>) -> bool {
    match reply {
        Ok(reply) => !matches!(reply, Reply::Failed(_)),
        Err(_) => false,
    }
}

/// The addresses of these name servers: the first of each, then the second of each, and so on, so
/// that two answers come from two hosts if there are two. Also returns the number of hosts whose
/// addresses could not be looked up.
async fn servers_of(asking: &Asking<'_>, hosts: &[&Host]) -> (Vec<NameServer>, usize) {
    let found = hosts
        .iter()
        .map(async |host| addresses_of(asking, host).await.ok());
    let found = join_all(found).await;
    let unknown = found.iter().filter(|found| found.is_none()).count();
    // A name server without an address cannot be queried; the others can.
    let found: Vec<Vec<IpAddr>> = found.into_iter().map(Option::unwrap_or_default).collect();
    let longest = found.iter().map(Vec::len).max().unwrap_or_default();
    let servers = (0..longest)
        .flat_map(|place| {
            hosts.iter().zip(&found).filter_map(move |(host, found)| {
                found.get(place).map(|&address| NameServer {
                    host: render(&host.name),
                    address,
                })
            })
        })
        .collect();
    (servers, unknown)
}
