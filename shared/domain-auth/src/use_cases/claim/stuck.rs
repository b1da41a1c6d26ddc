//! A domain that has waited for too long. If it is a proven claim, Lasso support is told of the
//! clients between which it decides.

use futures::stream::TryStreamExt;
use jiff::Timestamp;

use super::holders::{TOLD, holders_in_the_way, side_of};
use super::in_the_way::is_verified;
use crate::claims::ClaimRegister;
use crate::domain::{Change, Domain};
use crate::event::Side;
use crate::ports::{ClaimStore, Ports, ReadDomains, StoreError};
use crate::use_cases::StoreTools;
use crate::use_cases::registers::register_of;

/// The change that tells Lasso support of `domain`.
pub(in crate::use_cases) async fn stuck<P>(
    tools: &StoreTools<'_, P>,
    domain: &Domain,
    now: Timestamp,
) -> Result<Change, StoreError>
where
    P: Ports<Store: ClaimStore>,
{
    let mut change = domain.stuck(now, tools.ids);
    if let Some(event) = &mut change.event
        && domain.state.is_proven_claim()
    {
        let claims = register_of(tools.store, domain).await?;
        event.other_sides = other_sides(tools.store, &claims, domain).await?;
        if event.other_sides.is_empty() {
            event.wanted = Some(wanted_without_holder(&claims, domain));
        }
    }
    Ok(change)
}

/// The first of the verified domains that block the claim.
async fn other_sides<S: ReadDomains>(
    store: &S,
    claims: &ClaimRegister,
    claimant: &Domain,
) -> Result<Vec<Side>, StoreError> {
    let mut read = holders_in_the_way(store, claims, claimant);
    let mut sides = Vec::new();
    while sides.len() < TOLD
        && let Some(holder) = read.try_next().await?
    {
        if is_verified(holder.state.status()) {
            sides.push(side_of(&holder));
        }
    }
    Ok(sides)
}

fn wanted_without_holder(claims: &ClaimRegister, claimant: &Domain) -> String {
    if claims.has_room_for_proof(&claimant.name, &claimant.client) {
        "Grant the claim: no verified domain of another client blocks it any more. Or ask the client to \
         publish its ownership record again."
            .to_owned()
    } else {
        format!(
            "The limit of names under {} is reached: release names below the domain that are no longer \
             used; the claimant then gets the domain.",
            claimant.organizational()
        )
    }
}
