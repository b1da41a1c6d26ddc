//! A small internet, with short functions for queries and expectations.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use domain_auth::dns::{Data, Failure, Lookup, Observation, Outcome, Question, RecordType};
use domain_auth_dns::{DnsConfig, Limits, Resolver};
use local_dns_server::{DnsServer, Options, StartError};
use tempfile::TempDir;

/// Zones of one server: the zone's name and its records.
pub(crate) type Zones<'a> = &'a [(&'a str, &'a str)];

/// Servers on 127.0.0.1, 127.0.0.2 and so on, on one port. The first is the resolver.
pub(crate) struct Net {
    pub(crate) servers: Vec<DnsServer>,
    pub(crate) port: u16,
    /// Deleted with the servers.
    folders: Vec<TempDir>,
}

impl Net {
    pub(crate) async fn start(servers: &[Zones<'_>]) -> Self {
        // A port that is free on 127.0.0.1 may be used on the next address.
        for _ in 0..50 {
            match Self::try_start(servers).await {
                Ok(net) => return net,
                Err(StartError::AddressInUse { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        panic!("no port is free on all addresses");
    }

    /// This many servers, all with this zone.
    pub(crate) async fn alike(servers: usize, zone: &str, records: &str) -> Self {
        let zones = [(zone, records)];
        Self::start(&vec![&zones[..]; servers]).await
    }

    async fn try_start(servers: &[Zones<'_>]) -> Result<Self, StartError> {
        let mut net = Self {
            servers: Vec::new(),
            port: 0,
            folders: Vec::new(),
        };
        for (place, zones) in servers.iter().enumerate() {
            let zones_dir = TempDir::new().unwrap();
            for (zone, records) in *zones {
                let path = zones_dir.path().join(format!("{zone}.zone"));
                // Indented for the reader; in a zone file, indentation would mean "the same name
                // again".
                let lines = records.lines().map(str::trim_start).collect::<Vec<_>>();
                std::fs::write(path, lines.join("\n") + "\n").unwrap();
            }
            let options = Options {
                zones_dir: zones_dir.path().to_owned(),
                address: SocketAddr::new(address(place), net.port),
            };
            let server = DnsServer::start(options).await?;
            assert_eq!(server.problems(), [], "the zones of server {place}");
            net.port = server.address().port();
            net.servers.push(server);
            net.folders.push(zones_dir);
        }
        Ok(net)
    }

    /// The configuration of the functions in the local stack, with shorter timeouts.
    pub(crate) fn config(&self) -> DnsConfig {
        let mut config = DnsConfig::from_vars(|name| match name {
            "DNS_SERVERS" => Some(format!("127.0.0.1:{}", self.port)),
            "DNS_AUTHORITATIVE_PORT" => Some(self.port.to_string()),
            _ => None,
        })
        .unwrap();
        config.limits = impatient();
        config
    }

    pub(crate) fn resolver(&self) -> Resolver {
        Resolver::new(self.config()).unwrap()
    }

    pub(crate) async fn ask(&self, name: &str, record_type: RecordType) -> Observation {
        ask(&self.resolver(), name, record_type).await
    }
}

/// Timeouts for a network inside one machine.
pub(crate) fn impatient() -> Limits {
    Limits {
        reply: Duration::from_millis(150),
        stream: Duration::from_millis(500),
        question: Duration::from_secs(2),
        call: Duration::from_secs(4),
        ..Limits::default()
    }
}

/// The address of a server in a [`Net`].
pub(crate) fn address(place: usize) -> IpAddr {
    Ipv4Addr::new(127, 0, 0, u8::try_from(place + 1).unwrap()).into()
}

pub(crate) fn question(name: &str, record_type: RecordType) -> Question {
    Question {
        name: name.to_owned(),
        record_type,
    }
}

pub(crate) async fn ask(resolver: &Resolver, name: &str, record_type: RecordType) -> Observation {
    let mut all = resolver.observe(&[question(name, record_type)]).await;
    assert_eq!(all.len(), 1);
    all.pop().unwrap()
}

/// The outcomes at the source, in the order of the servers' names, without the servers.
pub(crate) fn source(observation: &Observation) -> Vec<Outcome> {
    let answers = observation.authoritative.iter();
    answers.map(|answer| answer.outcome.clone()).collect()
}

/// The outcome at the one server that the source has.
pub(crate) fn only(observation: &Observation) -> Outcome {
    assert_eq!(observation.authoritative.len(), 1, "{observation:?}");
    source(observation).remove(0)
}

pub(crate) fn txt(texts: &[&str]) -> Outcome {
    let data = texts.iter().map(|text| Data::Txt {
        text: (*text).to_owned(),
    });
    found(data.collect(), 60)
}

pub(crate) fn found(data: Vec<Data>, ttl: u32) -> Outcome {
    Outcome::Found { data, ttl }
}

pub(crate) fn failed(failure: Failure) -> Outcome {
    Outcome::Failed { failure }
}

pub(crate) fn alias(target: &str) -> Outcome {
    Outcome::Alias {
        target: target.to_owned(),
        ttl: 60,
    }
}

pub(crate) fn no_data(negative_ttl: u32) -> Outcome {
    Outcome::NoData { negative_ttl }
}

pub(crate) fn no_such_name(negative_ttl: u32) -> Outcome {
    Outcome::NoSuchName { negative_ttl }
}
