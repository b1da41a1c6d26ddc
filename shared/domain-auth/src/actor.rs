//! Who or what does something to a domain.

use serde::{Deserialize, Serialize};

/// Who or what did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A person at the client.
    ClientAdmin {
        /// The token's subject.
        subject: String,
    },
    /// A person at Lasso.
    LassoSupport {
        /// The token's subject.
        subject: String,
    },
    /// This service on its own, from what Amazon SES or DNS said.
    Service,
}
