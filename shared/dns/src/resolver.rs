//! The port's implementation: permits, deadlines, and the two views of each question.

use std::net::{IpAddr, Ipv6Addr, UdpSocket};
use std::sync::Arc;

use domain_auth::dns::{
    Failure, Lookup, Observation, Outcome, Question, RecordType, SecondAnswer, SecondLook,
    Transport, Zone, ZoneOutcome,
};
use futures::stream::{self, StreamExt};
use hickory_proto::op::Query;
use hickory_proto::rr::{self, Name};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};
use tracing::{debug, warn};

use crate::asking::{Asking, Memory, Setup};
use crate::authority::{self, Source};
use crate::config::{ConfigError, DnsConfig};
use crate::cut;
use crate::memory::{Cut, Step};
use crate::names::{parse, render, without_underscored};
use crate::public_address::is_global_unicast;
use crate::recursive;

/// Queries the authoritative servers and the configured resolver. Clones share everything.
#[derive(Debug, Clone)]
pub struct Resolver {
    setup: Arc<Setup>,
    memory: Arc<Memory>,
}

impl Resolver {
    /// Reads the system's resolver configuration, if it is to be used. Sends nothing.
    pub fn new(config: DnsConfig) -> Result<Self, ConfigError> {
        let recursive = config.servers()?;
        debug!(servers = ?recursive, "look-ups are set up");
        Ok(Self {
            setup: Arc::new(Setup {
                turns: Semaphore::new(config.limits.calls),
                ipv6: config.ipv6.unwrap_or_else(has_ipv6),
                recursive,
                config,
            }),
            memory: Arc::new(Memory::new()),
        })
    }

    /// The resolver with an empty cache. Start each poll and each request with it: entries expire
    /// after a minute anyway, but a function may be frozen in between.
    #[must_use]
    pub fn begin_run(&self) -> Self {
        Self {
            setup: Arc::clone(&self.setup),
            memory: Arc::new(Memory::new()),
        }
    }

    fn asking<'a>(&'a self, permits: &'a Semaphore, call_deadline: Instant) -> Asking<'a> {
        let question = self.setup.config.limits.question;
        Asking {
            setup: &self.setup,
            memory: &self.memory,
            permits,
            deadline: call_deadline.min(Instant::now() + question),
            stream: false,
        }
    }

    async fn look_at_all(&self, questions: &[Question], views: Views) -> Vec<Observation> {
        let Some((_turn, permits, deadline)) = self.turn().await else {
            return questions.iter().map(given_up).collect();
        };
        let looks = questions
            .iter()
            .map(|question| look(self, &permits, deadline, question, views))
            .collect::<Vec<_>>();
        stream::iter(looks)
            .buffered(self.setup.config.limits.queries_per_call)
            .collect()
            .await
    }

    /// Waits for the permit of this call; the deadline counts from then. `None` if this took too
    /// long.
    async fn turn(&self) -> Option<(SemaphorePermit<'_>, Semaphore, Instant)> {
        let limits = &self.setup.config.limits;
        let turn = timeout(limits.turn, self.setup.turns.acquire()).await;
        let Ok(Ok(turn)) = turn else {
            warn!("too many look-ups at once; one is given up without having begun");
            return None;
        };
        let permits = Semaphore::new(limits.queries_per_call);
        Some((turn, permits, Instant::now() + limits.call))
    }
}

impl Lookup for Resolver {
    fn fresh(&self) -> Self {
        self.begin_run()
    }

    async fn zone(&self, name: &str) -> ZoneOutcome {
        let Some(name) = parse(name) else {
            return ZoneOutcome::Unknown {
                failure: Some(Failure::Malformed),
            };
        };
        let Some((_turn, permits, deadline)) = self.turn().await else {
            return ZoneOutcome::Unknown { failure: None };
        };
        let asking = self.asking(&permits, deadline);
        let step = cut::find_closest(&asking, &name).await;
        let unknown = |failure| ZoneOutcome::Unknown { failure };
        match step {
            Ok(Step {
                cut: Some(cut),
                exists,
            }) => {
                // A name below a live registered domain need not exist before its records do.
                if exists || cut::registered_domain(&name).zone_of(&cut.zone) {
                    found(&cut, &cut::names_of_servers(&asking, &cut).await)
                } else {
                    ZoneOutcome::NoSuchDomain
                }
            }
            Ok(Step { exists: false, .. }) => ZoneOutcome::NoSuchDomain,
            // No server on the way down returned the zone's servers.
            Ok(Step { cut: None, .. }) => unknown(Some(Failure::Lame)),
            Err(no_reply) => unknown(no_reply.failure()),
        }
    }

    async fn observe(&self, questions: &[Question]) -> Vec<Observation> {
        self.look_at_all(questions, Views::Both).await
    }

    async fn observe_source(&self, questions: &[Question]) -> Vec<Observation> {
        self.look_at_all(questions, Views::SourceFirst).await
    }

    async fn ask_again(&self, questions: &[Question]) -> Vec<SecondLook> {
        let afresh = self.begin_run();
        let Some((_turn, permits, deadline)) = afresh.turn().await else {
            let unanswered = questions.iter().cloned().map(SecondLook::unanswered);
            return unanswered.collect();
        };
        let looks = questions
            .iter()
            .map(|question| look_again(&afresh, &permits, deadline, question))
            .collect::<Vec<_>>();
        stream::iter(looks)
            .buffered(afresh.setup.config.limits.queries_per_call)
            .collect()
            .await
    }
}

/// When the resolver is queried in addition to the authoritative servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Views {
    /// If they have the record, or if none of them answers.
    Both,
    /// Only if none of them answers.
    SourceFirst,
}

/// One question. Its time begins here.
async fn look(
    resolver: &Resolver,
    permits: &Semaphore,
    deadline: Instant,
    question: &Question,
    views: Views,
) -> Observation {
    let asking = resolver.asking(permits, deadline);
    let Some(name) = parse(&question.name) else {
        // No server could be queried, so nothing is known.
        return Observation {
            question: question.clone(),
            authoritative: Vec::new(),
            zone: None,
            recursive: Outcome::Failed {
                failure: Failure::Malformed,
            },
        };
    };
    let query = Query::query(name, wire_type(question.record_type));
    let source = at_source(&asking.leaving_time(), &query).await;
    let mut observation = Observation {
        question: question.clone(),
        authoritative: source.answers,
        zone: source.zone.as_ref().map(render),
        recursive: Outcome::NotAsked,
    };
    let asks_resolver = match views {
        Views::Both => observation.is_for_resolver(),
        Views::SourceFirst => !observation.is_answered_at_source(),
    };
    if asks_resolver {
        observation.recursive = recursive::view(&asking, &query).await;
    }
    observation
}

/// One question at the authoritative servers.
async fn at_source(asking: &Asking<'_>, query: &Query) -> Source {
    match cut::find(asking, &without_underscored(query.name())).await {
        Ok(Some(cut)) => authority::ask(asking, cut, query).await,
        no_cut => {
            debug!(name = %query.name(), ?no_cut, "no zone to ask");
            Source::nowhere()
        }
    }
}

/// One question at the authoritative servers, over TCP. The resolver, which returns their
/// addresses, is queried as usual, because the path to it is our own.
async fn look_again(
    resolver: &Resolver,
    permits: &Semaphore,
    deadline: Instant,
    question: &Question,
) -> SecondLook {
    let asking = Asking {
        stream: true,
        ..resolver.asking(permits, deadline)
    };
    let unanswered = SecondLook::unanswered(question.clone());
    let Some(name) = parse(&question.name) else {
        return unanswered;
    };
    let query = Query::query(name, wire_type(question.record_type));
    let Source {
        answers, listed, ..
    } = at_source(&asking, &query).await;
    let answers = answers.into_iter().map(|answer| SecondAnswer {
        server: answer.server,
        transport: Transport::Tcp,
        outcome: answer.outcome,
    });
    SecondLook {
        listed,
        answers: answers.collect(),
        ..unanswered
    }
}

fn found(cut: &Cut, servers: &[Name]) -> ZoneOutcome {
    let mut name_servers = servers.iter().map(render).collect::<Vec<_>>();
    name_servers.sort();
    name_servers.dedup();
    ZoneOutcome::Found(Zone {
        apex: render(&cut.zone),
        name_servers,
    })
}

fn given_up(question: &Question) -> Observation {
    Observation {
        question: question.clone(),
        authoritative: Vec::new(),
        zone: None,
        recursive: Outcome::TimedOut,
    }
}

fn wire_type(record_type: RecordType) -> rr::RecordType {
    match record_type {
        RecordType::A => rr::RecordType::A,
        RecordType::Aaaa => rr::RecordType::AAAA,
        RecordType::Cname => rr::RecordType::CNAME,
        RecordType::Mx => rr::RecordType::MX,
        RecordType::Ns => rr::RecordType::NS,
        RecordType::Soa => rr::RecordType::SOA,
        RecordType::Txt => rr::RecordType::TXT,
    }
}

/// Whether there is a route to the IPv6 Internet, with an address of this machine for the
/// responses. Connecting a UDP socket sends nothing.
fn has_ipv6() -> bool {
    // a.root-servers.net; any global address would do.
    let global = Ipv6Addr::new(0x2001, 0x503, 0xba3e, 0, 0, 0, 2, 0x30);
    let own = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).and_then(|socket| {
        socket.connect((global, 53))?;
        socket.local_addr()
    });
    own.is_ok_and(|own| match own.ip() {
        IpAddr::V6(own) => is_global_unicast(own),
        IpAddr::V4(_) => false,
    })
}
