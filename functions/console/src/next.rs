//! What is to be done about a domain now.

use domain_auth::state::Status;

use crate::place::Place;
use crate::types::{Domain, StepCode, Summary};
use crate::words;

/// The one thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Say that the client is ready, on a button with this label.
    Ready(&'static str),
    /// It was said at this time, and Lasso support is to act.
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
    if place.is_staff() {
        let step = domain.summary.next_step.as_ref();
        return step.map(|step| step.sentence.clone());
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

/// What is to be done. The API decides it, by what DNS and Amazon SES said last; after a state of which
/// Lasso support is told, the console asks the client to say that it is ready.
pub(crate) fn next(place: &Place, domain: &Domain) -> Next {
    if place.is_staff() {
        return Next::Nothing;
    }
    let summary = &domain.summary;
    let step = summary.step();
    let told = || summary.ready_at.map(words::moment);
    let publish = || {
        if step.publishes() && !domain.records.is_empty() {
            Next::Publish
        } else {
            Next::Nothing
        }
    };
    match summary.status {
        Status::Contested | Status::AtRisk => publish(),
        Status::Pending if step == StepCode::TellLasso => Next::Ready("We are ready"),
        Status::Pending => publish(),
        Status::Verified => told().map_or(Next::Ready("We are ready"), Next::Told),
        Status::Authenticated if step == StepCode::PublishRecommendedRecords => publish(),
        Status::Failed if step == StepCode::AskLasso => match told() {
            None => Next::Ready("Ask Lasso support"),
            Some(_) => Next::Nothing,
        },
        Status::Failed => Next::Restart,
        Status::Rejected => {
            told().map_or(Next::Ready("It is mended: we are ready again"), Next::Told)
        }
        Status::Authenticated | Status::Provisioning | Status::Removing => Next::Nothing,
    }
}

/// A domain that is not verified yet may be told of, too; and Lasso support says it on behalf of a client.
pub(crate) fn tell_early(place: &Place, summary: &Summary) -> Option<&'static str> {
    let is_pending = summary.status == Status::Pending;
    if place.is_staff() && is_pending {
        return Some(
            "Say so on behalf of the client. The final step waits until Amazon SES has verified the domain.",
        );
    }
    if place.is_staff() && summary.status == Status::Rejected && summary.ready_at.is_none() {
        return Some(
            "Say so on behalf of the client when it has settled what was written. The domain then waits for the final step again.",
        );
    }
    if place.is_staff() || !is_pending {
        return None;
    }
    match (summary.step(), summary.ready_at) {
        // It is the next step, and stands above.
        (StepCode::TellLasso, _) => None,
        (_, Some(_)) => Some(
            "Lasso was told that you are ready, and takes the final step when Amazon SES has verified the domain. You can tell Lasso again.",
        ),
        (_, None) => Some(
            "You can tell Lasso now. Lasso takes the final step when Amazon SES has verified the domain.",
        ),
    }
}
