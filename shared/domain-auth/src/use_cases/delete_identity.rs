//! Deleting an identity at SES, in the knowledge that the account is shared, and that a call may take
//! effect later than its caller thinks: after it timed out, or died.
//!
//! Only an identity that carries this stack's tag and the client's tag is deleted; in a takeover also
//! one with the tag of the holder who lost the name. One that was adopted is never deleted: others made it,
//! and may send with it. So the identity is described first. (The condition
//! `aws:ResourceTag/lasso-stack` in the template stands behind that.)
//!
//! Before the call, the domain says until when one may be under way (a lease, written under the
//! domain's version). The identity is not created before that time, so no late call can hit an
//! identity that is newer than it.

use jiff::{SignedDuration, Timestamp};

use super::registers::register_of;
use super::{SesTools, StoreTools};
use crate::domain::Domain;
use crate::ports::{
    Clock, CommitChanges, CommitError, ExistingIdentity, Identities, Operation, Ports, ReadClaims,
    SesError,
};
use crate::state::State;

/// How long a call may be under way, from the moment when its caller wrote that it begins.
const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// What has to be left of the lease when the call begins: more than it may take (the SDK clients
/// give up after 5 seconds at most).
pub(super) const CALL: SignedDuration = SignedDuration::from_secs(15);

/// What came of a deletion.
#[derive(Debug)]
pub(super) enum Deletion {
    /// SES does not have the identity. The domain may still have the lease.
    Gone(Domain),
    /// A call of another process may be under way; the domain is not due before it is over.
    UnderWay(Domain),
    /// SES did not do it, or did not say so.
    Failed(Domain, SesError),
    /// The name is held by another client: so is the identity.
    OfAnotherHolder(Domain),
    /// The identity does not carry the tags that it has to carry, or was adopted. Nothing was asked of SES.
    NotOurs(Domain),
}

/// Deletes the identity of a domain that is `removing`, or `provisioning` in the place of an earlier
/// one.
pub(super) async fn delete_identity<P>(
    tools: &SesTools<'_, P>,
    domain: Domain,
) -> Result<Deletion, CommitError>
where
    P: Ports<Store: ReadClaims + CommitChanges, Ses: Identities>,
{
    if is_under_way(&domain, tools.clock.now()) {
        return Ok(Deletion::UnderWay(domain));
    }
    // A client that takes the name changes this domain with it, and then the lease is refused.
    let claims = register_of(tools.store, &domain).await?;
    let holder = claims.holder(&domain.name);
    if holder.is_some_and(|holder| *holder != domain.client) {
        return Ok(Deletion::OfAnotherHolder(domain));
    }
    let describe = || tools.ses.describe(&domain.name);
    match tools.paced(Operation::GetEmailIdentity, describe).await {
        Ok(None) => return Ok(Deletion::Gone(domain)),
        Ok(Some(existing)) if may_be_deleted(&existing, &domain) => {}
        Ok(Some(_)) => return Ok(Deletion::NotOurs(domain)),
        // SES has no identity of a name that it does not take.
        Err(error) if error.is_bad_request() => return Ok(Deletion::Gone(domain)),
        Err(error) => {
            let domain = after_failure(tools, domain, &error).await?;
            return Ok(Deletion::Failed(domain, error));
        }
    }
    let budget = tools.budget;
    budget
        .wait(Operation::DeleteEmailIdentity, tools.clock)
        .await;
    let until = tools.clock.now() + LEASE;
    let leased = domain.updated(|domain| {
        domain.state.set_deleting(Some(until));
        domain.next_check = until;
    });
    tools.store.commit(&leased).await?;
    if tools.clock.now() + CALL > until {
        return Ok(Deletion::UnderWay(leased.domain));
    }
    let answer = tools.ses.delete(&leased.domain.name).await;
    budget.note(Operation::DeleteEmailIdentity, &answer, tools.clock.now());
    match answer {
        Ok(()) => Ok(Deletion::Gone(leased.domain)),
        Err(error) => Ok(Deletion::Failed(
            after_failure(tools, leased.domain, &error).await?,
            error,
        )),
    }
}

/// Where SES certainly did nothing, the call is over. Where the outcome is unknown, the lease runs out.
async fn after_failure(
    tools: &StoreTools<'_, impl Ports<Store: CommitChanges>>,
    domain: Domain,
    error: &SesError,
) -> Result<Domain, CommitError> {
    match error {
        SesError::Unavailable { .. } => return Ok(domain),
        SesError::Throttled { .. } | SesError::Refused { .. } => {}
    }
    let free = domain.looked_at(|domain| domain.state.set_deleting(None), tools.clock.now());
    tools.store.commit(&free).await?;
    Ok(free.domain)
}

fn may_be_deleted(existing: &ExistingIdentity, domain: &Domain) -> bool {
    let displaced = match &domain.state {
        State::Provisioning(provisioning) => provisioning.displaced.as_ref(),
        State::Contested(_) | State::Pending(_) | State::Verified(_) | State::Removing(_) => None,
        State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) | State::Rejected(_) => None,
    };
    let theirs = existing.belongs_to(&domain.client)
        || displaced.is_some_and(|client| existing.belongs_to(client));
    theirs && !existing.adopted
}

fn is_under_way(domain: &Domain, now: Timestamp) -> bool {
    let until = domain.state.deleting_until();
    until.is_some_and(|until| now < until)
}
