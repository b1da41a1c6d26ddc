//! The port's implementation: turns, deadlines, and the two views of each question.

use std::net::{Ipv6Addr, UdpSocket};
use std::sync::Arc;

use domain_auth::dns::{
    Failure, Lookup, Observation, Outcome, Question, RecordType, SecondAnswer, SecondLook,
    Transport, Zone, ZoneOutcome,
};
use domain_auth::names::DomainName;
use futures::stream::{self, StreamExt};
use hickory_proto::op::Query;
use hickory_proto::rr::{self, Name};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};
use tracing::{debug, warn};

use crate::asking::{Asking, Memory, Setup};
use crate::authority::{self, Source};
use crate::config::{ConfigError, DnsConfig};
use crate::cut::{self, NoCut, Standing};
use crate::names::{parse, render, without_underscored};
use crate::recursive;

/// Looks up at the authoritative servers and at the configured resolver. Clones share everything.
#[derive(Debug, Clone)]
pub struct Resolver {
    setup: Arc<Setup>,
    memory: Arc<Memory>,
}

impl Resolver {
    /// Reads the system's resolver configuration, where that is wanted. Sends nothing.
    pub fn new(config: DnsConfig) -> Result<Self, ConfigError> {
        let recursive = config.servers()?;
        debug!(servers = ?recursive, "look-ups are set up");
        Ok(Self {
            setup: Arc::new(Setup {
                turns: Semaphore::new(config.limits.calls),
                ipv6: has_ipv6(),
                recursive,
                config,
            }),
            memory: Arc::new(Memory::new()),
        })
    }

    /// The same resolver with nothing remembered. Begin each poll and each request with it: what is
    /// remembered lives for a minute anyway, but a function may be frozen in between.
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

    /// Waits until this call may begin; the deadline counts from then. `None` when it took too long.
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
        find_zone(&self.asking(&permits, deadline), &name).await
    }

    async fn observe(&self, questions: &[Question]) -> Vec<Observation> {
        self.look_at_all(questions, Views::Both).await
    }

    async fn observe_source(&self, questions: &[Question]) -> Vec<Observation> {
        self.look_at_all(questions, Views::SourceFirst).await
    }

    async fn ask_again(&self, questions: &[Question]) -> Vec<SecondLook> {
        let anew = self.begin_run();
        let Some((_turn, permits, deadline)) = anew.turn().await else {
            let unanswered = questions.iter().cloned().map(SecondLook::unanswered);
            return unanswered.collect();
        };
        let looks = questions
            .iter()
            .map(|question| look_again(&anew, &permits, deadline, question))
            .collect::<Vec<_>>();
        stream::iter(looks)
            .buffered(anew.setup.config.limits.queries_per_call)
            .collect()
            .await
    }
}

/// Who is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Views {
    /// The authoritative servers and the resolver, at the same time.
    Both,
    /// The resolver only where no authoritative server answers.
    SourceFirst,
}

/// One question. Its own time begins here.
async fn look(
    resolver: &Resolver,
    permits: &Semaphore,
    deadline: Instant,
    question: &Question,
    views: Views,
) -> Observation {
    let asking = resolver.asking(permits, deadline);
    let Some(name) = parse(&question.name) else {
        // No server could be asked this, so nothing is known of it.
        return Observation {
            question: question.clone(),
            authoritative: Vec::new(),
            recursive: Outcome::Failed {
                failure: Failure::Malformed,
            },
        };
    };
    let query = Query::query(name, wire_type(question.record_type));
    let source = async {
        let base = without_underscored(query.name());
        match cut::find_known(&asking, &base).await {
            Ok(cut) => authority::ask(&asking, cut, &query).await.answers,
            Err(no_cut) => {
                debug!(name = question.name, ?no_cut, "no zone to ask");
                Vec::new()
            }
        }
    };
    let mut observation = Observation {
        question: question.clone(),
        authoritative: Vec::new(),
        recursive: Outcome::NotAsked,
    };
    match views {
        Views::Both => {
            let resolver = recursive::view(&asking, &query);
            (observation.authoritative, observation.recursive) = tokio::join!(source, resolver);
        }
        Views::SourceFirst => {
            observation.authoritative = source.await;
            if !observation.is_answered_at_source() {
                observation.recursive = recursive::view(&asking, &query).await;
            }
        }
    }
    observation
}

/// One question at the authoritative servers, over TCP. The resolver, which tells where they are, is
/// asked as ever: the way to it is our own.
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
    let base = without_underscored(query.name());
    match cut::find_known(&asking, &base).await {
        Ok(cut) => {
            let source = authority::ask(&asking, cut, &query).await;
            let answers = source.answers.into_iter().map(|answer| SecondAnswer {
                server: answer.server,
                transport: Transport::Tcp,
                outcome: answer.outcome,
            });
            SecondLook {
                listed: source.listed,
                answers: answers.collect(),
                ..unanswered
            }
        }
        Err(no_cut) => {
            debug!(name = question.name, ?no_cut, "no zone to ask again");
            unanswered
        }
    }
}

/// The resolver's word is enough where the name is in a zone. Where the name is missing or broken,
/// the servers of the zone above it are asked: a cached "no such name" may be old, and a broken zone
/// is still a zone when its parent delegates it.
async fn find_zone(asking: &Asking<'_>, name: &Name) -> ZoneOutcome {
    let cut = match cut::find(asking, name).await {
        Ok(cut) => cut,
        Err(NoCut::NoSuchName) => return ZoneOutcome::NoSuchDomain,
        Err(NoCut::Unknown(no_reply)) => {
            return ZoneOutcome::Unknown {
                failure: no_reply.failure(),
            };
        }
    };
    let standing = cut.standing;
    if standing == Standing::Inside {
        return found(&cut.zone, &cut.hosts);
    }
    let start = cut.zone.clone();
    let query = Query::query(name.clone(), rr::RecordType::SOA);
    let Source {
        zone,
        hosts,
        answers,
        listed: _,
    } = authority::ask(asking, cut, &query).await;
    // A name below a registered domain that is live need not exist before its records do.
    let without_name = || {
        if is_registrable(&zone) {
            found(&zone, &hosts)
        } else {
            ZoneOutcome::NoSuchDomain
        }
    };
    let missing = |outcome: &Outcome| matches!(outcome, Outcome::NoSuchName { .. });
    let present = |outcome: &Outcome| {
        matches!(
            outcome,
            Outcome::Found { .. } | Outcome::NoData { .. } | Outcome::Alias { .. }
        )
    };
    let any = |is: &dyn Fn(&Outcome) -> bool| answers.iter().any(|answer| is(&answer.outcome));
    if zone != start || any(&present) {
        return if !any(&present) && any(&missing) {
            without_name()
        } else {
            found(&zone, &hosts)
        };
    }
    match standing {
        _ if any(&missing) => without_name(),
        Standing::Inside | Standing::NoSuchName => without_name(),
        Standing::Unsure(no_reply) => ZoneOutcome::Unknown {
            failure: no_reply.failure(),
        },
    }
}

/// Whether a zone is a registered domain or below one, and not one in which domains are registered.
fn is_registrable(zone: &Name) -> bool {
    DomainName::parse(&render(zone)).is_ok()
}

fn found(zone: &Name, hosts: &[Name]) -> ZoneOutcome {
    let mut name_servers = hosts.iter().map(render).collect::<Vec<_>>();
    name_servers.sort();
    name_servers.dedup();
    ZoneOutcome::Found(Zone {
        apex: render(zone),
        name_servers,
    })
}

fn given_up(question: &Question) -> Observation {
    Observation {
        question: question.clone(),
        authoritative: Vec::new(),
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

/// Whether there is a route to the IPv6 Internet. Connecting a UDP socket sends nothing.
fn has_ipv6() -> bool {
    // a.root-servers.net; any global address would do.
    let global = Ipv6Addr::new(0x2001, 0x503, 0xba3e, 0, 0, 0, 2, 0x30);
    UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0))
        .and_then(|socket| socket.connect((global, 53)))
        .is_ok()
}
