//! What is to be done about a domain now.

use domain_auth::state::Status;

use crate::place::Place;
use crate::types::{Domain, Summary};
use crate::words;

/// The one thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Say that the client is ready, on a button with this label.
    Ready(&'static str),
    /// It was said at this time.
    Told(String),
    /// Restart.
    Restart,
    /// Publish the records.
    Publish,
    /// Nothing.
    Nothing,
}

/// What is to be done, in a sentence.
pub(crate) fn next_step(
    place: &Place,
    domain: &Domain,
    next: &Next,
    wrong: usize,
) -> Option<String> {
    let of_api = domain.summary.next_step.as_ref();
    if place.is_staff() {
        return of_api.map(|step| step.sentence.clone());
    }
    match (next, wrong) {
        // It stands below.
        (Next::Told(_), _) => None,
        (Next::Publish, 1) => Some(
            "One record has to be changed. It says what is wrong, and how to repair it.".to_owned(),
        ),
        (Next::Publish, wrong @ 2..) => Some(format!(
            "{wrong} records have to be changed. Each says what is wrong, and how to repair it."
        )),
        (Next::Publish, 0) | (Next::Ready(_) | Next::Restart | Next::Nothing, _) => {
            words::next_step(&domain.summary).map(str::to_owned)
        }
    }
}

/// What is to be done.
pub(crate) fn next(place: &Place, domain: &Domain) -> Next {
    let summary = &domain.summary;
    let told = || summary.ready_at.map(words::moment);
    if place.is_staff() {
        return Next::Nothing;
    }
    match summary.status {
        Status::Pending | Status::Contested if !domain.records.is_empty() => Next::Publish,
        Status::AtRisk => Next::Publish,
        Status::Verified => told().map_or(Next::Ready("We are ready"), Next::Told),
        Status::Rejected => {
            told().map_or(Next::Ready("It is mended: we are ready again"), Next::Told)
        }
        Status::Failed => Next::Restart,
        Status::Pending | Status::Contested | Status::Provisioning => Next::Nothing,
        Status::Authenticated | Status::Removing => Next::Nothing,
    }
}

/// A domain that is not verified yet may be told of, too.
pub(crate) fn tell_early(place: &Place, summary: &Summary) -> Option<&'static str> {
    let is_pending = summary.status == Status::Pending;
    if is_pending && place.is_staff() {
        return Some(
            "Say so on behalf of the client. The final step waits until Amazon SES has verified the domain.",
        );
    }
    match summary.ready_at {
        Some(_) if is_pending => Some(
            "Lasso was told that you are ready, and takes the final step when Amazon SES has verified the domain. You can tell Lasso again.",
        ),
        None if is_pending => Some(
            "You can tell Lasso now. Lasso takes the final step when Amazon SES has verified the domain.",
        ),
        Some(_) | None => None,
    }
}
