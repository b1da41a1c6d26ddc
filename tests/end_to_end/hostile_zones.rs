//! One client with 200 domains whose zones are at the limits of what a name server can answer, and
//! a single domain of another client.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use domain_auth::domain::Domain;
use domain_auth::ports::{Clock, ReadDomains};
use domain_auth::records::RecordId;
use domain_auth::state::Status;
use domain_auth_aws::SystemClock;
use domain_auth_testkit::{client, domain_name};
use futures::{StreamExt, stream};
use tokio::time::Instant;

use crate::Suite;
use crate::fairness::put;
use crate::world::Shared;

const CROWD: usize = 200;
/// The maximum size, in octets, of an item.
const LARGEST: usize = 100 * 1024;
/// Within this time from the beginning of a run, the other client's domain must have been looked
/// at.
const SLOT: Duration = Duration::from_secs(20);

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone(
        "two_hundred_domains_with_hostile_zones_delay_no_others_and_make_small_items",
        async |world: Shared| Box::pin(crowd(&world)).await,
    );
}

async fn crowd(world: &Shared) {
    let names: Vec<String> = (0..CROWD)
        .map(|n| format!("hostile{n:03}-homes.com"))
        .collect();
    let (maple, cedar) = (
        &world.info.clients.client_admin,
        &world.info.clients.other_client_admin,
    );
    put(world, maple, &names).await;
    let single = world.fresh_domain();
    let added = world.add(world.other_client_admin(), &single).await;
    assert!(added.status.is_success(), "{added:?}");
    world
        .until("all of them are registered", async || {
            world.run_poller().await;
            let mut registered = all(world, maple, &names).await;
            registered.extend(all(world, cedar, std::slice::from_ref(&single)).await);
            let is_pending = |it: &Domain| it.state.status() == Status::Pending;
            registered.iter().all(is_pending)
        })
        .await;
    // Only now, because the response to the addition has no records if SES throttles.
    let path = format!("/domains/{single}");
    let registered = world.get(world.other_client_admin(), &path).await;
    world.publish(&single, &registered.body, &["dkim-1"]);
    for (n, domain) in all(world, maple, &names).await.iter().enumerate() {
        let file = format!("{}.zone", domain.name);
        std::fs::write(world.info.zones_dir.join(file), zone(domain, n)).expect("a zone file");
    }
    // The single domain is last in the queue.
    let started = SystemClock.now();
    let made_due = Box::pin(async {
        for name in &names {
            world.make_due_of(maple, name).await;
        }
        world.make_due_of(cedar, &single).await;
    });
    world.without_poller(made_due).await;
    let is_looked_at = |domain: &Domain| domain.dns_looked_at.is_some_and(|at| at > started);
    let looked_at = async {
        let begun = Instant::now();
        while !is_looked_at(&all(world, cedar, std::slice::from_ref(&single)).await[0]) {
            assert!(begun.elapsed() < SLOT, "{:?}", begun.elapsed());
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    futures::future::join(looked_at, world.run_poller()).await;

    world
        .until(
            "each of them is looked at and has its next time",
            async || {
                world.run_poller().await;
                let crowd = all(world, maple, &names).await;
                let has_its_next = |domain: &Domain| {
                    let looked_at = domain.dns_looked_at;
                    looked_at.is_some_and(|at| at > started && domain.next_check >= at)
                };
                crowd.iter().all(has_its_next)
            },
        )
        .await;
    let sizes = item_sizes(world).await;
    let largest = sizes.iter().max_by_key(|(_, size)| **size).expect("items");
    assert!(*largest.1 <= LARGEST, "{largest:?}");
    for name in &names {
        std::fs::remove_file(world.info.zones_dir.join(format!("{name}.zone"))).ok();
    }
}

async fn all(world: &Shared, client_id: &str, names: &[String]) -> Vec<Domain> {
    let table = &world.table().await;
    stream::iter(names)
        .map(|name| async move {
            let stored = table.domain(&client(client_id), &domain_name(name)).await;
            stored.expect("a read").expect("a domain")
        })
        .buffered(8)
        .collect()
        .await
}

/// A zone that is full of one kind of data; the domains cover all kinds.
fn zone(domain: &Domain, n: usize) -> String {
    let mut zone = String::new();
    let mut line = |text: std::fmt::Arguments<'_>| writeln!(zone, "{text}").expect("text");
    let apex = &domain.name;
    let records = domain.records();
    let name_of = |id: RecordId| {
        let mut records = records.iter();
        let record = records.find(|record| record.id == id);
        record.map_or_else(|| apex.to_string(), |record| record.name.clone())
    };
    match n % 5 {
        // Two letters each: the most values that fit into 64 KB.
        0 => {
            for i in 0..3_600_usize {
                let letter = |i: usize| char::from(b'a' + u8::try_from(i % 26).unwrap());
                let text: String = [letter(i), letter(i / 26), letter(i / 676)]
                    .iter()
                    .collect();
                line(format_args!("{apex}. 60 IN TXT \"{text}\""));
            }
        }
        1 => {
            let name = name_of(RecordId::Verification);
            for i in 0..220 {
                line(format_args!("{name}. 60 IN TXT \"{i:0>250}\""));
            }
        }
        2 => {
            let name = name_of(RecordId::MailFromMx);
            let label = "m".repeat(60);
            for i in 0..700 {
                line(format_args!("{name}. 60 IN MX 10 {i}.{label}.{apex}."));
            }
        }
        // The longest chain that is followed, at each of the three names.
        3 => {
            for id in [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3] {
                let mut name = name_of(id);
                for i in 0..16 {
                    let next = format!("{i}.{}.{}.{apex}", "c".repeat(60), id.as_str());
                    line(format_args!("{name}. 60 IN CNAME {next}."));
                    name = next;
                }
            }
        }
        _ => {
            for i in 0..400 {
                line(format_args!(
                    "_dmarc.{apex}. 60 IN TXT \"v=DMARC1; p=reject; rua=mailto:{i}@{apex}\""
                ));
                line(format_args!(
                    "{apex}. 60 IN TXT \"v=spf1 include:{i}.{apex} -all\""
                ));
            }
        }
    }
    zone
}

/// The size of each item of the table, as DynamoDB computes it (names and values; "Item sizes and
/// formats").
async fn item_sizes(world: &Shared) -> HashMap<String, usize> {
    let dynamodb = aws_sdk_dynamodb::Client::new(&world.aws().await);
    let scan = dynamodb.scan().table_name(&world.info.table);
    let mut pages = scan.into_paginator().items().send();
    let mut sizes = HashMap::new();
    while let Some(item) = pages.next().await {
        let item = item.expect("a page of the table");
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        let key = format!("{:?} {:?}", text("pk"), text("sk"));
        let size = item.iter().map(|(name, value)| name.len() + size_of(value));
        sizes.insert(key, size.sum());
    }
    sizes
}

fn size_of(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::B(octets) => octets.as_ref().len(),
        AttributeValue::L(values) => {
            3 + values.iter().map(|value| 1 + size_of(value)).sum::<usize>()
        }
        AttributeValue::M(values) => {
            let members = values.iter();
            3 + members
                .map(|(name, value)| 1 + name.len() + size_of(value))
                .sum::<usize>()
        }
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => {
            texts.iter().map(String::len).sum()
        }
        _ => 1,
    }
}
