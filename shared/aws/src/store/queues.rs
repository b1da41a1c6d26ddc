//! The two indexes: domains that are due, and domains that wait in a state. Both store only keys,
//! because a domain changes far more often than it is listed. The items are then read by their
//! keys.

use domain_auth::domain::Domain;
use domain_auth::ports::{
    DomainKey, DomainsByState, Due, DueDomains, Page, PageStart, StaffQueue, StoreError,
};
use domain_auth::state::{QueuePart, Status};
use domain_auth::turns::in_turns;
use futures::future::try_join_all;
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::keys::{self, Key, QUEUE, QUEUE_PK, QUEUE_SK, WORK, WORK_PK, WORK_SK};
use super::{Item, Table, store_error, string};

/// The maximum number of keys that `BatchGetItem` takes (DynamoDB API reference).
pub(super) const BATCH_GET: usize = 100;

/// The maximum number of entries of an index in one response. The megabyte that DynamoDB would
/// return takes ten in memory.
const QUERY_PAGE: usize = 1_000;

/// Entries of each partition among which clients take turns, whatever the limit. Up to this number,
/// one client's crowd does not hide other clients. An account has 10,000 identities by default
/// (Amazon SES developer guide, "Service quotas").
const DUE_KEYS: usize = 10_000;

/// An entry of an index: its sort key and the item's key.
pub(super) type Entry = (String, Key);

/// A range of entries in a partition of the index of work.
pub(super) enum Range {
    All,
    /// Entries before this sort key.
    Until(String),
    /// Entries after this sort key.
    After(String),
    /// Entries from the first sort key to the second.
    Between(String, String),
}

impl DueDomains for Table {
    async fn due_since(
        &self,
        since: Option<Timestamp>,
        queue: Due,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Domain>, StoreError> {
        const ACTION: &str = "find domains that are due";
        let shards = keys::due_pks(queue).into_iter().map(|pk| {
            let until = keys::up_to(now);
            let range = match since {
                None => Range::Until(until),
                Some(since) => Range::Between(keys::sortable(since), until),
            };
            self.work_in(ACTION, pk, range, limit.max(DUE_KEYS))
        });
        let mut entries: Vec<Entry> = try_join_all(shards).await?.into_iter().flatten().collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        // Turns are taken by keys, so that only the chosen items are read.
        let entries = in_turns(entries, limit, |(_, key)| key.pk.clone());
        let (domains, unreadable): (Vec<Domain>, _) =
            self.read_entries(ACTION, entries, |_| true).await?;
        self.leave_alone(unreadable, now).await;
        // The index is eventually consistent: a domain that was looked at meanwhile is not due.
        Ok(domains
            .into_iter()
            .filter(|domain| domain.next_check <= now)
            .collect())
    }

    async fn postpone(&self, domain: &Domain, until: Timestamp) -> Result<(), StoreError> {
        self.move_domain(domain, until).await
    }
}

impl StaffQueue for Table {
    async fn waiting(
        &self,
        parts: &[QueuePart],
        limit: usize,
        start: Option<&PageStart>,
    ) -> Result<Page<Domain>, StoreError> {
        const ACTION: &str = "read the staff queue";
        let queues = parts
            .iter()
            .map(|part| self.queue_after(ACTION, *part, limit, start));
        let queues = try_join_all(queues).await?;
        let mut more = queues.iter().any(|(_, more)| *more);
        let mut entries: Vec<Entry> = queues.into_iter().flat_map(|queue| queue.0).collect();
        // Every queue returned its oldest entries, so the oldest of all are among them.
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        more |= entries.len() > limit;
        entries.truncate(limit);
        let last = entries
            .last()
            .map(|(position, _)| PageStart(position.clone()));
        let mut items: Vec<Domain> = self.items_of(ACTION, entries, |_| true).await?;
        // The index is eventually consistent.
        items.retain(|domain| parts.contains(&domain.queue_part()));
        Ok(Page {
            items,
            next: last.filter(|_| more),
        })
    }
}

impl DomainsByState for Table {
    async fn keys_in(&self, status: Status) -> Result<Vec<DomainKey>, StoreError> {
        let mut found = Vec::new();
        for part in QueuePart::all().filter(|part| part.status() == status) {
            found.extend(self.keys_of(part).await?);
        }
        Ok(found)
    }

    async fn domains_at(&self, keys: &[DomainKey]) -> Result<Vec<Domain>, StoreError> {
        const ACTION: &str = "read domains";
        let entry = |key: &DomainKey| (String::new(), Key::domain(&key.client, &key.name));
        let entries = keys.iter().map(entry).collect();
        self.items_of(ACTION, entries, |_| true).await
    }
}

impl Table {
    async fn keys_of(&self, part: QueuePart) -> Result<Vec<DomainKey>, StoreError> {
        const ACTION: &str = "list the domains in a state";
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(QUEUE)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", QUEUE_PK)
            .expression_attribute_values(":pk", string(keys::queue_pk(part)));
        let mut found = Vec::new();
        let mut start: Option<Item> = None;
        loop {
            let answer = query
                .clone()
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(store_error(ACTION))?;
            let entries = entries_of(answer.items.unwrap_or_default(), QUEUE_SK);
            found.extend(entries.iter().filter_map(|(_, key)| key.domain_key()));
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(found);
            }
        }
    }

    /// The entries of one part after a position, oldest first, and whether there are more.
    async fn queue_after(
        &self,
        action: &'static str,
        part: QueuePart,
        limit: usize,
        start: Option<&PageStart>,
    ) -> Result<(Vec<Entry>, bool), StoreError> {
        let mut query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(QUEUE)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", QUEUE_PK)
            .expression_attribute_values(":pk", string(keys::queue_pk(part)));
        if let Some(start) = start {
            query = query
                .key_condition_expression("#pk = :pk AND #sk > :after")
                .expression_attribute_names("#sk", QUEUE_SK)
                .expression_attribute_values(":after", string(&start.0));
        }
        let answer = query.send().await.map_err(store_error(action))?;
        let more = answer.last_evaluated_key.is_some();
        let entries = entries_of(answer.items.unwrap_or_default(), QUEUE_SK);
        Ok((entries, more))
    }

    /// The entries of one partition of the index of work, oldest first.
    pub(super) async fn work_in(
        &self,
        action: &'static str,
        pk: String,
        range: Range,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let mut query = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(WORK)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", WORK_PK)
            .expression_attribute_values(":pk", string(pk));
        let bound = match range {
            Range::All => None,
            Range::Until(until) => Some(("#pk = :pk AND #sk < :bound", until)),
            Range::After(after) => Some(("#pk = :pk AND #sk > :bound", after)),
            Range::Between(from, until) => {
                query = query.expression_attribute_values(":from", string(from));
                Some(("#pk = :pk AND #sk BETWEEN :from AND :bound", until))
            }
        };
        if let Some((condition, bound)) = bound {
            query = query
                .key_condition_expression(condition)
                .expression_attribute_names("#sk", WORK_SK)
                .expression_attribute_values(":bound", string(bound));
        }
        let mut entries = Vec::new();
        let mut start: Option<Item> = None;
        loop {
            let missing = (limit - entries.len()).min(QUERY_PAGE);
            let answer = query
                .clone()
                .limit(i32::try_from(missing).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(store_error(action))?;
            entries.extend(entries_of(answer.items.unwrap_or_default(), WORK_SK));
            start = answer.last_evaluated_key;
            if start.is_none() || entries.len() >= limit {
                return Ok(entries);
            }
        }
    }

    /// The items of index entries, in the order of the entries. A deleted item is left out, and so
    /// is an item that cannot be read: it must not block the others.
    pub(super) async fn items_of<T: DeserializeOwned>(
        &self,
        action: &'static str,
        entries: Vec<Entry>,
        wanted: impl Fn(&Item) -> bool,
    ) -> Result<Vec<T>, StoreError> {
        let (read, _unreadable) = self.read_entries(action, entries, wanted).await?;
        Ok(read)
    }

    /// The items of index entries, and the entries whose items cannot be read.
    pub(super) async fn read_entries<T: DeserializeOwned>(
        &self,
        action: &'static str,
        entries: Vec<Entry>,
        wanted: impl Fn(&Item) -> bool,
    ) -> Result<(Vec<T>, Vec<Entry>), StoreError> {
        let mut read = Vec::with_capacity(entries.len());
        let mut unreadable = Vec::new();
        // Batch by batch: an item in the SDK's form takes several times the memory of the parsed
        // item.
        for batch in entries.chunks(BATCH_GET) {
            let keys: Vec<Key> = batch.iter().map(|(_, key)| key.clone()).collect();
            let mut found = self.batch_get(action, &keys).await?;
            for entry in batch {
                let Some(item) = found.remove(&entry.1).filter(&wanted) else {
                    continue;
                };
                match self.read_one_of(action, item) {
                    Some(item) => read.push(item),
                    None => unreadable.push(entry.clone()),
                }
            }
        }
        Ok((read, unreadable))
    }
}

fn entries_of(items: Vec<Item>, position: &str) -> Vec<Entry> {
    items
        .into_iter()
        .filter_map(|item| {
            let key = Key::of_item(&item)?;
            Some((item.get(position)?.as_s().ok()?.clone(), key))
        })
        .collect()
}
