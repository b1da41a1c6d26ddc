//! Who or what does something to a domain.

use serde::{Deserialize, Serialize};

use crate::links::LinkId;

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
    /// A person without a login, who has a link to the domain.
    LinkHolder {
        /// The link.
        link: LinkId,
    },
    /// This service on its own, from what Amazon SES or DNS said.
    Service,
}
