//! Finding who has or claims a name: Lasso support searches the domains of all clients at a name,
//! above it and below it.
//!
//! Held names are in the registers of claims. Contested claims are in no register, so they are
//! found with the index of domains by state.

use std::collections::BTreeSet;

use super::registers;
use crate::domain::Domain;
use crate::names::{DomainName, SuffixList};
use crate::ports::{DomainKey, DomainsByState, Page, PageStart, ReadClaims, StoreError};
use crate::state::Status;

/// The domains of all clients at `name`, above it and below it, from the topmost name down. Returns
/// at most `limit` domains after `start`.
pub async fn find<S>(
    store: &S,
    suffixes: SuffixList,
    name: &DomainName,
    limit: usize,
    start: Option<&PageStart>,
) -> Result<Page<Domain>, StoreError>
where
    S: ReadClaims + DomainsByState,
{
    let mut found: BTreeSet<(String, DomainKey)> = BTreeSet::new();
    let contested = store.keys_in(Status::Contested).await?;
    // A name that is being given up may no longer be in a register, if SES has no identity of it.
    let removing = store.keys_in(Status::Removing).await?;
    let held = registers::holders(store, name, suffixes.organizational(name)).await?;
    for key in contested.into_iter().chain(removing).chain(held) {
        if touches(&key.name, name) {
            found.insert((position(&key), key));
        }
    }
    let after = |position: &str| start.is_none_or(|start| position > start.0.as_str());
    let mut rest = found.into_iter().filter(|(position, _)| after(position));
    let page: Vec<(String, DomainKey)> = rest.by_ref().take(limit).collect();
    let more = rest.next().is_some();
    let last = page.last().map(|(position, _)| PageStart(position.clone()));
    let keys: Vec<DomainKey> = page.into_iter().map(|(_, key)| key).collect();
    Ok(Page {
        items: store.domains_at(&keys).await?,
        next: last.filter(|_| more),
    })
}

/// The position of a domain in the list: names with fewer labels come first.
fn position(key: &DomainKey) -> String {
    let labels = key.name.as_str().split('.').count();
    format!("{labels:03}#{}#{}", key.name, key.client)
}

fn touches(one: &DomainName, other: &DomainName) -> bool {
    one == other || one.is_below(other) || other.is_below(one)
}
