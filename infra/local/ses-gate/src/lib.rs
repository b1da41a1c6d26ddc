//! A simulator of how Amazon SES verifies identities, in front of an emulator's SES.
//!
//! The emulator of the local stack reports every identity as verified immediately. The gate passes
//! every call on to it, so that it authorises the caller and delivers the mail. But the gate
//! answers the calls about identities itself, as SES documents them: it waits until the records are
//! really in DNS, gives up after 72 hours, and allows one call per second. A test changes its
//! settings with `POST /control`.
//!
//! The README of the crate defines `/control` and lists where the gate is simpler than SES.

mod call;
mod clock;
mod control;
mod feedback;
mod gate;
mod history;
mod lookup;
mod made;
mod named;
mod reply;
mod serve;
mod shown;
mod upstream;
mod v1;
mod v2;
mod xml;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

pub use ses_model::{Operation, Settings};

use clock::Clock;
use control::Control;
use feedback::Feedback;
use gate::{Gate, Ses};
use history::History;
use lookup::Lookup;
use ses_model::Account;
use upstream::Upstream;

/// The options of a gate.
#[derive(Debug, Clone)]
pub struct Options {
    /// The address to listen on. Port 0: a free one.
    pub listen: SocketAddr,
    /// The emulator, for example `http://127.0.0.1:4566`.
    pub upstream: String,
    /// The DNS server for the records.
    pub dns_server: SocketAddr,
}

/// Why a gate did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Another program, or another local stack, listens on the address.
    #[error("{address} (SES gate) is in use by another program")]
    AddressInUse {
        /// The requested address.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address} (SES gate)")]
    Listen {
        /// The requested address.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The client for the emulator, or the client for DNS, cannot be created.
    #[error("cannot set up the SES gate's {client} client")]
    Client {
        /// Which client.
        client: &'static str,
        /// Its error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A running gate. Dropping it stops it.
#[derive(Debug)]
pub struct SesGate {
    address: SocketAddr,
    gate: Arc<Gate>,
    task: JoinHandle<()>,
}

impl SesGate {
    /// Starts to answer. The emulator and the DNS server may start later. Needs a Tokio runtime
    /// with I/O and time.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        Self::start_with(options, Settings::default()).await
    }

    /// As [`start`](Self::start), but with other settings than SES's; a reset returns to them.
    pub async fn start_with(options: Options, settings: Settings) -> Result<Self, StartError> {
        let address = options.listen;
        let listen_error = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => StartError::AddressInUse { address, source },
            _ => StartError::Listen { address, source },
        };
        let listener = TcpListener::bind(address).await.map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let lookup = Lookup::new(options.dns_server).map_err(|source| StartError::Client {
            client: "DNS",
            source: source.into(),
        })?;
        let upstream = Upstream::new(&options.upstream).map_err(|source| StartError::Client {
            client: "HTTP",
            source: source.into(),
        })?;
        let gate = Arc::new(Gate {
            clock: Clock::start(),
            ses: Arc::new(Ses::new(Account::new(settings.clone()), lookup)),
            control: Control::new(settings),
            history: History::default(),
            feedback: Feedback::default(),
            upstream,
        });
        tracing::info!(%address, upstream = options.upstream, "the SES gate answers");
        Ok(Self {
            address,
            gate: Arc::clone(&gate),
            task: tokio::spawn(serve(listener, gate)),
        })
    }

    /// The address, with the port that was chosen for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address, for `AWS_ENDPOINT_URL_SES` and `AWS_ENDPOINT_URL_SESV2`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Publishes the fates of emails (`recipients` of `POST /control`) on this SNS topic of the
    /// emulator, like an event destination of SES. Without a topic, nothing is published.
    pub fn publish_mail_events_to(&self, topic_arn: &str) {
        self.gate.feedback.publish_to(topic_arn.to_owned());
    }

    /// Stops it and waits until its socket is closed.
    pub async fn stop(mut self) {
        self.task.abort();
        if let Err(error) = (&mut self.task).await
            && error.is_panic()
        {
            tracing::error!(%error, "the SES gate had failed");
        }
    }
}

impl Drop for SesGate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Accepts connections until it is aborted. It is not a framework's server, because a lost response
/// needs a connection that ends without one.
async fn serve(listener: TcpListener, gate: Arc<Gate>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let gate = Arc::clone(&gate);
                connections.spawn(async move {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "a connection to the SES gate");
                    }
                    let service = service_fn(move |request| {
                        let gate = Arc::clone(&gate);
                        async move { gate.serve(request).await }
                    });
                    let connection = http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                    if let Err(error) = connection {
                        tracing::debug!(%error, "a connection to the SES gate ended");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the SES gate cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}
