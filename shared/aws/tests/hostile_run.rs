//! A run of the poller over 200 domains of one hostile client, whose zones are at the edge of every
//! limit, and some domains of another client after them, with a real name server and real queries.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

use std::fmt::Write as _;
use std::net::SocketAddr;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config};
use domain_auth::diagnosis::RecordState;
use domain_auth::dns::MAX_LOOK;
use domain_auth::domain::{Change, Domain, Fate};
use domain_auth::final_step::MANUAL;
use domain_auth::history::Actor;
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::ports::{Clock, CommitChanges, Ports, ReadDomains};
use domain_auth::state::{State, Trigger};
use domain_auth::use_cases::poll::{Counter, Poller, Report, Settings};
use domain_auth::use_cases::{SesBudget, StoreTools};
use domain_auth_aws::{SystemClock, SystemIds, Table};
use domain_auth_dns::{DnsConfig, Resolver};
use domain_auth_testkit::{FakeSes, MemoryStore, RecordingTopic, identity, new_domain};
use jiff::{SignedDuration, Timestamp};
use local_dns_server::{DnsServer, Options};

const WAITS: SesStatus = SesStatus {
    verification: AxisStatus::Pending,
    dkim: AxisStatus::Pending,
    mail_from: AxisStatus::Pending,
};
const HOSTILE: usize = 200;
const OTHERS: usize = 10;
/// The maximum size, in octets, of an item.
const MAX_ITEM: usize = 100 * 1024;
/// The age from which an alarm reports overdue domains (`DomainsOverdueAlarm` in the template).
const OVERDUE: SignedDuration = SignedDuration::from_secs(600);

/// Thousands of texts of two letters, long texts that need escapes, and more mail exchangers than
/// real zones have.
fn hostile_zone(domain: &Domain) -> String {
    let mut zone = String::new();
    for record in domain.records() {
        let name = record.name.strip_suffix(&format!(".{}", domain.name));
        let name = name.unwrap_or("@");
        match name {
            "_amazonses" => {
                let letter = |n: u8| char::from(b'a' + n % 26);
                for n in 0..=u8::MAX {
                    for m in 0..4 {
                        let text = [letter(n), letter(n / 26), letter(m)];
                        let text: String = text.into_iter().collect();
                        writeln!(zone, "{name} 60 TXT \"{text}\"").unwrap();
                    }
                }
            }
            "_dmarc" => {
                for n in 0..12 {
                    let strings = format!("\"{n:02}{}\" ", r"\001".repeat(250)).repeat(16);
                    writeln!(zone, "{name} 60 TXT ( {strings})").unwrap();
                }
            }
            other if other.contains("_domainkey") => {
                writeln!(zone, "{name} 60 TXT \"{}\"", r"\034".repeat(250)).unwrap();
            }
            other if record.data.type_name() == "MX" => {
                for n in 0..150 {
                    writeln!(zone, "{other} 60 MX 10 m{n}.{}", "x".repeat(60)).unwrap();
                }
            }
            _ => {}
        }
    }
    zone
}

fn right_zone(domain: &Domain) -> String {
    let mut zone = String::new();
    for record in domain.records() {
        let (name, kind, value) = (&record.name, record.data.type_name(), record.data.value());
        let value = match kind {
            "TXT" => format!("\"{value}\""),
            _ => format!("{value}."),
        };
        writeln!(zone, "{name}. 60 {kind} {value}").unwrap();
    }
    zone
}

fn pending(client: &str, name: &str, next_check: Timestamp) -> Domain {
    let (now, new) = (SystemClock.now(), new_domain(client, name));
    let added = Domain::add(
        new,
        State::provisioning(),
        None,
        Actor::Service,
        now,
        &SystemIds,
    );
    let trigger = Trigger::Provisioned(identity(&added.domain.name));
    let moved = added
        .domain
        .transition(trigger, Actor::Service, None, now, &SystemIds);
    let mut domain = moved.unwrap().domain;
    domain.version = 1;
    // Old enough that it is not looked at in every run.
    domain.added_at = now - SignedDuration::from_hours(3);
    domain.state_since = domain.added_at;
    domain.next_check = next_check;
    domain
}

fn change_of(domain: Domain) -> Change {
    Change {
        domain,
        fate: Fate::Stored,
        claims: None,
        history: Vec::new(),
        event: None,
        look: None,
        client_count: None,
        link: None,
    }
}

/// A store and an SES in memory, the system's time, and a real name server.
struct RunPorts;

impl Ports for RunPorts {
    type Store = MemoryStore;
    type Ses = FakeSes;
    type Dns = Resolver;
    type Publisher = RecordingTopic;
    type Mail = ();
    type Queue = ();
    type Meter = ();
    type Clock = SystemClock;
    type Ids = SystemIds;
}

struct World {
    store: MemoryStore,
    ses: FakeSes,
    dns: Resolver,
    domains: Vec<Domain>,
    _server: DnsServer,
    _zones: tempfile::TempDir,
}

impl World {
    /// All domains are due, the hostile client's first.
    async fn start() -> Self {
        let zones = tempfile::tempdir().unwrap();
        let (store, ses) = (MemoryStore::default(), FakeSes::default());
        let now = SystemClock.now();
        let mut domains = Vec::new();
        for n in 0..HOSTILE + OTHERS {
            let client = if n < HOSTILE { "hostile" } else { "maple" };
            let ago = SignedDuration::from_millis(i64::try_from(HOSTILE + OTHERS - n).unwrap());
            let domain = pending(client, &format!("{client}{n}.com"), now - ago);
            ses.add_orphan(&domain.name, client);
            ses.set_status(&domain.name, WAITS);
            let zone = if n < HOSTILE {
                hostile_zone(&domain)
            } else {
                right_zone(&domain)
            };
            let file = zones.path().join(format!("{}.zone", domain.name));
            std::fs::write(file, zone).unwrap();
            store.commit(&change_of(domain.clone())).await.unwrap();
            domains.push(domain);
        }
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let zones_dir = zones.path().to_owned();
        let server = DnsServer::start(Options { zones_dir, address })
            .await
            .unwrap();
        assert_eq!(server.problems(), []);
        let (server_address, port) = (server.address().to_string(), server.address().port());
        let config = DnsConfig::from_vars(|name| match name {
            "DNS_SERVERS" => Some(server_address.clone()),
            "DNS_AUTHORITATIVE_PORT" => Some(port.to_string()),
            _ => None,
        });
        Self {
            dns: Resolver::new(config.unwrap()).unwrap(),
            store,
            ses,
            domains,
            _server: server,
            _zones: zones,
        }
    }

    async fn poll(&self) -> Report {
        let budget = SesBudget::per_second(1);
        let topic = RecordingTopic::default();
        let tools = StoreTools::<RunPorts> {
            store: &self.store,
            clock: &SystemClock,
            ids: &SystemIds,
        };
        let poller = Poller {
            tools: tools.with_ses(&self.ses, &budget).with_dns(&self.dns),
            publisher: &topic,
            settings: Settings::default(),
            final_step: &MANUAL,
        };
        // On a machine with other work the name server is slow; in production a run has 59 s.
        let deadline = SystemClock.now() + SignedDuration::from_secs(300);
        Box::pin(poller.run(deadline)).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_hostile_zones_do_not_delay_looks_at_other_domains() {
    let world = World::start().await;
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .build();
    let table = Table::new(Client::from_conf(config), "never-asked".to_owned());
    let report = world.poll().await;
    assert_eq!(report[Counter::LookedAt], HOSTILE + OTHERS, "{report:?}");
    assert_eq!(
        (
            report[Counter::Errors],
            report[Counter::Conflicts],
            report[Counter::Refused]
        ),
        (0, 0, 0)
    );
    assert!(
        report.oldest_due < OVERDUE && !report.breaker_tripped,
        "{report:?}"
    );

    let mut cut = 0;
    for (n, domain) in world.domains.iter().enumerate() {
        let (client, name) = (&domain.client, &domain.name);
        let stored = world.store.domain(client, name).await.unwrap().unwrap();
        let looked_at = stored.dns_looked_at.unwrap();
        assert!(
            stored.next_check > looked_at,
            "{name} is the first of the next run"
        );
        let look = world.store.look(client, name).await.unwrap().unwrap();
        let octets = serde_json::to_vec(&look).unwrap().len();
        assert!(octets <= MAX_LOOK, "{name}: {octets}");
        let states: Vec<_> = look.diagnosis.records.iter().map(|r| r.state).collect();
        if n < HOSTILE {
            assert!(states.iter().all(|state| *state != RecordState::Found));
            assert!(states.contains(&RecordState::Wrong), "{name}: {states:?}");
            cut += usize::from(look.left_out > 0 || look.observations.len() < states.len());
        } else {
            let found = states.iter().all(|state| *state == RecordState::Found);
            assert!(found, "{name}: {states:?}");
        }
        let mut written = change_of(stored);
        written.look = Some(look);
        for octets in table.item_sizes(&written).unwrap() {
            assert!(octets < MAX_ITEM, "{name}: an item of {octets}");
        }
    }
    assert_eq!(cut, HOSTILE, "the zones are at the edge of what is stored");
}
