//! Removing a domain, in three steps. First it is marked, and its client no longer sees it. Then
//! its identity is deleted at SES. Then the domain is deleted from the table and its name is
//! released. After a crash in between, the domain stays `removing`, and the poller finishes the
//! removal.

use jiff::Timestamp;

use super::delete_identity::{Deletion, delete_identity};
use super::failure::{Failure, stored};
use super::registers::register_of;
use super::{SesTools, StoreTools, claim};
use crate::attempts::{Attempts, is_written};
use crate::claims::{ClaimRegister, Reservation};
use crate::domain::{Change, Domain, Fate};
use crate::event::Severity;
use crate::evidence::{self, Evidence};
use crate::history::Actor;
use crate::names::{ClientId, DomainName};
use crate::ports::{
    ClaimStore, Clock, CommitChanges, CommitError, Identities, Ids, Ports, ReadClaims, SesError,
};
use crate::state::{State, Trigger};

/// Why a domain is not removed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RemoveRefusal {
    /// Lasso sends for it, and the caller did not confirm that this is to end.
    #[error("a domain that sends is removed only with a confirmation")]
    Unconfirmed(DomainName),
    /// The caller has confirmed the removal of another domain.
    #[error("another domain was confirmed")]
    OtherConfirmed,
}

/// Why the domain was not removed.
pub type RemoveError = Failure<RemoveRefusal>;

/// The caller's confirmation that sending ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// Nothing.
    Absent,
    /// The domain's name.
    Given,
    /// Another name.
    OfAnother,
}

/// The text of the event if Lasso support removes a domain on the client's behalf.
const BY_SUPPORT: &str = "Lasso support removed this domain on your behalf.";

/// The result of finishing a removal.
#[derive(Debug)]
pub enum Removal {
    /// The domain was deleted, at SES and in the table.
    Done,
    /// A later run of the poller continues when the domain is due.
    Later(Box<Domain>, Option<SesError>),
}

/// Marks a domain for removal. From then on its client no longer sees it, it sends nothing, and it
/// can be added again. `None` if it was already marked. If Lasso support does this on the client's
/// behalf, the event is for the client's contact.
pub async fn mark<P>(
    tools: &StoreTools<'_, P>,
    key: (&ClientId, &DomainName),
    confirmation: Confirmation,
    actor: &Actor,
) -> Result<Option<Change>, RemoveError>
where
    P: Ports<Store: ClaimStore>,
{
    let told = matches!(actor, Actor::LassoSupport { .. });
    marked_once(tools, key, confirmation, (actor, told)).await
}

/// The same for a client that is being erased: its contacts get no more emails.
pub(super) async fn mark_for_erasure<P>(
    tools: &StoreTools<'_, P>,
    key: (&ClientId, &DomainName),
    actor: &Actor,
) -> Result<Option<Change>, RemoveError>
where
    P: Ports<Store: ClaimStore>,
{
    marked_once(tools, key, Confirmation::Given, (actor, false)).await
}

async fn marked_once<P>(
    tools: &StoreTools<'_, P>,
    (client, name): (&ClientId, &DomainName),
    confirmation: Confirmation,
    (actor, told): (&Actor, bool),
) -> Result<Option<Change>, RemoveError>
where
    P: Ports<Store: ClaimStore>,
{
    let StoreTools { store, clock, ids } = *tools;
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let domain = stored(store, client, name).await?;
        if !domain.is_there() {
            return Ok(None);
        }
        match confirmation {
            Confirmation::Given => {}
            Confirmation::Absent | Confirmation::OfAnother if domain.state.status().sends() => {
                return Err(Failure::Refused(RemoveRefusal::Unconfirmed(domain.name)));
            }
            Confirmation::Absent => {}
            Confirmation::OfAnother => return Err(Failure::Refused(RemoveRefusal::OtherConfirmed)),
        }
        let claims = register_of(store, &domain).await?;
        let holders = match claim::unchallenged_by(store, &claims, &domain, clock.now()).await {
            Ok(holders) => holders,
            Err(CommitError::Conflict) => continue,
            Err(CommitError::Store(error)) => return Err(error.into()),
        };
        let evidence = evidence::of_removal(confirmation == Confirmation::Given);
        let marked = marked(&domain, claims, actor, evidence, clock.now(), ids);
        let Some(mut change) = marked else {
            return Ok(None);
        };
        if let Some(event) = change.event.as_mut().filter(|_| told) {
            event.severity = Severity::Warning;
            BY_SUPPORT.clone_into(&mut event.summary);
        }
        let written: Vec<&Change> = [&change].into_iter().chain(&holders).collect();
        if is_written(store.commit_all(&written).await)? {
            return Ok(Some(change));
        }
    }
    Err(Failure::Busy)
}

/// The change that marks a domain for removal. A domain without an identity at SES is deleted in
/// the same change. `None` if it is already marked.
pub(super) fn marked(
    domain: &Domain,
    claims: ClaimRegister,
    actor: &Actor,
    evidence: Evidence,
    now: Timestamp,
    ids: &impl Ids,
) -> Option<Change> {
    let (name, client) = (&domain.name, &domain.client);
    let mut domain = domain.clone();
    let holder = claims.last_holder(name);
    if let State::Contested(contested) = &mut domain.state
        && holder.is_some_and(|holder| holder != *client)
    {
        // The client that holds the name, or held it since, has created the identity again.
        contested.leftover_identity = false;
    }
    let removed = domain.transition(Trigger::Removed, actor.clone(), Some(evidence), now, ids);
    let mut change = removed.ok()?;
    if identity_exists(&change.domain) {
        change.domain.organizational = Some(claims.organizational.clone());
        let reservation = Reservation::of(&change.domain);
        change.claims = Some(claims.leaving(name, client, reservation, now));
    } else {
        change.fate = Fate::Deleted;
    }
    Some(change)
}

/// Finishes the removal of a domain that is `removing`.
pub async fn finish<P>(tools: &SesTools<'_, P>, domain: Domain) -> Result<Removal, CommitError>
where
    P: Ports<Store: ReadClaims + CommitChanges, Ses: Identities>,
{
    if is_settling(&domain, tools.clock.now()) {
        return Ok(Removal::Later(Box::new(domain), None));
    }
    let domain = if identity_exists(&domain) {
        match delete_identity(tools, domain).await? {
            Deletion::Gone(domain) | Deletion::OfAnotherHolder(domain) => domain,
            Deletion::NotOurs(domain) => {
                tracing::warn!(
                    domain = %domain.name,
                    "the identity at SES was adopted, or is not this client's; the domain is removed without it"
                );
                domain
            }
            Deletion::UnderWay(domain) => return Ok(Removal::Later(Box::new(domain), None)),
            Deletion::Failed(domain, error) => {
                return Ok(Removal::Later(Box::new(domain), Some(error)));
            }
        }
    } else {
        domain
    };
    let mut attempts = Attempts::default();
    while attempts.again(tools.clock, tools.ids).await {
        let claims = register_of(tools.store, &domain).await?;
        let now = tools.clock.now();
        let mut change = domain.updated(|_| {});
        change.fate = Fate::Deleted;
        if claims.holder(&domain.name) == Some(&domain.client) {
            let reservation = Reservation::of(&domain);
            change.claims = Some(claims.released(&domain.name, &domain.client, reservation, now));
        }
        if is_written(tools.store.commit(&change).await)? {
            return Ok(Removal::Done);
        }
        // The claims in its register have changed, or the domain was added again.
    }
    Err(CommitError::Conflict)
}

/// Whether a function may still be creating the identity. The domain is due when none can be.
fn is_settling(domain: &Domain, now: Timestamp) -> bool {
    let settles_at = domain.state.settles_at();
    settles_at.is_some_and(|settles_at| now < settles_at)
}

fn identity_exists(domain: &Domain) -> bool {
    match &domain.state {
        State::Removing(removing) => removing.identity_exists,
        State::Contested(_) | State::Provisioning(_) | State::Pending(_) => false,
        State::Verified(_) | State::Authenticated(_) | State::AtRisk(_) => false,
        State::Failed(_) | State::Rejected(_) => false,
    }
}
