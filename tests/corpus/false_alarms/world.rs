//! A DNS server with some of the zones, and the service's look at them.

use std::fmt::Write;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use domain_auth::diagnosis::{DiagnosisCode, RecordState};
use domain_auth::domain::Domain;
use domain_auth::history::Actor;
use domain_auth::ports::Clock;
use domain_auth::state::{State, Trigger};
use domain_auth::use_cases::look::look_at_dns;
use domain_auth_dns::{DnsConfig, Limits, Resolver};
use domain_auth_testkit::{SequentialIds, TestClock, identity, new_domain};
use jiff::Timestamp;
use local_dns_server::{DnsServer, Options};
use tempfile::TempDir;

use crate::servers::{LAST, address};
use crate::zone::{TOP, Zone};

/// Other people's zones, which records of many domains point to.
const OTHERS: [(&str, &str); 4] = [
    (
        "amazonses.com",
        "amazonses.com. TXT \"v=spf1 ip4:199.255.192.0/22 ip4:199.127.232.0/22 -all\"\n\
         feedback-smtp.us-east-1 A 192.0.2.40\n",
    ),
    ("google.com", "_spf TXT \"v=spf1 ip4:192.0.2.64/28 ~all\"\n"),
    ("sendgrid.net", "@ TXT \"v=spf1 ip4:192.0.2.96/28 ~all\"\n"),
    ("cloudflare.com", "@ A 192.0.2.41\n"),
];

pub(crate) struct World {
    resolver: Resolver,
    /// Stops when it is dropped.
    _server: DnsServer,
    /// Deleted when it is dropped.
    _folder: TempDir,
}

impl World {
    pub(crate) async fn start(zones: &[Zone]) -> Self {
        let folder = TempDir::new().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(format!("{name}.zone"));
            std::fs::write(path, text).unwrap();
        };
        for name in TOP {
            write(name, "");
        }
        for (name, text) in OTHERS {
            write(name, text);
        }
        for (name, lines) in zones.iter().flat_map(|zone| &zone.files) {
            write(name, &(lines.join("\n") + "\n"));
        }
        let options = Options {
            zones_dir: folder.path().to_owned(),
            address: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0),
        };
        let more: Vec<IpAddr> = (2..=LAST).map(address).collect();
        let server = DnsServer::start_at(options, &more).await.unwrap();
        assert_eq!(server.problems(), [], "the zones can be read");
        assert!(server.not_listening().is_empty());
        let servers = zones.iter().flat_map(|zone| &zone.servers);
        server.set_servers(servers.map(|(zone, servers)| (zone.as_str(), servers.clone())));
        server.set_faults(zones.iter().flat_map(|zone| zone.quirks.iter().cloned()));
        Self {
            resolver: resolver(server.address().port()),
            _server: server,
            _folder: folder,
        }
    }

    /// The diagnosis of a zone, if there is one.
    pub(crate) async fn alarm(&self, zone: &Zone) -> Option<String> {
        let domain = domain(zone);
        let resolver = self.resolver.begin_run();
        let look = look_at_dns(&resolver, &RealClock, &domain, zone.ses)
            .await
            .unwrap();
        let mut said = String::new();
        // One lame server among others is reported, but is not an alarm.
        let of_domain = look.diagnosis.domain.iter();
        for of_domain in of_domain.filter(|it| it.code != DiagnosisCode::NameserverLame) {
            let _infallible = writeln!(said, "  of the domain: {}", of_domain.message);
        }
        for record in &look.diagnosis.records {
            let faults = record.codes().filter(|code| is_alarm(*code));
            if record.state != RecordState::Found || faults.count() > 0 {
                let codes: Vec<&str> = record.codes().map(DiagnosisCode::as_str).collect();
                let (id, state) = (record.id.as_str(), record.state.as_str());
                let _infallible = writeln!(said, "  {id} {state} {codes:?}: {}", record.message);
                for seen in &look.observations {
                    let _infallible = writeln!(said, "    {seen:?}");
                }
            }
        }
        (!said.is_empty()).then(|| format!("{said}{zone}"))
    }
}

/// If the token is at the domain itself, this is reported but is not an alarm: the record is found.
fn is_alarm(code: DiagnosisCode) -> bool {
    code.is_fault() && code != DiagnosisCode::AtApex
}

/// The domain as it is stored while Amazon SES looks for its records.
fn domain(zone: &Zone) -> Domain {
    let (clock, ids) = (TestClock::default(), SequentialIds::default());
    let now = clock.now();
    let new = new_domain("maple-homes", zone.domain.as_str());
    let domain = Domain::add(new, State::provisioning(), None, Actor::Service, now, &ids).domain;
    let provisioned = Trigger::Provisioned(identity(&zone.domain));
    let moved = domain.transition(provisioned, Actor::Service, None, now, &ids);
    moved.unwrap().domain
}

/// With timeouts for one busy machine: a server that is silent to EDNS is queried again soon, and
/// no answer is given up early.
fn resolver(port: u16) -> Resolver {
    let mut config = DnsConfig::from_vars(|name| match name {
        "DNS_SERVERS" => Some(format!("127.0.0.1:{port}")),
        "DNS_AUTHORITATIVE_PORT" => Some(port.to_string()),
        _ => None,
    })
    .unwrap();
    config.ipv6 = Some(false);
    config.limits = Limits {
        reply: Duration::from_millis(400),
        ..Limits::default()
    };
    Resolver::new(config).unwrap()
}

/// The machine's clock: look-ups over a network take real time.
struct RealClock;

impl Clock for RealClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(duration)
    }
}
