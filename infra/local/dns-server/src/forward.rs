//! Queries the name servers of a delegated zone, as a resolver would, if the delegation leads to
//! another server on this machine.
//!
//! Only loopback addresses are queried, on this server's own port. So several servers in one test
//! form a small internet, and no zone file can make the server send a packet out of the machine.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, Query, ResponseCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::answer::{Answer, Question};

/// How long the server waits for one name server.
const PATIENCE: Duration = Duration::from_millis(800);

/// How many servers are queried before the answer is SERVFAIL.
const MAX_SERVERS: usize = 4;

/// The answer of the first server that has one; SERVFAIL if none has one.
pub(crate) async fn ask(question: &Question, servers: &[IpAddr], own: SocketAddr) -> Answer {
    let candidates = servers
        .iter()
        // A server to which a zone is delegated that it does not have is lame.
        .filter(|address| address.is_loopback() && **address != own.ip())
        .take(MAX_SERVERS);
    for address in candidates {
        let server = SocketAddr::new(*address, own.port());
        match timeout(PATIENCE, exchange(question, own.ip(), server)).await {
            Ok(Ok(response)) if is_authoritative(&response) => {
                return Answer {
                    code: response.metadata.response_code,
                    authoritative: false,
                    answers: response.answers,
                    authorities: response.authorities,
                    additionals: Vec::new(),
                };
            }
            Ok(Ok(response)) => {
                tracing::debug!(%server, code = %response.metadata.response_code, "a lame delegation");
            }
            Ok(Err(error)) => tracing::debug!(%server, %error, "a delegation that does not answer"),
            Err(_) => tracing::debug!(%server, "a delegation that is silent"),
        }
    }
    Answer::empty(ResponseCode::ServFail)
}

fn is_authoritative(response: &Message) -> bool {
    response.metadata.authoritative
        && matches!(
            response.metadata.response_code,
            ResponseCode::NoError | ResponseCode::NXDomain
        )
}

async fn exchange(question: &Question, from: IpAddr, server: SocketAddr) -> io::Result<Message> {
    let mut request = Message::query();
    request.add_query(Query::query(question.name.clone(), question.record_type));
    let mut edns = Edns::new();
    edns.set_max_payload(1_232);
    request.set_edns(edns);
    let octets = request.to_vec().map_err(io::Error::other)?;

    let socket = UdpSocket::bind((from, 0)).await?;
    socket.connect(server).await?;
    socket.send(&octets).await?;
    let mut buffer = vec![0; 2_048];
    let response = loop {
        let length = socket.recv(&mut buffer).await?;
        if let Some(response) = matching(&request, &buffer[..length]) {
            break response;
        }
    };
    if !response.metadata.truncation {
        return Ok(response);
    }
    let mut stream = TcpStream::connect(server).await?;
    let length = u16::try_from(octets.len()).map_err(io::Error::other)?;
    stream.write_u16(length).await?;
    stream.write_all(&octets).await?;
    let length = stream.read_u16().await?;
    let mut buffer = vec![0; usize::from(length)];
    stream.read_exact(&mut buffer).await?;
    matching(&request, &buffer).ok_or_else(|| io::Error::other("an answer to another question"))
}

fn matching(request: &Message, octets: &[u8]) -> Option<Message> {
    Message::from_vec(octets).ok().filter(|response| {
        response.metadata.id == request.metadata.id
            && response.metadata.message_type == MessageType::Response
    })
}
