//! The configuration that the template gives this function.

use domain_auth_aws::{MissingVariable, optional, required};
use domain_auth_http::{ClaimNames, PersonClaims, PublicUrl};

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `TABLE_NAME`.
    pub table: String,
    /// `SENDER_EMAIL`: the sender of the emails, a verified identity.
    pub sender_email: String,
    /// `MAIL_CONFIGURATION_SET`: the configuration set for the emails.
    pub configuration_set: String,
    /// `CLIENT_ID_CLAIM`, `ROLES_CLAIM`, `NAME_CLAIM` and `CLIENT_NAME_CLAIM`.
    pub claims: ClaimNames,
    /// The base URL of links.
    pub public_url: PublicUrl,
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, MissingVariable> {
        Ok(Self {
            table: required("TABLE_NAME")?,
            sender_email: required("SENDER_EMAIL")?,
            configuration_set: required("MAIL_CONFIGURATION_SET")?,
            claims: ClaimNames {
                client_id: required("CLIENT_ID_CLAIM")?,
                roles: required("ROLES_CLAIM")?,
                mass_mail_scope: None,
                person: PersonClaims::new(optional("NAME_CLAIM"), optional("CLIENT_NAME_CLAIM")),
            },
            public_url: PublicUrl::from_vars(optional),
        })
    }
}
