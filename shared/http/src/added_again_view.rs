//! The response if a client adds a domain that it already has.

use domain_auth::names::{Community, EmailAddress};
use serde::Serialize;

use crate::view::DomainView;

/// A domain that the client already has.
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
    /// The community that this request added to the domain; absent if it added none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub community_added: Option<String>,
    /// The contact in the request, if the domain has a different contact or none. It was not stored; change the
    /// contact with `PATCH`.
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
