//! The response to "we are ready": the domain, what is still missing, and whether Lasso support was
//! told.

use domain_auth::domain::Domain;
use domain_auth::event::{MissingPiece, staff_path};
use domain_auth::state::Status;
use domain_auth::use_cases::notify::Notified;
use jiff::Timestamp;
use serde::Serialize;

use crate::next_step::{Asker, next_step};
use crate::time::in_millis;
use crate::view::DomainView;

/// A domain whose client has said that it is ready for the final step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Notified")
)]
pub struct NotifiedView {
    /// The domain, as everywhere.
    #[serde(flatten)]
    pub domain: DomainView,
    /// The pieces that are still missing, with the pieces that sending depends on first. Empty if nothing is
    /// missing.
    pub missing: Vec<MissingPiece>,
    /// When Lasso support was told, in the present state, that the client is ready, or asks about a name that
    /// Amazon SES does not accept; `null` if Lasso support has nothing to do.
    #[serde(serialize_with = "in_millis")]
    pub support_told_at: Option<Timestamp>,
    /// Whether Lasso support is told by email. If not, the domain is only in the queue of Lasso support. No
    /// email is sent beyond the client's daily limit of emails to Lasso support, or if the same was emailed
    /// within 24 hours, before the domain was removed and added again.
    pub emailed: bool,
    /// The result as a sentence, with what happened to the note.
    pub sentence: String,
}

impl From<&Notified> for NotifiedView {
    fn from(notified: &Notified) -> Self {
        let told = told(&notified.domain);
        Self {
            domain: DomainView::new(&notified.domain, notified.look.as_ref()),
            missing: notified.missing.clone(),
            support_told_at: told.map(|(at, _)| at),
            emailed: told.is_some_and(|(_, emailed)| emailed),
            sentence: sentence(notified.domain.state.status(), told, notified.is_noted),
        }
    }
}

/// When Lasso support was told in the present state, and whether by email.
fn told(domain: &Domain) -> Option<(Timestamp, bool)> {
    match domain.state.status() {
        Status::Provisioning | Status::Pending | Status::Verified | Status::Failed => {
            let call = domain.ready_call().filter(|_| domain.has_said_ready());
            call.map(|call| (call.at, call.emailed))
        }
        Status::Authenticated | Status::AtRisk | Status::Contested => None,
        Status::Rejected | Status::Removing => None,
    }
}

fn sentence(status: Status, told: Option<(Timestamp, bool)>, is_noted: bool) -> String {
    let happened = match told {
        Some((at, emailed)) => {
            let at = at.strftime("%-d %B %Y at %H:%M UTC");
            let how = if emailed {
                "by email, once for this state"
            } else {
                "in its queue, without an email"
            };
            format!("Lasso support was told on {at}, {how}.")
        }
        None => not_told(status).to_owned(),
    };
    if is_noted {
        format!("{happened} Your note is in the history of the domain.")
    } else {
        happened
    }
}

/// Why Lasso support is not told.
fn not_told(status: Status) -> &'static str {
    match status {
        Status::AtRisk => {
            "Lasso still sends for this domain, and looks at its records again now. Lasso support has no \
             step to take and is not told."
        }
        Status::Authenticated => {
            "Lasso sends for this domain. No step is left, and Lasso support is not told."
        }
        Status::Provisioning | Status::Pending | Status::Verified => "Lasso support is not told.",
        Status::Contested | Status::Failed | Status::Rejected | Status::Removing => {
            "Lasso support is not told."
        }
    }
}

impl NotifiedView {
    /// The view for Lasso support: with its path to the domain, and its own next step.
    pub fn for_support(notified: &Notified) -> Self {
        let mut view = Self::from(notified);
        view.domain.summary.path = staff_path(&notified.domain.client, &notified.domain.name);
        view.domain.summary.next_step = next_step(&notified.domain, Asker::Support);
        view
    }
}
