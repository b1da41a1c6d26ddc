//! Erasing clients. The client's own record (`LIMITS`) says that the client is being erased, and
//! every addition of a domain has a condition on this record. The record's entry in the index of
//! work makes the poller continue.
//!
//! The data of a client is in its own partition, or has an entry in the index of queues with the
//! client's partition ([`keys::of_client`]): lines of history, events, links, and the keys of
//! requests of Lasso support. Data with neither is found by reading the whole table once
//! (`sweep.rs`).

pub(super) mod sweep;

use std::collections::HashMap;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, Select};
use domain_auth::attempts::Attempts;
use domain_auth::erasure::{EraseClients, ErasedRecords, Erasure, Swept};
use domain_auth::event::ERASED_SUMMARY;
use domain_auth::history::HistoryEntry;
use domain_auth::names::ClientId;
use domain_auth::ports::{PageStart, StoreError};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use super::client_record::{ERASED_AT, ERASING, Stored};
use super::commit::to_item;
use super::keys::{
    self, BEHIND_DOMAINS, DOMAIN_PREFIX, ERASURES, Kept, Key, PK, QUEUE, QUEUE_PK, QUEUE_SK, SK,
    WORK_PK, WORK_SK,
};
use super::queues::{BATCH_GET, Range};
use super::schema::{IS_KNOWN, SET_SCHEMA, from_item, stamped};
use super::{Item, Table, store_error, string};
use crate::failure::IntoCause;
use crate::system::{SystemClock, SystemIds};

const ACTION: &str = "erase a client";

/// Items that are erased at the same time.
const AT_ONCE: usize = 8;

/// The attributes of an event that the erasure of its client removes; the summary is replaced.
const OF_PERSONS: [&str; 10] = [
    "client_name",
    "community",
    "other_communities",
    "contact_email",
    "note",
    "note_by",
    "ready_by",
    "missing",
    "records",
    "other_sides",
];

/// Only this erasure, and not a later erasure of the same client.
const IS_THIS_ERASURE: &str = "#erasing.#began_at = :began_at";

impl EraseClients for Table {
    async fn knows(&self, client: &ClientId) -> Result<bool, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .limit(1)
            .select(Select::Count)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":pk", string(keys::client_pk(client)))
            .send()
            .await
            .map_err(store_error(ACTION))?;
        Ok(answer.count > 0)
    }

    async fn begin_erasure(
        &self,
        client: &ClientId,
        erasure: &Erasure,
    ) -> Result<Erasure, StoreError> {
        let mut attempts = Attempts::default();
        loop {
            let update = self
                .client
                .update_item()
                .table_name(&self.name)
                .set_key(Some(Key::client_record(client).into_item()));
            let outcome = stamped(update)
                .condition_expression(format!("{IS_KNOWN} AND attribute_not_exists(#erasing)"))
                .update_expression(format!(
                    "SET {SET_SCHEMA}, #erasing = :erasing, #work_pk = :work_pk, \
                     #work_sk = :work_sk REMOVE #erased_at"
                ))
                .expression_attribute_names("#erasing", ERASING)
                .expression_attribute_names("#erased_at", ERASED_AT)
                .expression_attribute_names("#work_pk", WORK_PK)
                .expression_attribute_names("#work_sk", WORK_SK)
                .expression_attribute_values(":erasing", attribute(erasure)?)
                .expression_attribute_values(":work_pk", string(ERASURES))
                .expression_attribute_values(":work_sk", string(position(client, erasure)))
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                )
                .send()
                .await;
            let error = match outcome {
                Ok(_) => return Ok(erasure.clone()),
                Err(error) => error.into_service_error(),
            };
            if let UpdateItemError::ConditionalCheckFailedException(refusal) = &error
                && let Some(item) = refusal.item()
            {
                let stored = from_item::<Stored>(ACTION, item.clone()).inspect_err(|_| {
                    self.count_unreadable(ACTION, Some(&Key::client_record(client)));
                })?;
                if let Some(under_way) = stored.erasing {
                    return Ok(under_way);
                }
            }
            // A transaction that changes the number of the client's domains is running.
            if !is_contended(&error) || !attempts.again(&SystemClock, &SystemIds).await {
                return Err(store_error(ACTION)(error));
            }
        }
    }

    async fn erasures_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ClientId>, StoreError> {
        let due = Range::Until(keys::up_to(now));
        let due = self
            .work_in(ACTION, ERASURES.to_owned(), due, limit)
            .await?;
        Ok(due.iter().filter_map(|(_, key)| key.client()).collect())
    }

    async fn note_erasure(&self, client: &ClientId, erasure: &Erasure) -> Result<(), StoreError> {
        let outcome = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(Key::client_record(client).into_item()))
            .condition_expression(IS_THIS_ERASURE)
            .update_expression("SET #erasing = :erasing, #work_sk = :work_sk")
            .expression_attribute_names("#erasing", ERASING)
            .expression_attribute_names("#began_at", "began_at")
            .expression_attribute_names("#work_sk", WORK_SK)
            .expression_attribute_values(":began_at", attribute(&erasure.began_at)?)
            .expression_attribute_values(":erasing", attribute(erasure)?)
            .expression_attribute_values(":work_sk", string(position(client, erasure)))
            .send()
            .await;
        unless_over(outcome)
    }

    async fn erase_records(
        &self,
        client: &ClientId,
        limit: usize,
    ) -> Result<ErasedRecords, StoreError> {
        let limit = limit.min(BATCH_GET);
        let (own, mut left) = self.own_records(client, limit).await?;
        let (indexed, more) = self.keys_in(Part::Indexed, client, limit).await?;
        left |= more;
        let delete = |key| self.delete_record(key);
        let deleted = at_once(own.into_iter().map(delete)).await?;
        let found = if indexed.is_empty() {
            // DynamoDB refuses a request without keys.
            HashMap::new()
        } else {
            self.batch_get(ACTION, &indexed).await?
        };
        let erase = |(key, item)| self.erase_record(client, key, item);
        let erased = at_once(found.into_iter().map(erase)).await?;
        Ok(ErasedRecords {
            erased: deleted + erased,
            left,
        })
    }

    async fn sweep(
        &self,
        client: &ClientId,
        start: Option<&PageStart>,
    ) -> Result<Swept, StoreError> {
        self.sweep_part(client, start).await
    }

    async fn end_erasure(
        &self,
        client: &ClientId,
        erasure: &Erasure,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut item = Key::client_record(client).into_item();
        item.insert(ERASED_AT.to_owned(), attribute(&now)?);
        let put = self.put(item).build().map_err(store_error(ACTION))?;
        let outcome = self
            .client
            .put_item()
            .table_name(put.table_name)
            .set_item(Some(put.item))
            .condition_expression(IS_THIS_ERASURE)
            .expression_attribute_names("#erasing", ERASING)
            .expression_attribute_names("#began_at", "began_at")
            .expression_attribute_values(":began_at", attribute(&erasure.began_at)?)
            .send()
            .await;
        unless_over(outcome)
    }
}

impl Table {
    /// Keys in the client's own partition, except its record and its domains; and whether there are
    /// more keys, or domains.
    async fn own_records(
        &self,
        client: &ClientId,
        limit: usize,
    ) -> Result<(Vec<Key>, bool), StoreError> {
        let (mut own, mut left) = self.keys_in(Part::BeforeDomains, client, limit).await?;
        // The record itself always exists.
        let (behind, more) = self.keys_in(Part::BehindDomains, client, limit + 1).await?;
        let record = Key::client_record(client);
        own.extend(behind.into_iter().filter(|key| *key != record));
        // Domains that still exist cannot be read, so they were not removed.
        let (domains, _) = self.keys_in(Part::Domains, client, limit).await?;
        for key in &domains {
            self.count_unreadable(ACTION, Some(key));
        }
        left |= more || !domains.is_empty();
        Ok((own, left))
    }

    /// Some of the client's keys in one part, and whether there are more.
    async fn keys_in(
        &self,
        part: Part,
        client: &ClientId,
        limit: usize,
    ) -> Result<(Vec<Key>, bool), StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .projection_expression("#key_pk, #key_sk")
            .expression_attribute_names("#key_pk", PK)
            .expression_attribute_names("#key_sk", SK)
            .expression_attribute_values(":of", string(keys::client_pk(client)));
        let query = match part.condition() {
            None => query
                .index_name(QUEUE)
                .key_condition_expression("#of = :of")
                .expression_attribute_names("#of", QUEUE_PK),
            Some((condition, bound)) => query
                .consistent_read(true)
                .key_condition_expression(format!("#key_pk = :of AND {condition}"))
                .expression_attribute_values(":bound", string(bound)),
        };
        let answer = query.send().await.map_err(store_error(ACTION))?;
        let items = answer.items.unwrap_or_default();
        let keys = items.iter().filter_map(Key::of_item).collect();
        Ok((keys, answer.last_evaluated_key.is_some()))
    }

    /// Erases an item that has, or had, an entry in the index. Returns whether there was something
    /// to erase.
    async fn erase_record(
        &self,
        client: &ClientId,
        key: Key,
        item: Item,
    ) -> Result<bool, StoreError> {
        // The index is eventually consistent.
        let text = |name| item.get(name).and_then(|value| value.as_s().ok());
        if text(QUEUE_PK) != Some(&keys::client_pk(client)) {
            return Ok(false);
        }
        match text(QUEUE_SK).and_then(|kind| Kept::parse(kind)) {
            Some(Kept::History) => self.erase_line(key, item).await,
            Some(Kept::Event) => self.erase_event(key).await,
            // Data of the client from a later release is deleted, too.
            Some(Kept::Link | Kept::Key) | None => self.delete_record(key).await,
        }
    }

    /// A line that cannot be read is deleted, because its content is unknown.
    async fn erase_line(&self, key: Key, item: Item) -> Result<bool, StoreError> {
        let Some(line) = self.read_one_of::<HistoryEntry>(ACTION, item) else {
            return self.delete_record(key).await;
        };
        let item = to_item(key, &line.without_persons())?;
        let put = self.put(item).build().map_err(store_error(ACTION))?;
        self.client
            .put_item()
            .table_name(put.table_name)
            .set_item(Some(put.item))
            .send()
            .await
            .map_err(store_error(ACTION))?;
        Ok(true)
    }

    /// The event may be published at the same time, which changes other attributes.
    async fn erase_event(&self, key: Key) -> Result<bool, StoreError> {
        let mut update = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key.into_item()))
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#summary", "summary")
            .expression_attribute_names("#queue_pk", QUEUE_PK)
            .expression_attribute_names("#queue_sk", QUEUE_SK)
            .expression_attribute_values(":summary", string(ERASED_SUMMARY));
        let mut removed = vec!["#queue_pk".to_owned(), "#queue_sk".to_owned()];
        for name in OF_PERSONS {
            update = update.expression_attribute_names(format!("#{name}"), name);
            removed.push(format!("#{name}"));
        }
        let removed = removed.join(", ");
        let outcome = update
            .update_expression(format!("SET #summary = :summary REMOVE {removed}"))
            .send()
            .await;
        // Its time to live may have ended.
        unless_over(outcome)?;
        Ok(true)
    }

    async fn delete_record(&self, key: Key) -> Result<bool, StoreError> {
        self.client
            .delete_item()
            .table_name(&self.name)
            .set_key(Some(key.into_item()))
            .send()
            .await
            .map_err(store_error(ACTION))?;
        Ok(true)
    }
}

/// A part of the client's data.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// In its own partition, before its domains, in the order of the keys.
    BeforeDomains,
    /// Its domains.
    Domains,
    /// In its own partition, after its domains.
    BehindDomains,
    /// Outside its own partition, found with the index of queues.
    Indexed,
}

impl Part {
    /// The condition for the sort key; `None` for the index, because there the whole partition is
    /// the client's.
    fn condition(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::BeforeDomains => Some(("#key_sk < :bound", DOMAIN_PREFIX)),
            Self::Domains => Some(("begins_with(#key_sk, :bound)", DOMAIN_PREFIX)),
            Self::BehindDomains => Some(("#key_sk > :bound", BEHIND_DOMAINS)),
            Self::Indexed => None,
        }
    }
}

/// Runs some of the work at the same time. Returns how many items had something to erase.
async fn at_once<F>(work: impl Iterator<Item = F>) -> Result<u64, StoreError>
where
    F: Future<Output = Result<bool, StoreError>>,
{
    let done = stream::iter(work).buffer_unordered(AT_ONCE);
    let count = |sum: u64, erased: bool| async move { Ok(sum + u64::from(erased)) };
    done.try_fold(0, count).await
}

fn attribute(
    value: &impl serde::Serialize,
) -> Result<aws_sdk_dynamodb::types::AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(value).map_err(store_error(ACTION))
}

fn position(client: &ClientId, erasure: &Erasure) -> String {
    keys::erasure_position(client, erasure.next_step)
}

/// If a condition fails, the erasure is over, or the item is gone.
fn unless_over<T, E>(outcome: Result<T, SdkError<E>>) -> Result<(), StoreError>
where
    E: ProvideErrorMetadata,
    SdkError<E>: IntoCause,
{
    match outcome {
        Err(SdkError::ServiceError(refusal))
            if refusal.err().code() == Some("ConditionalCheckFailedException") =>
        {
            Ok(())
        }
        Err(error) => Err(store_error(ACTION)(error)),
        Ok(_) => Ok(()),
    }
}

/// A transaction on the same item is running; the SDK does not retry after that.
fn is_contended(error: &UpdateItemError) -> bool {
    error.code() == Some("TransactionConflictException")
}

#[cfg(test)]
mod tests;
