//! The configuration that the template gives this function.

use domain_auth::limits::AdditionLimits;
use domain_auth::names::{Eligibility, OwnDomainError};
use domain_auth_aws::{
    LimitError, MissingVariable, VariableError, limit, optional, positive, required,
};
use domain_auth_dns::DnsConfig;
use domain_auth_http::{ClaimNames, PersonClaims};

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `TABLE_NAME`.
    pub table: String,
    /// `TOPIC_ARN`.
    pub topic_arn: String,
    /// `STACK_NAME`: identities are tagged with it.
    pub stack: String,
    /// `OWN_DOMAINS`: Lasso's own domains, separated by commas; no client may add one.
    pub eligibility: Eligibility,
    /// `SES_CALLS_PER_SECOND`: the account's quota for each identity operation.
    pub ses_calls_per_second: u32,
    /// `MAX_DOMAINS_PER_CLIENT` and `MAX_DOMAINS_ADDED_PER_DAY`.
    pub limits: AdditionLimits,
    /// `CLIENT_ID_CLAIM`, `ROLES_CLAIM`, `NAME_CLAIM` and `CLIENT_NAME_CLAIM`.
    pub claims: ClaimNames,
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
    /// A limit is missing or invalid.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A variable for DNS is invalid.
    #[error(transparent)]
    Dns(#[from] domain_auth_dns::ConfigError),
    /// An entry of `OWN_DOMAINS` is not a domain.
    #[error(transparent)]
    OwnDomain(#[from] OwnDomainError),
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            table: required("TABLE_NAME")?,
            topic_arn: required("TOPIC_ARN")?,
            stack: required("STACK_NAME")?,
            eligibility: Eligibility::parse(&optional("OWN_DOMAINS").unwrap_or_default())?,
            ses_calls_per_second: positive("SES_CALLS_PER_SECOND")?,
            limits: AdditionLimits {
                domains: limit("MAX_DOMAINS_PER_CLIENT")?,
                added_per_day: limit("MAX_DOMAINS_ADDED_PER_DAY")?,
            },
            claims: ClaimNames {
                client_id: required("CLIENT_ID_CLAIM")?,
                roles: required("ROLES_CLAIM")?,
                mass_mail_scope: None,
                person: PersonClaims::new(optional("NAME_CLAIM"), optional("CLIENT_NAME_CLAIM")),
            },
            dns: DnsConfig::from_vars(optional)?,
        })
    }
}
