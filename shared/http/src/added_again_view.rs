//! The response if a client adds a domain that it already has.

use domain_auth::names::{Community, EmailAddress};
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
    /// The contact in the request, where the domain has another one or none: it is not taken from here. `PATCH`
    /// of the domain changes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_email_not_taken: Option<String>,
}

impl AddedAgainView {
    /// The domain, the community that was added to it, and the contact in the request.
    pub fn new(
        domain: DomainView,
        community_added: Option<Community>,
        contact: Option<&EmailAddress>,
    ) -> Self {
        let contact = contact.map(EmailAddress::as_str);
        let kept = domain.contact_email.as_deref();
        let not_taken = contact.filter(|contact| Some(*contact) != kept);
        Self {
            contact_email_not_taken: not_taken.map(str::to_owned),
            domain,
            community_added: community_added.map(String::from),
        }
    }
}
