//! The addresses of name servers, from the configured resolver.

use std::net::IpAddr;

use domain_auth::dns::{Data, Failure};
use hickory_proto::op::Query;
use hickory_proto::rr::{Name, RecordType};

use crate::asking::Asking;
use crate::recursive::resolve;
use crate::reply::{Host, MAX_ADDRESSES, Reply};
use crate::transport::NoReply;

/// The addresses at which a name server is queried: those that came with the delegation, or
/// otherwise those that the resolver returns.
pub(crate) async fn addresses_of(asking: &Asking<'_>, host: &Host) -> Result<Vec<IpAddr>, NoReply> {
    let glue = usable(&host.glue, asking.setup.ipv6);
    if glue.is_empty() {
        return addresses(asking, &host.name).await;
    }
    Ok(glue)
}

/// The addresses of a name server: IPv4, or IPv6 if it has no IPv4 address and this machine can use
/// IPv6. Empty if it has none. A name server must not be an alias, so an alias has no addresses
/// (RFC 2181 section 10.3).
async fn addresses(asking: &Asking<'_>, host: &Name) -> Result<Vec<IpAddr>, NoReply> {
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
                    Reply::Failed(failure) => return Err(NoReply::Failed(failure)),
                    Reply::Referral(_) => return Err(NoReply::Failed(Failure::Lame)),
                }
            }
            Ok(Vec::new())
        })
        .await
}

/// The IPv4 addresses; if there are none, the IPv6 addresses, if this machine can use them. Two
/// addresses of one server do not count as two servers.
fn usable(glue: &[IpAddr], ipv6: bool) -> Vec<IpAddr> {
    let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = glue.iter().partition(|address| address.is_ipv4());
    if v4.is_empty() && ipv6 { v6 } else { v4 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv4_glue_is_preferred() {
        let v4 = IpAddr::from([192, 0, 2, 1]);
        let v6 = IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]);
        for (glue, ipv6, expected) in [
            (vec![v4, v6], true, vec![v4]),
            (vec![v6], true, vec![v6]),
            (vec![v6], false, vec![]),
            (vec![], true, vec![]),
        ] {
            assert_eq!(usable(&glue, ipv6), expected);
        }
    }
}
