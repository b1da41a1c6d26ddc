//! All stored data of a client, for an operator who is asked for it.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use domain_auth::names::ClientId;
use domain_auth::ports::StoreError;
use serde_json::Value;

use super::keys::{self, Key, PK, QUEUE, QUEUE_PK};
use super::queues::BATCH_GET;
use super::{Item, Table, store_error, unreadable_item};

const ACTION: &str = "read what is kept of a client";

impl Table {
    /// The items of the client's own partition (its record, domains and last DNS looks), and the
    /// items outside it that the index finds: lines of history, events, links and keys of requests.
    /// An erasure finds the same items. Items are returned as stored, with their keys.
    pub async fn kept_of(&self, client: &ClientId) -> Result<Vec<Value>, StoreError> {
        let own = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":pk", super::string(keys::client_pk(client)));
        let mut kept = all(own).await?;
        let elsewhere = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(QUEUE)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", QUEUE_PK)
            .expression_attribute_values(":pk", super::string(keys::client_pk(client)));
        let elsewhere = all(elsewhere).await?;
        let keys: Vec<Key> = elsewhere.iter().filter_map(Key::of_item).collect();
        for keys in keys.chunks(BATCH_GET) {
            let mut found = self.batch_get(ACTION, keys).await?;
            kept.extend(keys.iter().filter_map(|key| found.remove(key)));
        }
        let read =
            |item| serde_dynamo::from_item(item).map_err(|error| unreadable_item(ACTION, error));
        kept.into_iter().map(read).collect()
    }
}

/// All pages of a query.
async fn all(query: QueryFluentBuilder) -> Result<Vec<Item>, StoreError> {
    let mut items = Vec::new();
    let mut start = None;
    loop {
        let page = query.clone().set_exclusive_start_key(start).send().await;
        let page = page.map_err(store_error(ACTION))?;
        items.extend(page.items.unwrap_or_default());
        start = page.last_evaluated_key;
        if start.is_none() {
            return Ok(items);
        }
    }
}
