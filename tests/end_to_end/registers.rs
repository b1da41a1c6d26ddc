//! The claims under one domain at the sizes at which they once failed: a register full of names
//! that were given up, a register full of names in use, the proof of a domain with 1,300 names of
//! another client below it, and another public suffix list. Runs on the emulator's DynamoDB, which
//! has the limits of the real one.

use std::marker::PhantomData;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use domain_auth::claims::ClaimRegister;
use domain_auth::domain::Domain;
use domain_auth::final_step::MANUAL;
use domain_auth::history::Actor;
use domain_auth::limits::AdditionLimits;
use domain_auth::names::{DomainName, Eligibility, Note, SuffixList};
use domain_auth::ports::{Clock, CommitChanges, Outbox, Ports, ReadClaims, ReadDomains};
use domain_auth::state::{State, Status, Trigger};
use domain_auth::use_cases::add::{self, Addition};
use domain_auth::use_cases::check::{CheckLimits, check};
use domain_auth::use_cases::poll::{Poller, Settings};
use domain_auth::use_cases::provision::{self, Provisioned};
use domain_auth::use_cases::registers::find;
use domain_auth::use_cases::release::{Order, Verdict, release};
use domain_auth::use_cases::remove::{self, Confirmation};
use domain_auth::use_cases::sender_policies::NamesBelow;
use domain_auth::use_cases::senders;
use domain_auth::use_cases::{SesBudget, StoreTools, Tools};
use domain_auth_aws::{SystemClock, SystemIds, Table};
use domain_auth_testkit::{
    FakeDns, FakeSes, RecordingTopic, client, domain_name, identity, new_domain, organizational,
};
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::Suite;
use crate::store::{added, copy_of_table, now};
use crate::world::Shared;

pub(crate) const NAME: &str = "example.com";

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "a_register_filled_by_1280_released_names_still_works",
        filled_by_tombstones,
    );
    suite.shared(
        "a_register_filled_by_names_in_use_still_accepts_a_proof",
        filled_by_names_in_use,
    );
    suite.shared(
        "a_domain_with_1300_names_of_another_below_it_is_taken_over_in_steps",
        taken_in_steps,
    );
    suite.shared(
        "a_larger_public_suffix_list_changes_no_stored_claim",
        larger_list,
    );
}

pub(crate) async fn table(world: &Shared, name: &str) -> Table {
    let name = copy_of_table(world, &format!("registers-{name}")).await;
    Table::new(Client::new(&world.aws().await), name)
}

/// A name of 240 octets below `example.com`.
fn long_name(n: usize) -> DomainName {
    let labels = [
        "a".repeat(63),
        "b".repeat(63),
        "c".repeat(63),
        "d".repeat(27),
    ]
    .join(".");
    domain_name(&format!("n{n:06}.{labels}.{NAME}"))
}

/// A register of about this many bytes as an earlier release wrote it: with names that were given
/// up, or with names that are held.
pub(crate) fn legacy_register(client_id: &str, bytes: usize, released: bool) -> ClaimRegister {
    let at = now().to_string();
    let mut claims = serde_json::Map::new();
    let mut size = 0;
    while size < bytes {
        let name = long_name(claims.len()).to_string();
        let mut claim = json!({ "client": client_id, "since": at });
        if released {
            claim["released_at"] = json!(at);
        }
        size += name.len() + 22 + client_id.len() + at.len();
        size += if released { 13 + at.len() } else { 0 };
        claims.insert(name, claim);
    }
    let register = json!({ "organizational": NAME, "version": 1, "claims": claims });
    serde_json::from_value(register).unwrap()
}

/// A table that no poller changes, with fakes for the other ports.
pub(crate) struct TablePorts<C = SystemClock>(PhantomData<C>);

impl<C: Clock> Ports for TablePorts<C> {
    type Store = Table;
    type Ses = FakeSes;
    type Dns = FakeDns;
    type Publisher = RecordingTopic;
    type Mail = ();
    type Queue = ();
    type Meter = ();
    type Clock = C;
    type Ids = SystemIds;
}

/// The operations of the functions on such a table.
struct Bench {
    table: Table,
    ses: FakeSes,
    dns: FakeDns,
    topic: RecordingTopic,
    clock: SystemClock,
    ids: SystemIds,
    budget: SesBudget,
}

impl Bench {
    async fn new(world: &Shared, name: &str) -> Self {
        Self {
            table: table(world, name).await,
            ses: FakeSes::default(),
            dns: FakeDns::default(),
            topic: RecordingTopic::default(),
            clock: SystemClock,
            ids: SystemIds,
            budget: SesBudget::unlimited(),
        }
    }

    fn tools(&self) -> Tools<'_, TablePorts> {
        let tools = StoreTools {
            store: &self.table,
            clock: &self.clock,
            ids: &self.ids,
        };
        tools.with_ses(&self.ses, &self.budget).with_dns(&self.dns)
    }

    async fn add(&self, list: &Eligibility, client_id: &str, name: &str) -> Domain {
        let new = new_domain(client_id, name);
        let (tools, none) = (self.tools(), AdditionLimits::NONE);
        let added = add::add(&tools, list, &new, &Actor::Service, none).await;
        let change = match added.unwrap() {
            Addition::Existing(domain) | Addition::ForOneMore(domain, _) => return *domain,
            Addition::Created(change) => change,
        };
        match Box::pin(provision::provision(&tools, change.domain))
            .await
            .unwrap()
        {
            Provisioned::Done(domain) | Provisioned::Waits(domain) => domain,
            Provisioned::Later(domain, _) => domain,
        }
    }

    async fn remove(&self, client_id: &str, name: &str) {
        let (client, name) = (client(client_id), domain_name(name));
        let (store, tools) = (&self.table, self.tools());
        let (domain, given) = ((&client, &name), Confirmation::Given);
        let marked = Box::pin(remove::mark(&tools, domain, given, &Actor::Service)).await;
        let marked = marked.unwrap().expect("it was not marked before");
        if store.domain(&client, &name).await.unwrap().is_some() {
            Box::pin(remove::finish(&tools, marked.domain))
                .await
                .unwrap();
        }
        assert_eq!(store.domain(&client, &name).await.unwrap(), None);
    }

    async fn status(&self, client_id: &str, name: &str) -> Status {
        let read = self
            .table
            .domain(&client(client_id), &domain_name(name))
            .await;
        read.unwrap().expect("a domain").state.status()
    }

    async fn register(&self, name: &str) -> ClaimRegister {
        let found = find(&self.table, &domain_name(name), organizational(name)).await;
        found.unwrap().register
    }

    async fn publish_proof(&self, client_id: &str, name: &str) {
        let read = self
            .table
            .domain(&client(client_id), &domain_name(name))
            .await;
        self.dns
            .publish(&read.unwrap().expect("a domain").records()[0]);
    }

    /// A run of the poller. Returns how long it took.
    async fn poll(&self) -> Duration {
        let poller = Poller {
            tools: self.tools(),
            publisher: &self.topic,
            settings: Settings::default(),
            final_step: &MANUAL,
        };
        let started = Instant::now();
        let deadline = self.clock.now() + SignedDuration::from_secs(59);
        Box::pin(poller.run(deadline)).await.unwrap();
        started.elapsed()
    }
}

async fn filled_by_tombstones(world: Shared) {
    let bench = Bench::new(&world, "filled").await;
    let list = Eligibility::default();
    let full = legacy_register("maple", 398_000, true);
    let names = serde_json::to_value(&full).unwrap()["claims"]
        .as_object()
        .unwrap()
        .len();
    assert!(names > 1_100, "{names}");
    let mut first = added("maple", NAME, now(), now());
    first.domain.name = domain_name("first.example.com");
    first.domain.next_check = Timestamp::MAX;
    first.claims = Some(full);
    bench.table.commit(&first).await.unwrap();

    let size = async || {
        let register = bench.table.claims(NAME).await.unwrap();
        serde_json::to_vec(&register).unwrap().len()
    };
    let before = size().await;
    let mail = bench.add(&list, "oak", "mail.example.com").await;
    assert_eq!(mail.state.status(), Status::Pending, "the owner has room");
    assert!(size().await < before, "each write moves some of them out");

    let apex = bench.add(&list, "cedar", NAME).await;
    assert_eq!(apex.state.status(), Status::Contested);
    bench.publish_proof("cedar", NAME).await;
    bench.poll().await;
    assert_eq!(
        bench.register(NAME).await.holder(&domain_name(NAME)),
        Some(&client("cedar"))
    );
    bench.remove("oak", "mail.example.com").await;
    let (cedar, apex) = (client("cedar"), domain_name(NAME));
    let (store, clock) = (&bench.table, &bench.clock);
    let whose = (&cedar, &apex);
    let order = Order {
        verdict: Verdict::End,
        reason: Note::parse("It was sold.").unwrap(),
        confirmed: true,
    };
    let released = release(&bench.tools(), whose, &order, &Actor::Service).await;
    assert_eq!(released.unwrap().domain.state.status(), Status::Contested);

    // A name that was given up, inside or outside the register, needs proof if another client adds
    // it, but not if its former client does.
    let moved = store.tombstone(&long_name(0)).await.unwrap();
    assert!(moved.is_some_and(|moved| moved.client == client("maple") && !moved.lost));
    assert_eq!(
        store.tombstone(&long_name(900)).await.unwrap(),
        None,
        "not moved yet"
    );
    for n in [0, 900] {
        let name = long_name(n);
        let found = find(store, &name, NAME).await.unwrap();
        let contested = domain_auth::claims::Standing::Contested;
        assert_eq!(
            found.standing(&name, &client("oak"), clock.now()),
            contested,
            "{n}"
        );
        assert_ne!(
            found.standing(&name, &client("maple"), clock.now()),
            contested,
            "{n}"
        );
    }
}

async fn filled_by_names_in_use(world: Shared) {
    let bench = Bench::new(&world, "in-use").await;
    let list = Eligibility::default();
    let full = legacy_register("maple", 398_000, false);
    let mut first = added("maple", NAME, now(), now());
    first.domain.name = domain_name("first.example.com");
    first.domain.next_check = Timestamp::MAX;
    first.claims = Some(full);
    bench.table.commit(&first).await.unwrap();

    // Without a proof there is no room; with a proof there is room for this name, and then for
    // other names too.
    let mail = bench.add(&list, "oak", "mail.example.com").await;
    assert_eq!(mail.state.status(), Status::Contested);
    let apex = bench.add(&list, "cedar", NAME).await;
    assert_eq!(apex.state.status(), Status::Contested);
    bench.publish_proof("cedar", NAME).await;
    let mut runs = 0;
    while bench.status("cedar", NAME).await == Status::Contested {
        let took = bench.poll().await;
        assert!(took < Duration::from_secs(57), "a run took {took:?}");
        runs += 1;
        assert!(runs < 20, "it comes to an end");
    }
    let register = bench.register(NAME).await;
    assert_eq!(register.holder(&domain_name(NAME)), Some(&client("cedar")));
    assert!(register.size() < 1_000, "{}", register.size());
}

#[expect(
    clippy::too_many_lines,
    reason = "one takeover from its beginning to its end"
)]
async fn taken_in_steps(world: Shared) {
    const COUNT: usize = 1_300;
    let bench = Bench::new(&world, "steps").await;
    let name_of = |n: usize| {
        domain_name(&format!(
            "n{n:04}.{}.{}.{NAME}",
            "a".repeat(63),
            "b".repeat(63)
        ))
    };
    let at = bench.clock.now();
    let mut claims = (0..COUNT).fold(ClaimRegister::empty(NAME), |claims, n| {
        claims.taken(&name_of(n), &client("maple"), at)
    });
    claims.version = 1;
    let pending = (0..COUNT).map(|n| {
        let new = new_domain("maple", name_of(n).as_str());
        let added = Domain::add(
            new,
            State::provisioning(),
            None,
            Actor::Service,
            at,
            &SystemIds,
        );
        let provisioned = Trigger::Provisioned(identity(&added.domain.name));
        let pending = added
            .domain
            .transition(provisioned, Actor::Service, None, at, &SystemIds);
        let mut pending = pending.unwrap();
        pending.domain.version = 1;
        pending.domain.next_check = Timestamp::MAX;
        pending.domain.organizational = Some(NAME.to_owned());
        (pending.history, pending.event) = (Vec::new(), None);
        pending.claims = (n == 0).then(|| claims.clone());
        pending
    });
    let written = futures::stream::iter(pending)
        .map(|change| async move { change })
        .buffer_unordered(16);
    let table = &bench.table;
    written
        .for_each_concurrent(
            16,
            |change| async move { table.commit(&change).await.unwrap() },
        )
        .await;

    let list = Eligibility::default();
    assert_eq!(
        bench.add(&list, "cedar", NAME).await.state.status(),
        Status::Contested
    );
    bench.publish_proof("cedar", NAME).await;
    let (cedar, name) = (client("cedar"), domain_name(NAME));
    let started = Instant::now();
    let checked = Box::pin(check(
        &bench.tools(),
        &MANUAL,
        (&cedar, &name),
        &Actor::Service,
        CheckLimits::default(),
    ))
    .await;
    let took = started.elapsed();
    assert!(took < Duration::from_secs(20), "the check took {took:?}");
    let domain = checked.unwrap().change.domain;
    if let State::Contested(contested) = &domain.state {
        assert!(contested.taking_over_since.is_some(), "{domain:?}");
    }
    let mut runs = 0;
    while bench.status("cedar", NAME).await == Status::Contested {
        let took = bench.poll().await;
        assert!(took < Duration::from_secs(57), "a run took {took:?}");
        runs += 1;
        assert!(runs < 20, "it comes to an end");
    }
    let register = bench.register(NAME).await;
    assert_eq!(register.holder(&name), Some(&cedar));
    assert!(register.size() < 1_000, "{}", register.size());
    for n in [0, COUNT / 2, COUNT - 1] {
        assert_eq!(
            bench.status("maple", name_of(n).as_str()).await,
            Status::Contested
        );
        let tombstone = bench.table.tombstone(&name_of(n)).await.unwrap();
        assert!(tombstone.is_some_and(|tombstone| tombstone.lost));
    }
    // Each of them is told once.
    let mut told: Vec<String> = Vec::new();
    for event in bench.topic.events() {
        told.push(event.event_id.to_string());
    }
    let mut waiting = bench.table.unpublished_after(None, 2_000).await.unwrap();
    waiting.retain(|event| !told.contains(&event.event_id.to_string()));
    let events = bench.topic.events();
    let of_maple = events
        .iter()
        .chain(&waiting)
        .filter(|event| event.client == client("maple"));
    let mut domains: Vec<String> = of_maple.map(|event| event.domain.to_string()).collect();
    domains.sort_unstable();
    domains.dedup();
    assert_eq!(domains.len(), COUNT);
}

/// The list in which `builder.site` is a suffix.
fn larger() -> Eligibility {
    fn of(name: &str) -> Option<&str> {
        let Some(above) = name.strip_suffix(".builder.site") else {
            return (name != "builder.site").then(|| organizational(name));
        };
        let label = above.rsplit('.').next().unwrap_or(above);
        Some(&name[above.len() - label.len()..])
    }
    Eligibility::default().with_suffixes(SuffixList::new(of))
}

async fn larger_list(world: Shared) {
    let bench = Bench::new(&world, "lists").await;
    let (before, after) = (Eligibility::default(), larger());
    let name = "maple.builder.site";
    let held = bench.add(&before, "maple", name).await;
    assert_eq!(held.organizational.as_deref(), Some("builder.site"));
    bench.ses.verify(&domain_name(name));
    bench.poll().await;
    assert_eq!(bench.status("maple", name).await, Status::Verified);
    for wanted in [name, "mail.maple.builder.site"] {
        let contested = bench.add(&after, "cedar", wanted).await;
        assert_eq!(contested.state.status(), Status::Contested, "{wanted}");
    }
    for address in ["a@maple.builder.site", "a@mail.maple.builder.site"] {
        let below = NamesBelow {
            dns: &bench.dns,
            clock: &SystemClock,
        };
        let maple = client("maple");
        let verdict = senders::judge(&bench.table, &below, &after, &maple, address).await;
        let verdict = verdict.unwrap();
        let by = matches!(&verdict, senders::Verdict::Covered { by, .. } if by.as_str() == name);
        assert!(by, "{address}: {verdict:?}");
    }
    // A name without a holder follows the new list, next to the old claim.
    let beside = bench.add(&after, "oak", "oak.builder.site").await;
    assert_eq!(beside.organizational.as_deref(), Some("oak.builder.site"));
    assert_eq!(beside.state.status(), Status::Pending);
    bench.remove("maple", name).await;
    let old = bench.table.claims("builder.site").await.unwrap();
    assert_eq!(
        old.holder(&domain_name(name)),
        None,
        "it is released where it was held"
    );
    let again = bench.add(&after, "pine", name).await;
    assert_eq!(
        again.state.status(),
        Status::Contested,
        "and needs proof of another client"
    );
}
