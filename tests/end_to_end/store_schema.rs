//! The schema of the table: the items of this release, and those of the previous release.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain_auth::dns::{DnsLook, MAX_LOOK, ZoneOutcome};
use domain_auth::domain::{Challenger, Change, Domain};
use domain_auth::evidence::Evidence;
use domain_auth::final_step::MANUAL;
use domain_auth::history::{Action, Actor, HistoryEntry};
use domain_auth::ports::{
    Clock, CommitChanges, CommitError, Due, DueDomains, ListFilter, Meter, Outbox, PageStart,
    ReadDomains, StaffQueue, StoreFailure,
};
use domain_auth::state::{QueuePart, Status};
use domain_auth::use_cases::look::look_at_dns;
use domain_auth::use_cases::poll::{Counter, Poller, Settings};
use domain_auth::use_cases::{SesBudget, StoreTools};
use domain_auth_aws::{SCHEMA_VERSION, SystemIds, Table};
use domain_auth_testkit::{
    FakeDns, FakeSes, RecordingMeter, RecordingTopic, TestClock, client, domain_name,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::Suite;
use crate::registers::TablePorts;
use crate::store::{added, copy_of_table, now};
use crate::store_kinds::{CLIENT, LONG_LIFE, every_kind};
use crate::world::Shared;

/// The file for the table of this release, if it is set.
const WRITE_TABLE: &str = "WRITE_TABLE";
/// The table of the first release.
const FIRST_RELEASE: &str = include_str!("../../shared/aws/fixtures/table-1.json");
/// The maximum size, in octets, of an item as DynamoDB JSON, which is larger than the item.
const MAX_ITEM: usize = 100 * 1024;

type Item = HashMap<String, AttributeValue>;

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "every_item_of_the_table_has_the_schema_version",
        async |world: Shared| {
            let (table, client, name) = table(&world, "every-kind").await;
            every_kind(&table).await;
            let items = all_items(&client, &name).await;
            for item in &items {
                let version = item["schema"].as_n().unwrap();
                assert_eq!(*version, SCHEMA_VERSION.to_string(), "{item:?}");
                let octets = json_of(item).to_string().len();
                assert!(octets < MAX_ITEM, "{octets} {item:?}");
            }
            if let Some(file) = std::env::var_os(WRITE_TABLE) {
                let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
                write(&root.join(file), &items);
            }
        },
    );
    suite.shared(
        "the_table_of_the_first_release_is_listed_read_and_polled",
        async |world: Shared| Box::pin(first_release(&world)).await,
    );
    suite.shared(
        "the_table_skips_unreadable_items_and_continues",
        async |world: Shared| unreadable(&world).await,
    );
    suite.shared(
        "the_table_stores_a_change_that_is_too_large_without_its_details",
        async |world: Shared| Box::pin(too_large(&world)).await,
    );
}

async fn table(world: &Shared, name: &str) -> (Table, Client, String) {
    let client = Client::new(&world.aws().await);
    let name = copy_of_table(world, name).await;
    (Table::new(client.clone(), name.clone()), client, name)
}

async fn first_release(world: &Shared) {
    let (table, raw, name) = table(world, "first-release").await;
    let items: Vec<Value> = serde_json::from_str(FIRST_RELEASE).unwrap();
    for item in &items {
        let item = item.as_object().unwrap().iter();
        let item = item.map(|(name, value)| (name.clone(), attribute(value)));
        let put = raw.put_item().table_name(&name);
        put.set_item(Some(item.collect())).send().await.unwrap();
    }
    let maple = client(CLIENT);
    let all = ListFilter::default();
    let listed = table.domains(&maple, &all, 100, None).await.unwrap();
    assert_eq!(listed.items.len(), Status::ALL.len() + 1);
    let parts: Vec<QueuePart> = QueuePart::all().collect();
    let waiting = table.waiting(&parts, 100, None).await.unwrap();
    assert_eq!(waiting.items.len(), listed.items.len());

    // This release continues the table of the first release: its line of history is the newest.
    let long_life = domain_name(LONG_LIFE);
    let before = history(&table, &long_life, 100).await;
    assert_eq!(before[0].action, Action::Readded);
    let domain = table.domain(&maple, &long_life).await.unwrap().unwrap();
    let earlier = before[0].at - SignedDuration::from_hours(1);
    let stuck = domain.stuck(earlier, &SystemIds);
    table.commit(&stuck).await.unwrap();
    for page in [1, 3, 100] {
        let after = history(&table, &long_life, page).await;
        assert_eq!(after[0].action, Action::Stuck);
        assert_eq!(after[1..], before[..], "in pages of {page}");
    }

    let clock = TestClock::default();
    clock.advance(SignedDuration::from_hours(24 * 365));
    let (ses, dns) = (FakeSes::default(), FakeDns::default());
    for domain in &listed.items {
        ses.add_orphan(&domain.name, CLIENT);
    }
    let (topic, budget) = (RecordingTopic::default(), SesBudget::per_second(1));
    let tools = StoreTools::<TablePorts<TestClock>> {
        store: &table,
        clock: &clock,
        ids: &SystemIds,
    };
    let poller = Poller {
        tools: tools.with_ses(&ses, &budget).with_dns(&dns),
        publisher: &topic,
        settings: Settings::default(),
        final_step: &MANUAL,
    };
    let report = Box::pin(poller.run(clock.now() + SignedDuration::from_secs(59))).await;
    let report = report.unwrap();
    assert_eq!(report[Counter::Due], listed.items.len(), "{report:?}");
    assert_eq!(
        (report[Counter::Errors], report[Counter::Refused]),
        (0, 0),
        "{report:?}"
    );
    // The first release has published one event.
    let events = items.iter().filter(|item| item["sk"]["S"] == "EVENT");
    assert!(
        report[Counter::Published] >= events.count() - 1,
        "{report:?}"
    );
    assert_eq!(table.unpublished_after(None, 100).await.unwrap(), []);
}

/// All lines, newest first, read in pages.
async fn history(
    table: &Table,
    name: &domain_auth::names::DomainName,
    limit: usize,
) -> Vec<HistoryEntry> {
    let (maple, mut lines) = (client(CLIENT), Vec::new());
    let mut start: Option<PageStart> = None;
    loop {
        let page = table.history(&maple, name, limit, start.as_ref());
        let page = page.await.unwrap();
        lines.extend(page.items);
        start = page.next;
        if start.is_none() {
            return lines;
        }
    }
}

async fn unreadable(world: &Shared) {
    let (table, raw, name) = table(world, "unreadable").await;
    let meter = Arc::new(RecordingMeter::default());
    let table = table.with_meter(Arc::clone(&meter) as Arc<dyn Meter>);
    let counted = || meter.values("UnreadableItems", None).len();
    let mut changes = Vec::new();
    for n in 0..4 {
        let at = now() + SignedDuration::from_secs(n);
        let change = added("maple", &format!("d{n}.com"), at, at);
        table.commit(&change).await.unwrap();
        changes.push(change);
    }
    let set = async |pk: &str, sk: &str, attribute: &str, value: AttributeValue| {
        let update = raw.update_item().table_name(&name);
        let update = update
            .key("pk", AttributeValue::S(pk.to_owned()))
            .key("sk", AttributeValue::S(sk.to_owned()))
            .update_expression("SET #name = :value")
            .expression_attribute_names("#name", attribute)
            .expression_attribute_values(":value", value);
        update.send().await.unwrap();
    };
    let later = AttributeValue::N((SCHEMA_VERSION + 1).to_string());
    // The two that have been due longest, and the first two events.
    set("CLIENT#maple", "DOMAIN#d0.com", "schema", later.clone()).await;
    let damaged = AttributeValue::S("damaged".to_owned());
    set("CLIENT#maple", "DOMAIN#d1.com", "state", damaged.clone()).await;
    for change in &changes[..2] {
        let pk = format!("EVENT#{}", change.event.as_ref().unwrap().event_id);
        set(&pk, "EVENT", "severity", damaged.clone()).await;
    }
    let names = |domains: &[Domain]| -> Vec<String> {
        let names = domains.iter().map(|domain| domain.name.to_string());
        names.collect()
    };

    let (maple, all) = (client("maple"), ListFilter::default());
    let list = table.domains(&maple, &all, 10, None).await.unwrap();
    assert_eq!(names(&list.items), ["d2.com", "d3.com"]);
    let queue = [QueuePart::InState(Status::Provisioning)];
    let queue = table.waiting(&queue, 10, None).await.unwrap();
    assert_eq!(names(&queue.items), ["d2.com", "d3.com"]);
    let one = table.domain(&client("maple"), &domain_name("d0.com")).await;
    assert_eq!(one.unwrap_err().failure, StoreFailure::Unreadable);
    assert_eq!(counted(), 5);

    // They take places in this run, but in no other run for an hour.
    let minute = now() + SignedDuration::from_mins(1);
    let due = async |at: Timestamp| table.due(Due::Provisioning, at, 2).await.unwrap();
    assert_eq!(due(minute).await, []);
    assert_eq!(names(&due(minute).await), ["d2.com", "d3.com"]);
    assert_eq!(counted(), 7);
    let hour = minute + SignedDuration::from_hours(1);
    let all = table.due(Due::Provisioning, hour, 10).await.unwrap();
    assert_eq!(names(&all), ["d2.com", "d3.com"]);
    assert_eq!(counted(), 9, "both are tried again");

    // Pages of one event: unreadable events do not end the list.
    let first = table.unpublished_after(None, 1).await.unwrap();
    assert_eq!(first, [changes[2].event.clone().unwrap()]);
    let second = table.unpublished_after(first.last(), 1).await.unwrap();
    assert_eq!(second, [changes[3].event.clone().unwrap()]);
    let none = table.unpublished_after(second.last(), 1).await.unwrap();
    assert_eq!(none, []);
    assert_eq!(counted(), 11, "once, not in every run");

    // The version protects data that this release does not know.
    let again = table.commit(&added("maple", "d0.com", now(), now())).await;
    assert!(matches!(again, Err(CommitError::Conflict)), "{again:?}");
}

async fn too_large(world: &Shared) {
    let (table, _, _) = table(world, "too-large").await;
    let first = added("maple", "example.com", now(), now());
    table.commit(&first).await.unwrap();
    let (maple, name) = (client("maple"), domain_name("example.com"));
    let (clock, dns) = (TestClock::default(), FakeDns::default());

    // Details larger than this release would ever write.
    let mut change = first.domain.stuck(now(), &SystemIds);
    let details: Vec<String> = (0..60_000).map(|n| format!("detail {n}")).collect();
    let evidence = json!({ "reason": "kept", "details": details });
    change.history[0].evidence = Some(Evidence::stored(Action::Stuck, evidence));
    change.look = Some(DnsLook::new(
        ZoneOutcome::NoSuchDomain,
        look_at(&dns, &clock, &first).await.diagnosis,
        Vec::new(),
        &[],
    ));
    change.domain.look_digest = Some(7);
    table.commit(&change).await.unwrap();
    let stored = table.domain(&maple, &name).await.unwrap().unwrap();
    assert_eq!((stored.version, stored.look_digest), (2, None));
    assert_eq!(stored.stuck_at, Some(now()));
    assert_eq!(table.look(&maple, &name).await.unwrap(), None);
    let line = table.history(&maple, &name, 1, None).await.unwrap().items;
    let evidence = json!({ "reason": "kept", "left_out": 1 });
    let kept = line[0].evidence.as_ref().map(Evidence::for_support);
    assert_eq!(kept, Some(evidence));
    assert_eq!(table.unpublished_after(None, 10).await.unwrap().len(), 2);

    // The domain itself, in a single write and in a transaction: nothing is written.
    let rival = |n| Challenger {
        client: client(&format!("{n}{}", "c".repeat(100))),
        name: name.clone(),
    };
    let alone = stored.updated(|domain| domain.challengers = (0..4_000).map(rival).collect());
    let mut both = alone.clone();
    both.history = change.history.clone();
    for change in [&alone, &both] {
        match table.commit(change).await {
            Err(CommitError::Store(error)) => assert_eq!(error.failure, StoreFailure::TooLarge),
            other => panic!("{other:?}"),
        }
    }
    let same = table.domain(&maple, &name).await.unwrap().unwrap();
    assert_eq!(same, stored);

    // It backs off, unless it was changed since it was read.
    let hour = now() + SignedDuration::from_hours(1);
    let due = async |at| table.due(Due::Provisioning, at, 10).await.unwrap().len();
    table.postpone(&first.domain, hour).await.unwrap();
    assert_eq!(due(now()).await, 1, "another version");
    table.postpone(&stored, hour).await.unwrap();
    assert_eq!((due(now()).await, due(hour).await), (0, 1));
    table
        .postpone(&stored, hour + SignedDuration::from_hours(1))
        .await
        .unwrap();
    assert_eq!(due(hour).await, 0, "once more");
}

async fn look_at(dns: &FakeDns, clock: &TestClock, added: &Change) -> DnsLook {
    use domain_auth::state::Trigger;
    let identity = domain_auth_testkit::identity(&added.domain.name);
    let provisioned = Trigger::Provisioned(identity);
    let moved = added
        .domain
        .transition(provisioned, Actor::Service, None, now(), &SystemIds);
    let look = look_at_dns(dns, clock, &moved.unwrap().domain, None)
        .await
        .unwrap();
    assert!(serde_json::to_vec(&look).unwrap().len() < MAX_LOOK);
    look
}

/// A scan of all items.
async fn all_items(client: &Client, table: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut pages = client
        .scan()
        .table_name(table)
        .into_paginator()
        .items()
        .send();
    while let Some(item) = pages.next().await {
        items.push(item.unwrap());
    }
    items
}

/// As DynamoDB JSON, sorted by key, one item per line.
fn write(file: &Path, items: &[Item]) {
    let mut lines: Vec<(String, String)> = items
        .iter()
        .map(json_of)
        .map(|item| (format!("{} {}", item["pk"], item["sk"]), item.to_string()))
        .collect();
    lines.sort();
    let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    std::fs::write(file, format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
}

fn json_of(item: &Item) -> Value {
    let members = item.iter();
    members
        .map(|(name, value)| (name.clone(), dynamodb_json(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The attribute in DynamoDB JSON.
fn attribute(value: &Value) -> AttributeValue {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    let text = || value.as_str().unwrap().to_owned();
    match kind.as_str() {
        "S" => AttributeValue::S(text()),
        "N" => AttributeValue::N(text()),
        "BOOL" => AttributeValue::Bool(value.as_bool().unwrap()),
        "NULL" => AttributeValue::Null(true),
        "L" => AttributeValue::L(value.as_array().unwrap().iter().map(attribute).collect()),
        "M" => {
            let members = value.as_object().unwrap().iter();
            let members = members.map(|(name, value)| (name.clone(), attribute(value)));
            AttributeValue::M(members.collect())
        }
        other => panic!("the table has no such attribute: {other}"),
    }
}

fn dynamodb_json(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(word) => json!({ "BOOL": word }),
        AttributeValue::Null(_) => json!({ "NULL": true }),
        AttributeValue::L(list) => {
            json!({ "L": list.iter().map(dynamodb_json).collect::<Vec<_>>() })
        }
        AttributeValue::M(map) => {
            let members = map.iter();
            let members = members.map(|(name, value)| (name.clone(), dynamodb_json(value)));
            json!({ "M": members.collect::<serde_json::Map<_, _>>() })
        }
        other => panic!("the table has no such attribute: {other:?}"),
    }
}
