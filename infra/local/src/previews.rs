//! Every email of the service with sample data, as pages: the program `email-previews` writes them
//! to a folder, and this module serves the folder.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::task::{JoinHandle, JoinSet};

use crate::{Error, process};

/// The program that writes the emails.
pub(crate) const PROGRAM: &str = "email-previews";

/// The longest head of a request, in octets.
const LONGEST_HEAD: usize = 32_768;

/// The running server. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Previews {
    address: SocketAddr,
    task: JoinHandle<()>,
}

/// Writes the emails to `folder`.
pub(crate) async fn write(program: &Path, folder: &Path) -> Result<(), Error> {
    let output = process::captured(Command::new(program).arg(folder)).await?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::Build(process::last_line(&output.stderr)))
}

impl Previews {
    /// Serves the files of `folder`.
    pub(crate) async fn start(address: SocketAddr, folder: PathBuf) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(serve(listener, folder));
        Ok(Self { address, task })
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

impl Drop for Previews {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, folder: PathBuf) {
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if let Ok((client, _)) = listener.accept().await {
            let folder = folder.clone();
            connections.spawn(async move {
                // A client that disconnects is not an error.
                answer(client, &folder).await.ok();
            });
        }
    }
}

/// Answers one request. The connection ends with it.
async fn answer(mut client: TcpStream, folder: &Path) -> io::Result<()> {
    let mut read = Vec::new();
    while !read.windows(4).any(|part| part == b"\r\n\r\n") {
        if read.len() > LONGEST_HEAD || client.read_buf(&mut read).await? == 0 {
            return Ok(());
        }
    }
    let body = match file_of(&read) {
        Some(name) => tokio::fs::read(folder.join(name)).await.ok(),
        None => None,
    };
    let (status, kind, body) = match (body, file_of(&read)) {
        (Some(body), Some(name)) => ("200 OK", content_type(name), body),
        (Some(_) | None, _) => ("404 Not Found", "text/plain", b"no such file\n".to_vec()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}; charset=utf-8\r\ncontent-length: {}\r\n\
         content-security-policy: default-src 'none'; style-src 'unsafe-inline'\r\nconnection: close\r\n\r\n",
        body.len()
    );
    client.write_all(head.as_bytes()).await?;
    client.write_all(&body).await?;
    client.shutdown().await
}

/// The file for a request: only a plain name, so that no file outside the folder can be read.
fn file_of(head: &[u8]) -> Option<&str> {
    let head = std::str::from_utf8(head).ok()?;
    let path = head.strip_prefix("GET /")?.split([' ', '?']).next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    match path {
        "" => Some("index.html"),
        path if path.chars().all(plain) && !path.starts_with('.') => Some(path),
        _ => None,
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html",
        Some("json") => "application/json",
        Some(_) | None => "text/plain",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reaches_only_files_of_the_folder() {
        let file = |path: &str| {
            let head = format!("GET {path} HTTP/1.1\r\n\r\n");
            file_of(head.as_bytes()).map(str::to_owned)
        };
        assert_eq!(file("/").as_deref(), Some("index.html"));
        assert_eq!(file("/a-b.html?x").as_deref(), Some("a-b.html"));
        for outside in ["/../x", "/..", "/a/b", "//etc/passwd", "/%2e%2e"] {
            assert_eq!(file(outside), None, "{outside}");
        }
        assert_eq!(file_of(b"POST / HTTP/1.1\r\n\r\n"), None);
    }

    #[tokio::test]
    async fn a_file_is_returned_whole_and_a_missing_one_is_not_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), "hello").unwrap();
        let address = "127.0.0.1:0".parse().unwrap();
        let previews = Previews::start(address, folder.path().to_owned())
            .await
            .unwrap();
        for (path, end) in [("/a.txt", "hello"), ("/b.txt", "no such file\n")] {
            let mut client = TcpStream::connect(previews.address).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\n\r\n");
            client.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            assert!(answer.ends_with(&format!("\r\n\r\n{end}")), "{answer}");
        }
        previews.stop().await;
    }
}
