//! Another 72 hours at SES for a failed domain. SES is called first: the service waits only for
//! records that SES has started to look for.

use jiff::SignedDuration;

use super::failure::{Failure, stored};
use super::look::note_look;
use super::provision::{NotOurs, contested, is_proven};
use super::registers::register_of;
use super::turn::wait_for_turn;
use super::{SesTools, StoreTools};
use crate::attempts::{Attempts, is_written};
use crate::check_limit;
use crate::dns::DnsLook;
use crate::domain::{Change, Domain, Situation};
use crate::evidence::{self, Evidence, SesCall};
use crate::history::Actor;
use crate::identity::AxisStatus;
use crate::names::{ClientId, DomainName};
use crate::ports::{
    ClaimStore, Clock, CommitChanges, CommitError, Identities, Operation, Ports, ReadClaims,
    ReadDomains, SesError,
};
use crate::ses_share::{RequestCalls, SesTurns};
use crate::state::{Failed, FailureReason, State, Status, Trigger};

/// How long a call that makes SES look again may be running: the SDK clients time out after 5
/// seconds, and SES may carry it out a little later.
pub(super) const RESTART_LEASE: SignedDuration = SignedDuration::from_secs(30);

/// Why a domain was not restarted. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RestartRefusal {
    /// Only a failed domain can be restarted.
    #[error("a domain that is {} has not failed", .0.status)]
    NotFailed(Situation),
    /// The call to SES failed. It can be repeated.
    #[error(transparent)]
    Ses(#[from] SesError),
}

/// Why the domain was not restarted.
pub type RestartError = Failure<RestartRefusal>;

/// Makes SES look for the TXT and the DKIM records again. If the identity is gone, it is created
/// again; if SES has a different identity, the name is contested. If others use SES's quota, the
/// result is the same as if SES had throttled.
pub async fn restart<P>(
    tools: &SesTools<'_, P>,
    (client, name): (&ClientId, &DomainName),
    actor: &Actor,
    ses_calls_per_second: u32,
) -> Result<Domain, RestartError>
where
    P: Ports<Store: ClaimStore + SesTurns, Ses: Identities>,
{
    let StoreTools { store, clock, ids } = **tools;
    failed(store, client, name).await?;
    let asker = check_limit::asker(client, actor);
    let quota = ses_calls_per_second;
    if !wait_for_turn(store, clock, quota, RequestCalls::Restart, asker).await {
        let operation = Operation::VerifyDomainIdentity.as_str();
        return Err(SesError::Throttled { operation }.into());
    }
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let domain = failed(store, client, name).await?;
        let existing = tools.ses.describe(name).await?;
        let why = existing.as_ref().and_then(|it| NotOurs::of(it, &domain));
        let written = if let Some(why) = why {
            instead_of_the_identity(tools, &domain, why, actor).await
        } else if domain.state.is_without_identity() || existing.is_none() {
            register_again(tools, &domain, actor).await
        } else {
            let begun = domain.updated(|domain| {
                domain.restarting_until = Some(clock.now() + RESTART_LEASE);
            });
            match store.commit(&begun).await {
                Ok(()) => {
                    let looked_for = look_again(tools, begun.domain, actor, None).await?;
                    return Ok(looked_for.domain);
                }
                Err(error) => Err(error),
            }
        };
        match written {
            Ok(domain) => return Ok(domain),
            Err(CommitError::Conflict) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(Failure::Busy)
}

/// Makes SES look for the records of a failed domain again, and writes that. Each of the two calls
/// creates an identity if there is none. So the caller must have written `restarting_until` first:
/// the identity is not deleted before that time. `look` is the look that found the records, if one was the
/// reason; it is written with the restart.
pub(super) async fn look_again<P>(
    tools: &SesTools<'_, P>,
    mut domain: Domain,
    actor: &Actor,
    look: Option<&DnsLook>,
) -> Result<Change, RestartError>
where
    P: Ports<Store: ReadDomains + CommitChanges, Ses: Identities>,
{
    let StoreTools { store, clock, ids } = **tools;
    let (client, name) = (domain.client.clone(), domain.name.clone());
    let token = tools.ses.verify_domain(&name).await;
    tools
        .budget
        .note(Operation::VerifyDomainIdentity, &token, clock.now());
    let verification_token = token?;
    let has_easy_dkim = |domain: &Domain| {
        let identity = domain.state.identity();
        identity.is_some_and(|identity| identity.dkim.is_some())
    };
    let mut asked_of_ses = vec![SesCall::VerifyDomainIdentity];
    // The call would replace the owner's keys.
    let dkim = if has_easy_dkim(&domain) {
        asked_of_ses.push(SesCall::VerifyDomainDkim);
        let dkim = tools.ses.verify_dkim(&name).await;
        tools
            .budget
            .note(Operation::VerifyDomainDkim, &dkim, clock.now());
        Some(dkim?)
    } else {
        None
    };
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let evidence = restarted_by(&domain, &asked_of_ses);
        let now = clock.now();
        let mut change = domain
            .transition(Trigger::Restarted, actor.clone(), evidence, now, ids)
            .map_err(|_| not_failed(&domain))?;
        change.domain.restarting_until = None;
        if let Some(look) = &mut change.domain.ses {
            look.status.verification = AxisStatus::Pending;
            if dkim.is_some() {
                look.status.dkim = AxisStatus::Pending;
            }
        }
        if let State::Pending(pending) = &mut change.domain.state {
            let before = pending.identity.clone();
            pending.identity.verification_token = Some(verification_token.clone());
            // Not the zone of the keys, which v1 does not return.
            if let (Some(kept), Some(dkim)) = (&mut pending.identity.dkim, &dkim) {
                kept.tokens.clone_from(&dkim.tokens);
            }
            // SES returns other tokens only for an identity that was deleted by hand.
            if pending.identity != before {
                change.domain.former_tokens.remember(&before);
            }
        }
        // Of other records the look says nothing.
        if let Some(look) = look.filter(|_| change.domain.records() == domain.records()) {
            note_look(&mut change, look.clone(), now);
        }
        if is_written(store.commit(&change).await)? {
            return Ok(change);
        }
        domain = failed(store, &client, &name).await?;
    }
    Err(Failure::Busy)
}

/// If SES no longer has the identity, the poller creates a new one.
async fn register_again<P>(
    tools: &StoreTools<'_, P>,
    domain: &Domain,
    actor: &Actor,
) -> Result<Domain, CommitError>
where
    P: Ports<Store: CommitChanges>,
{
    let StoreTools { store, clock, ids } = *tools;
    let mut domain = domain.clone();
    let evidence = restarted_by(&domain, &[]);
    if let State::Failed(failed) = &mut domain.state {
        // SES may have lost it before the poller could notice.
        failed.reason = FailureReason::IdentityGone;
    }
    let restarted = Trigger::Restarted;
    let change = domain
        .transition(restarted, actor.clone(), evidence, clock.now(), ids)
        .map_err(|_| CommitError::Conflict)?;
    store.commit(&change).await?;
    Ok(change.domain)
}

/// SES has a different identity instead of the domain's own. A proven claim adopts it; otherwise
/// the name is contested.
async fn instead_of_the_identity<P>(
    tools: &StoreTools<'_, P>,
    domain: &Domain,
    why: NotOurs,
    actor: &Actor,
) -> Result<Domain, CommitError>
where
    P: Ports<Store: ReadClaims + CommitChanges>,
{
    let StoreTools { store, clock, ids } = *tools;
    let claims = register_of(store, domain).await?;
    if is_proven(&claims, domain) {
        return register_again(tools, domain, actor).await;
    }
    let change = contested(domain, claims, why, clock.now(), ids)?;
    store.commit(&change).await?;
    Ok(change.domain)
}

/// Why it had failed, and which calls SES accepted.
fn restarted_by(domain: &Domain, asked_of_ses: &[SesCall]) -> Option<Evidence> {
    let State::Failed(Failed { reason, .. }) = &domain.state else {
        return None;
    };
    Some(evidence::of_restart(*reason, asked_of_ses))
}

async fn failed(
    store: &impl ReadDomains,
    client: &ClientId,
    name: &DomainName,
) -> Result<Domain, RestartError> {
    let domain = stored(store, client, name).await?;
    match domain.state.status() {
        Status::Failed => Ok(domain),
        Status::Removing => Err(Failure::NotFound),
        Status::Contested
        | Status::Provisioning
        | Status::Pending
        | Status::Verified
        | Status::Authenticated
        | Status::AtRisk
        | Status::Rejected => Err(not_failed(&domain)),
    }
}

fn not_failed(domain: &Domain) -> RestartError {
    Failure::Refused(RestartRefusal::NotFailed(Situation::of(domain)))
}
