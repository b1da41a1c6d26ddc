//! Adding a domain: the claim and the domain are written before SES is asked for anything.

use std::time::Duration;

use jiff::Timestamp;

use crate::claims::{ClaimRegister, Standing};
use crate::domain::{Change, Domain, NewDomain};
use crate::history::Actor;
use crate::limits::{AdditionLimits, LimitReached, ReadClientRecord};
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
    /// The client has as many domains as it may, or has added as many today.
    #[error(transparent)]
    Limit(#[from] LimitReached),
    /// Others kept changing the same organizational domain, or the number of the client's domains.
    #[error("too many requests for the same domain at once")]
    Busy,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Claims `new.name` for `new.client`: as its holder, or as a claimant who has to prove it. `defaults`
/// are the limits of a client for which Lasso support has set none.
///
/// A client that is at a limit is refused before anything is written. One that comes to it because
/// others add at the same time loses the write, and is refused after reading again.
pub async fn add<S>(
    store: &S,
    clock: &impl Clock,
    ids: &impl Ids,
    eligibility: &Eligibility,
    new: &NewDomain,
    actor: &Actor,
    defaults: AdditionLimits,
) -> Result<Addition, AddError>
where
    S: ReadDomains + ReadClaims + CommitChanges + ReadClientRecord,
{
    eligibility.check(&new.name)?;
    for attempt in 1..=ATTEMPTS {
        let before = store.domain(&new.client, &new.name).await?;
        if let Some(domain) = before.as_ref().filter(|domain| domain.is_there()) {
            return Ok(Addition::Existing(Box::new(domain.clone())));
        }
        let record = store.client_record(&new.client).await?;
        let limits = defaults.or(record.own.as_ref());
        record.may_add(limits, clock.now())?;
        let claims = store.claims(new.name.organizational()).await?;
        let now = clock.now();
        let change = match before {
            None => added(new, claims, actor, now, ids),
            Some(removing) => {
                let Some(change) = again(&removing, new, claims, actor, now, ids) else {
                    clock.sleep(back_off(attempt, ids)).await;
                    continue;
                };
                change
            }
        };
        let change = change.within(limits);
        match store.commit(&change).await {
            Ok(()) => return Ok(Addition::Created(Box::new(change))),
            Err(CommitError::Conflict) => clock.sleep(back_off(attempt, ids)).await,
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(AddError::Busy)
}

/// A domain that the client did not have.
fn added(
    new: &NewDomain,
    claims: ClaimRegister,
    actor: &Actor,
    now: Timestamp,
    ids: &impl Ids,
) -> Change {
    let (state, claims) = match claims.standing(&new.name, &new.client, now) {
        Standing::Free | Standing::Held => {
            let taken = claims.taken(&new.name, &new.client, now);
            (State::provisioning(), Some(taken))
        }
        Standing::Contested => (State::contested(ids.secret(), now), None),
    };
    Domain::add(new.clone(), state, claims, actor.clone(), now, ids)
}

/// A domain that is still being removed. None where it has to wait: it would have to give the name
/// free while a call that deletes its identity may be under way.
fn again(
    removing: &Domain,
    new: &NewDomain,
    claims: ClaimRegister,
    actor: &Actor,
    now: Timestamp,
    ids: &impl Ids,
) -> Option<Change> {
    let (contested, claims) = match claims.standing(&new.name, &new.client, now) {
        Standing::Free | Standing::Held => (None, claims.taken(&new.name, &new.client, now)),
        Standing::Contested => {
            let until = removing.state.deleting_until();
            if until.is_some_and(|until| now < until) {
                return None;
            }
            let released = claims.released(&new.name, &new.client, now);
            (Some(ids.secret()), released)
        }
    };
    let change = removing.readded(new.clone(), contested, actor.clone(), now, ids);
    let mut change = change.ok()?;
    change.claims = Some(claims);
    Some(change)
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
