//! Erasing a client: in the deployed table, and over HTTP with the poller.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain_auth::erasure::{EraseClients, Erasure};
use domain_auth::event::Side;
use domain_auth::history::{Actor, HistoryEntry};
use domain_auth::instructions::{CountInstructions, Day, Recipient};
use domain_auth::limits::{
    AdditionLimits, ClientCountChange, OwnLimits, ReadClientRecord, SetLimits,
};
use domain_auth::names::EmailAddress;
use domain_auth::ports::{CommitChanges, CommitError, Outbox, ReadClaims, ReadDomains};
use domain_auth::state::Status;
use domain_auth_aws::Table;
use domain_auth_testkit::{MemoryStore, client, domain_name};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::Suite;
use crate::requests::assert_problem;
use crate::store::{added, copy_of_table, now};
use crate::store_kinds::{CLIENT, EveryStore, LONG_LIFE, PERSONS, every_kind};
use crate::world::{Answer, Shared, answer_to, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "the_table_erases_every_kind_of_item_of_a_client",
        async |world: Shared| {
            let client = Client::new(&world.aws().await);
            let name = copy_of_table(&world, "erased").await;
            let table = Table::new(client.clone(), name.clone());
            Box::pin(every_item(&table)).await;
            let items = texts_of(&client, &name).await;
            assert_no_person(&items);
            let memory = MemoryStore::default();
            Box::pin(every_item(&memory)).await;
            assert_no_person(&[memory.contents()]);
        },
    );
    suite.shared(
        "an_erasure_also_scans_the_table_for_records_that_no_index_has",
        async |world: Shared| {
            let client = Client::new(&world.aws().await);
            let name = copy_of_table(&world, "swept").await;
            Box::pin(without_entries(&client, &name)).await;
        },
    );
    suite.shared(
        "unreadable_domains_do_not_prevent_the_erasure_of_a_clients_other_records",
        async |world: Shared| {
            let client = Client::new(&world.aws().await);
            let name = copy_of_table(&world, "erased-unreadable").await;
            Box::pin(beside_unreadable_domains(&client, &name)).await;
        },
    );
    suite.shared(
        "the_table_lets_only_one_erasure_of_a_client_continue",
        async |world: Shared| {
            let client = Client::new(&world.aws().await);
            let table = Table::new(client, copy_of_table(&world, "erasures").await);
            Box::pin(one_at_a_time(&table)).await;
            Box::pin(one_at_a_time(&MemoryStore::default())).await;
        },
    );
    suite.alone("an_erased_client_leaves_no_person_in_the_table", erased);
}

fn assert_no_person(items: &[String]) {
    for item in items {
        for person in PERSONS {
            assert!(!item.contains(person), "{person} in {item}");
        }
    }
}

/// Every item of a table, its key included.
pub(crate) async fn texts_of(client: &Client, name: &str) -> Vec<String> {
    let pages = client.scan().table_name(name).into_paginator().items();
    let items: Vec<HashMap<String, AttributeValue>> =
        pages.send().collect::<Result<_, _>>().await.unwrap();
    assert!(!items.is_empty());
    items.iter().map(|item| format!("{item:?}")).collect()
}

/// An event of another client that has the contact of the client, and a contact of its own.
async fn others_event<S: CommitChanges>(store: &S) {
    let mut change = added("cedar-homes", "cedar.example.org", now(), now());
    let side = |of: &str, contact| Side {
        client: client(of),
        domain: domain_name("cedar.example.org"),
        status: Status::Verified,
        state_since: now(),
        contact_email: Some(EmailAddress::parse(contact).unwrap()),
        path: "/staff".to_owned(),
    };
    let event = change.event.as_mut().expect("an event");
    event.other_sides = vec![
        side("oak-homes", "kim@oak.example"),
        side(CLIENT, "dana@example.com"),
        side(CLIENT, "dana@example.com"),
    ];
    store.commit(&change).await.unwrap();
}

/// Reads the whole table. Returns how many records were erased.
async fn swept<S: EraseClients>(store: &S) -> u64 {
    let (maple, mut start, mut erased) = (client(CLIENT), None, 0);
    loop {
        let part = store.sweep(&maple, start.as_ref()).await.unwrap();
        erased += part.erased;
        start = part.next;
        if start.is_none() {
            return erased;
        }
    }
}

/// The keys of what `lasso-ops export` shows of the client.
async fn exported(table: &Table) -> BTreeSet<String> {
    let items = table.kept_of(&client(CLIENT)).await.unwrap();
    let key = |item: &serde_json::Value| format!("{} {}", text(&item["pk"]), text(&item["sk"]));
    let keys: BTreeSet<String> = items.iter().map(key).collect();
    assert_eq!(keys.len(), items.len(), "each once");
    keys
}

/// As earlier releases wrote lines of history, events and links.
async fn without_entries(client_: &Client, name: &str) {
    let table = Table::new(client_.clone(), name.to_owned());
    every_kind(&table).await;
    others_event(&table).await;
    let exported = exported(&table).await;
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let items = client_.scan().table_name(name).into_paginator().items();
    let items: Vec<HashMap<String, AttributeValue>> =
        items.send().collect::<Result<_, _>>().await.unwrap();
    let mut without = 0;
    for mut item in items {
        let entry = item.get("queue_pk").cloned();
        if entry != Some(text(&format!("CLIENT#{CLIENT}"))) {
            continue;
        }
        // Keys of requests had only an owner, and live for a day.
        if item["pk"].as_s().unwrap().starts_with("STAFF#") {
            continue;
        }
        item.remove("queue_pk");
        item.remove("queue_sk");
        let put = client_.put_item().table_name(name).set_item(Some(item));
        put.send().await.unwrap();
        without += 1;
    }
    assert!(without > 30, "{without}");
    assert_eq!(self::exported(&table).await, exported, "by a scan");
    assert!(exported.len() > 30, "{exported:?}");
    let others = exported.iter().filter(|key| key.starts_with("EVENT#"));
    assert!(others.count() > 1, "{exported:?}");
    let erased = swept(&table).await;
    assert!(erased > 30, "{erased}");
    for item in texts_of(client_, name).await {
        // The client's own partition is found without an index.
        if item.contains(&format!("CLIENT#{CLIENT}")) {
            continue;
        }
        for person in PERSONS {
            assert!(!item.contains(person), "{person} in {item}");
        }
    }
    let maple = client(CLIENT);
    let long_life = domain_name(LONG_LIFE);
    let lines = table.history(&maple, &long_life, 100, None).await.unwrap();
    assert!(lines.items.len() > 20, "what happened stays");
    let waiting = table.unpublished_after(None, 200).await.unwrap();
    let others = waiting.iter().find(|event| event.client != maple).unwrap();
    let contacts = others.other_sides.iter().map(|side| &side.contact_email);
    let contacts: Vec<Option<&str>> = contacts
        .map(|it| it.as_ref().map(EmailAddress::as_str))
        .collect();
    assert_eq!(contacts, [Some("kim@oak.example"), None, None]);
    assert_eq!(swept(&table).await, 0, "it can be repeated");
}

/// More domains than a step reads, as a later release may have written them.
async fn beside_unreadable_domains(client_: &Client, name: &str) {
    let table = Table::new(client_.clone(), name.to_owned());
    let text = |value: String| AttributeValue::S(value);
    for number in 0..12 {
        let item = HashMap::from([
            ("pk".to_owned(), text(format!("CLIENT#{CLIENT}"))),
            (
                "sk".to_owned(),
                text(format!("DOMAIN#x{number:03}.example.com")),
            ),
            ("schema".to_owned(), AttributeValue::N("999".to_owned())),
        ]);
        let put = client_.put_item().table_name(name).set_item(Some(item));
        put.send().await.unwrap();
    }
    let maple = client(CLIENT);
    let to = Recipient::of(&EmailAddress::parse("dns@example.net").unwrap());
    let name_ = domain_name("example.com");
    table
        .count(&maple, &name_, &to, Day::of(now()))
        .await
        .unwrap();
    let first = table.erase_records(&maple, 5).await.unwrap();
    assert_eq!((first.erased, first.left), (1, true), "it is not over");
    let second = table.erase_records(&maple, 5).await.unwrap();
    assert_eq!((second.erased, second.left), (0, true));
    let items = texts_of(client_, name).await;
    let domains = items.iter().filter(|item| item.contains("DOMAIN#"));
    assert_eq!(domains.count(), 12, "they are left as they are");
    let counters = items.iter().filter(|item| item.contains("INSTRUCTIONS#"));
    // One counter is by address only, for all clients.
    assert!(counters.into_iter().all(|item| !item.contains(CLIENT)));
}

/// Writes every kind of item, removes the domains, and erases the client.
async fn every_item<S>(store: &S)
where
    S: EveryStore + EraseClients + ReadClientRecord + SetLimits + ReadClaims,
{
    every_kind(store).await;
    others_event(store).await;
    let (maple, at) = (client(CLIENT), now());
    let own = OwnLimits {
        domains: Some(7),
        added_per_day: None,
        support_emails_per_day: None,
        reason: "Dana asked for them.".to_owned(),
        by: Actor::lasso_support(PERSONS[0]),
        at,
    };
    store.set_limits(&maple, &own).await.unwrap();
    let erasure = Erasure::begun_by(own.by.clone(), at);
    store.begin_erasure(&maple, &erasure).await.unwrap();
    let all = domain_auth::ports::ListFilter::default();
    let with_domains = store.erase_records(&maple, 10).await.unwrap();
    assert!(with_domains.left, "there are domains");
    let page = store.domains(&maple, &all, 100, None).await.unwrap();
    assert_eq!(page.items.len(), Status::ALL.len() + 1);
    for domain in page.items {
        let mut change = domain.updated(|_| {});
        change.fate = domain_auth::domain::Fate::Deleted;
        store.commit(&change).await.unwrap();
    }
    // The index is eventually consistent.
    let mut erased = 0;
    let mut clean = 0;
    while clean < 3 {
        let batch = store.erase_records(&maple, 10).await.unwrap();
        erased += batch.erased;
        clean = if batch.erased == 0 && !batch.left {
            clean + 1
        } else {
            0
        };
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(erased > 40, "{erased}");
    assert_eq!(swept(store).await, 1, "the event of another client");
    assert_eq!(swept(store).await, 0, "it can be repeated");
    let name = domain_name(LONG_LIFE);
    let history = store.history(&maple, &name, 100, None).await.unwrap().items;
    assert!(history.len() > 20, "what happened stays");
    for line in &history {
        assert_eq!(*line, HistoryEntry::without_persons(line.clone()));
    }
    // Events that are not published yet are published without personal data.
    let waiting = store.unpublished_after(None, 100).await.unwrap();
    assert!(!waiting.is_empty());
    assert!(waiting.iter().all(|event| event.contact_email.is_none()));
    let record = store.client_record(&maple).await.unwrap();
    assert_eq!(record.own, Some(own), "until the end");
    store.end_erasure(&maple, &erasure, at).await.unwrap();
    let record = store.client_record(&maple).await.unwrap();
    assert_eq!(record.erased(), Some(at));
    assert_eq!((record.own, record.held, record.added), (None, None, None));
}

async fn one_at_a_time<S>(store: &S)
where
    S: EraseClients + ReadClientRecord + CommitChanges + Outbox,
{
    let (maple, at) = (client(CLIENT), now());
    let second = |seconds| at + SignedDuration::from_secs(seconds);
    assert!(!store.knows(&maple).await.unwrap(), "nothing is kept of it");
    let first = Erasure::begun_by(Actor::Service, at);
    assert_eq!(store.begin_erasure(&maple, &first).await.unwrap(), first);
    let other = Erasure::begun_by(Actor::Service, second(1));
    assert_eq!(store.begin_erasure(&maple, &other).await.unwrap(), first);
    let due = async |at: Timestamp| store.erasures_due(at, 10).await.unwrap();
    assert_eq!(due(second(34)).await, []);
    let is_due = std::slice::from_ref(&maple);
    assert_eq!(due(first.next_step).await, is_due);

    // No domain can be added meanwhile.
    let mut change = added(CLIENT, "new.example", at, at);
    change.client_count = Some(ClientCountChange::Added {
        day: Day::of(at),
        within: Some(AdditionLimits::NONE),
    });
    let refused = store.commit(&change).await;
    assert!(matches!(refused, Err(CommitError::Conflict)), "{refused:?}");

    let noted = first.after_step(7, second(40));
    store.note_erasure(&maple, &noted).await.unwrap();
    assert_eq!(due(second(69)).await, []);
    assert_eq!(due(second(70)).await, is_due);
    store.end_erasure(&maple, &other, second(71)).await.unwrap();
    let record = store.client_record(&maple).await.unwrap();
    assert_eq!(record.erasure, Some(noted.clone()), "it is another one");
    store.end_erasure(&maple, &noted, second(72)).await.unwrap();
    let record = store.client_record(&maple).await.unwrap();
    assert_eq!((record.erased(), record.erasure), (Some(second(72)), None));
    assert!(
        store.knows(&maple).await.unwrap(),
        "that it was erased stays"
    );
    assert_eq!(due(second(1_000)).await, []);
    store.note_erasure(&maple, &noted).await.unwrap();
    assert_eq!(due(second(1_000)).await, [], "it is over");

    // Then the client starts again.
    store.commit(&change).await.unwrap();
    let record = store.client_record(&maple).await.unwrap();
    assert_eq!((record.erased(), record.held), (None, Some(1)));
}

async fn erased(world: Shared) {
    let domain = world.fresh_domain();
    let other = world.fresh_domain();
    let (person, note) = ("dana.miller@builders.example", "Dana Miller wrote this");
    let body = json!({
        "domain": domain, "community": "Dana's Corner", "contact_email": person,
    });
    let token = world.other_client_admin();
    let added = world.post_domains(token, body.to_string()).await;
    assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
    world.add(world.client_admin(), &other).await;
    let told = world.request(
        Method::POST,
        &format!("/domains/{domain}/notify"),
        Some(token),
    );
    let told = told.header("idempotency-key", "a-key-of-dana");
    answer_to(told.json(&json!({ "note": note }))).await;
    let client_id = &world.info.clients.other_client_admin;
    let staff = format!("/staff/clients/{client_id}/domains/{domain}");
    let sent = world.request(
        Method::POST,
        &format!("{staff}/instructions"),
        Some(world.support()),
    );
    let sent = sent.header("idempotency-key", "a-key-of-support");
    answer_to(sent.json(&json!({ "email": "dns.dana@builders.example" }))).await;
    let link = world.request(
        Method::POST,
        &format!("/domains/{domain}/links"),
        Some(token),
    );
    answer_to(link).await;
    let history = world
        .get(world.support(), &format!("{staff}/history"))
        .await;
    let subject = text(&history.body["items"][0]["actor"]["subject"]).to_owned();
    assert!(!subject.is_empty(), "{history:?}");
    let added_by = history.body["items"].as_array().expect("items").last();
    let admin = text(&added_by.expect("a line")["actor"]["subject"]).to_owned();
    let client = Client::new(&world.aws().await);
    let table = world.info.table.clone();
    let items = texts_of(&client, &table).await.concat();
    for found in [person, note, &admin] {
        assert!(items.contains(found), "{found}");
    }

    let unconfirmed = erase(&world, world.support(), client_id, "").await;
    assert_problem(&unconfirmed, 409, "confirmation_required");
    let wrong = erase(&world, world.support(), client_id, "?confirm=maple").await;
    assert_problem(&wrong, 422, "validation_failed");
    let confirm = format!("?confirm={client_id}");
    let not_theirs = erase(&world, token, client_id, &confirm).await;
    assert_problem(&not_theirs, 403, "forbidden");
    let begun = erase(&world, world.support(), client_id, &confirm).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{begun:?}");
    assert_eq!(begun.body["status"], "being_erased");
    let sender = world.get(token, &format!("/senders/sales@{domain}")).await;
    assert_eq!(sender.body["reason"], "not_initiated", "{sender:?}");
    let again = world.add(token, &domain).await;
    assert_problem(&again, 409, "client_being_erased");

    world
        .until("the client is erased", async || {
            make_erasure_due(&client, &table, client_id).await;
            world.make_due_of(client_id, &domain).await;
            world.run_poller().await;
            let answer = erase(&world, world.support(), client_id, &confirm).await;
            answer.status == StatusCode::OK && answer.body["status"] == "erased"
        })
        .await;
    assert!(!world.identity_exists(&domain).await, "gone from SES");
    for item in texts_of(&client, &table).await {
        for found in [
            person,
            note,
            &admin,
            "dns.dana@",
            "Dana's Corner",
            "a-key-of",
        ] {
            assert!(!item.contains(found), "{found} in {item}");
        }
    }
    // The history of events is kept, and so is the other client.
    let history = world
        .get(world.support(), &format!("{staff}/history"))
        .await;
    let lines = history.body["items"].as_array().expect("items").clone();
    assert_eq!(lines[0]["action"], "removed", "{history:?}");
    assert_eq!(lines[0]["evidence"], json!({ "confirmed": true }));
    for line in &lines {
        assert_eq!(line["actor"]["subject"], json!(null), "{line}");
    }
    assert_eq!(world.status(&other).await, "pending");
    let new = world.add(token, &world.fresh_domain()).await;
    assert_eq!(new.status, StatusCode::CREATED, "the client begins again");
}

async fn erase(world: &Shared, token: &str, client_id: &str, query: &str) -> Answer {
    let path = format!("/staff/clients/{client_id}{query}");
    answer_to(world.request(Method::DELETE, &path, Some(token))).await
}

/// So that the test need not wait for the time between two steps.
pub(crate) async fn make_erasure_due(client: &Client, table: &str, client_id: &str) {
    let long_ago = "2026-01-01T00:00:00.000000000Z";
    let text = |value: String| AttributeValue::S(value);
    let moved = client
        .update_item()
        .table_name(table)
        .key("pk", text(format!("CLIENT#{client_id}")))
        .key("sk", text("LIMITS".to_owned()))
        .condition_expression("attribute_exists(erasing)")
        .update_expression(
            "SET work_sk = :position, erasing.next_step = :due, erasing.quiet_since = :due",
        )
        .expression_attribute_values(":position", text(format!("{long_ago}#{client_id}")))
        .expression_attribute_values(":due", text("2026-01-01T00:00:00Z".to_owned()))
        .send()
        .await;
    match moved.map_err(aws_sdk_dynamodb::error::SdkError::into_service_error) {
        Ok(_) => {}
        // The poller has ended it.
        Err(error) => assert!(error.is_conditional_check_failed_exception(), "{error:?}"),
    }
}
