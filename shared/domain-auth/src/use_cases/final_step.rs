//! The final step without a person, where the operator wants it so; and what it does at SES, whoever
//! takes it.

use super::provision::Tools;
use super::withheld::{Undecided, Withheld, left_to_a_person, withheld};
use super::{Operation, paced};
use crate::dns::Lookup;
use crate::domain::{Change, Domain};
use crate::evidence;
use crate::history::Actor;
use crate::identity::{AxisStatus, ConfigurationSet, NotAConfigurationSet};
use crate::ports::{Clock, Identities, Ids, ReadClaims, SesError};
use crate::state::{Status, Trigger};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who takes the final step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinalStep {
    /// Lasso support.
    #[default]
    Manual,
    /// The service, as soon as SES has verified the domain.
    Automatic,
}

/// How the final step is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FinalStepPolicy {
    /// Who takes it.
    pub taken_by: FinalStep,
    /// What the identity is given with it.
    pub configuration_set: Option<ConfigurationSet>,
}

/// Lasso support takes the final step, and the identity is given nothing with it.
pub static MANUAL: FinalStepPolicy = FinalStepPolicy {
    taken_by: FinalStep::Manual,
    configuration_set: None,
};

/// The operator's settings cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The final step is no word that is known.
    #[error("FINAL_STEP is {0:?}, which is neither manual nor automatic")]
    FinalStep(String),
    /// The configuration set has no possible name.
    #[error("CONFIGURATION_SET {0}")]
    ConfigurationSet(#[from] NotAConfigurationSet),
}

impl FinalStepPolicy {
    /// Reads the settings: `manual` or `automatic`, and the name of a configuration set or none.
    pub fn parse(final_step: &str, configuration_set: Option<&str>) -> Result<Self, PolicyError> {
        let taken_by = match final_step {
            "manual" => FinalStep::Manual,
            "automatic" => FinalStep::Automatic,
            other => return Err(PolicyError::FinalStep(other.to_owned())),
        };
        Ok(Self {
            taken_by,
            configuration_set: configuration_set.map(ConfigurationSet::parse).transpose()?,
        })
    }

    /// The change after a look, with the final step in it where the service takes it: one
    /// transaction, two lines of history, and one event, `domain.authenticated`. Where something is
    /// wanted that only a person can judge, the change is as it was, and its event says what. None
    /// where SES did not do its part just now, or there was no time to ask: then nothing is to be
    /// written of what moves the state, so that the domain stays due and nobody is told that a person
    /// is wanted.
    ///
    /// No call to SES is begun after `until`.
    pub async fn after_look<S, I, C, D, L>(
        &self,
        tools: &Tools<'_, S, I, C, D, L>,
        change: Change,
        until: Timestamp,
    ) -> Option<Change>
    where
        S: ReadClaims,
        I: Identities,
        C: Clock,
        D: Ids,
        L: Lookup,
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
                return Some(change);
            }
            Err(error @ SesError::Refused { .. }) => {
                tracing::error!(
                    domain = %name,
                    error = &error as &dyn std::error::Error,
                    "the final step could not be taken by itself; it is left to Lasso support"
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

    /// Whether the service has to decide about the final step in this change: SES calls the domain
    /// verified right now, and nobody has completed it.
    pub fn takes(&self, change: &Change) -> bool {
        let domain = &change.domain;
        let verified = domain
            .ses
            .is_some_and(|ses| ses.status.verification == AxisStatus::Success);
        self.taken_by == FinalStep::Automatic
            && domain.state.status() == Status::Verified
            && verified
    }

    async fn complete_identity<S, I, C, D, L>(
        &self,
        tools: &Tools<'_, S, I, C, D, L>,
        domain: &Domain,
        until: Timestamp,
    ) -> Result<Completion, SesError>
    where
        I: Identities,
        C: Clock,
    {
        let name = &domain.name;
        let Some(set) = set_to_attach(self.configuration_set.as_ref(), domain) else {
            return Ok(Completion::Done);
        };
        if tools.clock.now() >= until {
            return Ok(Completion::NoTime);
        }
        let describe = || tools.ses.describe(name);
        let existing = tools.paced(Operation::GetEmailIdentity, describe).await?;
        if !existing.is_some_and(|existing| existing.belongs_to(&domain.client)) {
            return Ok(Completion::NotOurs);
        }
        if tools.clock.now() >= until {
            return Ok(Completion::NoTime);
        }
        let operation = Operation::PutEmailIdentityConfigurationSetAttributes;
        let attach = || tools.ses.set_configuration_set(name, set);
        paced(tools.budget, tools.clock, operation, attach).await?;
        Ok(Completion::Done)
    }
}

/// What came of giving an identity its configuration set.
enum Completion {
    /// It has it, or none is to be attached.
    Done,
    /// There was no time to ask SES.
    NoTime,
    /// The identity at SES does not carry the client's tags.
    NotOurs,
}

/// The configuration set to attach with the final step. An adopted identity keeps the one that it had.
pub(super) fn set_to_attach<'a>(
    configured: Option<&'a ConfigurationSet>,
    domain: &Domain,
) -> Option<&'a ConfigurationSet> {
    let adopted = domain.state.identity()?.adopted.as_ref();
    configured.filter(|_| adopted.is_none_or(|adopted| adopted.configuration_set.is_none()))
}
