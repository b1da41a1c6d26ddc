//! All stored data of a client, for an operator who is asked for it.

use std::collections::HashSet;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use domain_auth::names::ClientId;
use domain_auth::ports::StoreError;
use serde_json::Value;

use super::erasures::sweep::theirs;
use super::keys::{self, Key, PK, QUEUE, QUEUE_PK};
use super::queues::BATCH_GET;
use super::{Item, Table, store_error, unreadable_item};

const ACTION: &str = "read what is kept of a client";

impl Table {
    /// The items of the client's own partition (its record, domains and last looks at DNS), then what is found
    /// by the index of what is kept of it elsewhere (lines of history, events, links and keys of requests), then
    /// what only the whole table has: what earlier releases wrote, and the client's side of the events of others.
    /// An erasure finds the same items. Items are as they are stored, with their keys.
    ///
    /// # Errors
    ///
    /// The table did not answer, or a part of it cannot be read: an export is whole or none.
    pub async fn kept_of(&self, client: &ClientId) -> Result<Vec<Value>, StoreError> {
        let of_client = |query: QueryFluentBuilder, key: &str| {
            query
                .table_name(&self.name)
                .key_condition_expression("#pk = :pk")
                .expression_attribute_names("#pk", key)
                .expression_attribute_values(":pk", super::string(keys::client_pk(client)))
        };
        let own = of_client(self.client.query(), PK).consistent_read(true);
        let mut kept = all(own).await?;
        let elsewhere = of_client(self.client.query(), QUEUE_PK).index_name(QUEUE);
        let elsewhere = all(elsewhere).await?;
        let keys: Vec<Key> = elsewhere.iter().filter_map(Key::of_item).collect();
        for keys in keys.chunks(BATCH_GET) {
            let mut found = self.batch_get(ACTION, keys).await?;
            kept.extend(keys.iter().filter_map(|key| found.remove(key)));
        }
        let seen: HashSet<Key> = kept.iter().filter_map(Key::of_item).collect();
        let mut start = None;
        loop {
            let part = self.swept(client).set_exclusive_start_key(start);
            let part = part.send().await.map_err(store_error(ACTION))?;
            let found = part.items.unwrap_or_default().into_iter();
            let new =
                found.filter(|item| Key::of_item(item).is_some_and(|key| !seen.contains(&key)));
            kept.extend(new.filter_map(|item| theirs(client, item)));
            start = part.last_evaluated_key;
            if start.is_none() {
                break;
            }
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
