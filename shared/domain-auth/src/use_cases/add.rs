//! Adding a domain. The claim and the domain are written before any call to SES.

use jiff::Timestamp;

use super::StoreTools;
use super::change_details::{DetailsRefusal, with_community};
use super::failure::Failure;
use super::registers::{self, Registers};
use crate::attempts::{Attempts, is_written};
use crate::claims::{ClaimRegister, NAMES_PER_CLIENT, Reservation, Standing};
use crate::domain::{Change, Domain, NewDomain};
use crate::history::Actor;
use crate::limits::{AdditionLimits, LimitReached, ReadClientRecord};
use crate::names::{Community, Eligibility, IneligibleReason, SuffixList};
use crate::ports::{
    ClaimStore, Clock, CommitChanges, Ids, Ports, ReadClaims, ReadDomains, StoreError,
};
use crate::state::State;

/// The result of adding a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addition {
    /// It is new.
    Created(Box<Change>),
    /// The client had added it before; nothing was written.
    Existing(Box<Domain>),
    /// The client had added it before, for other communities. Now it is for this community, too.
    ForOneMore(Box<Domain>, Community),
}

/// Why a domain was not added. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum AddRefusal {
    /// No client may add it.
    #[error(transparent)]
    Ineligible(#[from] IneligibleReason),
    /// The client already has [`NAMES_PER_CLIENT`] names under this organizational domain.
    #[error("the client has too many names under {0}")]
    TooManyNames(String),
    /// The client is being erased.
    #[error("the client is being erased")]
    BeingErased,
    /// The client has reached its limit of domains, or of domains added today.
    #[error(transparent)]
    Limit(#[from] LimitReached),
    /// The client has the domain, with the largest allowed number of communities.
    #[error(transparent)]
    Details(#[from] DetailsRefusal),
}

/// Why the domain was not added.
pub type AddError = Failure<AddRefusal>;

/// Claims `new.name` for `new.client`: as its holder, or as a claimant who has to prove it.
/// `defaults` are the limits of a client for which Lasso support has set none.
///
/// A client that is at a limit is refused before anything is written. If it reaches the limit
/// through simultaneous additions, the write fails, and it is refused after the data is read again.
pub async fn add<P>(
    tools: &StoreTools<'_, P>,
    eligibility: &Eligibility,
    new: &NewDomain,
    actor: &Actor,
    defaults: AdditionLimits,
) -> Result<Addition, AddError>
where
    P: Ports<Store: ClaimStore + ReadClientRecord>,
{
    let StoreTools { store, clock, ids } = *tools;
    eligibility
        .check(&new.name)
        .map_err(|reason| Failure::Refused(reason.into()))?;
    let suffixes = eligibility.suffixes();
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let before = store.domain(&new.client, &new.name).await?;
        if let Some(domain) = before.as_ref().filter(|domain| domain.is_there()) {
            let community = new.community.as_ref();
            let one_more = match community {
                Some(community) => with_community(domain, community, actor, clock)
                    .map_err(|refusal| Failure::Refused(refusal.into()))?,
                None => None,
            };
            let (Some(change), Some(community)) = (one_more, community) else {
                return Ok(Addition::Existing(Box::new(domain.clone())));
            };
            if is_written(store.commit(&change).await)? {
                let domain = Box::new(change.domain);
                return Ok(Addition::ForOneMore(domain, community.clone()));
            }
            continue;
        }
        let record = store.client_record(&new.client).await?;
        if record.erasure.is_some() {
            return Err(Failure::Refused(AddRefusal::BeingErased));
        }
        let limits = defaults.or(record.own.as_ref());
        record
            .may_add(limits, clock.now())
            .map_err(|limit| Failure::Refused(limit.into()))?;
        let claims = claims_for(store, new, before.as_ref(), suffixes).await?;
        let now = clock.now();
        if claims.register.names_beside(&new.name, &new.client) >= NAMES_PER_CLIENT {
            let organizational = claims.register.organizational;
            return Err(Failure::Refused(AddRefusal::TooManyNames(organizational)));
        }
        let change = match before {
            None => added(new, claims, actor, now, ids),
            Some(removing) => {
                let Some(change) = again(&removing, new, claims, actor, now, ids) else {
                    continue;
                };
                change
            }
        };
        let change = change.within(limits);
        if is_written(store.commit(&change).await)? {
            return Ok(Addition::Created(Box::new(change)));
        }
    }
    Err(Failure::Busy)
}

/// The claims that decide about a new name. If a domain with this name is still being removed and may
/// hold it, they are in that domain's register.
async fn claims_for<S: ReadClaims>(
    store: &S,
    new: &NewDomain,
    removing: Option<&Domain>,
    suffixes: SuffixList,
) -> Result<Registers, StoreError> {
    match removing {
        Some(removing) if removing.state.may_hold_its_name() => {
            let register = registers::register_of(store, removing).await?;
            Ok(Registers::from(register))
        }
        Some(_) | None => {
            registers::find(store, &new.name, suffixes.organizational(&new.name)).await
        }
    }
}

/// The claim on a free name, if there is room for it without proof.
pub(super) fn taken(claims: &Registers, new: &NewDomain, now: Timestamp) -> Option<ClaimRegister> {
    let (register, name, client) = (&claims.register, &new.name, &new.client);
    match claims.standing(name, client, now) {
        Standing::Held => Some(register.clone().taken(name, client, now)),
        Standing::Free if register.has_room(name, client) => {
            Some(register.clone().taken(name, client, now))
        }
        Standing::Free | Standing::Contested => None,
    }
}

/// A domain that the client did not have.
fn added(
    new: &NewDomain,
    claims: Registers,
    actor: &Actor,
    now: Timestamp,
    ids: &impl Ids,
) -> Change {
    let taken = taken(&claims, new, now);
    let state = match &taken {
        Some(_) => State::provisioning(),
        None => State::contested(ids.secret(), now),
    };
    let mut change = Domain::add(new.clone(), state, taken, actor.clone(), now, ids);
    change.domain.organizational = Some(claims.register.organizational);
    change
}

/// The change that adds a domain again that is still being removed. `None` if it has to wait,
/// because it would have to give up the name while a call that deletes its identity may be running.
fn again(
    removing: &Domain,
    new: &NewDomain,
    claims: Registers,
    actor: &Actor,
    now: Timestamp,
    ids: &impl Ids,
) -> Option<Change> {
    let (contested, claims) = if let Some(taken) = taken(&claims, new, now) {
        (None, taken)
    } else {
        let until = removing.state.deleting_until();
        if until.is_some_and(|until| now < until) {
            return None;
        }
        let reservation = Reservation::of(removing);
        let claims = claims.register;
        let released = claims.released(&new.name, &new.client, reservation, now);
        (Some(ids.secret()), released)
    };
    let change = removing.readded(new.clone(), contested, actor.clone(), now, ids);
    let mut change = change.ok()?;
    change.domain.organizational = Some(claims.organizational.clone());
    change.claims = Some(claims);
    Some(change)
}
