//! Rules for what is wrong with a domain as a whole, and for records that are gone.

use domain_auth::diagnosis::DiagnosisCode;
use domain_auth::records::RecordId;
use domain_auth::state::Status;
use domain_auth_http::NextStepCode as Code;

use super::{all_found, check, client_code, is_dkim, summary};
use crate::Answer;

/// Diagnoses of the domain as a whole, with which no record can be seen.
const HIDING: [DiagnosisCode; 4] = [
    DiagnosisCode::DomainDoesNotExist,
    DiagnosisCode::DomainSuspended,
    DiagnosisCode::ZoneNotLive,
    DiagnosisCode::DnssecFailure,
];

/// A diagnosis of the domain as a whole comes before its records.
pub(super) fn whole(answer: &Answer) -> Result<(), String> {
    let mut diagnoses = answer.staff.domain.diagnoses.iter();
    let led = diagnoses.any(|it| HIDING.contains(&it.code));
    let holds = match client_code(answer) {
        Some(Code::PublishRecords | Code::RepairRecords | Code::PublishOwnershipRecord) => !led,
        Some(Code::PublishRecommendedRecords | Code::Nothing) => !led,
        Some(Code::RepairDomain) => led,
        _ => true,
    };
    check(holds, || {
        let codes = answer.staff.domain.diagnoses.iter().map(|it| it.code);
        format!(
            "{:?} beside {:?}",
            client_code(answer),
            codes.collect::<Vec<_>>()
        )
    })
}

/// A verified domain that cannot be seen, or whose required records are gone, is not told to be well.
pub(super) fn wrong(answer: &Answer) -> Result<(), String> {
    let watched = matches!(answer.status(), Status::Verified | Status::Authenticated);
    if !watched || !answer.staff.claim.challengers.is_empty() {
        return Ok(());
    }
    let diagnoses = &answer.staff.domain.diagnoses;
    let said: &[&str] = match client_code(answer) {
        Some(Code::RepairDomain) => &["cannot be seen"],
        Some(Code::RepairRecords) => &["that were there before"],
        _ => &[],
    };
    let ready = answer.staff.domain.readiness.as_ref();
    let lacks: &[RecordId] = ready.map_or(&[], |ready| &ready.missing_required);
    let mut records = answer.staff.domain.records.iter();
    let gone = records.any(|it| lacks.contains(&it.id) && it.last_found_at.is_some());
    let signs = all_found(answer, is_dkim) == Some(true);
    let hidden = diagnoses.iter().any(|it| HIDING.contains(&it.code));
    let repairs = !said.is_empty();
    let it = summary(answer);
    let mut texts = vec![&it.status_detail, &answer.entry.waiting.why];
    if it.next_step.code == Code::DecideFinalStep {
        texts.push(&it.next_step.sentence);
    }
    let tells = |text: &&String| said.iter().all(|words| text.contains(words));
    let silent = texts.into_iter().find(|text| !tells(text));
    check(
        silent.is_none() && (signs || repairs || !(gone || hidden)),
        || {
            format!(
                "{:?} beside {silent:?}, gone {gone}, hidden {hidden}",
                client_code(answer)
            )
        },
    )
}
