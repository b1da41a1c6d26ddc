//! Domains that are in a list as before although their name or their verification is in doubt. The API says so to the
//! client in its sentences about the state, because the state itself has not changed.

use domain_auth::state::Status;

use crate::types::{StepCode, Summary};

/// The API's sentence about a name that another client has proven, at the end of `status_detail`.
const CHALLENGED: &str = "Another client has proven that this domain, or one above or below it, is its own. \
    Lasso support decides. Nothing has changed so far.";
/// The API's sentence about an identity that is no longer verified, at the end of `status_detail`.
const NOT_VERIFIED: &str = "Amazon SES no longer reports it as verified; Lasso checks again.";
/// How the API says in `status_detail` that the client has lost a name that Lasso sent for.
const STOPPED: &str = "Lasso no longer sends for ";

/// What is in doubt about a domain whose state does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// Another client has proven the name, and Lasso support decides.
    Challenged,
    /// Amazon SES no longer reports the domain as verified.
    NotVerified,
}

/// What is in doubt about a domain that its client holds.
pub(crate) fn doubt(summary: &Summary) -> Option<Doubt> {
    let is_verified = match summary.status {
        Status::Verified | Status::Authenticated => true,
        Status::Provisioning | Status::Pending | Status::AtRisk => false,
        Status::Failed | Status::Rejected => false,
        Status::Contested | Status::Removing => return None,
    };
    let detail = summary.status_detail.as_str();
    if detail.ends_with(CHALLENGED) {
        return Some(Doubt::Challenged);
    }
    let waits = summary.status == Status::Verified && summary.step() == StepCode::WaitForSes;
    (is_verified && (waits || detail.ends_with(NOT_VERIFIED))).then_some(Doubt::NotVerified)
}

/// Whether the client has lost a name that Lasso sent for.
pub(crate) fn has_stopped(summary: &Summary) -> bool {
    let stopped = format!("{STOPPED}{}.", summary.domain_unicode);
    summary.status == Status::Contested && summary.status_detail.contains(&stopped)
}

/// What the row of a domain in its client's list says before the next step.
pub(crate) fn in_list(summary: &Summary) -> Option<String> {
    if has_stopped(summary) {
        return Some(format!("{STOPPED}{}.", summary.domain_unicode));
    }
    match doubt(summary)? {
        // The next step of a verified domain says it.
        Doubt::Challenged if summary.status == Status::Verified => None,
        Doubt::Challenged => Some(CHALLENGED.to_owned()),
        Doubt::NotVerified => None,
    }
}
