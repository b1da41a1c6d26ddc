//! Zone cuts: which zone holds a name, and which servers that zone has.
//!
//! The tree is walked downwards, and in each step the servers of the zone above are queried. The
//! recursive resolver is queried for the top-level domain, which exists. Below it, the resolver is
//! queried only if those servers do not answer. It would cache "no such name" for as long as the
//! zone's SOA record says, and Amazon SES, which also queries resolvers, would then see a record
//! late that is published in the meantime (RFC 2308).

use std::iter;
use std::net::IpAddr;

use domain_auth::dns::Failure;
use domain_auth::names::DomainName;
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use hickory_proto::op::Query;
use hickory_proto::rr::{Name, RecordType};

use crate::addresses::addresses_of;
use crate::asking::Asking;
use crate::authority::{self, Below};
use crate::memory::{Cut, Step};
use crate::names::{parent, render};
use crate::recursive::resolve;
use crate::reply::{Host, Negative, Reply};
use crate::transport::NoReply;

/// The maximum number of delegations that are followed in one step down.
const MAX_REFERRALS: usize = 8;

/// A zone that encloses `name`, and its servers, which know delegations further down: the closest
/// zone that this run has found, or the zone of the registered domain. `None` if no zone is found.
pub(crate) async fn find(asking: &Asking<'_>, name: &Name) -> Result<Option<Cut>, NoReply> {
    let registered = registered_domain(name);
    let known = iter::successors(Some(name.clone()), parent)
        .take_while(|name| registered.zone_of(name))
        .find_map(|name| asking.memory.steps.remembered(&name)?.ok()?.cut);
    match known {
        Some(cut) => Ok(Some(cut)),
        None => Ok(step(asking, registered).await?.cut),
    }
}

/// The closest zone that encloses `name`, and whether the name exists.
pub(crate) async fn find_closest(asking: &Asking<'_>, name: &Name) -> Result<Step, NoReply> {
    let registered = registered_domain(name);
    if registered == *name {
        return step(asking, registered).await;
    }
    let above = step(asking, registered).await?;
    asking
        .once(&asking.memory.steps, name, below(asking, name, above))
        .await
}

/// The names of a zone's servers: those of the delegation, and the zone's own names for them, if it
/// uses different names for the same addresses.
pub(crate) async fn names_of_servers(asking: &Asking<'_>, cut: &Cut) -> Vec<Name> {
    let name_of = |host: &Host| host.name.clone();
    let mut names: Vec<Name> = cut.hosts.iter().map(name_of).collect();
    let asking = asking.leaving_time();
    let own = authority::name_servers(&asking, cut, &cut.zone).await;
    let own = own.unwrap_or_default();
    if own.iter().any(|host| names.contains(&host.name)) {
        return names;
    }
    let addresses = async |hosts: &[Host]| -> Vec<IpAddr> {
        let found = hosts.iter().map(|host| addresses_of(&asking, host));
        let found = join_all(found).await.into_iter().flatten();
        found.flatten().collect()
    };
    let (delegated, its_own) = tokio::join!(addresses(&cut.hosts), addresses(&own));
    if its_own.iter().any(|address| delegated.contains(address)) {
        names.extend(own.iter().map(name_of));
    }
    names
}

/// The registrable name by the public suffix list: `example.co.uk` for `_x.mail.example.co.uk`.
/// Labels further down may be anything.
pub(crate) fn registered_domain(name: &Name) -> Name {
    let labels = usize::from(name.num_labels());
    let above = (2..=labels).map(|count| name.trim_to(count));
    let registered = above.clone().find(|above| {
        let domain = DomainName::parse(&render(above));
        domain.is_ok()
    });
    // Not a registrable domain name: most zones are cut below the top-level domain.
    registered
        .or_else(|| above.clone().next())
        .unwrap_or_else(|| name.clone())
}

/// One step down to `name`, after the steps that lead to it. Each step is taken once in a run.
fn step<'a>(asking: &'a Asking<'a>, name: Name) -> BoxFuture<'a, Result<Step, NoReply>> {
    async move {
        let work = async {
            let nothing_known = Step {
                cut: None,
                exists: true,
            };
            let above = match parent(&name).filter(|parent| !parent.is_root()) {
                None => nothing_known,
                Some(parent) => match step(asking, parent).await {
                    Ok(above) => above,
                    // The resolver may still have an answer for the name itself.
                    Err(NoReply::Failed(_)) => nothing_known,
                    Err(no_reply) => return Err(no_reply),
                },
            };
            below(asking, &name, above).await
        };
        asking.once(&asking.memory.steps, &name, work).await
    }
    .boxed()
}

/// A step from a known name above: its servers are queried, and the resolver if they do not answer.
async fn below(asking: &Asking<'_>, name: &Name, above: Step) -> Result<Step, NoReply> {
    if above.cut.is_none() && !above.exists {
        // No name exists below a name that does not exist (RFC 8020).
        return Ok(above);
    }
    let before = above.cut.clone();
    let mut cut = above.cut;
    for _ in 0..MAX_REFERRALS {
        let Some(current) = &cut else {
            break;
        };
        if current.zone == *name {
            return Ok(Step { cut, exists: true });
        }
        match authority::ask_below(&asking.leaving_time(), current, name).await {
            Below::Delegated(next) => cut = Some(next),
            Below::Held { zone, exists } => {
                if zone != current.zone
                    && let Some(hosts) =
                        authority::name_servers(&asking.leaving_time(), current, &zone).await
                {
                    cut = Some(Cut { zone, hosts });
                }
                return Ok(Step { cut, exists });
            }
            Below::Silent => break,
        }
    }
    match ask_resolver(asking, name, cut.clone()).await {
        // If a delegation leads to a zone, the zone exists, whether its servers answer or not.
        Err(_) if cut != before => Ok(Step { cut, exists: true }),
        step => step,
    }
}

async fn ask_resolver(
    asking: &Asking<'_>,
    name: &Name,
    above: Option<Cut>,
) -> Result<Step, NoReply> {
    let (negative, exists) = match ask_for_servers(asking, name).await? {
        Reply::Found { data, .. } => {
            let cut = Some(Cut {
                zone: name.clone(),
                hosts: authority::hosts_of(&data),
            });
            return Ok(Step { cut, exists: true });
        }
        // The SOA next to an alias is that of its target (RFC 2308 section 2.1).
        Reply::Alias { .. } => {
            return Ok(Step {
                cut: above,
                exists: true,
            });
        }
        Reply::NoData(negative) => (negative, true),
        Reply::NoSuchName(negative) => (negative, false),
        Reply::Failed(failure) => return Err(NoReply::Failed(failure)),
        Reply::Referral(_) => return Err(NoReply::Failed(Failure::Lame)),
    };
    let Negative { zone, .. } = negative;
    let new = zone.filter(|zone| {
        let known = above.as_ref().map(|cut| &cut.zone);
        !zone.is_root() && known.is_none_or(|known| known.zone_of(zone) && known != zone)
    });
    let Some(zone) = new else {
        return Ok(Step { cut: above, exists });
    };
    let cut = match ask_for_servers(asking, &zone).await? {
        Reply::Found { data, .. } => Some(Cut {
            zone,
            hosts: authority::hosts_of(&data),
        }),
        _ => above,
    };
    Ok(Step { cut, exists })
}

/// Asks the resolver for the NS records at a name. An answer that does not validate still names the
/// servers.
async fn ask_for_servers(asking: &Asking<'_>, name: &Name) -> Result<Reply, NoReply> {
    let query = Query::query(name.clone(), RecordType::NS);
    Ok(resolve(asking, &query).await?.reply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::parse;

    #[test]
    fn the_registered_domain_is_the_public_suffix_plus_one_label() {
        for (name, expected) in [
            ("example.com", "example.com"),
            ("_dmarc.mail.example.co.uk", "example.co.uk"),
            (r"a\.b.<x>.example.com", "example.com"),
            ("host.nowhere.example", "nowhere.example"),
            ("com", "com"),
            ("co.uk", "co.uk"),
        ] {
            let registered = registered_domain(&parse(name).unwrap());
            assert_eq!(render(&registered), expected, "{name}");
        }
    }
}
