//! Who or what does something to a domain.

use serde::{Deserialize, Serialize};

use crate::links::LinkId;

/// Who or what did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A person at the client.
    ClientAdmin {
        /// The token's subject; empty in the history of a client that was erased.
        subject: String,
    },
    /// A person at Lasso.
    LassoSupport {
        /// The token's subject; empty in the history of a client that was erased.
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

impl Actor {
    /// The same without what names a person. A link names none.
    #[must_use]
    pub fn without_person(self) -> Self {
        let subject = String::new();
        match self {
            Self::ClientAdmin { .. } => Self::ClientAdmin { subject },
            Self::LassoSupport { .. } => Self::LassoSupport { subject },
            Self::LinkHolder { link } => Self::LinkHolder { link },
            Self::Service => Self::Service,
        }
    }
}
