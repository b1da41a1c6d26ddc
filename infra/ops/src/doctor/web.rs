//! What the issuer, the API and the console answer, and DNS from here.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::facts::{Asked, Dns, Issuer};
use crate::sentence::sentence;

/// For one DNS answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// HTTP status of a page.
pub(super) async fn status(http: &reqwest::Client, url: &str) -> Asked<u16> {
    let answer = http.get(url).send().await;
    let answer = answer.map_err(|error| sentence(&error))?;
    Ok(answer.status().as_u16())
}

async fn document(http: &reqwest::Client, url: &str) -> Asked<Value> {
    let answer = http
        .get(url)
        .send()
        .await
        .map_err(|error| sentence(&error))?;
    let status = answer.status();
    if !status.is_success() {
        return Err(format!("it answers {}", status.as_u16()));
    }
    answer.json().await.map_err(|error| sentence(&error))
}

/// How many keys a key set has.
pub(super) async fn keys(http: &reqwest::Client, url: &str) -> Asked<usize> {
    let set = document(http, url).await?;
    let keys = set.get("keys").and_then(Value::as_array);
    Ok(keys.map_or(0, Vec::len))
}

/// The discovery document below `base`, which is the issuer, except for a local stack.
pub(super) async fn issuer(http: &reqwest::Client, base: &str, local: bool) -> Asked<Issuer> {
    let base = base.trim_end_matches('/');
    let found = document(http, &format!("{base}/.well-known/openid-configuration")).await?;
    let text = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or_default();
    // The keys of a local stack's issuer are at the emulator, whatever its document says.
    let jwks = if local {
        format!("{base}/.well-known/jwks.json")
    } else {
        text("jwks_uri").to_owned()
    };
    let scopes = found.get("scopes_supported").and_then(Value::as_array);
    Ok(Issuer {
        issuer: text("issuer").to_owned(),
        keys: keys(http, &jwks).await.unwrap_or(0),
        scopes: scopes.map_or_else(Vec::new, |scopes| {
            let scopes = scopes.iter().filter_map(Value::as_str);
            scopes.map(str::to_owned).collect()
        }),
        ends_sessions: !text("end_session_endpoint").is_empty(),
    })
}

/// Whether a resolver answers a query for the start of authority of `com`.
pub(super) async fn dns(server: SocketAddr) -> Dns {
    let plain = query(false);
    Dns {
        udp: over_udp(server, &plain).await,
        edns: over_udp(server, &query(true)).await,
        tcp: over_tcp(server, &plain).await,
    }
}

/// The first name server of `/etc/resolv.conf` (resolv.conf(5)).
pub(super) fn system_resolver() -> Option<SocketAddr> {
    let text = std::fs::read_to_string("/etc/resolv.conf").ok()?;
    text.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let keyword = words.next()?;
        let address = words.next()?.split('%').next()?;
        let address = address.parse().ok().filter(|_| keyword == "nameserver")?;
        Some(SocketAddr::new(address, 53))
    })
}

/// A query (RFC 1035 section 4.1) with an OPT record for 1,232 octets (RFC 6891 section 6.1) or none.
fn query(edns: bool) -> Vec<u8> {
    // Identifier, recursion desired, one question, no answer or authority, and the additional record.
    let mut query = vec![0x4c, 0x61, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, u8::from(edns)];
    // `com`, SOA, IN.
    query.extend([3, b'c', b'o', b'm', 0, 0, 6, 0, 1]);
    if edns {
        query.extend([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]);
    }
    query
}

/// A response to our query other than FORMERR, which servers without EDNS support return.
fn answers(query: &[u8], reply: &[u8]) -> bool {
    let (Some(reply), Some(id)) = (reply.get(..4), query.get(..2)) else {
        return false;
    };
    reply[..2] == *id && reply[2] & 0x80 != 0 && reply[3] & 0x0f != 1
}

async fn over_udp(server: SocketAddr, query: &[u8]) -> bool {
    let exchange = async {
        let any: SocketAddr = if server.is_ipv4() {
            ([0, 0, 0, 0], 0).into()
        } else {
            ([0u16; 8], 0).into()
        };
        let socket = UdpSocket::bind(any).await?;
        socket.connect(server).await?;
        socket.send(query).await?;
        let mut reply = [0; 1_500];
        let length = socket.recv(&mut reply).await?;
        Ok::<_, std::io::Error>(answers(query, &reply[..length]))
    };
    matches!(timeout(PATIENCE, exchange).await, Ok(Ok(true)))
}

async fn over_tcp(server: SocketAddr, query: &[u8]) -> bool {
    let exchange = async {
        let mut stream = TcpStream::connect(server).await?;
        let length = u16::try_from(query.len()).unwrap_or_default().to_be_bytes();
        stream.write_all(&[&length, query].concat()).await?;
        let mut reply = vec![0; usize::from(stream.read_u16().await?)];
        stream.read_exact(&mut reply).await?;
        Ok::<_, std::io::Error>(answers(query, &reply))
    };
    matches!(timeout(PATIENCE, exchange).await, Ok(Ok(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_resolver_without_edns_and_tcp_is_reported() {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        let serve = async {
            loop {
                let mut query = [0; 512];
                let (length, from) = server.recv_from(&mut query).await.unwrap();
                let mut reply = query[..length].to_vec();
                reply[2] |= 0x80;
                reply[3] = u8::from(reply[11] == 1);
                server.send_to(&reply, from).await.unwrap();
            }
        };
        let seen = tokio::select! {
            seen = dns(address) => seen,
            () = serve => unreachable!(),
        };
        assert_eq!(
            seen,
            Dns {
                udp: true,
                edns: false,
                tcp: false
            }
        );
    }
}
