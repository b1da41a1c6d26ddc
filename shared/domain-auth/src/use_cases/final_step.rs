//! The automatic final step, if the operator has chosen it, and the calls to SES for the final
//! step, whether a person or the service takes it.

use super::withheld::{Undecided, Withheld, left_to_a_person, withheld};
use super::{SesTools, Tools};
use crate::dns::Lookup;
use crate::domain::{Change, Domain};
use crate::evidence;
use crate::final_step::{FinalStep, FinalStepPolicy};
use crate::history::Actor;
use crate::identity::{AxisStatus, ConfigurationSet};
use crate::ports::{Clock, Identities, Operation, Ports, ReadClaims, SesError};
use crate::state::{Status, Trigger};
use jiff::Timestamp;

impl FinalStepPolicy {
    /// The change after a look, including the final step if the service takes it: one transaction,
    /// two lines of history, and one event, `domain.authenticated`. If only a person can decide,
    /// the change has no final step, and its event says why. Returns `None` if SES did not do its
    /// part, or if there was no time for the call. Then no change of state may be written, so that
    /// the domain stays due and no alert asks for a person.
    ///
    /// No call to SES starts after `until`.
    pub async fn after_look<P>(
        &self,
        tools: &Tools<'_, P>,
        change: Change,
        until: Timestamp,
    ) -> Option<Change>
    where
        P: Ports<Store: ReadClaims, Ses: Identities, Dns: Lookup>,
    {
        if !self.takes(&change) {
            return Some(change);
        }
        match withheld(tools, &change.domain, until).await {
            Ok(None) => {}
            Ok(Some(why)) => return Some(left_to_a_person(change, why, tools.clock.now())),
            Err(Undecided) => return None,
        }
        let name = &change.domain.name;
        match self.complete_identity(tools, &change.domain, until).await {
            Ok(Completion::Done) => {}
            Ok(Completion::NoTime) => return None,
            Ok(Completion::NotOurs) => {
                tracing::error!(
                    domain = %name,
                    "the identity at SES is not this client's; the final step is left to Lasso support"
                );
                return Some(left_to_a_person(
                    change,
                    Withheld::NotOurs,
                    tools.clock.now(),
                ));
            }
            Err(error @ SesError::Refused { .. }) => {
                tracing::error!(
                    domain = %name,
                    error = &error as &dyn std::error::Error,
                    "the final step could not be taken automatically; it is left to Lasso support"
                );
                let now = tools.clock.now();
                return Some(left_to_a_person(change, Withheld::RefusedBySes, now));
            }
            Err(error @ (SesError::Throttled { .. } | SesError::Unavailable { .. })) => {
                tracing::info!(
                    domain = %name,
                    error = &error as &dyn std::error::Error,
                    "the final step is taken in a later run"
                );
                return None;
            }
        }
        let evidence = evidence::of_final_step(
            FinalStep::Automatic,
            set_to_attach(self.configuration_set.as_ref(), &change.domain),
            change.domain.ses.map(|ses| ses.status),
            change.look.as_ref(),
        );
        let (now, ids) = (tools.clock.now(), tools.ids);
        let completed =
            change
                .clone()
                .then(Trigger::Completed, Actor::Service, Some(evidence), now, ids);
        Some(completed.unwrap_or(change))
    }

    /// Whether the service has to decide about the final step in this change: the change makes the
    /// domain verified, and it is not completed yet.
    pub fn takes(&self, change: &Change) -> bool {
        let domain = &change.domain;
        let verified = domain
            .ses
            .is_some_and(|ses| ses.status.verification == AxisStatus::Success);
        self.taken_by == FinalStep::Automatic
            && domain.state.status() == Status::Verified
            && verified
    }

    async fn complete_identity(
        &self,
        tools: &SesTools<'_, impl Ports<Ses: Identities>>,
        domain: &Domain,
        until: Timestamp,
    ) -> Result<Completion, SesError> {
        let name = &domain.name;
        if tools.clock.now() >= until {
            return Ok(Completion::NoTime);
        }
        let describe = || tools.ses.describe(name);
        let existing = tools.paced(Operation::GetEmailIdentity, describe).await?;
        if !existing.is_some_and(|existing| existing.belongs_to(&domain.client)) {
            return Ok(Completion::NotOurs);
        }
        let Some(set) = set_to_attach(self.configuration_set.as_ref(), domain) else {
            return Ok(Completion::Done);
        };
        if tools.clock.now() >= until {
            return Ok(Completion::NoTime);
        }
        let operation = Operation::PutEmailIdentityConfigurationSetAttributes;
        let attach = || tools.ses.set_configuration_set(name, set);
        tools.paced(operation, attach).await?;
        Ok(Completion::Done)
    }
}

/// The result of checking the owner of the identity and attaching its configuration set.
enum Completion {
    /// The identity is the client's, and has the configuration set, if one is to be attached.
    Done,
    /// There was no time for the calls to SES.
    NoTime,
    /// The identity at SES does not have the client's tags.
    NotOurs,
}

/// The configuration set to attach in the final step. An adopted identity keeps its own.
pub(super) fn set_to_attach<'a>(
    configured: Option<&'a ConfigurationSet>,
    domain: &Domain,
) -> Option<&'a ConfigurationSet> {
    let adopted = domain.state.identity()?.adopted.as_ref();
    configured.filter(|_| adopted.is_none_or(|adopted| adopted.configuration_set.is_none()))
}
