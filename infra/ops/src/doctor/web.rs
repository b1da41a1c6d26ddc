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

/// The title of the API's description, and the end of the title of each page of the console.
const TITLE: &str = "Lasso Domain Authentication";
/// What is found if a server answers that is not the one of the stack.
const ANOTHER: &str = "another server answers there";

/// HTTP status of a page, and its text.
async fn page(http: &reqwest::Client, url: &str) -> Asked<(u16, String)> {
    let answer = http.get(url).send().await;
    let answer = answer.map_err(|error| sentence(&error))?;
    let status = answer.status().as_u16();
    let text = answer.text().await.map_err(|error| sentence(&error))?;
    Ok((status, text))
}

/// HTTP status of the API's description; an error if what answers is another server.
pub(super) async fn api(http: &reqwest::Client, base: &str) -> Asked<u16> {
    let url = format!("{}/openapi.json", base.trim_end_matches('/'));
    let (status, text) = page(http, &url).await?;
    let described = serde_json::from_str::<Value>(&text).unwrap_or_default();
    let title = described.pointer("/info/title");
    if status == 200 && title.and_then(Value::as_str) != Some(TITLE) {
        return Err(ANOTHER.to_owned());
    }
    Ok(status)
}

/// HTTP status of the console's first page, which may be one of the issuer; an error if what answers is another server.
/// The page to which the issuer sends people back is the console's own for everybody.
pub(super) async fn console(http: &reqwest::Client, base: &str) -> Asked<u16> {
    let (_, callback) = page(http, &format!("{}/callback", base.trim_end_matches('/'))).await?;
    let (status, _) = page(http, base).await?;
    let is_console = callback.contains(&format!("{TITLE}</title>"));
    if (200..400).contains(&status) && !is_console {
        return Err(ANOTHER.to_owned());
    }
    Ok(status)
}

/// An endpoint of the issuer that the console sends people or forms to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// A page that people see.
    Page,
    /// It takes forms only.
    Form,
}

/// HTTP status of an endpoint, asked without what it needs to do anything. A redirect counts as its answer.
pub(super) async fn endpoint(url: &str, endpoint: Endpoint) -> Asked<u16> {
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(20))
        .build();
    let http = http.map_err(|error| sentence(&error))?;
    let request = match endpoint {
        Endpoint::Page => http.get(url),
        Endpoint::Form => http.post(url).form(&[("grant_type", "authorization_code")]),
    };
    let answer = request.send().await.map_err(|error| sentence(&error))?;
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
    use tokio::net::TcpListener;

    use super::*;

    /// A server that answers the `GET`s of each path with a body, the others with 404, and each `POST` with 400.
    async fn serving(pages: &[(&'static str, &'static str)]) -> String {
        let pages = pages.to_vec();
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", server.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = server.accept().await.unwrap();
                let mut asked = vec![0; 4_096];
                let length = stream.read(&mut asked).await.unwrap();
                let asked = String::from_utf8_lossy(&asked[..length]).into_owned();
                let mut words = asked.split(' ');
                let (method, path) = (words.next().unwrap(), words.next().unwrap());
                let page = pages.iter().find(|(page, _)| *page == path);
                let (status, body) = match (method, page) {
                    ("POST", _) => ("400 Bad Request", ""),
                    (_, Some((_, body))) => ("200 OK", *body),
                    (_, None) => ("404 Not Found", ""),
                };
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        base
    }

    #[tokio::test]
    async fn an_api_is_known_by_its_description() {
        let http = reqwest::Client::new();
        let description = r#"{"info": {"title": "Lasso Domain Authentication"}}"#;
        let ours = serving(&[("/openapi.json", description)]).await;
        assert_eq!(api(&http, &ours).await, Ok(200));
        for other in ["hello", r#"{"info": {"title": "Petstore"}}"#] {
            let other = serving(&[("/openapi.json", other)]).await;
            assert_eq!(api(&http, &other).await, Err(ANOTHER.to_owned()));
        }
        assert_eq!(api(&http, &serving(&[]).await).await, Ok(404));
    }

    #[tokio::test]
    async fn a_console_is_known_by_its_pages() {
        let http = reqwest::Client::new();
        let page = "<title>You are not signed in – Lasso Domain Authentication</title>";
        // The first page leads to the issuer.
        let ours = serving(&[("/", "Sign in"), ("/callback", page)]).await;
        assert_eq!(console(&http, &ours).await, Ok(200));
        let other = serving(&[("/", "hello"), ("/callback", "hello")]).await;
        assert_eq!(console(&http, &other).await, Err(ANOTHER.to_owned()));
        assert_eq!(console(&http, &serving(&[]).await).await, Ok(404));
    }

    #[tokio::test]
    async fn an_endpoint_is_asked_as_it_is_used() {
        let issuer = serving(&[("/logout", "bye")]).await;
        let at = |path: &str| format!("{issuer}{path}");
        assert_eq!(endpoint(&at("/logout"), Endpoint::Page).await, Ok(200));
        assert_eq!(endpoint(&at("/authorise"), Endpoint::Page).await, Ok(404));
        assert_eq!(endpoint(&at("/token"), Endpoint::Form).await, Ok(400));
        let nowhere = endpoint("http://127.0.0.1:9/token", Endpoint::Form).await;
        assert!(nowhere.is_err(), "{nowhere:?}");
    }

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
