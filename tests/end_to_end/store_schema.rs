//! The shape of what the table holds: the items of this release, and those of the one before it.

use std::collections::HashMap;
use std::path::Path;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain_auth_aws::Table;
use serde_json::{Value, json};

use crate::Suite;
use crate::store::copy_of_table;
use crate::store_kinds::every_kind;
use crate::world::Shared;

/// Where the table of this release is written to, if it is set.
const WRITE_TABLE: &str = "WRITE_TABLE";

type Item = HashMap<String, AttributeValue>;

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "the_table_takes_every_kind_of_item",
        async |world: Shared| {
            let client = Client::new(&world.aws().await);
            let name = copy_of_table(&world, "every-kind").await;
            every_kind(&Table::new(client.clone(), name.clone())).await;
            let items = all_items(&client, &name).await;
            if let Some(file) = std::env::var_os(WRITE_TABLE) {
                write(
                    &Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file),
                    &items,
                );
            }
        },
    );
}

/// A scan, which the service itself never makes.
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

/// As DynamoDB JSON, sorted by key, one item on a line.
fn write(file: &Path, items: &[Item]) {
    let json_of = |item: &Item| -> Value {
        let members = item.iter();
        members
            .map(|(name, value)| (name.clone(), dynamodb_json(value)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let mut lines: Vec<(String, String)> = items
        .iter()
        .map(json_of)
        .map(|item| (format!("{} {}", item["pk"], item["sk"]), item.to_string()))
        .collect();
    lines.sort();
    let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    std::fs::write(file, format!("[\n{}\n]\n", lines.join(",\n"))).unwrap();
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
