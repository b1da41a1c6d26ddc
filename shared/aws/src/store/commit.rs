//! Writing changes: domains, claims, history, events and the count of each client's domains, in one
//! transaction.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::PutBuilder;
use aws_sdk_dynamodb::types::{CancellationReason, Delete, Put, TransactWriteItem};
use domain_auth::attempts::Attempts;
use domain_auth::claims::{ClaimRegister, Tombstone};
use domain_auth::dns::{DnsLook, MAX_LOOK};
use domain_auth::domain::{Change, Domain, Fate};
use domain_auth::event::Event;
use domain_auth::history::HistoryEntry;
use domain_auth::ports::{CommitChanges, CommitError, StoreError, StoreFailure};
use serde::Serialize;

use super::client_record::{Count, Refusal, counts_of};
use super::keys::{self, EXPIRES_AT, Kept, Key, LOOK, PK};
use super::{Item, Table, number, schema, store_error, string};
use crate::failure::IntoCause;
use crate::system::{SystemClock, SystemIds};

const ACTION: &str = "write a change";

/// Only a version that directly follows the stored one may be written.
const FOLLOWS: &str = "#version = :previous";
/// The condition for a domain, which must be in the same life: the versions of a domain that is
/// removed and added again start from one.
const FOLLOWS_IN_LIFE: &str = "#version = :previous AND #added_at = :added_at";
const IS_NEW: &str = "attribute_not_exists(#pk)";

impl CommitChanges for Table {
    async fn commit_all(&self, changes: &[&Change]) -> Result<(), CommitError> {
        let mut writes = Vec::new();
        for change in changes {
            self.writes_of(change, &mut writes)?;
        }
        let counts = counts_of(changes);
        match self.write(writes, counts.clone()).await {
            Err(CommitError::Store(error)) if error.failure == StoreFailure::TooLarge => {}
            outcome => return outcome,
        }
        let mut writes = Vec::new();
        for change in changes {
            tracing::error!(
                domain = %change.domain.name,
                client = %change.domain.client,
                "a change is too large for the table and is written without its details"
            );
            self.writes_of(&change.without_details(), &mut writes)?;
            if change.look.is_some() && change.fate == Fate::Stored {
                writes.push(Write::Put(self.put_no_look(&change.domain)?));
            }
        }
        self.write(writes, counts).await
    }
}

impl Table {
    /// Writes all or nothing.
    async fn write(&self, writes: Vec<Write>, counts: Vec<Count>) -> Result<(), CommitError> {
        if let ([Write::Put(put)], []) = (&writes[..], &counts[..]) {
            return self.put_alone(put.clone()).await;
        }
        let items: Vec<TransactWriteItem> = writes.into_iter().map(transact).collect();
        if counts.is_empty() {
            return self.transact(items).await.map_err(transaction_error);
        }
        self.commit_counted(items, counts).await
    }
}

/// One item of a transaction.
pub(super) enum Write {
    Put(Put),
    Delete(Delete),
}

impl Table {
    async fn transact(
        &self,
        items: Vec<TransactWriteItem>,
    ) -> Result<(), SdkError<TransactWriteItemsError>> {
        self.client
            .transact_write_items()
            .set_transact_items(Some(items))
            .send()
            .await?;
        Ok(())
    }

    /// Writes `items` and updates the domain count of each client, in one transaction. If the
    /// condition of an item fails, the result is `Conflict`. If only the condition of a count
    /// fails, the transaction is retried, unless the client has reached its limit.
    async fn commit_counted(
        &self,
        items: Vec<TransactWriteItem>,
        mut counts: Vec<Count>,
    ) -> Result<(), CommitError> {
        let mut attempts = Attempts::default();
        while attempts.at_once() {
            let mut all = items.clone();
            for count in &counts {
                let update = self.update_count(count)?;
                all.push(TransactWriteItem::builder().update(update).build());
            }
            let Err(error) = self.transact(all).await else {
                return Ok(());
            };
            let Some(reasons) = cancellation(&error) else {
                return Err(transaction_error(error));
            };
            let reasons: Vec<Option<&str>> = reasons.iter().map(CancellationReason::code).collect();
            let stopped = |code: Option<&str>| !matches!(code, None | Some("None"));
            let (own, of_counts) = reasons.split_at_checked(items.len()).unwrap_or_default();
            if own.iter().copied().any(stopped) || !of_counts.iter().copied().any(stopped) {
                return Err(transaction_error(error));
            }
            let mut contended = false;
            for (count, code) in counts.iter_mut().zip(of_counts) {
                match *code {
                    None | Some("None") => {}
                    Some("ConditionalCheckFailed") => match self.after_refusal(count).await? {
                        Refusal::Again => {}
                        Refusal::Limit => return Err(CommitError::Conflict),
                    },
                    Some("TransactionConflict") => contended = true,
                    Some(_) => return Err(transaction_error(error)),
                }
            }
            if contended {
                attempts.pause(&SystemClock, &SystemIds).await;
            }
        }
        Err(CommitError::Conflict)
    }

    pub(super) fn writes_of(
        &self,
        change: &Change,
        writes: &mut Vec<Write>,
    ) -> Result<(), StoreError> {
        let domain = &change.domain;
        match change.fate {
            Fate::Stored => {
                writes.push(Write::Put(self.put_domain(change)?));
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
        if let Some(link) = &change.link {
            writes.push(Write::Put(self.put_link(link)?));
        }
        Ok(())
    }

    fn delete_domain(&self, domain: &Domain) -> Result<Delete, StoreError> {
        Delete::builder()
            .table_name(&self.name)
            .set_key(Some(Key::domain(&domain.client, &domain.name).into_item()))
            .condition_expression(FOLLOWS_IN_LIFE)
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#added_at", "added_at")
            .expression_attribute_values(":previous", number(domain.version - 1))
            .expression_attribute_values(":added_at", string(domain.added_at.to_string()))
            .build()
            .map_err(store_error(ACTION))
    }

    /// The look is derived from the domain's DNS, so it has no version of its own.
    fn delete_look(&self, domain: &Domain) -> Result<Delete, StoreError> {
        Delete::builder()
            .table_name(&self.name)
            .set_key(Some(Key::look(&domain.client, &domain.name).into_item()))
            .build()
            .map_err(store_error(ACTION))
    }

    /// A single write costs half as much as a transaction with one item.
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

    fn put_domain(&self, change: &Change) -> Result<Put, StoreError> {
        let domain = &change.domain;
        let mut item = to_item(Key::domain(&domain.client, &domain.name), domain)?;
        item.insert("status".to_owned(), string(domain.state.status().as_str()));
        item.extend(keys::domain_index(domain));
        if domain.version <= 1 || change.begins_a_life() {
            return self.put_version(item, domain.version);
        }
        self.put(item)
            .condition_expression(FOLLOWS_IN_LIFE)
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#added_at", "added_at")
            .expression_attribute_values(":previous", number(domain.version - 1))
            .expression_attribute_values(":added_at", string(domain.added_at.to_string()))
            .build()
            .map_err(store_error(ACTION))
    }

    fn put_claims(&self, claims: &ClaimRegister) -> Result<Put, StoreError> {
        let mut item = to_item(Key::claims(&claims.organizational), claims)?;
        if let Some(expires_at) = claims.expires_at() {
            item.insert(EXPIRES_AT.to_owned(), number(expires_at.as_second()));
        }
        self.put_version(item, claims.version)
    }

    /// The version of the register in the same transaction protects it.
    fn put_tombstone(&self, tombstone: &Tombstone) -> Result<Put, StoreError> {
        let mut item = to_item(Key::tombstone(&tombstone.name), tombstone)?;
        if !tombstone.leaving {
            let expires_at = tombstone.until.as_second();
            item.insert(EXPIRES_AT.to_owned(), number(expires_at));
        }
        self.put(item).build().map_err(store_error(ACTION))
    }

    /// `line` distinguishes the lines of one change with two steps.
    fn put_history(
        &self,
        domain: &Domain,
        entry: &HistoryEntry,
        line: usize,
    ) -> Result<Put, StoreError> {
        let key = Key::history(domain, entry, line);
        let mut item = to_item(key, entry)?;
        item.extend(keys::of_client(&domain.client, Kept::History));
        self.put_new(item)
    }

    fn put_event(&self, event: &Event) -> Result<Put, StoreError> {
        let mut item = to_item(Key::event(event.event_id), event)?;
        item.extend(keys::outbox_index(event));
        item.extend(keys::of_client(&event.client, Kept::Event));
        self.put_new(item)
    }

    /// As text: no query needs a part of it, and text is smaller than attributes.
    fn put_look(&self, domain: &Domain, look: &DnsLook) -> Result<Put, StoreError> {
        let mut item = Key::look(&domain.client, &domain.name).into_item();
        let mut text = serde_json::to_string(look).map_err(store_error(ACTION))?;
        if text.len() > MAX_LOOK {
            let look = look.clone().bounded();
            text = serde_json::to_string(&look).map_err(store_error(ACTION))?;
        }
        item.insert(LOOK.to_owned(), string(text));
        self.put(item).build().map_err(store_error(ACTION))
    }

    /// Replaces a look that cannot be stored: an older look no longer describes the DNS.
    fn put_no_look(&self, domain: &Domain) -> Result<Put, StoreError> {
        let item = Key::look(&domain.client, &domain.name).into_item();
        self.put(item).build().map_err(store_error(ACTION))
    }

    fn put_version(&self, item: Item, version: u64) -> Result<Put, StoreError> {
        if version <= 1 {
            return self.put_new(item);
        }
        self.put(item)
            .condition_expression(FOLLOWS)
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":previous", number(version - 1))
            .build()
            .map_err(store_error(ACTION))
    }

    pub(super) fn put_new(&self, item: Item) -> Result<Put, StoreError> {
        self.put(item)
            .condition_expression(IS_NEW)
            .expression_attribute_names("#pk", PK)
            .build()
            .map_err(store_error(ACTION))
    }

    /// The only way to put an item: with the version of its schema.
    pub(super) fn put(&self, mut item: Item) -> PutBuilder {
        schema::stamp(&mut item);
        Put::builder().table_name(&self.name).set_item(Some(item))
    }
}

pub(super) fn to_item(key: Key, value: &impl Serialize) -> Result<Item, StoreError> {
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

/// Whether DynamoDB refuses an item because of its size. It has one code for every kind of bad
/// request, so only the message tells: "Item size has exceeded the maximum allowed size", or for a
/// transaction, that it exceeds 4 MB.
fn is_too_large(code: Option<&str>, message: Option<&str>) -> bool {
    let refused = matches!(code, Some("ValidationException" | "ValidationError"));
    refused && message.is_some_and(|message| message.to_ascii_lowercase().contains("size"))
}

fn too_large(error: impl IntoCause) -> CommitError {
    CommitError::Store(StoreError {
        failure: StoreFailure::TooLarge,
        ..store_error(ACTION)(error)
    })
}

fn put_error(error: SdkError<PutItemError>) -> CommitError {
    if let SdkError::ServiceError(service) = &error
        && is_too_large(service.err().meta().code(), service.err().meta().message())
    {
        return too_large(error);
    }
    let conflict = match &error {
        SdkError::ServiceError(service) => {
            let error = service.err();
            // A transaction on the same item is running; the SDK does not retry after that.
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

/// Whether a transaction is refused because of the size of an item, or its own size.
fn is_too_large_to_transact(error: &TransactWriteItemsError) -> bool {
    match error {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            let mut reasons = cancelled.cancellation_reasons().iter();
            reasons.any(|reason| is_too_large(reason.code(), reason.message()))
        }
        other => is_too_large(other.meta().code(), other.meta().message()),
    }
}

/// Why each item of a transaction was not written.
fn cancellation(error: &SdkError<TransactWriteItemsError>) -> Option<&[CancellationReason]> {
    match error.as_service_error()? {
        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
            Some(cancelled.cancellation_reasons())
        }
        _ => None,
    }
}

fn transaction_error(error: SdkError<TransactWriteItemsError>) -> CommitError {
    let conflict = match cancellation(&error) {
        Some(reasons) => reasons.iter().any(|reason| {
            matches!(
                reason.code(),
                Some("ConditionalCheckFailed" | "TransactionConflict")
            )
        }),
        None => error
            .as_service_error()
            .is_some_and(TransactWriteItemsError::is_transaction_in_progress_exception),
    };
    if conflict {
        return CommitError::Conflict;
    }
    match &error {
        SdkError::ServiceError(service) if is_too_large_to_transact(service.err()) => {
            too_large(error)
        }
        _ => store_error(ACTION)(error).into(),
    }
}
