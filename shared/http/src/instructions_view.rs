//! The response to a request to email the records.

use domain_auth::names::DomainName;
use domain_auth::records::RecordId;
use domain_auth::use_cases::send_instructions::{Order, Sent};
use serde::Serialize;

/// An email that is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Instructions")
)]
pub struct InstructionsView {
    /// The domain, in A-labels.
    pub domain: String,
    /// The address of the recipient.
    pub email: String,
    /// The subject of the email.
    pub subject: String,
    /// The records in it.
    pub records: Vec<RecordId>,
    /// The address that a reply reaches; `null` if the domain has no `contact_email`.
    pub reply_to: Option<String>,
    /// How many more emails may be sent today (UTC).
    pub left_today: LeftView,
}

/// How many more emails may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "InstructionsLeft")
)]
pub struct LeftView {
    /// For this domain.
    pub domain: u32,
    /// For all domains of the client together.
    pub client: u32,
}

impl InstructionsView {
    /// What was sent, about which domain and to whom.
    pub fn new(name: &DomainName, order: &Order, sent: &Sent) -> Self {
        Self {
            domain: name.to_string(),
            email: order.to.to_string(),
            subject: sent.letter.subject.clone(),
            records: sent.letter.records.clone(),
            reply_to: sent.letter.reply_to.as_ref().map(ToString::to_string),
            left_today: LeftView {
                domain: sent.left.domain,
                client: sent.left.client,
            },
        }
    }
}
