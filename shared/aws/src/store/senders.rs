//! Reads for many addresses of senders: up to 100 items in a call.

use std::collections::{BTreeMap, BTreeSet};

use domain_auth::claims::ClaimRegister;
use domain_auth::dns::DnsLook;
use domain_auth::domain::Domain;
use domain_auth::history::HistoryEntry;
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{ReadDomains, ReadSenders, StoreError};
use futures::{StreamExt, TryStreamExt, stream};

use super::keys::Key;
use super::queues::BATCH_GET;
use super::reads::look_of;
use super::{Item, Table};

/// Histories that are read at the same time.
const AT_ONCE: usize = 16;

impl ReadSenders for Table {
    async fn registers(
        &self,
        organizational: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, ClaimRegister>, StoreError> {
        const ACTION: &str = "read the claims of senders";
        let wanted = organizational.iter().cloned();
        let wanted = wanted.map(|name| (Key::claims(&name), name)).collect();
        let items = self.items_at(ACTION, wanted).await?;
        items
            .into_iter()
            .map(|(name, item)| Ok((name, self.read(ACTION, item)?)))
            .collect()
    }

    async fn domains_named(
        &self,
        client: &ClientId,
        names: &BTreeSet<DomainName>,
    ) -> Result<BTreeMap<DomainName, Domain>, StoreError> {
        const ACTION: &str = "read the domains of senders";
        let wanted = names.iter().cloned();
        let wanted = wanted.map(|name| (Key::domain(client, &name), name));
        let items = self.items_at(ACTION, wanted.collect()).await?;
        items
            .into_iter()
            .map(|(name, item)| Ok((name, self.read(ACTION, item)?)))
            .collect()
    }

    async fn looks_at(
        &self,
        client: &ClientId,
        names: &BTreeSet<DomainName>,
    ) -> Result<BTreeMap<DomainName, DnsLook>, StoreError> {
        const ACTION: &str = "read the last looks at the DNS of senders";
        let wanted = names.iter().cloned();
        let wanted = wanted.map(|name| (Key::look(client, &name), name));
        let mut looks = BTreeMap::new();
        for (name, item) in self.items_at(ACTION, wanted.collect()).await? {
            match look_of(ACTION, item) {
                Ok(Some(look)) => {
                    looks.insert(name, look);
                }
                Ok(None) => {}
                Err(_) => self.count_unreadable(ACTION, Some(&Key::look(client, &name))),
            }
        }
        Ok(looks)
    }

    async fn newest_lines(
        &self,
        client: &ClientId,
        names: &BTreeSet<DomainName>,
    ) -> Result<BTreeMap<DomainName, HistoryEntry>, StoreError> {
        let newest = names
            .iter()
            .map(|name| self.newest_line(client, name.clone()));
        let newest: Vec<_> = newest.collect();
        let newest: Vec<_> = stream::iter(newest)
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(newest.into_iter().flatten().collect())
    }
}

impl Table {
    async fn newest_line(
        &self,
        client: &ClientId,
        name: DomainName,
    ) -> Result<Option<(DomainName, HistoryEntry)>, StoreError> {
        let page = self.history(client, &name, 1, None).await?;
        Ok(page.items.into_iter().next().map(|line| (name, line)))
    }

    /// The existing items, each with the value that its key stands for.
    async fn items_at<T>(
        &self,
        action: &'static str,
        mut wanted: Vec<(Key, T)>,
    ) -> Result<Vec<(T, Item)>, StoreError> {
        let mut items = Vec::with_capacity(wanted.len());
        while !wanted.is_empty() {
            let batch: Vec<(Key, T)> = wanted.drain(..wanted.len().min(BATCH_GET)).collect();
            let keys: Vec<Key> = batch.iter().map(|(key, _)| key.clone()).collect();
            let mut found = self.batch_get(action, &keys).await?;
            let there = batch
                .into_iter()
                .filter_map(|(key, of)| Some((of, found.remove(&key)?)));
            items.extend(there);
        }
        Ok(items)
    }
}
