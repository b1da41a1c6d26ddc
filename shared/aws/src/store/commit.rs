//! Writing changes: domains, claims, history and events in one transaction.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use domain_auth::claims::{ClaimRegister, Tombstone};
use domain_auth::dns::DnsLook;
use domain_auth::domain::{Change, Domain, Fate};
use domain_auth::event::Event;
use domain_auth::history::HistoryEntry;
use domain_auth::ports::{CommitChanges, CommitError, StoreError};
use serde::Serialize;

use super::keys::{self, EXPIRES_AT, Key, LOOK, PK};
use super::{Item, Table, number, store_error, string};

const ACTION: &str = "write a change";

/// Only a version that follows the stored one may be written.
const FOLLOWS: &str = "#version = :previous";
const IS_NEW: &str = "attribute_not_exists(#pk)";

impl CommitChanges for Table {
    async fn commit_all(&self, changes: &[&Change]) -> Result<(), CommitError> {
        let mut writes = Vec::new();
        for change in changes {
            self.writes_of(change, &mut writes)?;
        }
        if let [Write::Put(put)] = &mut writes[..] {
            return self.put_alone(put.clone()).await;
        }
        let items = writes.into_iter().map(transact).collect();
        self.client
            .transact_write_items()
            .set_transact_items(Some(items))
            .send()
            .await
            .map_err(transaction_error)?;
        Ok(())
    }
}

/// One item of a transaction.
pub(super) enum Write {
    Put(Put),
    Delete(Delete),
}

impl Table {
    pub(super) fn writes_of(
        &self,
        change: &Change,
        writes: &mut Vec<Write>,
    ) -> Result<(), StoreError> {
        let domain = &change.domain;
        match change.fate {
            Fate::Stored => {
                writes.push(Write::Put(self.put_domain(domain)?));
                if let Some(look) = &change.look {
                    writes.push(Write::Put(self.put_look(domain, look)?));
                }
            }
            Fate::Deleted => {
                writes.push(Write::Delete(self.delete_domain(domain)?));
                writes.push(Write::Delete(self.delete_look(domain)?));
            }
        }
        if let Some(claims) = &change.claims {
            writes.push(Write::Put(self.put_claims(claims)?));
            for tombstone in claims.tombstones_written() {
                writes.push(Write::Put(self.put_tombstone(tombstone)?));
            }
        }
        for (line, entry) in change.history.iter().enumerate() {
            writes.push(Write::Put(self.put_history(domain, entry, line)?));
        }
        if let Some(event) = &change.event {
            writes.push(Write::Put(self.put_event(event)?));
        }
        Ok(())
    }

    fn delete_domain(&self, domain: &Domain) -> Result<Delete, StoreError> {
        Delete::builder()
            .table_name(&self.name)
            .set_key(Some(Key::domain(&domain.client, &domain.name).into_item()))
            .condition_expression(FOLLOWS)
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":previous", number(domain.version - 1))
            .build()
            .map_err(store_error(ACTION))
    }

    /// It is derived from the domain's DNS, so it has no version of its own.
    fn delete_look(&self, domain: &Domain) -> Result<Delete, StoreError> {
        Delete::builder()
            .table_name(&self.name)
            .set_key(Some(Key::look(&domain.client, &domain.name).into_item()))
            .build()
            .map_err(store_error(ACTION))
    }

    /// A single write costs half of a transaction with one item.
    async fn put_alone(&self, put: Put) -> Result<(), CommitError> {
        self.client
            .put_item()
            .table_name(put.table_name)
            .set_item(Some(put.item))
            .set_condition_expression(put.condition_expression)
            .set_expression_attribute_names(put.expression_attribute_names)
            .set_expression_attribute_values(put.expression_attribute_values)
            .send()
            .await
            .map_err(put_error)?;
        Ok(())
    }

    fn put_domain(&self, domain: &Domain) -> Result<Put, StoreError> {
        let mut item = to_item(Key::domain(&domain.client, &domain.name), domain)?;
        item.insert("status".to_owned(), string(domain.state.status().as_str()));
        item.extend(keys::domain_index(domain));
        self.put_version(item, domain.version)
    }

    fn put_claims(&self, claims: &ClaimRegister) -> Result<Put, StoreError> {
        let mut item = to_item(Key::claims(&claims.organizational), claims)?;
        if let Some(expires_at) = claims.expires_at() {
            item.insert(EXPIRES_AT.to_owned(), number(expires_at.as_second()));
        }
        self.put_version(item, claims.version)
    }

    /// The version of the register that it is written with guards it.
    fn put_tombstone(&self, tombstone: &Tombstone) -> Result<Put, StoreError> {
        let mut item = to_item(Key::tombstone(&tombstone.name), tombstone)?;
        if !tombstone.leaving {
            let expires_at = tombstone.until.as_second();
            item.insert(EXPIRES_AT.to_owned(), number(expires_at));
        }
        Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .build()
            .map_err(store_error(ACTION))
    }

    /// `line` tells apart what one change did in two steps.
    fn put_history(
        &self,
        domain: &Domain,
        entry: &HistoryEntry,
        line: usize,
    ) -> Result<Put, StoreError> {
        let key = Key::history(&domain.client, &domain.name, entry, line);
        self.put_new(to_item(key, entry)?)
    }

    fn put_event(&self, event: &Event) -> Result<Put, StoreError> {
        let mut item = to_item(Key::event(event.event_id), event)?;
        item.extend(keys::outbox_index(event));
        self.put_new(item)
    }

    /// As text: nothing ever asks DynamoDB for a part of it, and text is smaller than attributes.
    fn put_look(&self, domain: &Domain, look: &DnsLook) -> Result<Put, StoreError> {
        let mut item = Key::look(&domain.client, &domain.name).into_item();
        let text = serde_json::to_string(look).map_err(store_error(ACTION))?;
        item.insert(LOOK.to_owned(), string(text));
        Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .build()
            .map_err(store_error(ACTION))
    }

    fn put_version(&self, item: Item, version: u64) -> Result<Put, StoreError> {
        if version <= 1 {
            return self.put_new(item);
        }
        Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(FOLLOWS)
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":previous", number(version - 1))
            .build()
            .map_err(store_error(ACTION))
    }

    fn put_new(&self, item: Item) -> Result<Put, StoreError> {
        Put::builder()
            .table_name(&self.name)
            .set_item(Some(item))
            .condition_expression(IS_NEW)
            .expression_attribute_names("#pk", PK)
            .build()
            .map_err(store_error(ACTION))
    }
}

fn to_item(key: Key, value: &impl Serialize) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(value).map_err(store_error(ACTION))?;
    item.extend(key.into_item());
    Ok(item)
}

fn transact(write: Write) -> TransactWriteItem {
    let item = TransactWriteItem::builder();
    match write {
        Write::Put(put) => item.put(put),
        Write::Delete(delete) => item.delete(delete),
    }
    .build()
}

fn put_error(error: SdkError<PutItemError>) -> CommitError {
    let conflict = match &error {
        SdkError::ServiceError(service) => {
            let error = service.err();
            // A transaction on the same item is under way; the SDK does not repeat that.
            let transaction = error.meta().code() == Some("TransactionConflictException");
            error.is_conditional_check_failed_exception() || transaction
        }
        _ => false,
    };
    if conflict {
        CommitError::Conflict
    } else {
        store_error(ACTION)(error).into()
    }
}

fn transaction_error(error: SdkError<TransactWriteItemsError>) -> CommitError {
    let conflict = match &error {
        SdkError::ServiceError(service) => match service.err() {
            TransactWriteItemsError::TransactionCanceledException(cancelled) => {
                cancelled.cancellation_reasons().iter().any(|reason| {
                    matches!(
                        reason.code(),
                        Some("ConditionalCheckFailed" | "TransactionConflict")
                    )
                })
            }
            other => other.is_transaction_in_progress_exception(),
        },
        _ => false,
    };
    if conflict {
        CommitError::Conflict
    } else {
        store_error(ACTION)(error).into()
    }
}
