//! Settings and counters of a running server, for a test or a person: `POST /control` and
//! `GET /control`. The README of the crate defines the format.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use super::counts::{QueryCounts, Transport};
use super::faults::{AskedAs, Fault, FaultRule};
use super::respond::Shared;
use super::{DnsServer, zone_name};

/// The longest body that is read.
const MAX_BODY: usize = 1 << 20;

/// The control address of a running server. Dropping it stops it.
#[derive(Debug)]
pub struct DnsControl {
    address: SocketAddr,
    task: JoinHandle<()>,
}

/// The server behind the control address.
#[derive(Debug)]
struct Controlled {
    shared: Arc<Shared>,
    not_listening: BTreeMap<IpAddr, String>,
    set: Mutex<Set>,
}

/// The last settings, as they were given.
#[derive(Debug, Clone, Default)]
struct Set {
    faults: Vec<FaultWords>,
    servers: BTreeMap<String, Vec<IpAddr>>,
}

/// A fault to inject.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultWords {
    /// The name of a fault.
    fault: String,
    /// Affects this name and the names below it; if absent, every name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Affects only queries to this address of the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    server: Option<IpAddr>,
    /// Affects only queries over this transport.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transport: Option<Transport>,
    /// Affects only queries to the server in this role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asked_as: Option<AskedAs>,
    /// Affects only queries with EDNS, or only those without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edns: Option<bool>,
    /// The duration for `delay`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
}

/// The body of `POST /control`. Absent members are not changed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Update {
    reset: bool,
    reset_counts: bool,
    faults: Option<Vec<FaultWords>>,
    servers: Option<BTreeMap<String, Vec<IpAddr>>>,
}

/// The faults without a parameter, and their names.
const FAULTS: [(&str, Fault); 17] = [
    ("servfail", Fault::ServFail),
    ("refused", Fault::Refused),
    ("drop", Fault::Drop),
    ("lame", Fault::Lame),
    ("not_authoritative", Fault::NotAuthoritative),
    ("truncated_without_tcp", Fault::TruncateAndRefuseTcp),
    ("formerr_to_edns", Fault::FormErrToEdns),
    ("nxdomain", Fault::NoSuchName),
    (
        "nxdomain_for_empty_non_terminals",
        Fault::DenyEmptyNonTerminals,
    ),
    ("no_soa", Fault::NoSoa),
    ("bogus", Fault::Bogus),
    ("notimp", Fault::NotImp),
    ("badvers_to_edns", Fault::BadVersToEdns),
    ("no_opt", Fault::NoOpt),
    ("mixed_case", Fault::MixedCase),
    ("uncompressed", Fault::Uncompressed),
    ("small_answers", Fault::SmallAnswers),
];
const DELAY: &str = "delay";

impl DnsControl {
    /// Starts to answer. Needs a Tokio runtime with I/O.
    pub async fn start(listen: SocketAddr, server: &DnsServer) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let controlled = Arc::new(Controlled {
            shared: Arc::clone(&server.shared),
            not_listening: server.not_listening.clone(),
            set: Mutex::default(),
        });
        Ok(Self {
            address,
            task: tokio::spawn(serve(listener, controlled)),
        })
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops it and waits until its socket is closed.
    pub async fn stop(mut self) {
        self.task.abort();
        if let Err(error) = (&mut self.task).await
            && error.is_panic()
        {
            tracing::error!(%error, "the control address of the DNS server had failed");
        }
    }
}

impl Drop for DnsControl {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Accepts connections until it is aborted.
async fn serve(listener: TcpListener, controlled: Arc<Controlled>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let controlled = Arc::clone(&controlled);
                connections.spawn(async move {
                    let service = service_fn(move |request| {
                        let controlled = Arc::clone(&controlled);
                        async move { Ok::<_, Infallible>(controlled.answer(request).await) }
                    });
                    let connection = http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                    if let Err(error) = connection {
                        tracing::debug!(%error, "a connection to the DNS server's control address");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the DNS server's control address accepts no connection");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

impl Controlled {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let error = |status, message: &str| reply(status, &json!({ "error": message }));
        if parts.uri.path() != "/control" {
            return error(404, "only /control is here");
        }
        match parts.method {
            Method::GET => {}
            Method::POST => {
                let body = Limited::new(body, MAX_BODY).collect().await;
                let Ok(body) = body else {
                    return error(400, "the body cannot be read");
                };
                if let Err(message) = self.update(&body.to_bytes()) {
                    return error(400, &message);
                }
            }
            _ => return error(405, "GET or POST"),
        }
        reply(200, &self.report())
    }

    /// Applies the body of `POST /control`, all of it or nothing.
    fn update(&self, body: &[u8]) -> Result<(), String> {
        let update: Update = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let mut set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = if update.reset {
            Set::default()
        } else {
            set.clone()
        };
        next.faults = update.faults.unwrap_or(next.faults);
        next.servers = update.servers.unwrap_or(next.servers);
        let rules: Vec<FaultRule> = next
            .faults
            .iter()
            .map(FaultWords::rule)
            .collect::<Result<_, _>>()?;
        let servers = next.servers.iter().map(|(zone, servers)| {
            let name = zone_name(zone).ok_or_else(|| format!("`{zone}` is not a domain name"))?;
            Ok((name, servers.clone()))
        });
        let servers = servers.collect::<Result<_, String>>()?;
        let shared = &self.shared;
        *shared
            .faults
            .write()
            .unwrap_or_else(PoisonError::into_inner) = rules.into();
        shared
            .zones
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .set_servers(servers);
        if update.reset || update.reset_counts {
            *shared.counts.lock().unwrap_or_else(PoisonError::into_inner) = QueryCounts::default();
        }
        *set = next;
        Ok(())
    }

    fn report(&self) -> Value {
        let set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = self.shared.counts.lock();
        json!({
            "address": self.shared.address,
            "not_listening": self.not_listening,
            "faults": set.faults,
            "servers": set.servers,
            "questions": counts.unwrap_or_else(PoisonError::into_inner).report(),
        })
    }
}

impl FaultWords {
    fn rule(&self) -> Result<FaultRule, String> {
        let fault = match (self.fault.as_str(), self.delay_ms) {
            (DELAY, Some(milliseconds)) => Fault::Delay(Duration::from_millis(milliseconds)),
            (DELAY, None) => return Err("`delay` wants a `delay_ms`".to_owned()),
            (word, delay_ms) => {
                let named = FAULTS.iter().find(|(known, _)| *known == word);
                let (_, fault) = named.ok_or_else(|| {
                    let words: Vec<&str> = FAULTS.iter().map(|(known, _)| *known).collect();
                    let words = words.join(", ");
                    format!("`{word}` is not a fault; known are {DELAY}, {words}")
                })?;
                if delay_ms.is_some() {
                    return Err(format!("only `{DELAY}` takes a `delay_ms`"));
                }
                *fault
            }
        };
        let mut rule = match &self.name {
            Some(name) => {
                zone_name(name).ok_or_else(|| format!("`{name}` is not a domain name"))?;
                FaultRule::under(name, fault)
            }
            None => FaultRule::everywhere(fault),
        };
        if let Some(server) = self.server {
            rule = rule.at(server);
        }
        if let Some(transport) = self.transport {
            rule = rule.over(transport);
        }
        if let Some(asked_as) = self.asked_as {
            rule = rule.asked_as(asked_as);
        }
        if let Some(edns) = self.edns {
            rule = rule.edns(edns);
        }
        Ok(rule)
    }
}

fn reply(status: u16, body: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body.to_string())));
    *response.status_mut() =
        http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    );
    response
}
