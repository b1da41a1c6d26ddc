//! One query to one server: UDP with EDNS, again without EDNS if there is no response, TCP if
//! truncated.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;

use domain_auth::dns::{Failure, Outcome};
use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use tracing::debug;

use crate::config::Limits;

/// The largest datagram that the query announces: it passes every common path without fragments
/// (RFC 9715).
const PAYLOAD: u16 = 1232;
/// The largest datagram that is received: servers that ignore the announced size send multiples of
/// this.
const BUFFER: usize = 4096;
const HEADER: usize = 12;

/// How to query.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are flags of a message, and any may go with any"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flags {
    /// RD: ask the server to recurse.
    pub(crate) recursion: bool,
    /// CD: accept data that does not validate (RFC 4035 section 3.2.2).
    pub(crate) unchecked: bool,
    /// Whether to begin with EDNS (RFC 6891).
    pub(crate) edns: bool,
    /// Whether to start with TCP.
    pub(crate) stream: bool,
}

/// Why there is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoReply {
    /// The response was an error, or the query could not be sent.
    Failed(Failure),
    /// There was no response.
    Silence,
    /// The caller's time was over first, which means nothing about the server.
    OutOfTime,
}

impl NoReply {
    /// The outcome that the domain sees.
    pub(crate) fn into_outcome(self) -> Outcome {
        match self {
            Self::Failed(failure) => Outcome::Failed { failure },
            Self::Silence | Self::OutOfTime => Outcome::TimedOut,
        }
    }

    /// The failure, if a server responded.
    pub(crate) fn failure(self) -> Option<Failure> {
        match self {
            Self::Failed(failure) => Some(failure),
            Self::Silence | Self::OutOfTime => None,
        }
    }
}

/// A response to the query, or the reason for its absence.
enum Received {
    Whole(Message),
    Truncated,
}

/// Why there was no response over TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoStream {
    /// No connection, or no response on it, in time.
    Silent,
    /// The connection was refused, or ended before the answer.
    Broken,
    /// The data is not a response to the query.
    Unreadable,
}

impl NoStream {
    /// The meaning if nothing was sent over UDP before.
    fn alone(self) -> NoReply {
        match self {
            Self::Silent => NoReply::Silence,
            Self::Broken => NoReply::Failed(Failure::Unreachable),
            Self::Unreadable => NoReply::Failed(Failure::Malformed),
        }
    }
}

/// Sends `query` and waits for the response. Identifiers are random, and so is the port, which the
/// operating system chooses (RFC 5452).
///
/// A server that does not understand EDNS returns FORMERR, NOTIMP or BADVERS (RFC 6891 section 7),
/// sends unreadable data, truncates without accepting TCP, or is silent. It is queried again
/// without EDNS: when a lost packet would be sent again, or immediately if it has responded. A
/// server that is queried without EDNS first, and truncates, is queried again with EDNS.
pub(crate) async fn exchange(
    server: SocketAddr,
    query: &Query,
    flags: Flags,
    limits: &Limits,
) -> Result<Message, NoReply> {
    let first = attempt(server, &Sent::new(query, flags)?, limits).await;
    if !is_odd(&first, flags.stream) {
        return first;
    }
    debug!(%server, edns = flags.edns, "an odd answer, asking again the other way");
    let flags = Flags {
        edns: !flags.edns,
        ..flags
    };
    let second = attempt(server, &Sent::new(query, flags)?, limits).await;
    if second.is_ok() { second } else { first }
}

/// The query to one server, and the query without EDNS for the second attempt.
struct Sent {
    request: Message,
    wire: Vec<u8>,
    without_edns: Vec<u8>,
    stream: bool,
}

impl Sent {
    fn new(query: &Query, flags: Flags) -> Result<Self, NoReply> {
        let octets = |message: &Message| {
            let wire = message.to_vec();
            wire.map_err(|_unwritable| NoReply::Failed(Failure::Malformed))
        };
        let request = request(query, flags);
        let mut plain = request.clone();
        plain.edns = None;
        Ok(Self {
            wire: octets(&request)?,
            without_edns: octets(&plain)?,
            request,
            stream: flags.stream,
        })
    }
}

async fn attempt(server: SocketAddr, sent: &Sent, limits: &Limits) -> Result<Message, NoReply> {
    if sent.stream {
        let received = over_tcp(server, sent, limits).await;
        return received.map_err(NoStream::alone);
    }
    match over_udp(server, sent, limits).await? {
        Received::Whole(message) => Ok(message),
        Received::Truncated => {
            debug!(%server, "answer truncated, asking on TCP");
            let received = over_tcp(server, sent, limits).await;
            received.map_err(|_no_stream| NoReply::Failed(Failure::Malformed))
        }
    }
}

/// Whether EDNS, or its absence, may be the cause of this response.
fn is_odd(received: &Result<Message, NoReply>, stream: bool) -> bool {
    match received {
        Ok(message) => matches!(
            message.metadata.response_code,
            // BADVERS and BADSIG have the same number, and the parser returns the latter.
            ResponseCode::FormErr
                | ResponseCode::NotImp
                | ResponseCode::BADVERS
                | ResponseCode::BADSIG
        ),
        Err(NoReply::Failed(Failure::Malformed)) => true,
        Err(NoReply::Failed(Failure::Unreachable)) => stream,
        Err(NoReply::Failed(_) | NoReply::Silence | NoReply::OutOfTime) => false,
    }
}

fn request(query: &Query, flags: Flags) -> Message {
    let mut message = Message::query();
    message.metadata.recursion_desired = flags.recursion;
    message.metadata.checking_disabled = flags.unchecked;
    message.add_query(query.clone());
    if flags.edns {
        let mut edns = Edns::new();
        edns.set_max_payload(PAYLOAD);
        message.set_edns(edns);
    }
    message
}

async fn over_udp(server: SocketAddr, sent: &Sent, limits: &Limits) -> Result<Received, NoReply> {
    let socket = connected(server).map_err(|error| unreachable(&error))?;
    // A resolver may need a long time itself.
    let second = if sent.request.metadata.recursion_desired {
        limits.reply * 2
    } else {
        limits.reply
    };
    for (wire, patience) in [(&sent.wire, limits.reply), (&sent.without_edns, second)] {
        socket
            .send(wire)
            .await
            .map_err(|error| unreachable(&error))?;
        if let Ok(received) = timeout(patience, receive(&socket, &sent.request)).await {
            return received;
        }
    }
    Err(NoReply::Silence)
}

/// A connected socket, so that datagrams from elsewhere never arrive and a closed port is reported.
/// The system chooses a random port for a socket that is connected without one.
fn connected(server: SocketAddr) -> io::Result<UdpSocket> {
    let domain = Domain::for_address(server);
    let socket = Socket::new(domain, Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
    socket.connect(&server.into())?;
    UdpSocket::from_std(socket.into())
}

/// Waits for the response. A message with another identifier or another question is ignored: it is
/// a late response, or a guess by an attacker.
async fn receive(socket: &UdpSocket, request: &Message) -> Result<Received, NoReply> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let length = socket
            .recv(&mut buffer)
            .await
            .map_err(|error| unreachable(&error))?;
        if let Some(received) = read(&buffer[..length], request) {
            return received.map_err(NoReply::Failed);
        }
        debug!("a datagram that answers no question of ours");
    }
}

async fn over_tcp(server: SocketAddr, sent: &Sent, limits: &Limits) -> Result<Message, NoStream> {
    timeout(limits.stream, async {
        let mut stream = TcpStream::connect(server).await?;
        let (mut reading, mut writing) = stream.split();
        let mut answer = pin!(async {
            let length = reading.read_u16().await?;
            let mut buffer = vec![0; usize::from(length)];
            reading.read_exact(&mut buffer).await?;
            io::Result::Ok(buffer)
        });
        writing.write_all(&framed(&sent.wire)?).await?;
        if let Ok(answer) = timeout(limits.stream / 2, &mut answer).await {
            return answer;
        }
        writing.write_all(&framed(&sent.without_edns)?).await?;
        answer.await
    })
    .await
    .map_err(|_elapsed| NoStream::Silent)?
    .map_err(|error| {
        debug!(%server, %error, "no TCP");
        NoStream::Broken
    })
    .and_then(|buffer| match read(&buffer, &sent.request) {
        Some(Ok(Received::Whole(message))) => Ok(message),
        Some(Ok(Received::Truncated) | Err(_)) | None => Err(NoStream::Unreadable),
    })
}

/// The message with its length, in one segment, which some servers require (RFC 7766 section 8).
fn framed(wire: &[u8]) -> io::Result<Vec<u8>> {
    let length = u16::try_from(wire.len()).map_err(io::Error::other)?;
    Ok([&length.to_be_bytes(), wire].concat())
}

/// Parses octets as the response to `request`; `None` if they are not a response to it.
fn read(octets: &[u8], request: &Message) -> Option<Result<Received, Failure>> {
    let header = octets.first_chunk::<HEADER>()?;
    let id = u16::from_be_bytes([header[0], header[1]]);
    if id != request.metadata.id {
        return None;
    }
    let truncated = header[2] & 0b0000_0010 != 0;
    let Ok(message) = Message::from_vec(octets) else {
        // Some servers truncate in the middle of a record.
        return Some(if truncated {
            Ok(Received::Truncated)
        } else {
            Err(Failure::Malformed)
        });
    };
    if !answers(&message, request) {
        return None;
    }
    Some(Ok(if truncated {
        Received::Truncated
    } else {
        Received::Whole(message)
    }))
}

/// Whether the response has the question of the query (RFC 5452 section 9.1). A server that could
/// not read the question may leave it out.
fn answers(response: &Message, request: &Message) -> bool {
    let is_response = response.metadata.message_type == MessageType::Response
        && response.metadata.op_code == OpCode::Query;
    let without_question = response.queries.is_empty()
        && !matches!(
            response.metadata.response_code,
            ResponseCode::NoError | ResponseCode::NXDomain
        );
    is_response && (without_question || response.queries == request.queries)
}

fn unreachable(error: &io::Error) -> NoReply {
    debug!(%error, "cannot be reached");
    NoReply::Failed(Failure::Unreachable)
}

#[cfg(test)]
#[path = "transport_tests.rs"]
mod tests;
