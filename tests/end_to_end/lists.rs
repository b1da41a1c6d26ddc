//! Lists of many domains, page by page, while they change; and cursors, which are valid only for
//! the list that returned them.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, WriteRequest};
use aws_sdk_dynamodb::{Client, Config};
use domain_auth::names::Community;
use domain_auth::ports::{CommitChanges, ListFilter, Page, PageStart, ReadDomains};
use domain_auth::state::Status;
use domain_auth_aws::Table;
use domain_auth_testkit::client;
use futures::{StreamExt, TryStreamExt};

use crate::Suite;
use crate::requests::assert_problem;
use crate::store::{added, copy_of_table, now};
use crate::world::Shared;

const MANY: usize = 10_000;

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "a_page_of_ten_thousand_domains_takes_one_query_and_skips_nothing",
        many,
    );
    suite.shared("a_cursor_is_valid_only_for_its_own_list_over_http", cursors);
}

/// Counts the requests that a client sends.
#[derive(Debug, Clone, Default)]
struct Counter(Arc<AtomicUsize>);

impl Counter {
    fn taken(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "Counter"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

async fn many(world: Shared) {
    let name = copy_of_table(&world, "many").await;
    let counter = Counter::default();
    let config = Config::from(&world.aws().await);
    let config = config.to_builder().interceptor(counter.clone()).build();
    let sdk = Client::from_conf(config);
    let table = Table::new(sdk.clone(), name.clone());

    // One domain as the service writes it, and then copies of it.
    let (ridge, none) = (
        Community::parse("Maple Ridge").unwrap(),
        ListFilter::default(),
    );
    let mut one = added("maple", &domain(0), now(), now());
    one.domain.community = Some(ridge.clone());
    table.commit(&one).await.unwrap();
    let item = sdk
        .get_item()
        .table_name(&name)
        .key("pk", text_value("CLIENT#maple"))
        .key("sk", text_value(&format!("DOMAIN#{}", domain(0))))
        .send()
        .await;
    let item = item.unwrap().item.expect("the domain");
    let evens = (2..2 * MANY).step_by(2);
    write(&sdk, &name, evens.map(|n| put(&item, n)).collect()).await;

    counter.taken();
    let mut seen = Vec::new();
    let mut start: Option<PageStart> = None;
    for round in 0.. {
        let page: Page<_> = table
            .domains(&client("maple"), &none, 100, start.as_ref())
            .await
            .unwrap();
        assert_eq!(counter.taken(), 1, "one query for one page");
        seen.extend(page.items.into_iter().map(|domain| domain.name.to_string()));
        start = page.next;
        if start.is_none() {
            break;
        }
        // Domains on both sides of the cursor are added and removed meanwhile, and in some rounds the
        // domain in the cursor is removed.
        let (behind, ahead) = (round * 150 + 1, round * 200 + 2_001);
        let last = seen.last().and_then(|name| number(name)).expect("a domain");
        let gone = if round % 10 == 0 { last } else { round * 20 };
        let changes = vec![put(&item, behind), put(&item, ahead), delete(&domain(gone))];
        write(&sdk, &name, changes).await;
        counter.taken();
    }
    assert!(seen.is_sorted(), "in the order of their names");
    let distinct: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len(), "none twice");
    // A domain that existed all the time is in the list.
    let removed_before_it_was_seen = (0..2 * MANY)
        .step_by(2)
        .find(|n| !distinct.contains(&domain(*n)));
    assert_eq!(removed_before_it_was_seen, None, "none is skipped");

    // A filter needs no more queries: pages may be short or empty, but have a next page.
    let filter = ListFilter {
        status: Some(Status::Failed),
        community: Some(ridge),
    };
    let (mut start, mut pages) = (None, 0);
    loop {
        let page: Page<_> = table
            .domains(&client("maple"), &filter, 100, start.as_ref())
            .await
            .unwrap();
        assert_eq!(counter.taken(), 1, "one query for one page");
        assert!(page.items.is_empty());
        (start, pages) = (page.next, pages + 1);
        if start.is_none() {
            break;
        }
    }
    assert!(pages <= 1 + MANY.div_ceil(900), "{pages} pages");
}

fn domain(n: usize) -> String {
    format!("d{n:05}-homes.com")
}

fn number(domain: &str) -> Option<usize> {
    domain.get(1..6)?.parse().ok()
}

fn text_value(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// A copy of a domain's item under another name, with the attributes that a list reads.
fn put(item: &HashMap<String, AttributeValue>, n: usize) -> WriteRequest {
    let mut item = item.clone();
    item.insert(
        "sk".to_owned(),
        text_value(&format!("DOMAIN#{}", domain(n))),
    );
    item.insert("name".to_owned(), text_value(&domain(n)));
    let put = PutRequest::builder().set_item(Some(item)).build();
    WriteRequest::builder().put_request(put.unwrap()).build()
}

fn delete(name: &str) -> WriteRequest {
    let delete = DeleteRequest::builder()
        .key("pk", text_value("CLIENT#maple"))
        .key("sk", text_value(&format!("DOMAIN#{name}")))
        .build();
    WriteRequest::builder()
        .delete_request(delete.unwrap())
        .build()
}

async fn write(sdk: &Client, table: &str, requests: Vec<WriteRequest>) {
    // The maximum number of items that BatchWriteItem takes.
    let batches: Vec<Vec<WriteRequest>> = requests.chunks(25).map(<[_]>::to_vec).collect();
    futures::stream::iter(batches)
        .map(|batch| async move {
            let answer = sdk
                .batch_write_item()
                .request_items(table, batch)
                .send()
                .await?;
            let left = answer.unprocessed_items.unwrap_or_default();
            assert!(left.is_empty(), "the emulator takes all of it");
            Ok::<_, aws_sdk_dynamodb::Error>(())
        })
        .buffer_unordered(8)
        .try_collect::<()>()
        .await
        .unwrap();
}

async fn cursors(world: Shared) {
    let (maple, cedar) = (world.client_admin(), world.other_client_admin());
    for _ in 0..2 {
        world.add(maple, &world.fresh_domain()).await;
        world.add(cedar, &world.fresh_domain()).await;
    }
    let domain = world.fresh_domain();
    let other = world.fresh_domain();
    world.add(maple, &domain).await;
    world.add(maple, &other).await;
    let client = &world.info.clients.client_admin;
    let of_client = format!("/staff/clients/{client}/domains/{domain}/history?limit=1");
    let lists: Vec<(&str, String)> = vec![
        (maple, "/domains?limit=1".to_owned()),
        (cedar, "/domains?limit=1".to_owned()),
        (maple, "/domains?limit=1&status=pending".to_owned()),
        (maple, format!("/domains/{domain}/history?limit=1")),
        (maple, format!("/domains/{other}/history?limit=1")),
        (
            world.support(),
            "/staff/domains?limit=1&status=pending".to_owned(),
        ),
        (
            world.support(),
            "/staff/domains?limit=1&waiting_for=client".to_owned(),
        ),
        (world.support(), of_client),
    ];
    let mut given = Vec::new();
    for (token, list) in &lists {
        let page = world.get(token, list).await;
        let cursor = page.body["next_cursor"].as_str();
        given.push(
            cursor
                .unwrap_or_else(|| panic!("{list}: {page:?}"))
                .to_owned(),
        );
    }
    for (given_for, cursor) in given.iter().enumerate() {
        for (used_for, (token, list)) in lists.iter().enumerate() {
            let page = world.get(token, &format!("{list}&cursor={cursor}")).await;
            if given_for == used_for {
                assert!(page.status.is_success(), "{list}: {page:?}");
            } else {
                assert_problem(&page, 422, "validation_failed");
                assert_eq!(page.body["errors"][0]["parameter"], "cursor");
            }
        }
    }
    let (token, list) = &lists[0];
    let cursor = &given[0];
    // The same request with another page length.
    let longer = list.replace("limit=1", "limit=2");
    let page = world.get(token, &format!("{longer}&cursor={cursor}")).await;
    assert!(page.status.is_success(), "{page:?}");
    for place in [0, cursor.len() / 2, cursor.len() - 2] {
        let mut altered = cursor.clone().into_bytes();
        altered[place] = if altered[place] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        let page = world.get(token, &format!("{list}&cursor={altered}")).await;
        assert_problem(&page, 422, "validation_failed");
    }
}
