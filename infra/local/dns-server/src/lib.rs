//! An authoritative DNS server for a folder of zone files, for development and tests.
//!
//! In the local stack it plays the whole DNS: the functions use it as their resolver and as the name
//! server of every zone, and a person plays the email administrator by appending to a file. In tests
//! it serves every mistake that a zone can hold, and every fault that a name server can have. It runs
//! inside the process that starts it, any number of times.
//!
//! See the crate's README for what a zone file may look like and how questions are answered.

mod answer;
mod counts;
mod faults;
mod folder;
mod forward;
mod lexer;
mod master_file;
mod rdata;
mod respond;
mod sockets;
mod zone;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

pub use counts::QueryCounts;
pub use faults::{Fault, FaultRule};
pub use folder::ZoneProblem;
pub use master_file::SyntaxError;

use folder::Folder;
use respond::Shared;

/// What a server needs to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder with the `*.zone` files; made when it is missing.
    pub zones_dir: PathBuf,
    /// Where to listen, on UDP and on TCP. Port 0: one that is free for both.
    pub address: SocketAddr,
}

/// How often the folder is looked at for changes: whoever has published a record and asks for a check
/// at once should find it.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Another program, or another local stack, listens there.
    #[error("{address} (DNS, UDP and TCP) is in use by another program")]
    AddressInUse {
        /// The address that was asked for.
        address: SocketAddr,
        /// The answer of the operating system.
        source: io::Error,
    },
    /// The address cannot be listened on: it is not this machine's, or the port needs privileges.
    #[error("cannot listen on {address} (DNS, UDP and TCP)")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// The answer of the operating system.
        source: io::Error,
    },
    /// The folder cannot be made or read.
    #[error("cannot use {} as the folder of the zone files", path.display())]
    ZonesDir {
        /// The folder.
        path: PathBuf,
        /// The answer of the operating system.
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
}

impl DnsServer {
    /// Reads the zone files and begins to answer. Needs a Tokio runtime with I/O and time.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options { zones_dir, address } = options;
        let (udp, tcp) = sockets::bind(address).map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => StartError::AddressInUse { address, source },
            _ => StartError::Listen { address, source },
        })?;
        let address = tcp
            .local_addr()
            .map_err(|source| StartError::Listen { address, source })?;

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
            zones: RwLock::new(Arc::new(zones.unwrap_or_default())),
            faults: RwLock::default(),
            counts: Mutex::default(),
        });
        let problems = Arc::new(Mutex::new(folder.problems()));
        let (look, looks) = mpsc::channel(16);
        let watch = watch(folder, looks, Arc::clone(&shared), Arc::clone(&problems));
        let tasks = vec![
            tokio::spawn(sockets::serve_udp(udp, Arc::clone(&shared))),
            tokio::spawn(sockets::serve_tcp(tcp, Arc::clone(&shared))),
            tokio::spawn(watch),
        ];
        tracing::info!(%address, zones_dir = %zones_dir.display(), "the DNS server answers");
        Ok(Self {
            shared,
            problems,
            look,
            tasks,
        })
    }

    /// Where it listens, with the port that port 0 became. An unspecified address is reported as the
    /// loopback address, at which it can be asked.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Sets the faults, in place of those set before; an empty list heals the server. Questions that
    /// are being answered are not affected.
    pub fn set_faults(&self, rules: impl IntoIterator<Item = FaultRule>) {
        *self
            .shared
            .faults
            .write()
            .unwrap_or_else(PoisonError::into_inner) = rules.into_iter().collect();
    }

    /// The questions that have arrived since the start or the last [`reset_queries`].
    ///
    /// [`reset_queries`]: Self::reset_queries
    pub fn queries(&self) -> QueryCounts {
        self.shared
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Starts counting anew.
    pub fn reset_queries(&self) {
        *self
            .shared
            .counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = QueryCounts::default();
    }

    /// Looks at the folder now and returns when the zones are as the files are: for tests that do not
    /// want to wait for the next regular look.
    pub async fn reload(&self) {
        let (done, looked) = oneshot::channel();
        if self.look.send(done).await.is_ok() && looked.await.is_err() {
            tracing::debug!("the server stopped during a reload");
        }
    }

    /// What is wrong in the zone files, as of the last look.
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

/// Looks at the folder at intervals and when asked to.
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
                *shared.zones.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(zones);
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
        // Thousands of files take a while to look at; at most a tenth of the time goes into it.
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
