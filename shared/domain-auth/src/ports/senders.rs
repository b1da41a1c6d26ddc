//! What the question "may this client send from these addresses?" reads.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use super::StoreError;
use crate::claims::ClaimRegister;
use crate::dns::DnsLook;
use crate::domain::Domain;
use crate::names::{ClientId, DomainName};

/// Reads what many addresses depend on by keys, in a call or two however many they are. An item that is
/// not there is left out; one that cannot be read is an error, because an answer without it may be wrong.
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

    /// The last looks at the DNS of a client's domains with these names. One of another version of the
    /// program is left out, too.
    fn looks_at(
        &self,
        client: &ClientId,
        names: &BTreeSet<DomainName>,
    ) -> impl Future<Output = Result<BTreeMap<DomainName, DnsLook>, StoreError>> + Send;
}
