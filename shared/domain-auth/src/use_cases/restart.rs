//! Another 72 hours at SES for a domain that failed. SES is asked first: only what it began to look
//! for is awaited.

use serde_json::{Value, json};

use super::Operation;
use super::turn::wait_for_turn;
use crate::check_limit;
use crate::domain::Domain;
use crate::history::Actor;
use crate::names::{ClientId, DomainName};
use crate::ports::{
    Clock, CommitChanges, CommitError, Identities, Ids, ReadDomains, SesError, StoreError,
};
use crate::ses_share::{RequestCalls, SesTurns};
use crate::state::{Failed, FailureReason, State, Status, Trigger};

/// How often a write is tried again when the poller looks at the same domain at the same time.
const ATTEMPTS: usize = 4;

/// Why a domain was not restarted. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RestartError {
    /// The client has no such domain.
    #[error("there is no such domain")]
    NotFound,
    /// Only what failed can be restarted.
    #[error("a domain that is {0} has not failed")]
    NotFailed(Status),
    /// SES did not do it. It can be asked again.
    #[error(transparent)]
    Ses(#[from] SesError),
    /// Somebody else kept changing the domain.
    #[error("too many changes of the domain at once")]
    Busy,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes SES look for the TXT and the DKIM records again. Where others have its quota, it is as if it
/// had throttled.
pub async fn restart<S>(
    store: &S,
    ses: &impl Identities,
    clock: &impl Clock,
    ids: &impl Ids,
    (client, name): (&ClientId, &DomainName),
    actor: &Actor,
    ses_calls_per_second: u32,
) -> Result<Domain, RestartError>
where
    S: ReadDomains + CommitChanges + SesTurns,
{
    let domain = failed(store, client, name).await?;
    if is_gone(&domain) {
        return anew(store, clock, ids, (client, name), actor).await;
    }
    let asker = check_limit::asker(client, actor);
    let quota = ses_calls_per_second;
    if !wait_for_turn(store, clock, quota, RequestCalls::Restart, asker).await {
        let operation = Operation::VerifyDomainIdentity.as_str();
        return Err(SesError::Throttled { operation }.into());
    }
    let verification_token = ses.verify_domain(name).await?;
    let dkim = ses.verify_dkim(name).await?;
    for _ in 0..ATTEMPTS {
        let domain = failed(store, client, name).await?;
        let status = domain.state.status();
        let evidence = evidence(&domain, &["VerifyDomainIdentity", "VerifyDomainDkim"]);
        let mut change = domain
            .transition(
                Trigger::Restarted,
                actor.clone(),
                evidence,
                clock.now(),
                ids,
            )
            .map_err(|_| RestartError::NotFailed(status))?;
        if let State::Pending(pending) = &mut change.domain.state {
            let before = pending.identity.clone();
            pending.identity.verification_token = verification_token.clone();
            // Not the zone of the keys, which v1 does not tell.
            pending.identity.dkim.tokens.clone_from(&dkim.tokens);
            // SES gives other tokens only for an identity that was deleted by hand.
            if pending.identity != before {
                change.domain.former_tokens.remember(&before);
            }
        }
        match store.commit(&change).await {
            Ok(()) => return Ok(change.domain),
            Err(CommitError::Conflict) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(RestartError::Busy)
}

/// Where SES has no identity any more, the poller makes a new one.
async fn anew<S>(
    store: &S,
    clock: &impl Clock,
    ids: &impl Ids,
    (client, name): (&ClientId, &DomainName),
    actor: &Actor,
) -> Result<Domain, RestartError>
where
    S: ReadDomains + CommitChanges,
{
    for _ in 0..ATTEMPTS {
        let domain = failed(store, client, name).await?;
        if !is_gone(&domain) {
            return Err(RestartError::Busy);
        }
        let status = domain.state.status();
        let evidence = evidence(&domain, &[]);
        let change = domain
            .transition(
                Trigger::Restarted,
                actor.clone(),
                evidence,
                clock.now(),
                ids,
            )
            .map_err(|_| RestartError::NotFailed(status))?;
        match store.commit(&change).await {
            Ok(()) => return Ok(change.domain),
            Err(CommitError::Conflict) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(RestartError::Busy)
}

/// Why it had failed, and which calls SES has taken.
fn evidence(domain: &Domain, asked_of_ses: &[&str]) -> Option<Value> {
    let State::Failed(Failed { reason, .. }) = &domain.state else {
        return None;
    };
    Some(json!({ "failed_by": reason, "asked_of_ses": asked_of_ses }))
}

fn is_gone(domain: &Domain) -> bool {
    matches!(
        domain.state,
        State::Failed(Failed {
            reason: FailureReason::IdentityGone,
            ..
        })
    )
}

async fn failed(
    store: &impl ReadDomains,
    client: &ClientId,
    name: &DomainName,
) -> Result<Domain, RestartError> {
    let domain = store.domain(client, name).await?;
    let domain = domain.ok_or(RestartError::NotFound)?;
    match domain.state.status() {
        Status::Failed => Ok(domain),
        Status::Removing => Err(RestartError::NotFound),
        other @ (Status::Contested
        | Status::Provisioning
        | Status::Pending
        | Status::Verified
        | Status::Authenticated
        | Status::AtRisk
        | Status::Rejected) => Err(RestartError::NotFailed(other)),
    }
}
