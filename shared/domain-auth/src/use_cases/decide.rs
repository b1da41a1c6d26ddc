//! The final step: Lasso support switches sending on, or refuses with a reason.

use super::failure::{Failure, stored};
use super::final_step::set_to_attach;
use super::{SesTools, StoreTools};
use crate::attempts::{Attempts, is_written};
use crate::dns::DnsLook;
use crate::domain::{Domain, Situation};
use crate::event::{Event, MissingPiece};
use crate::evidence;
use crate::final_step::FinalStep;
use crate::history::Actor;
use crate::identity::ConfigurationSet;
use crate::missing::missing_pieces;
use crate::names::{ClientId, DomainName, Note};
use crate::ports::{Clock, CommitChanges, Identities, Ports, ReadDomains, SesError};
use crate::state::Trigger;

/// A decision of Lasso support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Lasso sends for this domain from now on.
    Complete,
    /// Not yet; the client sees why.
    Reject(Note),
}

/// A domain after the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// As it was written.
    pub domain: Domain,
    /// The last look at its DNS.
    pub look: Option<DnsLook>,
    /// The event to publish.
    pub event: Option<Event>,
}

/// Why nothing was decided. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum DecideRefusal {
    /// The domain's state has nothing to decide.
    #[error("a domain that is {} does not wait for a decision", situation.status)]
    NotVerified {
        /// What the domain waits for instead.
        situation: Situation,
        /// What is missing.
        missing: Vec<MissingPiece>,
    },
    /// The identity at SES does not have the client's tags, so it is not changed.
    #[error("the identity at SES is not this client's")]
    IdentityNotOurs,
    /// SES did not attach the configuration set. The call can be repeated.
    #[error(transparent)]
    Ses(#[from] SesError),
}

/// Why nothing was decided.
pub type DecideError = Failure<DecideRefusal>;

/// Takes the final step for a `verified` domain, if the identity at SES has the client's tags: the
/// verification is that of this identity. SES is called first. If the domain is not completed after
/// all, the attached configuration set does no harm and can be attached again. `configuration_set`
/// is given to the identity, if there is one.
pub async fn decide<P>(
    tools: &SesTools<'_, P>,
    configuration_set: Option<&ConfigurationSet>,
    (client, name): (&ClientId, &DomainName),
    decision: &Decision,
    actor: &Actor,
) -> Result<Decided, DecideError>
where
    P: Ports<Store: ReadDomains + CommitChanges, Ses: Identities>,
{
    let StoreTools { store, clock, ids } = **tools;
    let look = store.look(client, name).await?;
    // Another change of the domain does not change the identity, so SES is called once.
    let mut is_done_at_ses = *decision != Decision::Complete;
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let domain = stored(store, client, name).await?;
        let trigger = match decision {
            Decision::Complete => Trigger::Completed,
            Decision::Reject(reason) => Trigger::Refused {
                reason: reason.as_str().to_owned(),
            },
        };
        let evidence = match decision {
            Decision::Complete => evidence::of_final_step(
                FinalStep::Manual,
                set_to_attach(configuration_set, &domain),
                domain.ses.map(|ses| ses.status),
                look.as_ref(),
            ),
            Decision::Reject(reason) => evidence::of_refusal(reason.as_str()),
        };
        let change = domain
            .transition(trigger, actor.clone(), Some(evidence), clock.now(), ids)
            .map_err(|_| {
                Failure::Refused(DecideRefusal::NotVerified {
                    situation: Situation::of(&domain),
                    missing: missing_pieces(&domain, look.as_ref()),
                })
            })?;
        if !is_done_at_ses {
            let existing = tools.ses.describe(name).await?;
            if !existing.is_some_and(|existing| existing.belongs_to(client)) {
                return Err(Failure::Refused(DecideRefusal::IdentityNotOurs));
            }
            if let Some(set) = set_to_attach(configuration_set, &domain) {
                tools.ses.set_configuration_set(name, set).await?;
            }
            is_done_at_ses = true;
        }
        if is_written(store.commit(&change).await)? {
            return Ok(Decided {
                domain: change.domain,
                look,
                event: change.event,
            });
        }
    }
    Err(Failure::Busy)
}
