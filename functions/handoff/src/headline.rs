//! What the page of a link says first: what to do, and how many of the records are there.

use domain_auth::diagnosis::RecordState;
use domain_auth::domain::RecordsSeen;
use domain_auth::records::RecordId;
use domain_auth::state::Status;
use domain_auth_http::NextStepCode;
use domain_auth_pages::Record;

/// The records by which Amazon SES verifies a domain: the TXT record, or all three CNAME records.
const VERIFYING: [RecordId; 4] = [
    RecordId::Verification,
    RecordId::Dkim1,
    RecordId::Dkim2,
    RecordId::Dkim3,
];

/// What to do, and the class of its colour.
pub(crate) fn headline(
    status: Status,
    step: NextStepCode,
    seen: RecordsSeen,
    records: &[Record],
) -> (&'static str, &'static str) {
    const REPAIR_DOMAIN: (&str, &str) = (
        "The domain does not work in DNS. It has to be repaired first.",
        "bad",
    );
    let all_found = records
        .iter()
        .all(|record| record.state == RecordState::Found);
    let has = |ids: &[RecordId], state| {
        let mut records = records.iter();
        records.any(|record| ids.contains(&record.id) && record.state == state)
    };
    let is_wrong = records
        .iter()
        .any(|record| record.state == RecordState::Wrong);
    // Amazon SES verifies the domain by these; what else is wrong comes after them.
    let is_missing = has(&[RecordId::Verification], RecordState::Missing);
    let lost = (
        has(&VERIFYING, RecordState::Missing),
        has(&VERIFYING, RecordState::Wrong),
    );
    let is_hidden = is_hidden(seen);
    let is_published = is_published(step);
    match status {
        Status::Contested if step == NextStepCode::PublishOwnershipRecord => {
            ("One record has to be published.", "wait")
        }
        Status::Contested if step == NextStepCode::RepairDomain => REPAIR_DOMAIN,
        Status::Contested => ("The record was found. Please leave it in place.", "good"),
        Status::Provisioning | Status::Removing => (
            "The records are being prepared. They appear here within a few minutes.",
            "wait",
        ),
        Status::Pending if records.is_empty() => ("There is nothing to publish.", "good"),
        Status::Pending if all_found => (
            "Nothing is left to do: every record is published, and Amazon SES looks for them \
             automatically.",
            "good",
        ),
        Status::Pending if is_published => (
            "The records that Amazon SES needs are published. Please publish the other records below, too.",
            "wait",
        ),
        Status::Pending if step == NextStepCode::RepairDomain => REPAIR_DOMAIN,
        Status::Pending if is_wrong && is_missing => (
            "Please publish the records below that are missing: the TXT record is required. Then correct those \
             that are wrong. Each one says how.",
            "bad",
        ),
        Status::Pending if is_wrong => (
            "Please correct the records below. Each one that is wrong says how.",
            "bad",
        ),
        Status::Pending => ("Please publish the records below.", "wait"),
        Status::Verified | Status::Authenticated | Status::Rejected if is_hidden => REPAIR_DOMAIN,
        Status::Verified | Status::Authenticated | Status::Rejected
            if step == NextStepCode::RepairRecords || seen == RecordsSeen::Gone =>
        {
            match lost {
                (true | false, false) => (
                    "Records that were published are missing now. Please publish them again.",
                    "bad",
                ),
                (missing, true) => changed(missing),
            }
        }
        Status::Verified | Status::Authenticated | Status::Rejected
            if seen == RecordsSeen::Missing && lost.1 =>
        {
            changed(lost.0)
        }
        Status::Verified | Status::Authenticated | Status::Rejected
            if seen == RecordsSeen::Missing =>
        {
            (
                "Records that Amazon SES needs are missing in DNS. Please publish them.",
                "bad",
            )
        }
        Status::Verified | Status::Authenticated | Status::Rejected => (
            "Amazon SES has verified the domain. Please leave the records in place.",
            "good",
        ),
        Status::AtRisk if is_hidden => REPAIR_DOMAIN,
        Status::AtRisk if is_published => (
            "The records are there again. Amazon SES looks for them automatically.",
            "wait",
        ),
        Status::AtRisk if lost.1 => changed(lost.0),
        Status::AtRisk => (
            "Records that were published are missing now. Please restore them.",
            "bad",
        ),
        Status::Failed if step == NextStepCode::AskLasso => (
            "Amazon SES does not accept this name. There is nothing to publish now.",
            "bad",
        ),
        Status::Failed => (
            "Amazon SES has not verified the domain, and no longer looks for its records.",
            "bad",
        ),
    }
}

/// Whether the records cannot be seen in DNS.
fn is_hidden(seen: RecordsSeen) -> bool {
    match seen {
        RecordsSeen::Hidden(_) => true,
        RecordsSeen::NotLooked | RecordsSeen::Unknown | RecordsSeen::Missing => false,
        RecordsSeen::Gone | RecordsSeen::Found | RecordsSeen::NotNeeded => false,
    }
}

/// Whether Amazon SES will find the records that it needs, according to the last DNS look.
fn is_published(step: NextStepCode) -> bool {
    match step {
        NextStepCode::WaitForSes | NextStepCode::TellLasso => true,
        NextStepCode::Nothing
        | NextStepCode::PublishOwnershipRecord
        | NextStepCode::KeepOwnershipRecord
        | NextStepCode::WaitForService
        | NextStepCode::WaitForLasso
        | NextStepCode::WaitForClient
        | NextStepCode::PublishRecords
        | NextStepCode::PublishRecommendedRecords
        | NextStepCode::RepairRecords
        | NextStepCode::RepairDomain
        | NextStepCode::Restart
        | NextStepCode::AskLasso
        | NextStepCode::DecideClaim
        | NextStepCode::DecideFinalStep => false,
    }
}

/// What to do where records have other values than those that were published, and some are perhaps missing.
fn changed(is_missing: bool) -> (&'static str, &'static str) {
    if is_missing {
        (
            "Some records are missing now, and some are wrong. Please repair them: each one says how.",
            "bad",
        )
    } else {
        (
            "Some records are wrong now. Please correct them: each one says how.",
            "bad",
        )
    }
}

/// What else to know: how many of the records are there, and what to do beyond them.
pub(crate) fn detail(status: Status, seen: RecordsSeen, records: &[Record]) -> Option<String> {
    let in_state = |state| {
        records
            .iter()
            .filter(move |record| record.state == state)
            .count()
    };
    let (of, found) = (records.len(), in_state(RecordState::Found));
    let is_known = in_state(RecordState::NotLookedYet) < of;
    // Those that are not there are then only recommended.
    let is_enough = match seen {
        RecordsSeen::Found | RecordsSeen::NotNeeded => true,
        RecordsSeen::NotLooked | RecordsSeen::Unknown | RecordsSeen::Missing => false,
        RecordsSeen::Gone | RecordsSeen::Hidden(_) => false,
    };
    let count = is_known.then(|| format!("{found} of {of} records are published and right."));
    match status {
        Status::Provisioning | Status::Removing => None,
        Status::Contested | Status::Pending | Status::AtRisk => count,
        Status::Verified | Status::Authenticated | Status::Rejected
            if found == of || !is_enough =>
        {
            count
        }
        Status::Verified | Status::Authenticated | Status::Rejected => count.map(|count| {
            format!("{count} The others are recommended: with them more of the mail is accepted.")
        }),
        Status::Failed => Some(format!(
            "{} Please publish the missing records anyway, and tell the people who gave you this link: \
             they can make Amazon SES look again.",
            count.unwrap_or_default()
        )),
    }
}
