//! The UDP socket and the TCP listener.
//!
//! `hickory-server` has both loops; this crate has its own for two reasons. Its UDP loop queues 32
//! answers and loses the others, which at the poller's concurrency looks like a name server that
//! times out. And its handlers cannot end a TCP connection, which is one of the faults.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::counts::Transport;
use super::respond::{Reply, Shared};

/// How long a TCP connection may be idle (RFC 7766 section 6.2.3).
const IDLE: Duration = Duration::from_secs(30);

/// How many pairs of ports are tried for port 0.
const ATTEMPTS: usize = 64;

/// Binds TCP and UDP to one address. For port 0 both get the same free port.
pub(crate) fn bind(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = None;
    for _ in 0..ATTEMPTS {
        // TCP first: a UDP socket with SO_REUSEADDR would not notice a second server.
        let listener = listen(address)?;
        match datagrams(listener.local_addr()?) {
            Ok(socket) => return Ok((socket, listener)),
            Err(error) if address.port() == 0 && error.kind() == io::ErrorKind::AddrInUse => {
                last = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    Err(last.unwrap_or_else(|| io::Error::from(io::ErrorKind::AddrInUse)))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // Otherwise a port would stay blocked for a minute after the last run (TIME_WAIT).
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(1_024)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket.into())
}

fn datagrams(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    // Port 5353 is also that of multicast DNS. Its daemons bind it on all addresses and allow other
    // sockets; packets to exactly this address arrive here.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    // Room for a burst of queries; the kernel grants as much as it allows.
    socket.set_recv_buffer_size(4 << 20)?;
    socket.bind(&address.into())?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket.into())
}

/// Answers datagrams until it is aborted.
pub(crate) async fn serve_udp(socket: UdpSocket, at: IpAddr, shared: Arc<Shared>) {
    let socket = Arc::new(socket);
    let mut questions = JoinSet::new();
    let mut buffer = vec![0; 65_535];
    loop {
        let (length, from) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            Err(error) => {
                // On some systems this returns the error of an earlier send.
                tracing::debug!(%error, "receiving a datagram");
                tokio::time::sleep(Duration::from_millis(1)).await;
                continue;
            }
        };
        let request = buffer[..length].to_vec();
        let (socket, shared) = (Arc::clone(&socket), Arc::clone(&shared));
        questions.spawn(async move {
            if let Reply::Send(response) = shared.reply(&request, Transport::Udp, at).await
                && let Err(error) = socket.send_to(&response, from).await
            {
                tracing::debug!(%error, %from, "sending a datagram");
            }
        });
        while questions.try_join_next().is_some() {}
    }
}

/// Accepts connections until it is aborted.
pub(crate) async fn serve_tcp(listener: TcpListener, at: IpAddr, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                let shared = Arc::clone(&shared);
                connections.spawn(async move {
                    if let Err(error) = converse(stream, at, shared).await {
                        tracing::debug!(%error, %from, "a TCP connection");
                    }
                });
            }
            Err(error) => {
                tracing::debug!(%error, "accepting a TCP connection");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

/// One connection. Its queries are answered as they become ready (RFC 7766 section 6.2.1.1).
async fn converse(stream: TcpStream, at: IpAddr, shared: Arc<Shared>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (reading, writing) = stream.into_split();
    let writing = Arc::new(Mutex::new(writing));
    let mut questions: JoinSet<io::Result<Reply>> = JoinSet::new();
    let mut next = Box::pin(read(reading));
    loop {
        tokio::select! {
            read_one = &mut next => {
                let Some((request, reading)) = read_one? else { break };
                next = Box::pin(read(reading));
                let (shared, writing) = (Arc::clone(&shared), Arc::clone(&writing));
                questions.spawn(async move {
                    let reply = shared.reply(&request, Transport::Tcp, at).await;
                    if let Reply::Send(response) = &reply {
                        write(&writing, response).await?;
                    }
                    Ok(reply)
                });
            }
            Some(answered) = questions.join_next() => {
                if matches!(answered.map_err(io::Error::other)??, Reply::Reset) {
                    questions.shutdown().await;
                    if let Some(writing) = Arc::into_inner(writing) {
                        let writing = writing.into_inner();
                        // Without lingering, closing resets the connection.
                        SockRef::from(writing.as_ref()).set_linger(Some(Duration::ZERO))?;
                        writing.forget();
                    }
                    return Ok(());
                }
            }
        }
    }
    // The client has sent all its queries; it may still wait for answers.
    while let Some(answered) = questions.join_next().await {
        answered.map_err(io::Error::other)??;
    }
    Ok(())
}

/// A length and a message (RFC 1035 section 4.2.2), or `None` when the client has closed or is idle.
async fn read(mut stream: OwnedReadHalf) -> io::Result<Option<(Vec<u8>, OwnedReadHalf)>> {
    let length = match timeout(IDLE, stream.read_u16()).await {
        Ok(Ok(length)) => length,
        Ok(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Ok(Err(error)) => return Err(error),
        Err(_) => return Ok(None),
    };
    let mut message = vec![0; usize::from(length)];
    timeout(IDLE, stream.read_exact(&mut message)).await??;
    Ok(Some((message, stream)))
}

async fn write(stream: &Mutex<OwnedWriteHalf>, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(io::Error::other)?;
    // In one piece; otherwise a client that reads once gets only the length.
    let framed = [&length.to_be_bytes(), message].concat();
    stream.lock().await.write_all(&framed).await
}
