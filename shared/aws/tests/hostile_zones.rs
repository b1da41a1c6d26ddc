//! Zones at the edge of every limit: whatever they contain, the stored look is small.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

use domain_auth::use_cases::StoreTools;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config};
use domain_auth::dns::{
    AuthorityAnswer, Data, Lookup, MAX_LOOK, NameServer, Observation, Outcome, Question,
    RecordType, SecondLook, Zone, ZoneOutcome,
};
use domain_auth::domain::{Change, Domain};
use domain_auth::history::Actor;
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::names::{Community, EmailAddress, Note};
use domain_auth::ports::{Clock, CommitChanges};
use domain_auth::state::{State, Trigger};
use domain_auth::use_cases::look::{after_look, look_at_dns};
use domain_auth::use_cases::notify::notify;
use domain_auth_aws::Table;
use domain_auth_http::DomainView;
use domain_auth_testkit::{
    MemoryStore, SequentialIds, TestClock, TestPorts, client, domain_name, identity, new_domain,
};
use futures::FutureExt;
use proptest::prelude::*;

/// The maximum size, in octets, of an item.
const MAX_ITEM: usize = 100 * 1024;
/// The size of one DNS message (RFC 1035 section 4.2.2), and the limits of `shared/dns`: records,
/// and characters of a text.
const MESSAGE: usize = 65_000;
const RECORDS: usize = 1_000;
const TEXT: usize = 4_096;
/// Owner, type, class, time to live and length of a record.
const HEADER: usize = 12;

/// The content of a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stuff {
    /// Thousands of records of two letters.
    TwoLetters,
    /// Texts as long as they may be, of plain letters.
    Long,
    /// Octets that are shown as `\DDD`.
    Escaped,
    /// Quotation marks and backslashes, which JSON escapes.
    Quoted,
    /// Raw control characters, which `shared/dns` never returns.
    Control,
    /// Policies and senders, as many as fit.
    Policies,
    /// The longest names, of octets that are shown as `\DDD`.
    Names,
    /// Nothing.
    Empty,
    /// A server that does not answer.
    Silent,
}

const ALL: [Stuff; 9] = [
    Stuff::TwoLetters,
    Stuff::Long,
    Stuff::Escaped,
    Stuff::Quoted,
    Stuff::Control,
    Stuff::Policies,
    Stuff::Names,
    Stuff::Empty,
    Stuff::Silent,
];

impl Stuff {
    fn text(self, n: usize) -> String {
        match self {
            Self::TwoLetters => {
                let letter = |n: usize| char::from(b'!' + u8::try_from(n % 90).unwrap());
                [letter(n), letter(n / 90)].into_iter().collect()
            }
            Self::Long => format!("{n:04}{}", "x".repeat(TEXT - 4)),
            Self::Escaped => format!("{n:04}{}", "\\001".repeat(TEXT / 4 - 1)),
            Self::Quoted => format!("{n:04}{}", "\"\\".repeat(TEXT / 2 - 2)),
            Self::Control => format!("{n:04}{}", "\u{1}".repeat(TEXT - 4)),
            Self::Policies if n.is_multiple_of(2) => format!("v=spf1 include:{n}.example ?all"),
            Self::Policies => format!("v=DMARC1; p=reject; adkim=s; rua=mailto:d@{n}.example"),
            Self::Names | Self::Empty | Self::Silent => format!("{n}"),
        }
    }

    /// 255 octets in labels of 63.
    fn name(self, n: usize) -> String {
        match self {
            Self::TwoLetters | Self::Policies => format!("{n}.example"),
            Self::Long | Self::Escaped | Self::Quoted | Self::Control => {
                let label = format!("{n:04}{}", "\\001".repeat(59));
                [label.as_str(); 3].join(".")
            }
            Self::Names | Self::Empty | Self::Silent => {
                let label = format!("{n:04}{}", "\\\"".repeat(59));
                [label.as_str(); 3].join(".")
            }
        }
    }

    fn datum(self, record_type: RecordType, n: usize) -> Data {
        match record_type {
            RecordType::Txt => Data::Txt { text: self.text(n) },
            RecordType::Cname => Data::Cname {
                target: self.name(n),
            },
            RecordType::Mx => Data::Mx {
                preference: 10,
                exchange: self.name(n),
            },
            RecordType::Ns => Data::Ns { host: self.name(n) },
            RecordType::Soa => Data::Soa {
                primary: self.name(n),
                minimum: 60,
            },
            RecordType::A | RecordType::Aaaa => {
                let octets = u32::try_from(n).unwrap().to_be_bytes();
                Data::Address {
                    address: IpAddr::V4(Ipv4Addr::from(octets)),
                }
            }
        }
    }

    fn outcome(self, record_type: RecordType, ttl: u32) -> Outcome {
        match self {
            Self::Silent => return Outcome::TimedOut,
            Self::Empty => return Outcome::NoSuchName { negative_ttl: ttl },
            Self::Names if record_type != RecordType::Cname => {
                let target = self.name(1);
                return Outcome::Alias { target, ttl };
            }
            Self::TwoLetters | Self::Long | Self::Escaped | Self::Quoted => {}
            Self::Control | Self::Policies | Self::Names => {}
        }
        let wire = match record_type {
            RecordType::Txt => match self {
                Self::TwoLetters => 3,
                Self::Escaped => TEXT / 4,
                Self::Policies => 40,
                Self::Long | Self::Quoted | Self::Control => TEXT,
                Self::Names | Self::Empty | Self::Silent => 2,
            },
            RecordType::A | RecordType::Aaaa => 4,
            RecordType::Cname | RecordType::Mx | RecordType::Ns | RecordType::Soa => 190,
        };
        let count = (MESSAGE / (HEADER + wire)).min(RECORDS);
        let data = (0..count).map(|n| self.datum(record_type, n)).collect();
        Outcome::Found { data, ttl }
    }
}

/// A DNS that answers each question with as much as fits into a message.
#[derive(Debug, Clone)]
struct HostileDns {
    /// The content at all names; if there are several, a different one at each name and server.
    stuff: Vec<Stuff>,
    seed: u64,
    ttl: u32,
}

impl HostileDns {
    fn outcome(&self, question: &Question, server: u8) -> Outcome {
        let mut hasher = DefaultHasher::new();
        (self.seed, &question.name, server / 2).hash(&mut hasher);
        let chosen = usize::try_from(hasher.finish() % 1_000).unwrap();
        self.stuff[chosen % self.stuff.len()].outcome(question.record_type, self.ttl)
    }

    fn see(&self, question: &Question) -> Observation {
        let answer = |server: u8| AuthorityAnswer {
            server: NameServer {
                host: Stuff::Names.name(usize::from(server)),
                address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, server)),
            },
            outcome: self.outcome(question, server),
        };
        Observation {
            question: question.clone(),
            authoritative: (1..=2).map(answer).collect(),
            zone: None,
            recursive: self.outcome(question, 3),
        }
    }
}

impl Lookup for HostileDns {
    fn fresh(&self) -> Self {
        self.clone()
    }

    async fn zone(&self, _: &str) -> ZoneOutcome {
        ZoneOutcome::Found(Zone {
            apex: "example.com".to_owned(),
            name_servers: (0..16).map(|n| Stuff::Names.name(n)).collect(),
        })
    }

    async fn observe(&self, questions: &[Question]) -> Vec<Observation> {
        questions
            .iter()
            .map(|question| self.see(question))
            .collect()
    }

    async fn observe_source(&self, questions: &[Question]) -> Vec<Observation> {
        self.observe(questions).await
    }

    async fn ask_again(&self, questions: &[Question]) -> Vec<SecondLook> {
        let again = |question: &Question| SecondLook {
            question: question.clone(),
            listed: 0,
            answers: Vec::new(),
        };
        questions.iter().map(again).collect()
    }
}

/// A domain that waits for SES, below its zone, with everything as long as possible.
fn domain(ids: &SequentialIds) -> Domain {
    let label = "m".repeat(60);
    let mut new = new_domain("maple", &format!("{label}.{label}.example.com"));
    new.client = client(&"c".repeat(128));
    new.community = Some(Community::parse(&"\u{1f3e1}".repeat(128)).unwrap());
    new.contact_email =
        Some(EmailAddress::parse(&format!("{}@example.com", "d".repeat(64))).unwrap());
    let now = TestClock::default().now();
    let added = Domain::add(new, State::provisioning(), None, Actor::Service, now, ids).domain;
    let trigger = Trigger::Provisioned(identity(&domain_name("short.com")));
    let moved = added.transition(trigger, Actor::Service, None, now, ids);
    moved.unwrap().domain
}

fn table() -> Table {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .build();
    Table::new(Client::from_conf(config), "never-asked".to_owned())
}

/// Everything that is written about a look, and its largest item. `later` is the time to live at a
/// second look with the same content.
fn check(dns: &HostileDns, later: u32, table: &Table) {
    let (clock, ids) = (TestClock::default(), SequentialIds::default());
    let domain = domain(&ids);
    let success = SesStatus {
        verification: AxisStatus::Success,
        dkim: AxisStatus::Success,
        mail_from: AxisStatus::Success,
    };
    let pending = SesStatus {
        verification: AxisStatus::Pending,
        dkim: AxisStatus::Pending,
        mail_from: AxisStatus::Pending,
    };
    for ses in [None, Some(pending), Some(success)] {
        let look = look_at_dns(dns, &clock, &domain, ses).now_or_never();
        let look = look.unwrap().unwrap();
        let change = after_look(&domain, ses, Some(look.clone()), clock.now(), &ids);
        let stored = change.look.as_ref().unwrap();
        let text = serde_json::to_string(stored).unwrap();
        assert!(text.len() <= MAX_LOOK, "{} {dns:?}", text.len());
        let states = |look: &domain_auth::dns::DnsLook| -> Vec<_> {
            let records = look.diagnosis.records.iter();
            records
                .map(|record| (record.id, record.state, record.code))
                .collect()
        };
        assert_eq!(states(stored), states(&look));

        let later = HostileDns {
            ttl: later,
            ..dns.clone()
        };
        let again = look_at_dns(&later, &clock, &domain, ses).now_or_never();
        let again = after_look(&domain, ses, again.unwrap(), clock.now(), &ids);
        assert_eq!(again.domain.look_digest, change.domain.look_digest);
        small(table, &change, dns);

        let answer = serde_json::to_string(&DomainView::new(&change.domain, Some(&look)));
        let octets = answer.unwrap().len();
        assert!(octets < 90 * 1024, "an answer of {octets} {dns:?}");
        small(table, &ready(change), dns);
    }
}

/// The change that the client's message that it is ready writes after such a look.
fn ready(looked: Change) -> Change {
    let store = MemoryStore::default();
    let (clock, ids) = (TestClock::default(), SequentialIds::default());
    let mut first = looked.clone();
    first.domain.version = 1;
    store.commit(&first).now_or_never().unwrap().unwrap();
    let note = Note::parse(&"\u{1f3e1}".repeat(1_000)).unwrap();
    let actor = Actor::client_admin("s".repeat(2_000));
    let (client, name) = (&looked.domain.client, &looked.domain.name);
    let tools = StoreTools::<TestPorts> {
        store: &store,
        clock: &clock,
        ids: &ids,
    };
    let notified = notify(&tools, (client, name), Some(&note), &actor, true);
    let notified = notified.now_or_never().unwrap().unwrap();
    let history = domain_auth::ports::ReadDomains::history(&store, client, name, 1, None);
    Change {
        domain: notified.domain,
        event: notified.event,
        history: history.now_or_never().unwrap().unwrap().items,
        look: None,
        ..looked
    }
}

fn small(table: &Table, change: &Change, dns: &HostileDns) {
    for octets in table.item_sizes(change).unwrap() {
        assert!(octets < MAX_ITEM, "an item of {octets} {dns:?}");
    }
}

#[test]
fn a_zone_with_one_kind_of_content_is_stored_in_small_items() {
    let table = table();
    for stuff in ALL {
        let dns = HostileDns {
            stuff: vec![stuff],
            seed: 0,
            ttl: u32::MAX,
        };
        check(&dns, 60, &table);
    }
}

proptest! {
    // Each case makes and judges some hundred messages of 64 KB.
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn the_stored_look_of_any_zone_is_small(
        stuff in proptest::collection::vec(proptest::sample::select(&ALL[..]), 1..5),
        seed in any::<u64>(),
        ttl in any::<u32>(),
    ) {
        // If servers disagree, the message states the TTL. A different TTL in the second look would
        // change the message, so it has the same one.
        check(&HostileDns { stuff, seed, ttl }, ttl, &table());
    }
}
