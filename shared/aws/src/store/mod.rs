//! The table: one DynamoDB table, single-table design. `docs/table.md` shows it with its queries.

mod alerts;
mod client_record;
mod commit;
mod email_ledger;
mod idempotency;
mod instructions;
mod keys;
mod outbox;
mod queues;
mod reads;
mod runs;
mod schema;
mod size;
mod turns;
mod unreadable;

pub use keys::LOOK_SHARDS;
pub use schema::SCHEMA_VERSION;

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain_auth::ports::{StoreError, StoreFailure};
use serde::de::DeserializeOwned;

use crate::failure::IntoCause;

/// An item as DynamoDB has it.
type Item = HashMap<String, AttributeValue>;

/// The table of the stack.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
    unreadable: Option<unreadable::Counter>,
}

impl Table {
    /// The table with this name.
    pub fn new(client: Client, name: String) -> Self {
        Self {
            client,
            name,
            unreadable: None,
        }
    }
}

pub(crate) fn store_error<E>(action: &'static str) -> impl FnOnce(E) -> StoreError
where
    E: IntoCause,
{
    move |error| StoreError {
        action,
        failure: StoreFailure::Unavailable,
        source: error.into_cause("DynamoDB"),
    }
}

/// Reads an item of this release or an earlier one. Attributes that belong to keys are ignored by the
/// types.
fn from_item<T: DeserializeOwned>(action: &'static str, item: Item) -> Result<T, StoreError> {
    schema::check(action, &item)?;
    serde_dynamo::from_item(item).map_err(|error| unreadable::unreadable(action, error))
}

fn string(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn number(value: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

#[cfg(test)]
mod release_tests;
