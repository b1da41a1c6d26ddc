//! The environment, read once at start-up into each function's configuration.

use domain_auth::limits::{Limits, MOST};

/// A variable that the function cannot do without.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {0} is not set")]
pub struct MissingVariable(pub &'static str);

/// A variable is missing, or says nothing that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    /// It is missing.
    #[error(transparent)]
    Missing(#[from] MissingVariable),
    /// It is no number, or zero.
    #[error("{name} is {value:?}, which is not a whole number above zero")]
    NotPositive {
        /// The variable.
        name: &'static str,
        /// What it says.
        value: String,
    },
}

/// The value of a variable that is a whole number above zero.
pub fn positive(name: &'static str) -> Result<u32, VariableError> {
    let value = required(name)?;
    let number = value.parse().ok().filter(|number| *number > 0);
    number.ok_or(VariableError::NotPositive { name, value })
}

/// A variable does not hold a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// It is not set.
    #[error(transparent)]
    Missing(#[from] MissingVariable),
    /// It is no number that a limit can be.
    #[error("{name} is {value:?}, which is not a whole number from 1 to {MOST}")]
    Number {
        /// The variable.
        name: &'static str,
        /// What it says.
        value: String,
    },
}

/// A limit of the deployment for each client.
pub fn limit(name: &'static str) -> Result<u32, LimitError> {
    let value = required(name)?;
    let number = value.parse().ok();
    let number = number.filter(|number| (1..=MOST).contains(number));
    number.ok_or(LimitError::Number { name, value })
}

/// The limits of the deployment for each client: `MAX_DOMAINS_PER_CLIENT`, `MAX_DOMAINS_ADDED_PER_DAY`
/// and `MAX_SUPPORT_EMAILS_PER_CLIENT_PER_DAY`.
pub fn limits() -> Result<Limits, LimitError> {
    Ok(Limits {
        domains: limit("MAX_DOMAINS_PER_CLIENT")?,
        added_per_day: limit("MAX_DOMAINS_ADDED_PER_DAY")?,
        support_emails_per_day: limit("MAX_SUPPORT_EMAILS_PER_CLIENT_PER_DAY")?,
    })
}

/// The value of a variable. Empty counts as not set.
pub fn required(name: &'static str) -> Result<String, MissingVariable> {
    optional(name).ok_or(MissingVariable(name))
}

/// The value of a variable, if it is set and not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
pub fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
