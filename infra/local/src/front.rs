//! A separate address for an API of the emulator, as API Gateway gives one to each API. The
//! emulator serves all APIs at one address, each below a path. But a cookie is for a host, and
//! pages use paths from `/` on, so the console needs its own address.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// The longest head of a request, in octets. API Gateway accepts 10,240.
const LONGEST_HEAD: usize = 32_768;

/// A running front. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Front {
    address: SocketAddr,
    to: Arc<OnceLock<Target>>,
    task: JoinHandle<()>,
}

/// An API of the emulator.
#[derive(Debug)]
struct Target {
    emulator: SocketAddr,
    /// The beginning of its paths.
    path: String,
}

impl Front {
    /// Listens. Until [`Self::leads_to`] is called, connections are closed.
    pub(crate) async fn start(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let to = Arc::new(OnceLock::new());
        let task = tokio::spawn(serve(listener, Arc::clone(&to)));
        Ok(Self { address, to, task })
    }

    /// From now on it leads to the API with this identifier.
    pub(crate) fn leads_to(&self, emulator: SocketAddr, api_id: &str) {
        let path = format!("/_aws/execute-api/{api_id}");
        self.to.set(Target { emulator, path }).ok();
    }

    /// Its address, without a slash at the end.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops it.
    pub(crate) async fn stop(mut self) {
        self.task.abort();
        (&mut self.task).await.ok();
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, to: Arc<OnceLock<Target>>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if let Ok((client, _)) = listener.accept().await {
            let to = Arc::clone(&to);
            connections.spawn(async move {
                if let Some(target) = to.get() {
                    // A client that disconnects is not an error.
                    pass_on(client, target).await.ok();
                }
            });
        }
    }
}

/// Passes on one request and its response. The connection ends with it, so only the first head has
/// to be read.
async fn pass_on(mut client: TcpStream, target: &Target) -> io::Result<()> {
    let mut read = Vec::new();
    let end = loop {
        if let Some(end) = end_of_head(&read) {
            break end;
        }
        if read.len() > LONGEST_HEAD || client.read_buf(&mut read).await? == 0 {
            return Ok(());
        }
    };
    let (head, body) = read.split_at(end);
    let Some(head) = rewritten(head, &target.path) else {
        return client
            .write_all(
                b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            )
            .await;
    };
    let mut emulator = TcpStream::connect(target.emulator).await?;
    emulator.write_all(head.as_bytes()).await?;
    emulator.write_all(body).await?;
    let (mut from_client, mut to_client) = client.split();
    let (mut from_emulator, mut to_emulator) = emulator.split();
    tokio::select! {
        answered = copy(&mut from_emulator, &mut to_client) => answered?,
        // The client may end its half first; the response is still awaited.
        sent = async {
            let sent = copy(&mut from_client, &mut to_emulator).await;
            if sent.is_ok() { std::future::pending::<()>().await; }
            sent
        } => sent?,
    };
    to_client.shutdown().await
}

fn end_of_head(read: &[u8]) -> Option<usize> {
    let end = read.windows(4).position(|part| part == b"\r\n\r\n");
    end.map(|end| end + 4)
}

/// The head with the path below that of the API, for only one request.
fn rewritten(head: &[u8], path: &str) -> Option<String> {
    let head = std::str::from_utf8(head).ok()?;
    let (first, headers) = head.split_once("\r\n")?;
    let (method, rest) = first.split_once(' ')?;
    let (target, version) = rest.rsplit_once(' ')?;
    if !target.starts_with('/') {
        return None;
    }
    let mut lines = vec![format!("{method} {path}{target} {version}")];
    let is_kept = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        !["connection", "keep-alive"].contains(&name.to_ascii_lowercase().as_str())
    };
    let headers = headers.trim_end_matches("\r\n").split("\r\n");
    lines.extend(headers.filter(is_kept).map(str::to_owned));
    lines.push("Connection: close\r\n\r\n".to_owned());
    Some(lines.join("\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_gets_the_path_of_its_api_as_prefix_and_closes_the_connection() {
        let head = b"GET /domains?a=b HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\nCookie: a=b\r\n\r\n";
        assert_eq!(
            rewritten(head, "/_aws/execute-api/ab").unwrap(),
            "GET /_aws/execute-api/ab/domains?a=b HTTP/1.1\r\nHost: x\r\nCookie: a=b\r\nConnection: close\r\n\r\n"
        );
        assert_eq!(rewritten(b"GET http://x/ HTTP/1.1\r\n\r\n", "/a"), None);
        assert_eq!(rewritten(b"nonsense\r\n\r\n", "/a"), None);
    }

    #[tokio::test]
    async fn an_answer_of_the_emulator_is_passed_on_completely() {
        let emulator = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = emulator.local_addr().unwrap();
        let answered = tokio::spawn(async move {
            let (mut client, _) = emulator.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = client.read(&mut request).await.unwrap();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
            client.write_all(answer).await.unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        });
        let front = Front::start("127.0.0.1:0".parse().unwrap()).await.unwrap();
        front.leads_to(address, "ab");
        let mut client = TcpStream::connect(front.address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        client.write_all(request).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("hello"), "{answer}");
        let request = answered.await.unwrap();
        assert!(
            request.starts_with("GET /_aws/execute-api/ab/ HTTP/1.1"),
            "{request}"
        );
        front.stop().await;
    }
}
