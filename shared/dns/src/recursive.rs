//! The recursive view: the answers that SES and mailbox providers get, through the configured
//! resolvers.

use domain_auth::dns::{Failure, Outcome};
use hickory_proto::op::Query;
use hickory_proto::rr::Name;

use crate::asking::Asking;
use crate::memory::Verdict;
use crate::reply::Reply;
use crate::transport::NoReply;

/// An answer of the resolver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// Its reply.
    pub(crate) reply: Reply,
    /// The resolver returned it only with validation disabled (RFC 4035 section 3.2.2).
    pub(crate) is_bogus: bool,
}

/// The recursive view of a question.
pub(crate) async fn view(asking: &Asking<'_>, query: &Query) -> Outcome {
    match resolve(asking, query).await {
        Ok(Resolved { is_bogus: true, .. }) => Outcome::Failed {
            failure: Failure::DnssecBogus,
        },
        Ok(Resolved { reply, .. }) => reply.into_outcome(),
        Err(no_reply) => no_reply.into_outcome(),
    }
}

/// Queries the configured resolvers in their order, until one answers. A resolver that has not
/// responded in this run comes last, but is not skipped: there may be no other.
pub(crate) async fn resolve(asking: &Asking<'_>, query: &Query) -> Result<Resolved, NoReply> {
    let mut servers = asking.setup.recursive.clone();
    servers.sort_by_key(|server| {
        let verdict = asking.memory.servers.verdict(*server, &Name::root());
        verdict == Some(Verdict::Silent)
    });
    let mut last = Err(NoReply::Silence);
    for server in servers {
        let reply = asking.recursive(server, query, false).await;
        match reply {
            Ok(Reply::Failed(Failure::ServerFailure | Failure::DnssecBogus)) => {
                let unchecked = asking.recursive(server, query, true).await;
                if let Ok(reply) = unchecked
                    && !matches!(reply, Reply::Failed(_))
                {
                    return Ok(Resolved {
                        reply,
                        is_bogus: true,
                    });
                }
                last = reply;
            }
            Ok(Reply::Failed(_)) | Err(NoReply::Failed(_) | NoReply::Silence) => {
                last = reply;
            }
            Err(NoReply::OutOfTime) => return Err(NoReply::OutOfTime),
            Ok(reply) => {
                return Ok(Resolved {
                    reply,
                    is_bogus: false,
                });
            }
        }
    }
    last.map(|reply| Resolved {
        reply,
        is_bogus: false,
    })
}
