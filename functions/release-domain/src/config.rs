//! The configuration that the template gives this function.

use domain_auth_aws::{MissingVariable, optional, required};
use domain_auth_http::{ClaimNames, PersonClaims};

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `TABLE_NAME`.
    pub table: String,
    /// `TOPIC_ARN`.
    pub topic_arn: String,
    /// `CLIENT_ID_CLAIM`, `ROLES_CLAIM`, `NAME_CLAIM` and `CLIENT_NAME_CLAIM`.
    pub claims: ClaimNames,
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, MissingVariable> {
        Ok(Self {
            table: required("TABLE_NAME")?,
            topic_arn: required("TOPIC_ARN")?,
            claims: ClaimNames {
                client_id: required("CLIENT_ID_CLAIM")?,
                roles: required("ROLES_CLAIM")?,
                mass_mail_scope: None,
                person: PersonClaims::new(optional("NAME_CLAIM"), optional("CLIENT_NAME_CLAIM")),
            },
        })
    }
}
