//! The answer to "we are ready": the domain, and what is still missing.

use domain_auth::event::{MissingPiece, staff_path};
use domain_auth::use_cases::notify::Notified;
use serde::Serialize;

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
    /// What is still missing, what sending depends on first. Empty where nothing is.
    pub missing: Vec<MissingPiece>,
}

impl From<&Notified> for NotifiedView {
    fn from(notified: &Notified) -> Self {
        Self {
            domain: DomainView::new(&notified.domain, notified.look.as_ref()),
            missing: notified.missing.clone(),
        }
    }
}

impl NotifiedView {
    /// The same, with the path that Lasso support takes to the domain.
    pub fn for_support(notified: &Notified) -> Self {
        let mut view = Self::from(notified);
        view.domain.summary.path = staff_path(&notified.domain.client, &notified.domain.name);
        view
    }
}
