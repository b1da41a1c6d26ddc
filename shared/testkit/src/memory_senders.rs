//! Reads of the store in memory for many addresses of senders.

use std::collections::{BTreeMap, BTreeSet};

use domain_auth::claims::ClaimRegister;
use domain_auth::dns::DnsLook;
use domain_auth::domain::Domain;
use domain_auth::history::HistoryEntry;
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{ReadDomains, ReadSenders, StoreError};

use crate::MemoryStore;

impl ReadSenders for MemoryStore {
    async fn registers(
        &self,
        organizational: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, ClaimRegister>, StoreError> {
        self.crash.pass("registers").await;
        let state = self.state();
        let stored = |name: &String| Some((name.clone(), state.register(name)?));
        Ok(organizational.iter().filter_map(stored).collect())
    }

    async fn domains_named(
        &self,
        client: &ClientId,
        names: &BTreeSet<DomainName>,
    ) -> Result<BTreeMap<DomainName, Domain>, StoreError> {
        let mut found = BTreeMap::new();
        for name in names {
            let domain = self.domain(client, name).await?;
            found.extend(domain.map(|domain| (name.clone(), domain)));
        }
        Ok(found)
    }

    async fn looks_at(
        &self,
        client: &ClientId,
        names: &BTreeSet<DomainName>,
    ) -> Result<BTreeMap<DomainName, DnsLook>, StoreError> {
        let mut found = BTreeMap::new();
        for name in names {
            let look = self.look(client, name).await?;
            found.extend(look.map(|look| (name.clone(), look)));
        }
        Ok(found)
    }

    async fn newest_lines(
        &self,
        client: &ClientId,
        names: &BTreeSet<DomainName>,
    ) -> Result<BTreeMap<DomainName, HistoryEntry>, StoreError> {
        let mut found = BTreeMap::new();
        for name in names {
            let page = self.history(client, name, 1, None).await?;
            let line = page.items.into_iter().next();
            found.extend(line.map(|line| (name.clone(), line)));
        }
        Ok(found)
    }
}
