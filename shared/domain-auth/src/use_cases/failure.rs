//! Why a use case did not do what it was asked.

use crate::domain::Domain;
use crate::names::{ClientId, DomainName};
use crate::ports::{ReadDomains, SesError, StoreError};

/// Why a use case did not do what it was asked. Nothing was written, unless its refusals `R` say so.
#[derive(Debug, thiserror::Error)]
pub enum Failure<R> {
    /// The client has no such domain.
    #[error("there is no such domain")]
    NotFound,
    /// Others kept changing the same domain, or its claims.
    #[error("too many changes of the domain at once")]
    Busy,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It cannot be done as things stand.
    #[error(transparent)]
    Refused(R),
}

impl<R: From<SesError>> From<SesError> for Failure<R> {
    fn from(error: SesError) -> Self {
        Self::Refused(error.into())
    }
}

/// A domain of a client, also one that is being removed.
pub(super) async fn stored<R>(
    store: &impl ReadDomains,
    client: &ClientId,
    name: &DomainName,
) -> Result<Domain, Failure<R>> {
    store.domain(client, name).await?.ok_or(Failure::NotFound)
}

/// A domain that is there for its client.
pub(super) async fn existing<R>(
    store: &impl ReadDomains,
    client: &ClientId,
    name: &DomainName,
) -> Result<Domain, Failure<R>> {
    let domain = store.domain(client, name).await?;
    domain.filter(Domain::is_there).ok_or(Failure::NotFound)
}
