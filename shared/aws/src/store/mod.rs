//! The table: one DynamoDB table, single-table design. `docs/table.md` shows it with its queries.

mod alerts;
mod batch;
mod client_record;
mod commit;
mod email_ledger;
mod erasures;
mod export;
mod idempotency;
mod instructions;
mod keys;
mod links;
mod mailboxes;
mod outbox;
mod queues;
mod reads;
mod runs;
mod schema;
mod senders;
mod size;
mod turns;
mod unreadable;

pub use keys::LOOK_SHARDS;
pub use schema::SCHEMA_VERSION;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain_auth::ports::{Meter, StoreError, StoreFailure};

use crate::failure::IntoCause;

/// An item in DynamoDB's form.
type Item = HashMap<String, AttributeValue>;

/// The table of the stack.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
    unreadable: Option<Counter>,
}

/// Counts items that cannot be read.
#[derive(Clone)]
struct Counter(Arc<dyn Meter>);

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Counter")
    }
}

impl Table {
    /// The table with the name `name`.
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

/// The error for the caller of a read.
fn unreadable_item(
    action: &'static str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    StoreError {
        action,
        failure: StoreFailure::Unreadable,
        source: source.into(),
    }
}

fn string(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn number(value: impl Into<i128>) -> AttributeValue {
    AttributeValue::N(value.into().to_string())
}

#[cfg(test)]
mod document_tests;
#[cfg(test)]
mod release_tests;
