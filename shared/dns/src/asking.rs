//! The resources that all steps of one look-up share: servers, caches, permits and the deadline.

use std::net::{IpAddr, SocketAddr};

use domain_auth::dns::Failure;
use hickory_proto::op::Query;
use hickory_proto::rr::{Name, RecordType};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

use crate::config::DnsConfig;
use crate::memory::{Servers, Step, Table, Verdict};
use crate::public_address::is_public;
use crate::reply::{Reply, Speaker, interpret};
use crate::transport::{Flags, NoReply, exchange};

/// Configuration that does not change while the process lives.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) config: DnsConfig,
    /// The recursive resolvers.
    pub(crate) recursive: Vec<SocketAddr>,
    /// Whether this machine has a route to IPv6.
    pub(crate) ipv6: bool,
    /// One permit for each running call.
    pub(crate) turns: Semaphore,
}

/// The cache of one run.
#[derive(Debug)]
pub(crate) struct Memory {
    /// The zone that encloses a name, found from the top down.
    pub(crate) steps: Table<Result<Step, NoReply>>,
    /// The addresses of a name server.
    pub(crate) addresses: Table<Result<Vec<IpAddr>, NoReply>>,
    /// The behaviour of servers.
    pub(crate) servers: Servers,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            steps: Table::new(),
            addresses: Table::new(),
            servers: Servers::new(),
        }
    }
}

/// One look-up with its deadline. It ends soon after the deadline, and nothing has to be cancelled
/// from outside: results from before the deadline are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) setup: &'a Setup,
    pub(crate) memory: &'a Memory,
    pub(crate) permits: &'a Semaphore,
    pub(crate) deadline: Instant,
    /// Whether authoritative servers are queried over TCP only.
    pub(crate) stream: bool,
}

impl Asking<'_> {
    /// Whether the time is over.
    pub(crate) fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// The look-up with an earlier deadline, so that time is left for the resolver if the servers
    /// before it do not answer.
    pub(crate) fn leaving_time(&self) -> Self {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let for_resolver = (self.setup.config.limits.reply * 2).min(left / 2);
        Self {
            deadline: self
                .deadline
                .checked_sub(for_resolver)
                .unwrap_or(self.deadline),
            ..*self
        }
    }

    /// Computes a value, or takes the one that another look-up of this run has computed or is
    /// computing.
    pub(crate) async fn once<V: Clone>(
        &self,
        table: &Table<Result<V, NoReply>>,
        name: &Name,
        work: impl Future<Output = Result<V, NoReply>>,
    ) -> Result<V, NoReply> {
        let work = async {
            match work.await {
                Err(NoReply::OutOfTime) => Err(NoReply::OutOfTime),
                settled => Ok(settled),
            }
        };
        // Boxed: the future contains a whole exchange, and every level above holds it.
        self.in_time(Box::pin(table.get_or_work_out(name, work)))
            .await??
    }

    /// Queries a recursive resolver.
    pub(crate) async fn recursive(
        &self,
        server: SocketAddr,
        query: &Query,
        unchecked: bool,
    ) -> Result<Reply, NoReply> {
        let _permit = self.permit().await?;
        let flags = Flags {
            recursion: true,
            unchecked,
            edns: !self.memory.servers.is_without_edns(server),
            stream: false,
        };
        let reply = self.send(server, query, flags, Speaker::Recursive).await;
        self.note(server, &Name::root(), &reply);
        reply
    }

    /// Queries a name server that is listed for `zone`. A server with a non-public address is not
    /// queried, nor one that is known to be silent or lame. A server that refuses queries for the
    /// zone is lame.
    pub(crate) async fn authority(
        &self,
        server: IpAddr,
        zone: &Name,
        query: &Query,
    ) -> Result<Reply, NoReply> {
        let server = SocketAddr::new(server, self.setup.config.authoritative_port);
        let reply = self.listed(server, zone, query).await?;
        if reply != Reply::Failed(Failure::Refused) {
            return Ok(reply);
        }
        let apex = Query::query(zone.clone(), RecordType::SOA);
        let refuses_zone = *query == apex
            || self.listed(server, zone, &apex).await == Ok(Reply::Failed(Failure::Refused));
        if refuses_zone {
            self.memory.servers.is_lame(server, zone);
            return Ok(Reply::Failed(Failure::Lame));
        }
        Ok(reply)
    }

    async fn listed(
        &self,
        server: SocketAddr,
        zone: &Name,
        query: &Query,
    ) -> Result<Reply, NoReply> {
        if !self.setup.config.allow_special_addresses && !is_public(server.ip()) {
            return Ok(Reply::Failed(Failure::NotPublic));
        }
        let _permit = self.permit().await?;
        // After the permit: the look-up that held it before may have found out.
        match self.memory.servers.verdict(server, zone) {
            Some(Verdict::Lame) => return Ok(Reply::Failed(Failure::Lame)),
            Some(Verdict::Silent) => return Err(NoReply::Silence),
            None => {}
        }
        let flags = Flags {
            recursion: false,
            unchecked: false,
            edns: !self.memory.servers.is_without_edns(server),
            stream: self.stream,
        };
        let reply = self
            .send(server, query, flags, Speaker::Authority(zone))
            .await;
        self.note(server, zone, &reply);
        reply
    }

    async fn send(
        &self,
        server: SocketAddr,
        query: &Query,
        flags: Flags,
        speaker: Speaker<'_>,
    ) -> Result<Reply, NoReply> {
        let limits = &self.setup.config.limits;
        let message = self
            .in_time(Box::pin(exchange(server, query, flags, limits)))
            .await??;
        let knows_edns = message.edns.is_some();
        if flags.edns != knows_edns {
            self.memory.servers.set_without_edns(server, !knows_edns);
        }
        Ok(interpret(&message, query, speaker))
    }

    fn note(&self, server: SocketAddr, zone: &Name, reply: &Result<Reply, NoReply>) {
        match reply {
            Ok(_) => self.memory.servers.spoke(server),
            Err(NoReply::Silence) => self.memory.servers.was_silent(server, zone),
            Err(NoReply::Failed(_) | NoReply::OutOfTime) => {}
        }
    }

    async fn permit(&self) -> Result<SemaphorePermit<'_>, NoReply> {
        self.in_time(self.permits.acquire())
            .await?
            .map_err(|_never_closed| NoReply::OutOfTime)
    }

    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, NoReply> {
        timeout_at(self.deadline, work)
            .await
            .map_err(|_elapsed| NoReply::OutOfTime)
    }
}
