//! Why a use case failed.

use crate::domain::Domain;
use crate::names::{ClientId, DomainName};
use crate::ports::{ReadDomains, SesError, StoreError};

/// Why a use case failed. Nothing was written, unless the refusal type `R` documents otherwise.
#[derive(Debug, thiserror::Error)]
pub enum Failure<R> {
    /// The client has no such domain.
    #[error("there is no such domain")]
    NotFound,
    /// Other processes kept changing the same domain, or its claims.
    #[error("too many changes of the domain at once")]
    Busy,
    /// The call to the store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The present state does not allow it.
    #[error(transparent)]
    Refused(R),
}

impl<R: From<SesError>> From<SesError> for Failure<R> {
    fn from(error: SesError) -> Self {
        Self::Refused(error.into())
    }
}

/// A domain of a client, even if it is being removed.
pub(super) async fn stored<R>(
    store: &impl ReadDomains,
    client: &ClientId,
    name: &DomainName,
) -> Result<Domain, Failure<R>> {
    store.domain(client, name).await?.ok_or(Failure::NotFound)
}

/// A domain that its client can see, so one that is not being removed.
pub(super) async fn existing<R>(
    store: &impl ReadDomains,
    client: &ClientId,
    name: &DomainName,
) -> Result<Domain, Failure<R>> {
    let domain = store.domain(client, name).await?;
    domain.filter(Domain::is_there).ok_or(Failure::NotFound)
}
