//! What the template gives this function.

use domain_auth::final_step::{FinalStepPolicy, PolicyError};
use domain_auth::pace::Patience;
use domain_auth::run_memory::Breaker;
use domain_auth::use_cases::poll::Settings;
use domain_auth_aws::{MissingVariable, optional, required};
use domain_auth_dns::DnsConfig;
use jiff::SignedDuration;

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `TABLE_NAME`.
    pub table: String,
    /// `TOPIC_ARN`.
    pub topic_arn: String,
    /// `STACK_NAME`: identities are tagged with it.
    pub stack: String,
    /// `IDENTITY_ARN_PREFIX`: what the ARN of every identity begins with.
    pub identity_arn_prefix: String,
    /// `SES_CALLS_PER_SECOND` (the account's quota for each identity operation),
    /// `STUCK_PROVISIONING_MINUTES`, `STUCK_STAFF_HOURS`, `BREAKER_PERCENT` and `RECONCILE_DELETE`.
    pub settings: Settings,
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
    /// A number is none.
    #[error("{name} is {value:?}, which is not a whole number above zero")]
    Number {
        /// The variable.
        name: &'static str,
        /// What it says.
        value: String,
    },
    /// The answer is neither yes nor no.
    #[error("RECONCILE_DELETE is {0:?}, and neither true nor false")]
    ReconcileDelete(String),
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        let minutes = positive("STUCK_PROVISIONING_MINUTES")?;
        let hours = positive("STUCK_STAFF_HOURS")?;
        let percent = positive("BREAKER_PERCENT")?;
        Ok(Self {
            table: required("TABLE_NAME")?,
            topic_arn: required("TOPIC_ARN")?,
            stack: required("STACK_NAME")?,
            identity_arn_prefix: required("IDENTITY_ARN_PREFIX")?,
            settings: Settings {
                patience: Patience {
                    provisioning: SignedDuration::from_mins(minutes.into()),
                    staff: SignedDuration::from_hours(hours.into()),
                },
                breaker: Breaker {
                    percent: usize::try_from(percent).unwrap_or(usize::MAX),
                },
                reconcile_delete: match required("RECONCILE_DELETE")?.as_str() {
                    "true" => true,
                    "false" => false,
                    other => return Err(ConfigError::ReconcileDelete(other.to_owned())),
                },
                ses_calls_per_second: positive("SES_CALLS_PER_SECOND")?,
            },
            final_step: FinalStepPolicy::parse(
                &required("FINAL_STEP")?,
                optional("CONFIGURATION_SET").as_deref(),
            )?,
            dns: DnsConfig::from_vars(optional)?,
        })
    }
}

fn positive(name: &'static str) -> Result<u32, ConfigError> {
    let value = required(name)?;
    let number = value.parse().ok().filter(|number| *number > 0);
    number.ok_or(ConfigError::Number { name, value })
}
