//! Lasso support gives a client the identity that SES already has for its domain, for example one
//! that was created by hand before this service existed. The use case only writes the decision. The
//! poller then tags the identity and uses its values.

use super::failure::{Failure, stored};
use super::registers::register_of;
use super::{SesTools, StoreTools};
use crate::attempts::{Attempts, is_written};
use crate::domain::{Change, Situation};
use crate::evidence;
use crate::history::Actor;
use crate::names::{ClientId, DomainName, Note};
use crate::ports::{ClaimStore, Clock, CommitChanges, Identities, Ports, SesError};
use crate::state::Trigger;

/// Why no identity was adopted. Nothing was written, and nothing at SES was changed.
#[derive(Debug, thiserror::Error)]
pub enum AdoptRefusal {
    /// Only a contested domain can be given an existing identity.
    #[error("a domain that is {} is not contested", .0.status)]
    NotContested(Situation),
    /// Another client holds the name, or a name above or below it. That claim has to be released
    /// first.
    #[error("another client holds the name")]
    HeldByAnother,
    /// SES has no identity with this name.
    #[error("there is no identity to adopt")]
    NoIdentity(Situation),
    /// A call to SES failed. It can be repeated.
    #[error(transparent)]
    Ses(#[from] SesError),
}

/// Why the identity was not adopted.
pub type AdoptError = Failure<AdoptRefusal>;

/// Gives the client of a contested domain the identity that SES has. Returns the written change of
/// its domain, which is `provisioning` and due.
pub async fn adopt<P>(
    tools: &SesTools<'_, P>,
    (client, name): (&ClientId, &DomainName),
    reason: &Note,
    actor: &Actor,
) -> Result<Change, AdoptError>
where
    P: Ports<Store: ClaimStore, Ses: Identities>,
{
    let StoreTools { store, clock, ids } = **tools;
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let domain = stored(store, client, name).await?;
        let situation = Situation::of(&domain);
        let evidence = evidence::of_adoption(reason);
        let adopted = Trigger::Adopted;
        let mut change = domain
            .transition(adopted, actor.clone(), Some(evidence), clock.now(), ids)
            .map_err(|_| Failure::Refused(AdoptRefusal::NotContested(situation)))?;
        let claims = register_of(store, &domain).await?;
        if claims.in_the_way(name, client).next().is_some() {
            return Err(Failure::Refused(AdoptRefusal::HeldByAnother));
        }
        if tools.ses.describe(name).await?.is_none() {
            return Err(Failure::Refused(AdoptRefusal::NoIdentity(situation)));
        }
        change.domain.organizational = Some(claims.organizational.clone());
        change.claims = Some(claims.taken(name, client, clock.now()));
        if is_written(store.commit(&change).await)? {
            return Ok(change);
        }
    }
    Err(Failure::Busy)
}
