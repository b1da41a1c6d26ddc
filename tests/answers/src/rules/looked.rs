//! Rules for what is told of the last look, of the looks before, and without a look.

use domain_auth::diagnosis::RecordState;
use domain_auth::state::Status;
use domain_auth_http::{NextStepCode as Code, RecordView};

use super::{all_found, check, client_code, is_dkim, is_text, sentences};
use crate::Answer;

/// Words of a sentence that asks for records, or says that they are not there.
const UNPUBLISHED: [&str; 4] = [
    "ublish the DNS records",
    "publishes the DNS records",
    "publish them",
    "has not found the DNS records",
];

/// The records by which Amazon SES verifies the domain.
fn verifying(answer: &Answer) -> impl Iterator<Item = &RecordView> {
    let records = answer.staff.domain.records.iter();
    records.filter(|record| is_text(record) || is_dkim(record))
}

/// The look that restarts a domain is shown beside the restart.
pub(super) fn restarted(answer: &Answer) -> Result<(), String> {
    let line = answer.staff_history.first();
    let line = line.filter(|line| line.sentence.contains("found the records in DNS"));
    let Some(line) = line.filter(|_| answer.status() == Status::Pending) else {
        return Ok(());
    };
    let looked_at = answer.staff.domain.dns_looked_at;
    let found =
        all_found(answer, is_text) == Some(true) || all_found(answer, is_dkim) == Some(true);
    check(found || looked_at > Some(line.at), || {
        format!("not found at {looked_at:?} beside {line:?}")
    })
}

/// Nothing is said of records for which DNS gave no answer.
pub(super) fn silent(answer: &Answer) -> Result<(), String> {
    let is_pending = answer.status() == Status::Pending;
    let mut records = verifying(answer).peekable();
    let is_silent =
        records.peek().is_some() && records.all(|record| record.state == RecordState::Unknown);
    let told = sentences(answer).into_iter().find(|text| {
        let mut words = UNPUBLISHED.iter();
        words.any(|words| text.contains(words))
    });
    check(!is_pending || !is_silent || told.is_none(), || {
        format!("{told:?}")
    })
}

/// Records that were there before are not told to be missing from the beginning.
pub(super) fn vanished(answer: &Answer) -> Result<(), String> {
    if answer.status() != Status::Pending || !answer.staff.claim.challengers.is_empty() {
        return Ok(());
    }
    let is_gone = |record: &RecordView| {
        let is_there = !matches!(record.state, RecordState::Missing | RecordState::Wrong);
        !is_there && record.last_found_at.is_some()
    };
    let summary = &answer.staff.domain.summary;
    let step = &summary.next_step.sentence;
    let told: &[&String] = match client_code(answer) {
        Some(Code::PublishRecords) => {
            let gone = verifying(answer).find(|record| is_gone(record));
            return check(gone.is_none(), || {
                format!("{gone:?} is asked for as if new")
            });
        }
        // Then Lasso support helps, whatever was there before.
        Some(Code::RepairRecords) if summary.ready_at.is_some() => {
            &[&summary.status_detail, &answer.entry.waiting.why]
        }
        Some(Code::RepairRecords) => &[&summary.status_detail, &answer.entry.waiting.why, step],
        _ => &[],
    };
    let odd = told
        .iter()
        .find(|text| !text.contains("before") || text.contains("some are"));
    check(odd.is_none(), || format!("{odd:?}"))
}

pub(super) fn unseen(answer: &Answer) -> Result<(), String> {
    let it = &answer.staff.domain;
    if it.dns_looked_at.is_some() {
        return Ok(());
    }
    let mut records = it.records.iter();
    let seen = records.find(|record| {
        record.state != RecordState::NotLookedYet
            || record.code.is_some()
            || !record.observed.is_empty()
    });
    let nothing = it.readiness.is_none() && it.diagnoses.is_empty() && it.dns_provider.is_none();
    check(seen.is_none() && nothing, || {
        format!("{seen:?}, {:?}", it.readiness)
    })
}

pub(super) fn unasked(answer: &Answer) -> Result<(), String> {
    let asked = answer.staff.domain.dns_looked_at.is_some();
    let mentions = sentences(answer)
        .into_iter()
        .find(|text| text.contains("DNS") || text.contains("was not found"));
    check(asked || mentions.is_none(), || format!("{mentions:?}"))
}
