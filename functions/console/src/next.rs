//! The next step for a domain.

use domain_auth::diagnosis::RecordState;
use domain_auth::records::RecordId;
use domain_auth::state::Status;

use crate::doubt::doubt;
use crate::lost::{self, Lost};
use crate::place::Place;
use crate::types::{Domain, StepCode, Summary};
use crate::words;

/// The next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Say that the client is ready, on a button with this label.
    Ready(&'static str),
    /// The client said so at this time, and Lasso support has to act.
    Told(String),
    /// Restart.
    Restart,
    /// Publish the records.
    Publish,
    /// Nothing.
    Nothing,
}

/// What is to be done about the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Repairs {
    /// How many records are published with a wrong value.
    pub(crate) wrong: usize,
    /// Whether records are missing that come before all that are wrong: those that the next step of the API is about.
    pub(crate) missing_first: bool,
}

impl Repairs {
    pub(crate) fn of(domain: &Domain) -> Self {
        const DKIM: [RecordId; 3] = [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3];
        let first: &[RecordId] = if domain.summary.step() == StepCode::PublishRecommendedRecords {
            &DKIM
        } else {
            &[RecordId::Verification]
        };
        let records = domain.records.iter();
        Self {
            wrong: records
                .filter(|record| record.state == RecordState::Wrong)
                .count(),
            missing_first: lost::has(domain, first, RecordState::Missing),
        }
    }
}

/// The next step, as a sentence.
pub(crate) fn next_step(place: &Place, domain: &Domain, next: &Next) -> Option<String> {
    if place.is_staff() {
        let step = domain.summary.next_step.as_ref();
        return step.map(|step| step.sentence.clone());
    }
    if let Some(lost) = lost::lost(domain) {
        return Some(lost::next_step(domain, lost));
    }
    let said = || words::next_step(&domain.summary).map(str::to_owned);
    let repairs = Repairs::of(domain);
    match next {
        // It is shown below.
        Next::Told(_) => None,
        Next::Publish if repairs.missing_first => {
            let others = match repairs.wrong {
                0 => return said(),
                1 => "Another record has to be changed. It says".to_owned(),
                wrong => format!("{wrong} other records have to be changed. Each of them says"),
            };
            let said = said().unwrap_or_default();
            Some(format!("{said} {others} what is wrong with it, and how to repair it."))
        }
        Next::Publish => match repairs.wrong {
            0 => said(),
            1 => Some(
                "One record has to be changed. It says what is wrong with it, and how to repair it."
                    .to_owned(),
            ),
            wrong => Some(format!(
                "{wrong} records have to be changed. Each record says what is wrong with it, and how to repair \
                 it."
            )),
        },
        Next::Ready(_) | Next::Restart | Next::Nothing => said(),
    }
}

/// The next step. The API decides it from the last results of DNS and Amazon SES. In states about
/// which Lasso support can be told, the console asks the client to say that it is ready.
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
    match lost::lost(domain) {
        Some(Lost::Missing | Lost::Wrong | Lost::MissingAndWrong) if !domain.records.is_empty() => {
            return Next::Publish;
        }
        Some(Lost::Missing | Lost::Wrong | Lost::MissingAndWrong | Lost::Domain) => {
            return Next::Nothing;
        }
        None => {}
    }
    match summary.status {
        Status::Contested | Status::AtRisk => publish(),
        Status::Pending if step == StepCode::TellLasso => Next::Ready("We are ready"),
        Status::Pending => publish(),
        Status::Verified if doubt(summary).is_some() => Next::Nothing,
        Status::Verified => told().map_or(Next::Ready("We are ready"), Next::Told),
        Status::Authenticated if step == StepCode::PublishRecommendedRecords => publish(),
        Status::Failed if step == StepCode::AskLasso => match told() {
            None => Next::Ready("Ask Lasso support"),
            Some(_) => Next::Nothing,
        },
        Status::Failed => Next::Restart,
        Status::Rejected => {
            told().map_or(Next::Ready("It is solved: we are ready again"), Next::Told)
        }
        Status::Authenticated | Status::Provisioning | Status::Removing => Next::Nothing,
    }
}

/// The label of the button with which Lasso support can also be told about a domain that is not
/// verified yet, by the client or by Lasso support on its behalf.
pub(crate) fn tell_early(place: &Place, summary: &Summary) -> Option<&'static str> {
    let is_pending = summary.status == Status::Pending;
    if place.is_staff() && is_pending {
        return Some(
            "Say so on behalf of the client. The final step waits until Amazon SES has verified the domain.",
        );
    }
    if place.is_staff() && summary.status == Status::Rejected && summary.ready_at.is_none() {
        return Some(
            "Say so on behalf of the client when it has solved the problem that was described. The domain \
             then waits for the final step again.",
        );
    }
    if place.is_staff() || !is_pending {
        return None;
    }
    match (summary.step(), summary.ready_at) {
        // It is the next step, which is shown above.
        (StepCode::TellLasso, _) => None,
        (_, Some(_)) => Some(
            "Lasso was told that you are ready, and takes the final step when Amazon SES has verified the domain. You can tell Lasso again.",
        ),
        (_, None) => Some(
            "You can tell Lasso now that you are ready. Lasso takes the final step when Amazon SES has verified the domain.",
        ),
    }
}
