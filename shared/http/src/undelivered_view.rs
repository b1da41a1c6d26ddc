//! Emails about a domain that were not delivered or were reported as spam.

use domain_auth::mail_refusal::{MailRefusal, Mailing, Undelivered};
use jiff::Timestamp;
use serde::Serialize;

use crate::time::in_millis;

/// An email about a domain that did not reach its recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "UndeliveredEmail")
)]
pub struct UndeliveredView {
    /// What the email was for.
    pub email: Mailing,
    /// Why the email did not reach its recipient.
    pub reason: Undelivered,
    /// The address, masked.
    pub to: String,
    /// The enhanced status code of the mail server that refused it (RFC 3463), if there is one.
    pub status: Option<String>,
    /// When Amazon SES reported it.
    #[serde(serialize_with = "in_millis")]
    pub at: Timestamp,
    /// What happened, and what to do. Plain text: a page has to escape it.
    pub message: String,
}

impl From<&MailRefusal> for UndeliveredView {
    fn from(refusal: &MailRefusal) -> Self {
        Self {
            email: refusal.email,
            reason: refusal.reason,
            to: refusal.to.clone(),
            status: refusal.status.clone(),
            at: refusal.at,
            message: message(refusal),
        }
    }
}

fn message(refusal: &MailRefusal) -> String {
    let to = &refusal.to;
    let email = match refusal.email {
        Mailing::Instructions => "the email with the records",
        Mailing::Notice => "an email about this domain to its contact",
    };
    let happened = match refusal.reason {
        Undelivered::Bounced => format!("The address {to} refused {email}."),
        Undelivered::Complained => format!("The recipient {to} reported {email} as spam."),
        Undelivered::Rejected => format!("Amazon SES did not deliver {email} to {to}."),
    };
    let to_do = match refusal.email {
        Mailing::Instructions => {
            "Check the address and send the records to another one, or hand them over in another way."
        }
        Mailing::Notice => {
            "Lasso cannot reach this contact by email: give the domain another contact."
        }
    };
    format!("{happened} {to_do}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_about_an_undelivered_email_says_what_happened_and_what_to_do() {
        let refusal = |email, reason| MailRefusal {
            message: "0100018c-example".to_owned(),
            email,
            reason,
            to: "d…@it-partner.example".to_owned(),
            status: Some("5.1.1".to_owned()),
            at: Timestamp::UNIX_EPOCH,
            superseded: false,
        };
        let said = |email, reason| UndeliveredView::from(&refusal(email, reason)).message;
        assert_eq!(
            said(Mailing::Instructions, Undelivered::Bounced),
            "The address d…@it-partner.example refused the email with the records. Check the \
             address and send the records to another one, or hand them over in another way."
        );
        assert_eq!(
            said(Mailing::Notice, Undelivered::Complained),
            "The recipient d…@it-partner.example reported an email about this domain to its contact as \
             spam. Lasso cannot reach this contact by email: give the domain another contact."
        );
        assert!(
            said(Mailing::Instructions, Undelivered::Rejected).starts_with("Amazon SES did not")
        );
    }
}
