//! Who takes the final step: a setting of the operator.

use serde::{Deserialize, Serialize};

use crate::identity::{ConfigurationSet, NotAConfigurationSet};

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
    /// The configuration set that the identity gets with it.
    pub configuration_set: Option<ConfigurationSet>,
}

/// Lasso support takes the final step, and the identity gets no configuration set.
pub static MANUAL: FinalStepPolicy = FinalStepPolicy {
    taken_by: FinalStep::Manual,
    configuration_set: None,
};

/// The operator's settings are invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The value of the final step is unknown.
    #[error("FINAL_STEP is {0:?}, which is neither manual nor automatic")]
    FinalStep(String),
    /// The name of the configuration set is invalid.
    #[error("CONFIGURATION_SET {0}")]
    ConfigurationSet(#[from] NotAConfigurationSet),
}

impl FinalStepPolicy {
    /// Reads the settings: `manual` or `automatic`, and optionally the name of a configuration set.
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
}
