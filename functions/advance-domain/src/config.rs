//! The configuration that the template gives this function.

use domain_auth_aws::{
    LimitError, MissingVariable, VariableError, limit, optional, positive, required,
};
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
    /// `SES_CALLS_PER_SECOND`: the account's quota for each identity operation.
    pub ses_calls_per_second: u32,
    /// `MAX_SUPPORT_EMAILS_PER_CLIENT_PER_DAY`.
    pub support_emails: u32,
    /// `CLIENT_ID_CLAIM`, `ROLES_CLAIM`, `NAME_CLAIM` and `CLIENT_NAME_CLAIM`.
    pub claims: ClaimNames,
}

/// A variable of the environment is missing or invalid.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable is missing, or is not a number above zero.
    #[error(transparent)]
    Variable(#[from] VariableError),
    /// A limit is missing or invalid.
    #[error(transparent)]
    Limit(#[from] LimitError),
}

impl From<MissingVariable> for ConfigError {
    fn from(error: MissingVariable) -> Self {
        Self::Variable(error.into())
    }
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            table: required("TABLE_NAME")?,
            topic_arn: required("TOPIC_ARN")?,
            stack: required("STACK_NAME")?,
            ses_calls_per_second: positive("SES_CALLS_PER_SECOND")?,
            support_emails: limit("MAX_SUPPORT_EMAILS_PER_CLIENT_PER_DAY")?,
            claims: ClaimNames {
                client_id: required("CLIENT_ID_CLAIM")?,
                roles: required("ROLES_CLAIM")?,
                mass_mail_scope: None,
                person: PersonClaims::new(optional("NAME_CLAIM"), optional("CLIENT_NAME_CLAIM")),
            },
        })
    }
}
