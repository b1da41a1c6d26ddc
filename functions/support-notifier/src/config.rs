//! What the template gives this function.

use domain_auth_aws::{MissingVariable, required};

/// The function's configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// `TABLE_NAME`.
    pub table: String,
    /// `SUPPORT_EMAIL`: where alerts go.
    pub support_email: String,
    /// `SENDER_EMAIL`: where they come from, a verified identity.
    pub sender_email: String,
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, MissingVariable> {
        Ok(Self {
            table: required("TABLE_NAME")?,
            support_email: required("SUPPORT_EMAIL")?,
            sender_email: required("SENDER_EMAIL")?,
        })
    }
}
