//! What the template gives this function.

use domain_auth::use_cases::final_step::{FinalStepPolicy, PolicyError};
use domain_auth_aws::{MissingVariable, optional, required};
use domain_auth_dns::DnsConfig;

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `TABLE_NAME`.
    pub table: String,
    /// `TOPIC_ARN`.
    pub topic_arn: String,
    /// `STACK_NAME`: identities are tagged with it.
    pub stack: String,
    /// `SES_CALLS_PER_SECOND`: the account's quota for each identity operation.
    pub ses_calls_per_second: u32,
    /// `FINAL_STEP`, and `CONFIGURATION_SET`, which may be unset.
    pub final_step: FinalStepPolicy,
    /// `DNS_SERVERS` and `DNS_AUTHORITATIVE_PORT`, both unset in production.
    pub dns: DnsConfig,
}

/// The environment does not say what it must.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable is missing.
    #[error(transparent)]
    Missing(#[from] MissingVariable),
    /// The final step cannot be read.
    #[error(transparent)]
    FinalStep(#[from] PolicyError),
    /// The DNS servers cannot be read.
    #[error(transparent)]
    Dns(#[from] domain_auth_dns::ConfigError),
    /// The quota is no number.
    #[error("SES_CALLS_PER_SECOND is {0:?}, which is not a whole number above zero")]
    CallsPerSecond(String),
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        let calls = required("SES_CALLS_PER_SECOND")?;
        let ses_calls_per_second = calls
            .parse()
            .ok()
            .filter(|calls| *calls > 0)
            .ok_or(ConfigError::CallsPerSecond(calls))?;
        Ok(Self {
            table: required("TABLE_NAME")?,
            topic_arn: required("TOPIC_ARN")?,
            stack: required("STACK_NAME")?,
            ses_calls_per_second,
            final_step: FinalStepPolicy::parse(
                &required("FINAL_STEP")?,
                optional("CONFIGURATION_SET").as_deref(),
            )?,
            dns: DnsConfig::from_vars(optional)?,
        })
    }
}
