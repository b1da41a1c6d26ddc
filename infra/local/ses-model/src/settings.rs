//! How SES behaves in this account.

use std::time::Duration;

use crate::behaviour::Behaviour;
use crate::tokens::TokenSource;

/// How SES behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Calls per second of each identity operation; `None` for no limit. SES: 1.
    pub rate: Option<f64>,
    /// For how long SES looks for records before it gives up. SES: 72 hours.
    pub window: Duration,
    /// How old a look at DNS may be.
    pub recheck: Duration,
    /// How many identities the account may have. SES: 10,000.
    pub identity_limit: usize,
    /// Where its tokens come from.
    pub token_source: TokenSource,
    /// How SES answers where its documentation says nothing.
    pub behaviour: Behaviour,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rate: Some(1.0),
            window: Duration::from_hours(72),
            recheck: Duration::from_secs(1),
            identity_limit: 10_000,
            token_source: TokenSource::Seed("local account".to_owned()),
            behaviour: Behaviour::default(),
        }
    }
}
