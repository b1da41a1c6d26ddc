//! Zone cuts, name servers and their addresses, as the configured resolver knows them: where to
//! begin at the source.

use std::iter;
use std::net::IpAddr;

use domain_auth::dns::{Data, Failure};
use hickory_proto::op::Query;
use hickory_proto::rr::{Name, RecordType};

use crate::asking::Asking;
use crate::memory::Step;
use crate::names::{parent, parse};
use crate::recursive::{Resolved, resolve};
use crate::reply::{MAX_ADDRESSES, MAX_HOSTS, Negative, Reply};
use crate::transport::NoReply;

/// Most labels that are taken off a name on the way up. One look-up is enough where the resolver
/// passes on the SOA of negative answers, as RFC 2308 section 6 wants.
const MAX_STEPS: usize = 16;

/// Where a name is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    /// A zone that encloses the name; the closest one, as far as the resolver knows.
    pub(crate) zone: Name,
    /// Its name servers.
    pub(crate) hosts: Vec<Name>,
    /// What the resolver knows of the name.
    pub(crate) standing: Standing,
}

/// How much the resolver's word on the zone cut is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The name is in the zone.
    Inside,
    /// The name does not exist, as far as the resolver knows; that may be cached.
    NoSuchName,
    /// The resolver got no answer for the name or something above it, so that the zone may be
    /// further down.
    Unsure(NoReply),
}

/// Why there is no cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoCut {
    /// The resolver says that the name does not exist, and names no zone that says so.
    NoSuchName,
    /// The resolver did not tell.
    Unknown(NoReply),
}

/// Finds the closest enclosing zone of `name` and its name servers: asks for the SOA at the name,
/// and where that leads nowhere, at its parent. A zone that the resolver cannot reach is passed
/// over upwards, so that its parent's servers can tell whom they delegate it to.
pub(crate) async fn find(asking: &Asking<'_>, name: &Name) -> Result<Cut, NoCut> {
    let mut standing = Standing::Inside;
    let mut candidate = Some(name.clone());
    for _ in 0..MAX_STEPS {
        let Some(current) = candidate.take() else {
            break;
        };
        let zone = match step(asking, &current).await {
            Ok(step) => {
                if !step.exists && current == *name {
                    standing = Standing::NoSuchName;
                }
                step.zone
            }
            Err(no_reply) => {
                standing = standing.or_unsure(no_reply);
                None
            }
        };
        candidate = match zone {
            None => parent(&current),
            Some(zone) => match name_servers(asking, &zone).await {
                Ok(hosts) => {
                    return Ok(Cut {
                        zone,
                        hosts,
                        standing,
                    });
                }
                Err(no_reply) => {
                    standing = standing.or_unsure(no_reply);
                    parent(&zone)
                }
            },
        };
    }
    Err(match standing {
        Standing::NoSuchName => NoCut::NoSuchName,
        Standing::Unsure(no_reply) => NoCut::Unknown(no_reply),
        // All the way up there was neither an SOA record nor an error.
        Standing::Inside => NoCut::Unknown(NoReply::Failed(Failure::Lame)),
    })
}

/// A zone that encloses `name` and its name servers: the one that this run has found for it or for the
/// closest name above it, or else the closest. Its servers tell of delegations further down, so the
/// resolver need not be asked about each name.
pub(crate) async fn find_known(asking: &Asking<'_>, name: &Name) -> Result<Cut, NoCut> {
    let upwards = iter::successors(Some(name.clone()), parent);
    let known = upwards.take(MAX_STEPS).find_map(|name| {
        let step = asking.memory.steps.remembered(&name)?.ok()?;
        step.zone
    });
    if let Some(zone) = known
        && let Ok(hosts) = name_servers(asking, &zone).await
    {
        return Ok(Cut {
            zone,
            hosts,
            standing: Standing::Inside,
        });
    }
    find(asking, name).await
}

impl Standing {
    /// The first failure counts: it is the closest to the name. "No such name" is an answer.
    fn or_unsure(self, no_reply: NoReply) -> Self {
        match self {
            Self::Inside => Self::Unsure(no_reply),
            Self::NoSuchName | Self::Unsure(_) => self,
        }
    }
}

async fn step(asking: &Asking<'_>, name: &Name) -> Result<Step, NoReply> {
    asking
        .once(&asking.memory.steps, name, async {
            let query = Query::query(name.clone(), RecordType::SOA);
            // An answer that does not validate still tells whom to ask.
            let Resolved { reply, .. } = resolve(asking, &query).await?;
            Ok(match reply {
                Reply::Found { .. } => Step {
                    zone: Some(name.clone()),
                    exists: true,
                },
                // The SOA beside an alias is the one of its target (RFC 2308 section 2.1).
                Reply::Alias { .. } => Step {
                    zone: None,
                    exists: true,
                },
                Reply::NoData(Negative { zone, .. }) => Step { zone, exists: true },
                Reply::NoSuchName(Negative { zone, .. }) => Step {
                    zone,
                    exists: false,
                },
                other => return Err(failure_of(&other)),
            })
        })
        .await
}

async fn name_servers(asking: &Asking<'_>, zone: &Name) -> Result<Vec<Name>, NoReply> {
    asking
        .once(&asking.memory.name_servers, zone, async {
            let query = Query::query(zone.clone(), RecordType::NS);
            let Resolved { reply, .. } = resolve(asking, &query).await?;
            let Reply::Found { data, .. } = reply else {
                return Err(failure_of(&reply));
            };
            Ok(data
                .iter()
                .filter_map(|datum| match datum {
                    Data::Ns { host } => parse(host),
                    _ => None,
                })
                .take(MAX_HOSTS)
                .collect())
        })
        .await
}

/// The addresses of a name server: IPv4, or IPv6 where it has no other and this machine can use it.
/// Empty where it has none. A name server that is an alias has none (RFC 2181 section 10.3).
pub(crate) async fn addresses(asking: &Asking<'_>, host: &Name) -> Result<Vec<IpAddr>, NoReply> {
    asking
        .once(&asking.memory.addresses, host, async {
            let types: &[RecordType] = if asking.setup.ipv6 {
                &[RecordType::A, RecordType::AAAA]
            } else {
                &[RecordType::A]
            };
            for &record_type in types {
                let query = Query::query(host.clone(), record_type);
                match resolve(asking, &query).await?.reply {
                    Reply::Found { data, .. } => {
                        return Ok(data
                            .iter()
                            .filter_map(|datum| match datum {
                                Data::Address { address } => Some(*address),
                                _ => None,
                            })
                            .take(MAX_ADDRESSES)
                            .collect());
                    }
                    Reply::NoData(_) => {}
                    Reply::Alias { .. } | Reply::NoSuchName(_) => break,
                    other => return Err(failure_of(&other)),
                }
            }
            Ok(Vec::new())
        })
        .await
}

fn failure_of(reply: &Reply) -> NoReply {
    match reply {
        Reply::Failed(failure) => NoReply::Failed(*failure),
        Reply::NoEdns => NoReply::Failed(Failure::ServerFailure),
        Reply::Found { .. }
        | Reply::Alias { .. }
        | Reply::NoData(_)
        | Reply::NoSuchName(_)
        | Reply::Referral(_) => NoReply::Failed(Failure::Lame),
    }
}
