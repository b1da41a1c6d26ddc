//! The holders of names that a claim competes with.

use futures::stream::{self, Stream, StreamExt, TryStreamExt};

use super::in_the_way::READS_AT_ONCE;
use crate::claims::ClaimRegister;
use crate::domain::Domain;
use crate::event::{Side, staff_path};
use crate::names::{ClientId, DomainName};
use crate::ports::{ReadDomains, StoreError};

/// The maximum number of holders that are told of a claim which Lasso support decides.
pub(super) const TOLD: usize = 10;

/// The domains that hold a name which the claimant claims, in the order of the register. A claim
/// whose domain is gone is left out.
pub(super) fn holders_in_the_way<S: ReadDomains>(
    store: &S,
    claims: &ClaimRegister,
    claimant: &Domain,
) -> impl Stream<Item = Result<Domain, StoreError>> + Unpin {
    let holders = claims.in_the_way(&claimant.name, &claimant.client);
    let holders: Vec<(DomainName, ClientId)> = holders
        .map(|(name, client)| (name.clone(), client.clone()))
        .collect();
    let read = stream::iter(holders)
        .map(move |(name, client)| async move { store.domain(&client, &name).await })
        .buffered(READS_AT_ONCE)
        .try_filter_map(async |holder| Ok(holder));
    Box::pin(read)
}

/// The holder, as Lasso support is told of it.
pub(super) fn side_of(holder: &Domain) -> Side {
    Side {
        client: holder.client.clone(),
        domain: holder.name.clone(),
        status: holder.state.status(),
        state_since: holder.state_since,
        contact_email: holder.contact_email.clone(),
        path: staff_path(&holder.client, &holder.name),
    }
}
