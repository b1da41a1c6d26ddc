//! One query to one server: UDP with EDNS, once more when nothing comes, TCP when truncated.

use std::io;
use std::net::SocketAddr;

use domain_auth::dns::{Failure, Outcome};
use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use tracing::debug;

use crate::config::Limits;

/// What we say we can take in one datagram: it passes every common path without fragments
/// (RFC 9715).
const PAYLOAD: u16 = 1232;
/// What we can take: servers that ignore the line above do so in multiples of this.
const BUFFER: usize = 4096;
const HEADER: usize = 12;

/// How to ask.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are flags of a message, and any may go with any"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flags {
    /// RD: let the server do the work.
    pub(crate) recursion: bool,
    /// CD: take data that does not validate (RFC 4035 section 3.2.2).
    pub(crate) unchecked: bool,
    /// Whether to send EDNS (RFC 6891).
    pub(crate) edns: bool,
    /// Whether to ask over TCP from the first.
    pub(crate) stream: bool,
}

/// Why there is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoReply {
    /// Something came, or could not be sent.
    Failed(Failure),
    /// Nothing came.
    Silence,
    /// The time of the caller was over first, which says nothing about the server.
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

    /// The failure, where somebody spoke.
    pub(crate) fn failure(self) -> Option<Failure> {
        match self {
            Self::Failed(failure) => Some(failure),
            Self::Silence | Self::OutOfTime => None,
        }
    }
}

/// A response that belongs to the query, or how it did not come to one.
enum Received {
    Whole(Message),
    Truncated,
}

/// Why nothing came over TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoStream {
    /// No connection, or no answer on it, in time.
    Silent,
    /// The connection was refused, or ended before the answer.
    Broken,
    /// What came is no answer to the question.
    Unreadable,
}

impl NoStream {
    /// What it means where nothing was asked over UDP before.
    fn alone(self) -> NoReply {
        match self {
            Self::Silent => NoReply::Silence,
            Self::Broken => NoReply::Failed(Failure::Unreachable),
            Self::Unreadable => NoReply::Failed(Failure::Malformed),
        }
    }
}

/// Sends `query` and waits for the response. Identifiers are random, and so is the port, which the
/// operating system picks (RFC 5452).
pub(crate) async fn exchange(
    server: SocketAddr,
    query: &Query,
    flags: Flags,
    limits: &Limits,
) -> Result<Message, NoReply> {
    let request = request(query, flags);
    let wire = request
        .to_vec()
        .map_err(|_unwritable| NoReply::Failed(Failure::Malformed))?;
    if flags.stream {
        return over_tcp(server, &request, &wire, limits)
            .await
            .map_err(NoStream::alone);
    }
    match over_udp(server, &request, &wire, limits).await? {
        Received::Whole(message) => Ok(message),
        Received::Truncated => {
            debug!(%server, "answer truncated, asking on TCP");
            over_tcp(server, &request, &wire, limits)
                .await
                .map_err(|_no_stream| NoReply::Failed(Failure::Malformed))
        }
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

async fn over_udp(
    server: SocketAddr,
    request: &Message,
    wire: &[u8],
    limits: &Limits,
) -> Result<Received, NoReply> {
    let socket = connected(server).map_err(|error| unreachable(&error))?;
    // A resolver may have a long way to go itself.
    let second = if request.metadata.recursion_desired {
        limits.reply * 2
    } else {
        limits.reply
    };
    for patience in [limits.reply, second] {
        socket
            .send(wire)
            .await
            .map_err(|error| unreachable(&error))?;
        if let Ok(received) = timeout(patience, receive(&socket, request)).await {
            return received;
        }
    }
    Err(NoReply::Silence)
}

/// A socket that is connected, so that datagrams from elsewhere never arrive and a closed port is
/// reported. The system picks a random port for a socket that is connected without one.
fn connected(server: SocketAddr) -> io::Result<UdpSocket> {
    let domain = Domain::for_address(server);
    let socket = Socket::new(domain, Type::DGRAM.nonblocking(), Some(Protocol::UDP))?;
    socket.connect(&server.into())?;
    UdpSocket::from_std(socket.into())
}

/// Waits for the response. What has another identifier or another question is passed over: it is
/// a late answer, or somebody guessing.
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

async fn over_tcp(
    server: SocketAddr,
    request: &Message,
    wire: &[u8],
    limits: &Limits,
) -> Result<Message, NoStream> {
    timeout(limits.stream, async {
        let mut stream = TcpStream::connect(server).await?;
        let length = u16::try_from(wire.len()).map_err(io::Error::other)?;
        // In one segment with its length: some servers want that (RFC 7766 section 8).
        let framed = [&length.to_be_bytes(), wire].concat();
        stream.write_all(&framed).await?;
        let length = stream.read_u16().await?;
        let mut buffer = vec![0; usize::from(length)];
        stream.read_exact(&mut buffer).await?;
        io::Result::Ok(buffer)
    })
    .await
    .map_err(|_elapsed| NoStream::Silent)?
    .map_err(|error| {
        debug!(%server, %error, "no TCP");
        NoStream::Broken
    })
    .and_then(|buffer| match read(&buffer, request) {
        Some(Ok(Received::Whole(message))) => Ok(message),
        Some(Ok(Received::Truncated) | Err(_)) | None => Err(NoStream::Unreadable),
    })
}

/// Reads octets as the response to `request`; `None` when they are not meant for it.
fn read(octets: &[u8], request: &Message) -> Option<Result<Received, Failure>> {
    let header = octets.first_chunk::<HEADER>()?;
    let id = u16::from_be_bytes([header[0], header[1]]);
    if id != request.metadata.id {
        return None;
    }
    let truncated = header[2] & 0b0000_0010 != 0;
    let Ok(message) = Message::from_vec(octets) else {
        // Some servers cut in the middle of a record.
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

/// Whether the response has our question (RFC 5452 section 9.1). A server that could not read the
/// question may leave it out.
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
