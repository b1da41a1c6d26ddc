//! Adding a domain: the claim and the domain are written before SES is asked for anything.

use std::time::Duration;

use crate::claims::Standing;
use crate::domain::{Change, Domain, NewDomain};
use crate::history::Actor;
use crate::names::{Eligibility, IneligibleReason};
use crate::ports::{Clock, CommitChanges, CommitError, Ids, ReadClaims, ReadDomains, StoreError};
use crate::state::State;

/// How often a claim is tried again when others change the same organizational domain.
const ATTEMPTS: u32 = 8;

/// What came of adding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addition {
    /// It is new.
    Created(Box<Change>),
    /// The client had added it before; nothing was written.
    Existing(Box<Domain>),
}

/// Why a domain was not added. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// Nobody may add it.
    #[error(transparent)]
    Ineligible(#[from] IneligibleReason),
    /// Others kept changing the same organizational domain.
    #[error("too many requests for the same domain at once")]
    Busy,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Claims `new.name` for `new.client`: as its holder, or as a claimant who has to prove it.
pub async fn add<S>(
    store: &S,
    clock: &impl Clock,
    ids: &impl Ids,
    eligibility: &Eligibility,
    new: &NewDomain,
    actor: &Actor,
) -> Result<Addition, AddError>
where
    S: ReadDomains + ReadClaims + CommitChanges,
{
    eligibility.check(&new.name)?;
    for attempt in 1..=ATTEMPTS {
        if let Some(domain) = store.domain(&new.client, &new.name).await? {
            return Ok(Addition::Existing(Box::new(domain)));
        }
        let claims = store.claims(new.name.organizational()).await?;
        let now = clock.now();
        let (state, claims) = match claims.standing(&new.name, &new.client, now) {
            Standing::Free | Standing::Held => {
                let taken = claims.taken(&new.name, &new.client, now);
                (State::provisioning(), Some(taken))
            }
            Standing::Contested => (State::contested(ids.secret(), now), None),
        };
        let change = Domain::add(new.clone(), state, claims, actor.clone(), now, ids);
        match store.commit(&change).await {
            Ok(()) => return Ok(Addition::Created(Box::new(change))),
            Err(CommitError::Conflict) => clock.sleep(back_off(attempt, ids)).await,
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(AddError::Busy)
}

/// Between nothing and 20 ms times two to the power of the attempt, at most 320 ms.
fn back_off(attempt: u32, ids: &impl Ids) -> Duration {
    let ceiling = 20_u64 << attempt.min(4);
    let random = ids
        .secret()
        .bytes()
        .fold(0_u64, |sum, byte| sum * 31 % 65_521 + u64::from(byte));
    Duration::from_millis(random % ceiling)
}
