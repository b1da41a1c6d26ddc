//! The configuration that the template gives this function.

use domain_auth::identity::{ConfigurationSet, NotAConfigurationSet};
use domain_auth::limits::Limits;
use domain_auth_aws::{LimitError, MissingVariable, limits, optional, required};
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
    /// `CONFIGURATION_SET`: the configuration set that an identity gets in the final step; may be
    /// unset.
    pub configuration_set: Option<ConfigurationSet>,
    /// `MAX_DOMAINS_PER_CLIENT`, `MAX_DOMAINS_ADDED_PER_DAY` and
    /// `MAX_SUPPORT_EMAILS_PER_CLIENT_PER_DAY`.
    pub limits: Limits,
    /// `CLIENT_ID_CLAIM`, `ROLES_CLAIM`, `NAME_CLAIM` and `CLIENT_NAME_CLAIM`.
    pub claims: ClaimNames,
}

/// A variable of the environment is missing or invalid.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable is missing.
    #[error(transparent)]
    Missing(#[from] MissingVariable),
    /// A limit is missing or invalid.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The name of the configuration set is invalid.
    #[error("CONFIGURATION_SET {0}")]
    ConfigurationSet(#[from] NotAConfigurationSet),
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        let configuration_set = optional("CONFIGURATION_SET");
        Ok(Self {
            table: required("TABLE_NAME")?,
            topic_arn: required("TOPIC_ARN")?,
            stack: required("STACK_NAME")?,
            configuration_set: configuration_set
                .map(|name| ConfigurationSet::parse(&name))
                .transpose()?,
            limits: limits()?,
            claims: ClaimNames {
                client_id: required("CLIENT_ID_CLAIM")?,
                roles: required("ROLES_CLAIM")?,
                mass_mail_scope: None,
                person: PersonClaims::new(optional("NAME_CLAIM"), optional("CLIENT_NAME_CLAIM")),
            },
        })
    }
}
