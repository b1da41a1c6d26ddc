//! The final step without a person, where the operator wants it so; and what it does at SES, whoever
//! takes it.

use super::provision::Tools;
use super::withheld::{Undecided, Withheld, left_to_a_person, withheld};
use super::{Operation, paced};
use crate::dns::Lookup;
use crate::domain::Change;
use crate::evidence;
use crate::history::Actor;
use crate::identity::{AxisStatus, ConfigurationSet, NotAConfigurationSet};
use crate::names::DomainName;
use crate::ports::{Clock, Identities, Ids, ReadClaims, SesError};
use crate::state::{Status, Trigger};
use jiff::Timestamp;

/// Who takes the final step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FinalStep {
    /// Lasso support.
    #[default]
    Manual,
    /// The service, as soon as SES has verified the domain.
    Automatic,
}

impl FinalStep {
    /// The word in the settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Automatic => "automatic",
        }
    }
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
        match self.complete_identity(tools, name, until).await {
            Ok(true) => {}
            Ok(false) => return None,
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
            self.configuration_set.as_ref(),
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

    /// False where there was no time to ask SES.
    async fn complete_identity<S, I, C, D, L>(
        &self,
        tools: &Tools<'_, S, I, C, D, L>,
        name: &DomainName,
        until: Timestamp,
    ) -> Result<bool, SesError>
    where
        I: Identities,
        C: Clock,
    {
        let Some(set) = &self.configuration_set else {
            return Ok(true);
        };
        if tools.clock.now() >= until {
            return Ok(false);
        }
        let operation = Operation::PutEmailIdentityConfigurationSetAttributes;
        let attach = || tools.ses.set_configuration_set(name, set);
        paced(tools.budget, tools.clock, operation, attach).await?;
        Ok(true)
    }
}
