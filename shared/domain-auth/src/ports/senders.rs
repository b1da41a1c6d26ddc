//! Reads for the question "may this client send from these addresses?".

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use super::StoreError;
use crate::claims::ClaimRegister;
use crate::dns::DnsLook;
use crate::domain::Domain;
use crate::history::HistoryEntry;
use crate::names::{ClientId, DomainName};

/// Reads items for many addresses by their keys, in one or two calls for any number of items; only
/// lines of history take a call for each name. A missing item is left out. An item that cannot be read is an error, because an answer without it
/// might be wrong.
///
/// # Examples
///
/// ```
/// # use domain_auth::ports::StoreError;
/// # use domain_auth_testkit::{MemoryStore, client, domain_name};
/// # use futures::FutureExt;
/// use std::collections::BTreeSet;
///
/// use domain_auth::ports::ReadSenders;
///
/// # let example = async {
/// # let store = MemoryStore::default();
/// let names = BTreeSet::from([domain_name("example.com"), domain_name("example.org")]);
/// let domains = store.domains_named(&client("maple"), &names).await?;
/// assert!(domains.is_empty(), "the client has neither");
/// # Ok::<_, StoreError>(())
/// # };
/// # example.now_or_never().expect("a fake never waits")?;
/// # Ok::<_, StoreError>(())
/// ```
pub trait ReadSenders: Send + Sync {
    /// The claims under these organizational domains.
    fn registers(
        &self,
        organizational: &BTreeSet<String>,
    ) -> impl Future<Output = Result<BTreeMap<String, ClaimRegister>, StoreError>> + Send;

    /// A client's domains with these names, as last written.
    fn domains_named(
        &self,
        client: &ClientId,
        names: &BTreeSet<DomainName>,
    ) -> impl Future<Output = Result<BTreeMap<DomainName, Domain>, StoreError>> + Send;

    /// The last DNS looks of a client's domains with these names. A look that another version of
    /// the program wrote is left out, too.
    fn looks_at(
        &self,
        client: &ClientId,
        names: &BTreeSet<DomainName>,
    ) -> impl Future<Output = Result<BTreeMap<DomainName, DnsLook>, StoreError>> + Send;

    /// The newest line of the client's history of each of these names. The history of a domain stays
    /// when the domain is removed.
    fn newest_lines(
        &self,
        client: &ClientId,
        names: &BTreeSet<DomainName>,
    ) -> impl Future<Output = Result<BTreeMap<DomainName, HistoryEntry>, StoreError>> + Send;
}
