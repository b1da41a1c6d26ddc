//! Lasso support decides about a claim: ends it, whoever has it, or grants a proven claimant the name
//! that verified holders keep it from.

use jiff::SignedDuration;
use serde_json::json;

use super::claim::{self, Ground};
use super::registers::register_of;
use super::remove;
use crate::domain::{Change, Domain};
use crate::history::Actor;
use crate::names::{ClientId, DomainName};
use crate::ports::{Clock, CommitChanges, CommitError, Ids, ReadClaims, ReadDomains, StoreError};
use crate::state::Status;

/// How often a write is tried again when others change the same domain or its claims.
const ATTEMPTS: usize = 4;

/// How long the takeover of a granted name may go on. Lasso support repeats what takes longer, and it goes
/// on from there.
const TAKEOVER: SignedDuration = SignedDuration::from_secs(5);

/// What Lasso support decides about a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verdict {
    /// The client does not have the name: a holder loses it, and a contested claim is dropped.
    #[default]
    End,
    /// The claimant, which has proven the name, has it. A holder of exactly this name loses it;
    /// holders of names above and below keep theirs.
    Grant,
}

/// Why nothing was released.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The client has no such domain.
    #[error("there is no such domain")]
    NotFound,
    /// Only what is contested and proven can be granted.
    #[error("the claim waits for no decision")]
    NothingToGrant(Status),
    /// The name is being given up already.
    #[error("the domain is being removed")]
    Removing,
    /// Somebody else kept changing the domain, or its identity is just being deleted at SES.
    #[error("too many changes of the domain at once")]
    Busy,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Releases the claim of a client. What is given back is the change of its domain, written.
pub async fn release<S>(
    store: &S,
    clock: &impl Clock,
    ids: &impl Ids,
    (client, name): (&ClientId, &DomainName),
    verdict: Verdict,
    actor: &Actor,
) -> Result<Change, ReleaseError>
where
    S: ReadDomains + ReadClaims + CommitChanges,
{
    for _ in 0..ATTEMPTS {
        let domain = store.domain(client, name).await?;
        let domain = domain.ok_or(ReleaseError::NotFound)?;
        let status = domain.state.status();
        let outcome = match (verdict, status) {
            (_, Status::Removing) => return Err(ReleaseError::Removing),
            (Verdict::Grant, _) if !domain.state.is_proven_claim() => {
                return Err(ReleaseError::NothingToGrant(status));
            }
            (Verdict::Grant, _) => {
                let ground = Ground::Decision(actor.clone());
                let until = clock.now() + TAKEOVER;
                let taken =
                    claim::take_over(store, clock, ids, &domain, None, &ground, until).await;
                // A holder is being removed; the claimant takes over when it is gone.
                if let Ok(Status::Contested) = taken.as_ref().map(status_of) {
                    return Err(ReleaseError::Busy);
                }
                taken
            }
            (Verdict::End, Status::Contested) => dropped(store, clock, ids, &domain, actor).await,
            (Verdict::End, _) => taken_away(store, clock, ids, &domain, actor).await,
        };
        match outcome {
            Ok(change) => return Ok(change),
            Err(CommitError::Conflict) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(ReleaseError::Busy)
}

fn status_of(change: &Change) -> Status {
    change.domain.state.status()
}

/// A contested claim is gone, and nothing is left to decide about holders that it stood against.
async fn dropped<S>(
    store: &S,
    clock: &impl Clock,
    ids: &impl Ids,
    domain: &Domain,
    actor: &Actor,
) -> Result<Change, CommitError>
where
    S: ReadDomains + ReadClaims + CommitChanges,
{
    let claims = register_of(store, domain).await?;
    let holders = claim::unchallenged_by(store, &claims, domain).await?;
    let evidence = json!({ "reason": "released_by_lasso_support" });
    let change = remove::marked(domain, claims, actor, evidence, clock.now(), ids);
    let change = change.ok_or(CommitError::Conflict)?;
    let written: Vec<&Change> = [&change].into_iter().chain(&holders).collect();
    store.commit_all(&written).await?;
    Ok(change)
}

/// A holder loses its name, and sending stops. Whoever has proven the name meanwhile is due at once,
/// and takes it at the next look.
async fn taken_away<S>(
    store: &S,
    clock: &impl Clock,
    ids: &impl Ids,
    holder: &Domain,
    actor: &Actor,
) -> Result<Change, CommitError>
where
    S: ReadDomains + ReadClaims + CommitChanges,
{
    let now = clock.now();
    if holder
        .state
        .deleting_until()
        .is_some_and(|until| now < until)
    {
        return Err(CommitError::Conflict);
    }
    let claims = register_of(store, holder).await?;
    let evidence = json!({ "reason": "released_by_lasso_support" });
    let mut change = claim::displaced(holder, true, actor.clone(), evidence, now, ids)?;
    if claims.holder(&holder.name) == Some(&holder.client) {
        change.claims = Some(claims.lost(std::slice::from_ref(&holder.name), now));
    }
    let mut changes = vec![change];
    for challenger in &holder.challengers {
        let claimant = store.domain(&challenger.client, &challenger.name).await?;
        let waits = |domain: &Domain| domain.state.status() == Status::Contested;
        if let Some(claimant) = claimant.filter(waits) {
            changes.push(claimant.updated(|domain| domain.next_check = now));
        }
    }
    let written: Vec<&Change> = changes.iter().collect();
    store.commit_all(&written).await?;
    Ok(changes.swap_remove(0))
}
