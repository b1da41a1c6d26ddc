//! An authoritative DNS server for a folder of zone files, for development and tests.
//!
//! In the local stack it is the whole DNS: the functions use it as their resolver and as the name
//! server of every zone, and a person acts as the email administrator by appending to a file. In
//! tests it serves every mistake that a zone can have, and every fault of a name server. It runs
//! inside the process that starts it; a process can start any number of servers.
//!
//! The crate's README describes zone files and how queries are answered.

mod answer;
mod control;
mod counts;
mod faults;
mod faulty;
mod folder;
mod forward;
mod lexer;
mod master_file;
mod quirks;
mod rdata;
mod respond;
mod sockets;
mod word;
mod zone;

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use hickory_proto::rr::{LowerName, Name};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

pub use control::DnsControl;
pub use counts::{QueryCounts, Transport};
pub use faults::{AskedAs, Fault, FaultRule};
pub use folder::ZoneProblem;
pub use lexer::SyntaxError;

use folder::Folder;
use respond::{Served, Shared};

/// The options of a server.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder with the `*.zone` files; created if it is missing.
    pub zones_dir: PathBuf,
    /// The address to listen on, over UDP and TCP. Port 0: a port that is free for both.
    pub address: SocketAddr,
}

/// How often the folder is checked for changes: a person who publishes a record and then
/// immediately starts a check should find it.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Another program, or another local stack, listens on the address.
    #[error("{address} (DNS, UDP and TCP) is in use by another program")]
    AddressInUse {
        /// The requested address.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The address cannot be listened on: it is not this machine's, or the port needs privileges.
    #[error("cannot listen on {address} (DNS, UDP and TCP)")]
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The folder cannot be created or read.
    #[error("cannot use {} as the folder of the zone files", path.display())]
    ZonesDir {
        /// The folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct DnsServer {
    shared: Arc<Shared>,
    problems: Arc<Mutex<Vec<ZoneProblem>>>,
    look: mpsc::Sender<oneshot::Sender<()>>,
    tasks: Vec<JoinHandle<()>>,
    not_listening: BTreeMap<IpAddr, String>,
}

impl DnsServer {
    /// Reads the zone files and starts to answer. Needs a Tokio runtime with I/O and time.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        Self::start_at(options, &[]).await
    }

    /// Starts at further addresses on the same port, each of which can be a name server with its
    /// own faults. If an address is not available, the server starts without it:
    /// [`not_listening`](Self::not_listening) lists it.
    pub async fn start_at(options: Options, more: &[IpAddr]) -> Result<Self, StartError> {
        let Options { zones_dir, address } = options;
        let (bound, not_listening) = bind(address, more)?;
        let address = bound[0].2;

        let unusable = |source| StartError::ZonesDir {
            path: zones_dir.clone(),
            source,
        };
        let mut folder = Folder::new(zones_dir.clone(), own_address(address).ip());
        let (folder, zones) = tokio::task::spawn_blocking({
            let zones_dir = zones_dir.clone();
            move || {
                std::fs::create_dir_all(&zones_dir)?;
                let zones = folder.scan(Instant::now())?;
                io::Result::Ok((folder, zones))
            }
        })
        .await
        .map_err(io::Error::other)
        .flatten()
        .map_err(unusable)?;

        let shared = Arc::new(Shared {
            address: own_address(address),
            zones: RwLock::new(Served::of_files(zones.unwrap_or_default())),
            faults: RwLock::default(),
            counts: Mutex::default(),
        });
        let problems = Arc::new(Mutex::new(folder.problems()));
        let (look, looks) = mpsc::channel(16);
        let watch = watch(folder, looks, Arc::clone(&shared), Arc::clone(&problems));
        let mut tasks = vec![tokio::spawn(watch)];
        for (udp, tcp, at) in bound {
            let at = own_address(at).ip();
            tasks.push(tokio::spawn(sockets::serve_udp(
                udp,
                at,
                Arc::clone(&shared),
            )));
            tasks.push(tokio::spawn(sockets::serve_tcp(
                tcp,
                at,
                Arc::clone(&shared),
            )));
        }
        tracing::info!(%address, zones_dir = %zones_dir.display(), "the DNS server answers");
        Ok(Self {
            shared,
            problems,
            look,
            tasks,
            not_listening,
        })
    }

    /// The requested addresses on which the server does not listen, each with the error of the
    /// operating system.
    pub fn not_listening(&self) -> &BTreeMap<IpAddr, String> {
        &self.not_listening
    }

    /// Gives zones these servers, which replace those of their zone files and earlier settings.
    /// They are named `ns1`, `ns2`, … in the zone. Other addresses refuse queries about the zone.
    /// A zone without a file gets them when it has a file.
    pub fn set_servers<'a>(&self, servers: impl IntoIterator<Item = (&'a str, Vec<IpAddr>)>) {
        let servers = servers.into_iter();
        let servers = servers.filter_map(|(zone, servers)| Some((zone_name(zone)?, servers)));
        self.shared
            .zones
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .set_servers(servers.collect());
    }

    /// The address, with the port that was chosen for port 0. An unspecified address is reported as
    /// the loopback address, at which the server can be reached.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Sets the faults, which replace earlier ones; an empty list removes all faults. Queries
    /// that are already being answered are not affected.
    pub fn set_faults(&self, rules: impl IntoIterator<Item = FaultRule>) {
        *self
            .shared
            .faults
            .write()
            .unwrap_or_else(PoisonError::into_inner) = rules.into_iter().collect();
    }

    /// The queries that have arrived since the start or the last [`reset_queries`].
    ///
    /// [`reset_queries`]: Self::reset_queries
    pub fn queries(&self) -> QueryCounts {
        self.shared
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Resets the counters.
    pub fn reset_queries(&self) {
        *self
            .shared
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = QueryCounts::default();
    }

    /// Reads the folder now, and returns when the zones match the files: for tests that do not want
    /// to wait for the next regular check.
    pub async fn reload(&self) {
        let (done, looked) = oneshot::channel();
        if self.look.send(done).await.is_ok() && looked.await.is_err() {
            tracing::debug!("the server stopped during a reload");
        }
    }

    /// The problems in the zone files, as of the last check.
    pub fn problems(&self) -> Vec<ZoneProblem> {
        self.problems
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Stops it and waits until its sockets are closed.
    pub async fn stop(mut self) {
        for task in std::mem::take(&mut self.tasks) {
            task.abort();
            if let Err(error) = task.await
                && error.is_panic()
            {
                tracing::error!(%error, "a part of the DNS server had failed");
            }
        }
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// The sockets of each address, those of the first address first.
type Bound = Vec<(UdpSocket, TcpListener, SocketAddr)>;

/// Listens on all addresses. For port 0, chooses a port that is free on each of them, if there is
/// one.
fn bind(
    address: SocketAddr,
    more: &[IpAddr],
) -> Result<(Bound, BTreeMap<IpAddr, String>), StartError> {
    const ATTEMPTS: usize = 16;
    let failed = |address, source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => StartError::AddressInUse { address, source },
        _ => StartError::Listen { address, source },
    };
    let mut attempt = 0;
    loop {
        attempt += 1;
        let (udp, tcp) = sockets::bind(address).map_err(|source| failed(address, source))?;
        let first = tcp.local_addr().map_err(|source| failed(address, source))?;
        let (mut bound, mut not_listening) = (vec![(udp, tcp, first)], BTreeMap::new());
        let mut in_use = false;
        for ip in more.iter().filter(|ip| **ip != first.ip()) {
            let at = SocketAddr::new(*ip, first.port());
            match sockets::bind(at) {
                Ok((udp, tcp)) => bound.push((udp, tcp, at)),
                Err(error) => {
                    in_use |= error.kind() == io::ErrorKind::AddrInUse;
                    not_listening.insert(*ip, error.to_string());
                }
            }
        }
        if address.port() != 0 || !in_use || attempt == ATTEMPTS {
            for (ip, error) in &not_listening {
                tracing::warn!(%ip, error, "the DNS server does not listen on this address");
            }
            return Ok((bound, not_listening));
        }
    }
}

/// The name of a zone, with or without its last dot.
fn zone_name(zone: &str) -> Option<LowerName> {
    let mut name = Name::from_ascii(zone).ok()?;
    name.set_fqdn(true);
    Some(LowerName::new(&name))
}

/// Checks the folder at intervals and on request.
async fn watch(
    mut folder: Folder,
    mut looks: mpsc::Receiver<oneshot::Sender<()>>,
    shared: Arc<Shared>,
    problems: Arc<Mutex<Vec<ZoneProblem>>>,
) {
    let mut pause = POLL_INTERVAL;
    loop {
        let asked = timeout(pause, looks.recv()).await.ok().flatten();
        let started = Instant::now();
        let scanned = tokio::task::spawn_blocking(move || {
            let zones = folder.scan(started);
            (folder, zones)
        });
        let zones = match scanned.await {
            Ok((back, zones)) => {
                folder = back;
                zones
            }
            Err(error) => {
                tracing::error!(%error, "reading the zone files failed; they are not read again");
                return;
            }
        };
        match zones {
            Ok(Some(zones)) => {
                let mut served = shared.zones.write().unwrap_or_else(PoisonError::into_inner);
                served.set_files(zones);
                drop(served);
                *problems.lock().unwrap_or_else(PoisonError::into_inner) = folder.problems();
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the folder of the zone files cannot be read"),
        }
        if let Some(asked) = asked
            && asked.send(()).is_err()
        {
            tracing::debug!("a reload was no longer waited for");
        }
        // Thousands of files take a while to check; at most a tenth of the time is used for it.
        pause = POLL_INTERVAL.max(started.elapsed() * 9);
    }
}

/// The address at which this machine reaches a listener.
fn own_address(listening: SocketAddr) -> SocketAddr {
    let mut address = listening;
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
