//! The settings of the account.

use std::time::Duration;

use crate::behaviour::Behaviour;
use crate::tokens::TokenSource;

/// The settings of SES.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Calls per second of each identity operation; `None` for no limit. SES: 1.
    pub rate: Option<f64>,
    /// How long SES looks for records before it gives up. SES: 72 hours.
    pub window: Duration,
    /// How old the result of a DNS look may be.
    pub recheck: Duration,
    /// The limit of identities. SES: 10,000.
    pub identity_limit: usize,
    /// The source of its tokens.
    pub token_source: TokenSource,
    /// The behaviour that SES's documentation does not define.
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
