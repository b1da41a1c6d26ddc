//! Deleting an identity at SES. The account is shared, and a call may take effect after its caller
//! timed out or crashed.
//!
//! Only an identity with the tags of this stack and of the client is deleted; in a takeover also
//! one with the tag of the holder who lost the name. An adopted identity is never deleted, because
//! others created it and may send with it. So the identity is described first. (The condition
//! `aws:ResourceTag/lasso-stack` in the template is a second safeguard.)
//!
//! Before the call, the domain gets a lease: a time until which a call may be running, written
//! under the domain's version. The identity is not created before that time, so a late call cannot
//! delete an identity that is newer than the call.

use jiff::{SignedDuration, Timestamp};

use super::registers::register_of;
use super::{SesTools, StoreTools};
use crate::domain::Domain;
use crate::ports::{
    Clock, CommitChanges, CommitError, ExistingIdentity, Identities, Operation, Ports, ReadClaims,
    SesError,
};
use crate::state::State;

/// How long a call may be running, counted from when its caller wrote the lease.
const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// How much of the lease must be left when the call begins: more than the call may take (the SDK
/// clients time out after 5 seconds at most).
pub(super) const CALL: SignedDuration = SignedDuration::from_secs(15);

/// The result of a deletion.
#[derive(Debug)]
pub(super) enum Deletion {
    /// SES does not have the identity. The domain may still have the lease.
    Gone(Domain),
    /// A call of another process may be running; the domain is not due before that call is over.
    UnderWay(Domain),
    /// SES refused the call, or did not answer.
    Failed(Domain, SesError),
    /// Another client holds the name, and so the identity.
    OfAnotherHolder(Domain),
    /// The identity does not have the required tags, or was adopted. No deletion was requested.
    NotOurs(Domain),
}

/// Deletes the identity of a domain that is `removing`, or of a `provisioning` domain that replaces
/// an earlier identity.
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
    // A client that takes the name changes this domain in the same transaction, and then the lease
    // is refused.
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
        // SES has no identity with a name that it does not accept.
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

/// If SES certainly did nothing, the lease ends. If the outcome is unknown, the lease runs out.
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
