//! The configuration that the template gives this function.

use domain_auth::final_step::{FinalStepPolicy, PolicyError};
use domain_auth::use_cases::check::CheckLimits;
use domain_auth_aws::{MissingVariable, VariableError, optional, positive, required};
use domain_auth_dns::DnsConfig;
use domain_auth_http::{ClaimNames, PersonClaims};

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `TABLE_NAME`.
    pub table: String,
    /// `TOPIC_ARN`.
    pub topic_arn: String,
    /// `STACK_NAME`.
    pub stack: String,
    /// `SES_CALLS_PER_SECOND` (the account's quota for each identity operation) and
    /// `CHECKS_PER_MINUTE`.
    pub limits: CheckLimits,
    /// `CLIENT_ID_CLAIM`, `ROLES_CLAIM`, `NAME_CLAIM` and `CLIENT_NAME_CLAIM`.
    pub claims: ClaimNames,
    /// `FINAL_STEP`, and `CONFIGURATION_SET`, which may be unset.
    pub final_step: FinalStepPolicy,
    /// `DNS_SERVERS` and `DNS_AUTHORITATIVE_PORT`, both unset in production.
    pub dns: DnsConfig,
}

/// A variable of the environment is missing or invalid.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable is missing.
    #[error(transparent)]
    Missing(#[from] MissingVariable),
    /// A number is missing or invalid.
    #[error(transparent)]
    Variable(#[from] VariableError),
    /// The settings of the final step are invalid.
    #[error(transparent)]
    FinalStep(#[from] PolicyError),
    /// A variable for DNS is invalid.
    #[error(transparent)]
    Dns(#[from] domain_auth_dns::ConfigError),
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            table: required("TABLE_NAME")?,
            topic_arn: required("TOPIC_ARN")?,
            stack: required("STACK_NAME")?,
            limits: CheckLimits {
                ses_calls_per_second: positive("SES_CALLS_PER_SECOND")?,
                checks_per_minute: positive("CHECKS_PER_MINUTE")?,
            },
            claims: ClaimNames {
                client_id: required("CLIENT_ID_CLAIM")?,
                roles: required("ROLES_CLAIM")?,
                mass_mail_scope: None,
                person: PersonClaims::new(optional("NAME_CLAIM"), optional("CLIENT_NAME_CLAIM")),
            },
            final_step: FinalStepPolicy::parse(
                &required("FINAL_STEP")?,
                optional("CONFIGURATION_SET").as_deref(),
            )?,
            dns: DnsConfig::from_vars(optional)?,
        })
    }
}
