//! Creating the identity at SES. Every step can be repeated: wherever an attempt ended, the next
//! one uses what already exists.

mod at_ses;

use std::ops::ControlFlow;

use jiff::Timestamp;

use super::delete_identity::{Deletion, delete_identity};
use super::registers::register_of;
use super::{SesTools, Tools};
use crate::claims::ClaimRegister;
use crate::dns::Lookup;
use crate::domain::{Change, Domain};
use crate::evidence::{self, Evidence};
use crate::history::Actor;
use crate::ports::{
    ClaimStore, Clock, CommitChanges, CommitError, Identities, Ids, Ports, ReadClaims, SesError,
};
use crate::state::{DisplacedBy, FailureReason, Progress, Provisioning, State, Status, Trigger};
use at_ses::{AskError, Found, ask_ses};

pub(super) use at_ses::{NotOurs, adopted, is_proven};

/// The result of one attempt.
#[derive(Debug)]
pub enum Provisioned {
    /// The domain is not `provisioning`, or no longer.
    Done(Domain),
    /// SES did not do all steps. The results so far are stored, and the poller continues.
    Later(Domain, SesError),
    /// A former identity is still being deleted; the domain is due when that is over.
    Waits(Domain),
}

/// Registers a `provisioning` domain as far as SES allows.
pub async fn provision<P>(tools: &Tools<'_, P>, domain: Domain) -> Result<Provisioned, CommitError>
where
    P: Ports<Store: ClaimStore, Ses: Identities, Dns: Lookup>,
{
    let domain = match without_the_earlier(tools, domain).await? {
        ControlFlow::Continue(domain) => domain,
        ControlFlow::Break(outcome) => return Ok(outcome),
    };
    let State::Provisioning(before) = &domain.state else {
        return Ok(Provisioned::Done(domain));
    };
    let mut progress = before.progress.clone();
    let outcome = ask_ses(tools, &domain, before.may_adopt, &mut progress).await;
    let now = tools.clock.now();
    let change = match outcome {
        Ok(Found::Identity(identity)) => {
            let evidence = evidence::of_identity(&domain.name, &identity);
            let provisioned = Trigger::Provisioned(identity);
            apply(&domain, provisioned, evidence, now, tools.ids)?
        }
        Ok(Found::NotOurs(why)) => {
            let claims = register_of(tools.store, &domain).await?;
            contested(&domain, claims, why, now, tools.ids)?
        }
        Err(AskError::Store(error)) => return Err(error.into()),
        Err(AskError::Ses(error)) if error.is_bad_request() => {
            tracing::warn!(
                domain = %domain.name,
                error = &error as &dyn std::error::Error,
                "SES does not take this name as an identity"
            );
            let failed = Trigger::SesFailed(FailureReason::RefusedBySes);
            let evidence = evidence::of_failure(FailureReason::RefusedBySes);
            apply(&domain, failed, evidence, now, tools.ids)?
        }
        Err(AskError::Ses(error)) => {
            let kept = |seen| {
                State::Provisioning(Provisioning {
                    progress: Progress {
                        seen,
                        ..progress.clone()
                    },
                    ..before.clone()
                })
            };
            let mut change = domain.looked_at(|domain| domain.state = kept(false), now);
            tools.store.commit(&change).await?;
            change.domain.state = kept(progress.seen);
            return Ok(Provisioned::Later(change.domain, error));
        }
    };
    tools.store.commit(&change).await?;
    Ok(Provisioned::Done(change.domain))
}

/// The change by which a client loses its claim because the identity at SES is not its own. After
/// it, no client holds the name.
pub(super) fn contested(
    domain: &Domain,
    claims: ClaimRegister,
    why: NotOurs,
    now: Timestamp,
    ids: &impl Ids,
) -> Result<Change, CommitError> {
    let displaced = Trigger::Displaced {
        ownership_secret: ids.secret(),
        why: DisplacedBy::IdentityNotOurs,
    };
    let evidence = evidence::of_contest(why.reason());
    let mut change = apply(domain, displaced, evidence, now, ids)?;
    if domain.state.status() == Status::Provisioning {
        change.contested_all_along(domain, now);
    }
    if let State::Contested(contested) = &mut change.domain.state {
        contested.leftover_identity = why == NotOurs::BelowAnothers;
    }
    change.claims = Some(claims.withdrawn(&domain.name, &domain.client, now));
    Ok(change)
}

/// The domain after the identity of an earlier holder, or of the domain's earlier life, is gone.
/// This is written before a new identity is created, so that a second process does not delete the
/// new one.
async fn without_the_earlier<P>(
    tools: &SesTools<'_, P>,
    domain: Domain,
) -> Result<ControlFlow<Provisioned, Domain>, CommitError>
where
    P: Ports<Store: ReadClaims + CommitChanges, Ses: Identities>,
{
    let (replaces, before) = match &domain.state {
        State::Provisioning(provisioning) => (provisioning.replace_identity, provisioning.clone()),
        State::Contested(_) | State::Pending(_) | State::Verified(_) | State::Removing(_) => {
            return Ok(ControlFlow::Continue(domain));
        }
        State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) | State::Rejected(_) => {
            return Ok(ControlFlow::Continue(domain));
        }
    };
    if !replaces {
        let now = tools.clock.now();
        let deleting = before.deleting_until.is_some_and(|until| now < until);
        return Ok(if deleting {
            ControlFlow::Break(Provisioned::Waits(domain))
        } else {
            ControlFlow::Continue(domain)
        });
    }
    let domain = match delete_identity(tools, domain).await? {
        // An identity that belongs to neither the client nor the displaced holder is adopted and
        // not deleted.
        Deletion::Gone(domain) | Deletion::NotOurs(domain) => domain,
        Deletion::UnderWay(domain) => return Ok(ControlFlow::Break(Provisioned::Waits(domain))),
        Deletion::Failed(domain, error) => {
            return Ok(ControlFlow::Break(Provisioned::Later(domain, error)));
        }
        // A `provisioning` domain holds its name, so this one has changed since it was read.
        Deletion::OfAnotherHolder(_) => return Err(CommitError::Conflict),
    };
    let now = tools.clock.now();
    let again = State::Provisioning(Provisioning {
        may_adopt: before.may_adopt,
        ..Provisioning::default()
    });
    let change = domain.looked_at(|domain| domain.state = again, now);
    tools.store.commit(&change).await?;
    Ok(ControlFlow::Continue(change.domain))
}

fn apply(
    domain: &Domain,
    trigger: Trigger,
    evidence: Evidence,
    now: jiff::Timestamp,
    ids: &impl Ids,
) -> Result<Change, CommitError> {
    domain
        .transition(trigger, Actor::Service, Some(evidence), now, ids)
        // The state was matched above, so only a concurrent change can be the cause.
        .map_err(|_| CommitError::Conflict)
}
