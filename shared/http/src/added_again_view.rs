//! The answer to adding a domain that the client has already.

use domain_auth::names::Community;
use serde::Serialize;

use crate::view::DomainView;

/// A domain that the client has already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "DomainAgain")
)]
pub struct AddedAgainView {
    /// The domain, as everywhere.
    #[serde(flatten)]
    pub domain: DomainView,
    /// The community that the domain is for from now on, beside those that it was for; absent where this
    /// request has changed nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub community_added: Option<String>,
}

impl AddedAgainView {
    /// The domain, and the community that was added to it.
    pub fn new(domain: DomainView, community_added: Option<Community>) -> Self {
        Self {
            domain,
            community_added: community_added.map(String::from),
        }
    }
}
