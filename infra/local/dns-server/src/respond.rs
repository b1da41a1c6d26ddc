//! From the octets of a query to the octets of a response: header, EDNS, size, faults.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use hickory_proto::ProtoError;
use hickory_proto::op::{Edns, Message, MessageType, Metadata, OpCode, ResponseCode};
use hickory_proto::rr::{DNSClass, LowerName, Name, RData, Record, RecordType, rdata};
use hickory_proto::serialize::binary::{BinEncodable, BinEncoder, NameEncoding};

use super::answer::{Answer, Outcome, Question, answer, referral};
use super::counts::{QueryCounts, Transport};
use super::faults::{Fault, FaultRule, verdict};
use super::forward;
use super::zone::{Zone, ZoneServers, Zones};

/// The largest response over UDP, and the size offered in EDNS. It arrives without fragmentation
/// (RFC 9715 section 3). A larger response is sent with TC, and then over TCP.
const UDP_PAYLOAD: u16 = 1_232;

/// The UDP limit for a client without EDNS (RFC 1035 section 4.2.1).
pub(crate) const UDP_WITHOUT_EDNS: u16 = 512;

/// The data and counters of a server, shared by its sockets.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) address: SocketAddr,
    pub(crate) zones: RwLock<Served>,
    pub(crate) faults: RwLock<Arc<[FaultRule]>>,
    pub(crate) counts: Mutex<QueryCounts>,
}

/// The zones that are served.
#[derive(Debug, Clone, Default)]
pub(crate) struct Served {
    /// The zones, with the servers that were set for them.
    pub(crate) zones: Arc<Zones>,
    /// The zones from the files.
    files: Arc<Zones>,
    /// The servers that were set, by zone.
    servers: Arc<ZoneServers>,
}

impl Served {
    pub(crate) fn of_files(files: Zones) -> Self {
        let files = Arc::new(files);
        Self {
            zones: Arc::clone(&files),
            files,
            servers: Arc::default(),
        }
    }

    /// Replaces the zones from the files.
    pub(crate) fn set_files(&mut self, files: Zones) {
        self.files = Arc::new(files);
        self.zones = self.files.with_servers(&self.servers);
    }

    /// Replaces the servers of the zones.
    pub(crate) fn set_servers(&mut self, servers: ZoneServers) {
        self.servers = Arc::new(servers);
        self.zones = self.files.with_servers(&self.servers);
    }

    /// Whether an address serves a zone. Every address does if no servers were set for the zone.
    fn is_served(&self, zone: &Zone, server: IpAddr) -> bool {
        let servers = self.servers.get(zone.origin());
        servers.is_none_or(|servers| servers.contains(&server))
    }

    /// The answer of a name server for a zone with other servers: a referral if it serves a zone
    /// above, and otherwise REFUSED. `None` if it serves the zone.
    fn elsewhere(&self, question: &Question) -> Option<Answer> {
        let mut zone = self.zones.holding(&LowerName::new(&question.name))?;
        let mut below = None;
        while !self.is_served(zone, question.server) {
            below = Some(zone);
            let above = (!zone.origin().is_root()).then(|| zone.origin().base_name());
            let Some(above) = above.and_then(|above| self.zones.holding(&above)) else {
                return Some(Answer::empty(ResponseCode::Refused));
            };
            zone = above;
        }
        below.map(|below| referral(&self.zones, below))
    }
}

/// How to reply to a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Send this.
    Send(Vec<u8>),
    /// No reply; the client waits.
    Silence,
    /// Reset the connection immediately.
    Reset,
}

/// An empty response, and how many octets it may have.
fn response_to(message: &Message, transport: Transport) -> (Message, u16) {
    let mut response = Message::new(0, MessageType::Response, OpCode::Query);
    response.metadata = Metadata::response_from_request(&message.metadata);
    response.metadata.recursion_available = message.metadata.recursion_desired;
    response.add_queries(message.queries.iter().cloned());
    let mut limit = match transport {
        Transport::Udp => UDP_WITHOUT_EDNS,
        Transport::Tcp => u16::MAX,
    };
    if let Some(edns) = &message.edns {
        let mut own = Edns::new();
        own.set_max_payload(UDP_PAYLOAD);
        response.set_edns(own);
        if transport == Transport::Udp {
            limit = edns.max_payload().clamp(UDP_WITHOUT_EDNS, UDP_PAYLOAD);
        }
    }
    (response, limit)
}

impl Shared {
    /// Answers one query that arrived at `server`.
    pub(crate) async fn reply(
        &self,
        request: &[u8],
        transport: Transport,
        server: IpAddr,
    ) -> Reply {
        let message = match Message::from_vec(request) {
            Ok(message) => message,
            Err(error) => {
                tracing::debug!(%error, "a question that is not a DNS message");
                return unreadable(request);
            }
        };
        // An answer to an answer could go on forever.
        if message.metadata.message_type == MessageType::Response {
            return Reply::Silence;
        }
        let (mut response, mut limit) = response_to(&message, transport);
        let question = match question(&message, server) {
            Ok(question) => question,
            Err(code) => {
                response.metadata.response_code = code;
                return send(response, limit, transport);
            }
        };
        self.counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .count(
                &question.name,
                &question.record_type.to_string(),
                transport,
                server,
                question.recursive,
            );

        let rules = self
            .faults
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let verdict = verdict(&rules, &question, transport);
        if verdict.delay > Duration::ZERO {
            tokio::time::sleep(verdict.delay).await;
        }
        let answer = match self
            .answer_with(
                verdict.fault,
                &question,
                transport,
                &mut response,
                &mut limit,
            )
            .await
        {
            Ok(answer) => answer,
            Err(reply) => return reply,
        };
        response.metadata.response_code = answer.code;
        response.metadata.authoritative = answer.authoritative;
        response.answers = answer.answers;
        response.authorities = answer.authorities;
        response.additionals = answer.additionals;
        let names = match verdict.fault {
            Some(Fault::Uncompressed) => NameEncoding::Uncompressed,
            _ => NameEncoding::Compressed,
        };
        send_with(response, limit, transport, names)
    }

    pub(crate) fn served(&self) -> Served {
        self.zones
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether a name has no records of its own.
    pub(crate) fn is_empty_at(&self, name: &Name) -> bool {
        let name = LowerName::new(name);
        let served = self.served();
        let zone = served.zones.holding(&name);
        zone.is_some_and(|zone| zone.at(&name).is_empty())
    }

    pub(crate) async fn look_up(&self, question: &Question) -> Answer {
        let served = self.served();
        if !question.recursive
            && let Some(answer) = served.elsewhere(question)
        {
            return answer;
        }
        match answer(&served.zones, question, self.address.ip()) {
            Outcome::Answered(answer) => answer,
            Outcome::Ask {
                so_far,
                name,
                servers,
            } => {
                let onward = Question {
                    name,
                    recursive: false,
                    ..question.clone()
                };
                let mut answer = forward::ask(&onward, &servers, self.address).await;
                if answer.code != ResponseCode::ServFail {
                    answer.answers.splice(0..0, so_far);
                }
                answer
            }
        }
    }
}

/// The only question of a message, or the code that refuses it.
fn question(message: &Message, server: IpAddr) -> Result<Question, ResponseCode> {
    if message.metadata.op_code != OpCode::Query {
        return Err(ResponseCode::NotImp);
    }
    // RFC 6891 section 6.1.3.
    if message.edns.as_ref().is_some_and(|edns| edns.version() > 0) {
        return Err(ResponseCode::BADVERS);
    }
    let [query] = message.queries.as_slice() else {
        return Err(ResponseCode::FormErr);
    };
    let transfer = matches!(query.query_type(), RecordType::AXFR | RecordType::IXFR);
    if query.query_class() != DNSClass::IN || transfer {
        return Err(ResponseCode::Refused);
    }
    let mut name = query.name().clone();
    name.set_fqdn(true);
    Ok(Question {
        name,
        record_type: query.query_type(),
        recursive: message.metadata.recursion_desired,
        unchecked: message.metadata.checking_disabled,
        edns: message.edns.is_some(),
        server,
    })
}

pub(crate) fn is_soa(record: &Record) -> bool {
    record.record_type() == RecordType::SOA
}

/// FORMERR, if there is at least a message identifier for the response.
fn unreadable(request: &[u8]) -> Reply {
    let [high, low, flags, ..] = *request else {
        return Reply::Silence;
    };
    if request.len() < 12 || flags & 0x80 != 0 {
        return Reply::Silence;
    }
    let id = u16::from_be_bytes([high, low]);
    let response = Message::error_msg(id, OpCode::Query, ResponseCode::FormErr);
    send(response, UDP_WITHOUT_EDNS, Transport::Udp)
}

/// Encodes a response within `limit` octets.
///
/// A response that is too long first loses its additional section, which does not count as
/// truncation (RFC 2181 section 9), unless that section is glue. If it is still too long, it is
/// sent empty with TC over UDP. Over TCP there is no larger transport, so it becomes a failure.
fn send(response: Message, limit: u16, transport: Transport) -> Reply {
    send_with(response, limit, transport, NameEncoding::Compressed)
}

fn send_with(
    mut response: Message,
    limit: u16,
    transport: Transport,
    names: NameEncoding,
) -> Reply {
    let mut encoded = encode(&response, limit, names);
    if !fits(&encoded) && !response.answers.is_empty() {
        response.additionals.clear();
        encoded = encode(&response, limit, names);
    }
    if !fits(&encoded) {
        response = match transport {
            Transport::Udp => response.truncate(),
            Transport::Tcp => {
                let mut failed = response.truncate();
                failed.metadata.truncation = false;
                failed.metadata.response_code = ResponseCode::ServFail;
                failed
            }
        };
        encoded = encode(&response, limit, names);
    }
    match encoded {
        Ok((octets, _)) => Reply::Send(octets),
        Err(error) => {
            tracing::warn!(%error, "a response cannot be encoded");
            let code = ResponseCode::ServFail;
            let failed = Message::error_msg(response.metadata.id, OpCode::Query, code);
            failed.to_vec().map_or(Reply::Silence, Reply::Send)
        }
    }
}

type Encoded = Result<(Vec<u8>, bool), ProtoError>;

fn fits(encoded: &Encoded) -> bool {
    matches!(encoded, Ok((_, true)))
}

/// The octets, and whether they are complete.
fn encode(response: &Message, limit: u16, names: NameEncoding) -> Encoded {
    const TRUNCATED: u8 = 0b0000_0010;
    let mut octets = Vec::with_capacity(512);
    let mut encoder = BinEncoder::new(&mut octets);
    encoder.set_max_size(limit);
    encoder.set_name_encoding(names);
    response.emit(&mut encoder)?;
    let cut = octets.get(2).is_some_and(|flags| flags & TRUNCATED != 0);
    Ok((octets, !cut || response.metadata.truncation))
}

/// "Ask the root": the answer of a server to which a zone was delegated that it does not have.
pub(crate) fn root_referral() -> Record {
    let root_server =
        Name::from_labels(["a", "root-servers", "net"]).unwrap_or_else(|_| Name::root());
    Record::from_rdata(Name::root(), 3_600, RData::NS(rdata::NS(root_server)))
}
