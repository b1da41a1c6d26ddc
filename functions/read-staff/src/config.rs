//! The configuration that the template gives this function.

use domain_auth::limits::Limits;
use domain_auth_aws::{LimitError, limits, required};
use domain_auth_http::{ClaimNames, Cursors, PersonClaims};

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `TABLE_NAME`.
    pub table: String,
    /// `STACK_NAME`: a dimension of the metrics.
    pub stack: String,
    /// `CLIENT_ID_CLAIM` and `ROLES_CLAIM`.
    pub claims: ClaimNames,
    /// `MAX_DOMAINS_PER_CLIENT`, `MAX_DOMAINS_ADDED_PER_DAY` and
    /// `MAX_SUPPORT_EMAILS_PER_CLIENT_PER_DAY`.
    pub limits: Limits,
    /// `CURSOR_SECRET`: the secret that protects the cursors of lists.
    pub cursors: Cursors,
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, LimitError> {
        Ok(Self {
            table: required("TABLE_NAME")?,
            stack: required("STACK_NAME")?,
            claims: ClaimNames {
                client_id: required("CLIENT_ID_CLAIM")?,
                roles: required("ROLES_CLAIM")?,
                mass_mail_scope: None,
                person: PersonClaims::default(),
            },
            limits: limits()?,
            cursors: Cursors::new(&required("CURSOR_SECRET")?),
        })
    }
}
