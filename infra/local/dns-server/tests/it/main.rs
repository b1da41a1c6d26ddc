//! The server as its clients see it: over real sockets, with zone files in the test's own folder.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod control;
mod faults;
mod files;
mod mistakes;
mod questions;
mod servers;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use local_dns_server::{DnsServer, Options};
use tempfile::TempDir;

/// A server with these zone files, by their names without `.zone`.
async fn server(zones: &[(&str, &str)]) -> (DnsServer, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in zones {
        write(folder.path(), name, text);
    }
    let server = DnsServer::start(Options {
        zones_dir: folder.path().to_path_buf(),
        address: loopback(),
    })
    .await
    .unwrap();
    (server, folder)
}

fn write(folder: &Path, zone: &str, text: &str) {
    std::fs::write(folder.join(format!("{zone}.zone")), text).unwrap();
}

fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}
