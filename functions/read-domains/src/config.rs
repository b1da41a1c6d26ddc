//! The configuration that the template gives this function.

use domain_auth::names::{Eligibility, OwnDomainError};
use domain_auth_aws::{MissingVariable, optional, required};
use domain_auth_dns::DnsConfig;
use domain_auth_http::{ClaimNames, Cursors, PersonClaims};

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `TABLE_NAME`.
    pub table: String,
    /// `STACK_NAME`: a dimension of the metrics.
    pub stack: String,
    /// `OWN_DOMAINS`: Lasso's own domains, separated by commas.
    pub eligibility: Eligibility,
    /// `CLIENT_ID_CLAIM`, `ROLES_CLAIM` and `MASS_MAIL_SCOPE`.
    pub claims: ClaimNames,
    /// `CURSOR_SECRET`: the secret that protects the cursors of lists.
    pub cursors: Cursors,
    /// `DNS_SERVERS` and `DNS_AUTHORITATIVE_PORT`, both unset in production.
    pub dns: DnsConfig,
}

/// A variable of the environment is missing or invalid.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable is missing.
    #[error(transparent)]
    Missing(#[from] MissingVariable),
    /// An entry of `OWN_DOMAINS` is not a domain.
    #[error(transparent)]
    OwnDomain(#[from] OwnDomainError),
    /// The DNS servers cannot be read.
    #[error(transparent)]
    Dns(#[from] domain_auth_dns::ConfigError),
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            table: required("TABLE_NAME")?,
            stack: required("STACK_NAME")?,
            eligibility: Eligibility::parse(&optional("OWN_DOMAINS").unwrap_or_default())?,
            claims: ClaimNames {
                client_id: required("CLIENT_ID_CLAIM")?,
                roles: required("ROLES_CLAIM")?,
                mass_mail_scope: optional("MASS_MAIL_SCOPE").filter(|scope| !scope.is_empty()),
                person: PersonClaims::default(),
            },
            cursors: Cursors::new(&required("CURSOR_SECRET")?),
            dns: DnsConfig::from_vars(optional)?,
        })
    }
}
