//! The stack is deployed again with other parameters. Restoring: a copy of the table under another
//! name, as point-in-time recovery makes it, and the stack with `ExistingTableName`. With the same
//! parameter the stack uses the first table again, which it had released.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{BillingMode, GlobalSecondaryIndex};
use reqwest::StatusCode;
use serde_json::Value;

use crate::Suite;
use crate::world::{Shared, World, between, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone(
        "a_stack_uses_a_restored_table_and_the_main_path_continues",
        restored,
    );
    suite.alone(
        "log_levels_and_an_address_for_alarms_can_be_changed_and_taken_back",
        operated,
    );
}

const RESTORED: &str = "lasso-restored";

async fn restored(world: Shared) {
    let sending = world.fresh_domain();
    world.authenticate(&sending).await;
    copy(&world).await;
    let late = world.fresh_domain();
    let before = world.add(world.client_admin(), &late).await;
    assert_eq!(before.status, StatusCode::CREATED, "{before:?}");

    use_table(&world, RESTORED).await;
    let restored = world.with_table(RESTORED);
    assert_eq!(restored.status(&sending).await, "authenticated");
    let path = format!("/domains/{late}");
    let lost = restored.get(restored.client_admin(), &path).await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND, "{lost:?}");
    // Its identity still exists, with the tags of the stack and of the client.
    let again = restored.add(restored.client_admin(), &late).await;
    assert_eq!(again.status, StatusCode::CREATED, "{again:?}");
    assert_eq!(values(&again.body), values(&before.body));

    let domain = restored.fresh_domain();
    let added = restored.add(restored.client_admin(), &domain).await;
    assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
    restored.publish(&domain, &added.body, &["verification"]);
    restored.poll_until(&domain, "verified").await;
    restored
        .until("support has mail", async || {
            restored.emails_about(&domain).await.len() == 1
        })
        .await;

    // As the next tests on this stack expect it.
    use_table(&world, &world.info.table).await;
    assert_eq!(world.status(&sending).await, "authenticated");
    let path = format!("/domains/{domain}");
    let lost = world.get(world.client_admin(), &path).await;
    assert_eq!(lost.status, StatusCode::NOT_FOUND);
}

async fn operated(world: Shared) {
    let level = async |world: &World| {
        let configuration = world.configuration_of("verification-poller").await;
        let logging = &configuration["LoggingConfig"];
        ["ApplicationLogLevel", "SystemLogLevel"].map(|it| text(&logging[it]).to_owned())
    };
    assert_eq!(level(&world).await, ["INFO", "INFO"]);
    let operator = "operator@lasso.example";
    let changes = [
        ("AlarmEmail", operator),
        ("LogLevel", "DEBUG"),
        ("SystemLogLevel", "WARN"),
    ];
    update(&world, &changes).await;
    assert_eq!(level(&world).await, ["DEBUG", "WARN"]);
    assert!(subscriptions(&world).await.contains(operator));
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await;
    assert_eq!(added.status, StatusCode::CREATED, "{added:?}");

    let back = [
        ("AlarmEmail", ""),
        ("LogLevel", "INFO"),
        ("SystemLogLevel", "INFO"),
    ];
    update(&world, &back).await;
    assert_eq!(level(&world).await, ["INFO", "INFO"]);
    assert!(!subscriptions(&world).await.contains(operator));
}

/// The subscribers of topics of the account.
async fn subscriptions(world: &World) -> String {
    world.query("sns", &[("Action", "ListSubscriptions")]).await
}

/// Names and values of all records except DMARC, whose value the client chooses.
fn values(domain: &Value) -> Vec<(String, String)> {
    let records = domain["records"].as_array().unwrap().iter();
    let records = records.filter(|record| record["id"] != "dmarc");
    let member = |record: &Value, name: &str| text(&record[name]).to_owned();
    records
        .map(|it| (member(it, "name"), member(it, "value")))
        .collect()
}

/// A copy of the table with its indexes and all items, but without its settings.
async fn copy(world: &World) {
    let client = Client::new(&world.aws().await);
    let described = client.describe_table().table_name(&world.info.table).send();
    let table = described.await.unwrap().table.unwrap();
    let indexes = table.global_secondary_indexes().iter().map(|index| {
        GlobalSecondaryIndex::builder()
            .set_index_name(index.index_name.clone())
            .set_key_schema(index.key_schema.clone())
            .set_projection(index.projection.clone())
            .build()
            .unwrap()
    });
    let create = client
        .create_table()
        .table_name(RESTORED)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(table.attribute_definitions.clone())
        .set_key_schema(table.key_schema.clone())
        .set_global_secondary_indexes(Some(indexes.collect()));
    create.send().await.unwrap();
    let scan = client.scan().table_name(&world.info.table);
    let mut items = scan.into_paginator().items().send();
    while let Some(item) = items.next().await {
        let put = client.put_item().table_name(RESTORED);
        put.set_item(Some(item.unwrap())).send().await.unwrap();
    }
}

/// Makes the stack use this table.
async fn use_table(world: &World, table: &str) {
    update(world, &[("ExistingTableName", table)]).await;
    let described = describe(world, &world.info.stack_name).await;
    assert!(
        described.contains(&format!("<OutputValue>{table}<")),
        "{described}"
    );
}

/// Deploys the template as it is, with some parameters changed and all others as they were.
pub(crate) async fn update(world: &World, changes: &[(&str, &str)]) {
    let stack = world.info.stack_name.as_str();
    let described = describe(world, stack).await;
    let keys = described.split("<ParameterKey>").skip(1);
    let keys: Vec<&str> = keys.map(|rest| rest.split('<').next().unwrap()).collect();
    let mut request = vec![
        ("Action".to_owned(), "UpdateStack"),
        ("StackName".to_owned(), stack),
        ("UsePreviousTemplate".to_owned(), "true"),
        ("Capabilities.member.1".to_owned(), "CAPABILITY_IAM"),
        ("Capabilities.member.2".to_owned(), "CAPABILITY_AUTO_EXPAND"),
    ];
    for (key, number) in keys.iter().zip(1..) {
        let member = |name: &str| format!("Parameters.member.{number}.{name}");
        request.push((member("ParameterKey"), *key));
        request.push(match changes.iter().find(|(changed, _)| changed == key) {
            Some((_, value)) => (member("ParameterValue"), *value),
            None => (member("UsePreviousValue"), "true"),
        });
    }
    for (changed, _) in changes {
        assert!(keys.contains(changed), "{changed}: {described}");
    }
    let request: Vec<(&str, &str)> = request
        .iter()
        .map(|(name, it)| (name.as_str(), *it))
        .collect();
    let answer = world.query("cloudformation", &request).await;
    assert!(answer.contains("<StackId>"), "{answer}");
    world
        .until("the stack is updated", async || {
            let described = describe(world, stack).await;
            let status = between(&described, "<StackStatus>", "<").to_owned();
            let failed = status.contains("FAILED") || status.contains("ROLLBACK");
            assert!(!failed, "{described}");
            status == "UPDATE_COMPLETE"
        })
        .await;
}

async fn describe(world: &World, stack: &str) -> String {
    let request = [("Action", "DescribeStacks"), ("StackName", stack)];
    world.query("cloudformation", &request).await
}
