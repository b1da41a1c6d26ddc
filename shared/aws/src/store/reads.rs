//! Reads of a client's domains, of claims and of history.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use domain_auth::claims::{ClaimRegister, Tombstone};
use domain_auth::dns::DnsLook;
use domain_auth::domain::Domain;
use domain_auth::history::HistoryEntry;
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{ListFilter, Page, PageStart, ReadClaims, ReadDomains, StoreError};
use serde::de::DeserializeOwned;

use super::keys::{self, DOMAIN_PREFIX, Key, LOOK, PK, SK};
use super::{Item, Table, schema, store_error, string, unreadable_item};

/// How many items one query reads for each possible entry of a page of a filtered list. Such a page
/// may be short, or empty, and still have a next page.
const READ_PER_ENTRY: usize = 10;

impl ReadDomains for Table {
    async fn domain(
        &self,
        client: &ClientId,
        name: &DomainName,
    ) -> Result<Option<Domain>, StoreError> {
        self.get("read a domain", Key::domain(client, name)).await
    }

    async fn look(
        &self,
        client: &ClientId,
        name: &DomainName,
    ) -> Result<Option<DnsLook>, StoreError> {
        const ACTION: &str = "read the last look at DNS";
        let key = Key::look(client, name);
        let Some(item) = self.get_item(ACTION, key.clone()).await? else {
            return Ok(None);
        };
        // A look of another version of the program counts as missing: the next look replaces it.
        Ok(look_of(ACTION, item).unwrap_or_else(|_| {
            self.count_unreadable(ACTION, Some(&key));
            None
        }))
    }

    async fn domains(
        &self,
        client: &ClientId,
        filter: &ListFilter,
        limit: usize,
        start: Option<&PageStart>,
    ) -> Result<Page<Domain>, StoreError> {
        let pk = keys::client_pk(client);
        let mut query = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", string(&pk))
            .expression_attribute_values(":prefix", string(DOMAIN_PREFIX));
        let mut conditions = Vec::new();
        if let Some(status) = filter.status {
            conditions.push("#status = :status");
            query = query
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":status", string(status.as_str()));
        }
        if let Some(community) = &filter.community {
            conditions.push("(#community = :community OR contains(#others, :community))");
            query = query
                .expression_attribute_names("#others", "other_communities")
                .expression_attribute_names("#community", "community")
                .expression_attribute_values(":community", string(community.as_str()));
        }
        let mut reads = limit;
        if !conditions.is_empty() {
            query = query.filter_expression(conditions.join(" AND "));
            reads *= READ_PER_ENTRY;
        }
        let start = start.map(|start| Key {
            pk,
            sk: format!("{DOMAIN_PREFIX}{}", start.0),
        });
        let (items, last) = self
            .page("list domains", query, limit, reads, start)
            .await?;
        Ok(Page {
            items,
            next: last
                .and_then(|key| Some(PageStart(key.sk.strip_prefix(DOMAIN_PREFIX)?.to_owned()))),
        })
    }

    async fn history(
        &self,
        client: &ClientId,
        name: &DomainName,
        limit: usize,
        start: Option<&PageStart>,
    ) -> Result<Page<HistoryEntry>, StoreError> {
        let pk = keys::history_pk(client, name);
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .scan_index_forward(false)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":pk", string(&pk));
        let start = start.map(|start| Key {
            pk,
            sk: start.0.clone(),
        });
        let (items, last) = self
            .page("read the history", query, limit, limit, start)
            .await?;
        Ok(Page {
            items,
            next: last.map(|key| PageStart(key.sk)),
        })
    }
}

impl ReadClaims for Table {
    async fn claims(&self, organizational: &str) -> Result<ClaimRegister, StoreError> {
        let stored = self.get("read claims", Key::claims(organizational)).await?;
        Ok(stored.unwrap_or_else(|| ClaimRegister::empty(organizational)))
    }

    async fn tombstone(&self, name: &DomainName) -> Result<Option<Tombstone>, StoreError> {
        self.get("read a tombstone", Key::tombstone(name)).await
    }
}

impl Table {
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        action: &'static str,
        key: Key,
    ) -> Result<Option<T>, StoreError> {
        let item = self.get_item(action, key).await?;
        item.map(|item| self.read(action, item)).transpose()
    }

    pub(super) async fn get_item(
        &self,
        action: &'static str,
        key: Key,
    ) -> Result<Option<Item>, StoreError> {
        let answer = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(key.into_item()))
            .consistent_read(true)
            .send()
            .await
            .map_err(store_error(action))?;
        Ok(answer.item)
    }

    /// Queries one page: reads up to `reads` items and returns at most `limit`. Items that do not
    /// deserialize are left out. Also returns the key after which the next page starts.
    async fn page<T: DeserializeOwned>(
        &self,
        action: &'static str,
        query: QueryFluentBuilder,
        limit: usize,
        reads: usize,
        start: Option<Key>,
    ) -> Result<(Vec<T>, Option<Key>), StoreError> {
        let answer = query
            .limit(i32::try_from(reads).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start.map(Key::into_item))
            .send()
            .await
            .map_err(store_error(action))?;
        let mut items: Vec<Item> = answer.items.unwrap_or_default();
        let next = if items.len() > limit {
            items.truncate(limit);
            items.last().and_then(Key::of_item)
        } else {
            answer.last_evaluated_key.as_ref().and_then(Key::of_item)
        };
        let items = items
            .into_iter()
            .filter_map(|item| self.read_one_of(action, item))
            .collect();
        Ok((items, next))
    }
}

/// The look in an item; `None` if it was too large to be stored.
pub(super) fn look_of(action: &'static str, mut item: Item) -> Result<Option<DnsLook>, StoreError> {
    schema::check(action, &item)?;
    let Some(AttributeValue::S(text)) = item.remove(LOOK) else {
        return Ok(None);
    };
    let look = serde_json::from_str(&text).map_err(|error| unreadable_item(action, error))?;
    Ok(Some(look))
}
