//! Domains that were verified and whose records have vanished or changed since. The API says so by the next step of some
//! states and readers; the records and diagnoses of a domain say it in all of them.

use domain_auth::diagnosis::{DiagnosisCode, RecordState};
use domain_auth::records::RecordId;
use domain_auth::state::Status;

use crate::doubt::{self, Doubt};
use crate::types::{Domain, StepCode};

/// What a domain that was verified has lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Its records are missing.
    Missing,
    /// Its records are there with other values.
    Wrong,
    /// Some of its records are missing, and some have other values.
    MissingAndWrong,
    /// The domain itself: DNS shows no record of it.
    Domain,
}

/// What a domain has lost that is verified, that Lasso sends for, or that was rejected. A domain in another state
/// has lost nothing that its state does not say.
pub(crate) fn lost(domain: &Domain) -> Option<Lost> {
    let summary = &domain.summary;
    match summary.status {
        Status::Verified | Status::Authenticated | Status::Rejected => {}
        Status::Contested | Status::Provisioning | Status::Pending => return None,
        Status::AtRisk | Status::Failed | Status::Removing => return None,
    }
    let step = summary.step();
    if step == StepCode::RepairDomain {
        return Some(Lost::Domain);
    }
    if step == StepCode::RepairRecords {
        return Some(in_records(domain));
    }
    // The decision about the name comes first.
    let is_decided = matches!(step, StepCode::WaitForLasso | StepCode::DecideClaim);
    if is_decided && doubt::doubt(summary) == Some(Doubt::Challenged) {
        return None;
    }
    // What Lasso support reads of a domain whose client repairs it.
    let is_repaired = summary.status == Status::Authenticated && step == StepCode::WaitForClient;
    if is_hidden(domain) {
        Some(Lost::Domain)
    } else {
        (is_repaired || is_gone(domain)).then(|| in_records(domain))
    }
}

/// Whether DNS shows no record of the domain, because of the domain itself.
pub(crate) fn is_hidden(domain: &Domain) -> bool {
    let mut codes = domain.diagnoses.iter().map(|diagnosis| diagnosis.code);
    let is_hiding = codes.any(|code| {
        [
            DiagnosisCode::DomainDoesNotExist,
            DiagnosisCode::DomainSuspended,
            DiagnosisCode::ZoneNotLive,
            DiagnosisCode::DnssecFailure,
        ]
        .contains(&code)
    });
    is_hiding && !is_seen(domain)
}

/// Whether a record of these is in this state.
pub(crate) fn has(domain: &Domain, ids: &[RecordId], state: RecordState) -> bool {
    let mut records = domain.records.iter();
    records.any(|record| ids.contains(&record.id) && record.state == state)
}

/// What the records by which Amazon SES verifies a domain have lost.
fn in_records(domain: &Domain) -> Lost {
    const VERIFYING: [RecordId; 4] = [
        RecordId::Verification,
        RecordId::Dkim1,
        RecordId::Dkim2,
        RecordId::Dkim3,
    ];
    let missing = has(domain, &VERIFYING, RecordState::Missing);
    let wrong = has(domain, &VERIFYING, RecordState::Wrong);
    match (missing, wrong) {
        (true | false, false) => Lost::Missing,
        (false, true) => Lost::Wrong,
        (true, true) => Lost::MissingAndWrong,
    }
}

/// Whether the TXT record was found before, and neither it nor the CNAME records are there now. Each of them verifies
/// a domain.
fn is_gone(domain: &Domain) -> bool {
    let mut records = domain.records.iter();
    let txt = records.find(|record| record.id == RecordId::Verification);
    let was_found = txt.is_some_and(|txt| {
        let is_gone = matches!(txt.state, RecordState::Missing | RecordState::Wrong);
        is_gone && txt.last_found_at.is_some()
    });
    was_found && !is_seen(domain)
}

/// Whether a record that verifies the domain or proves a claim is there, or all three CNAME records are.
fn is_seen(domain: &Domain) -> bool {
    let found = |ids: &[RecordId]| {
        let records = domain.records.iter();
        let found = records.filter(|record| record.state == RecordState::Found);
        found.filter(|record| ids.contains(&record.id)).count()
    };
    found(&[RecordId::Verification, RecordId::Ownership]) > 0
        || found(&[RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3]) == 3
}

/// What the client of such a domain does first, as a sentence.
pub(crate) fn next_step(domain: &Domain, lost: Lost) -> String {
    let step = domain.summary.next_step.as_ref();
    let said =
        step.filter(|step| matches!(step.code, StepCode::RepairRecords | StepCode::RepairDomain));
    if let Some(step) = said {
        return step.sentence.clone();
    }
    let first = match lost {
        Lost::Missing => "Publish the missing records again.",
        Lost::Wrong => "Correct the records that are wrong: each one says how.",
        Lost::MissingAndWrong => {
            "Publish the missing records again, and correct those that are wrong: each one says how."
        }
        Lost::Domain => {
            "Repair the domain: each record below says why DNS shows none of them, and what to do."
        }
    };
    if domain.summary.status == Status::Rejected {
        format!(
            "{first} Then solve the problem that Lasso support described, and tell Lasso that you are ready again."
        )
    } else {
        first.to_owned()
    }
}

/// The headline of such a domain for its client.
pub(crate) fn headline(name: &str, lost: Lost) -> String {
    match lost {
        Lost::Missing => format!("Publish the records of {name} again: they are missing"),
        Lost::Wrong => format!("Correct the records of {name}"),
        Lost::MissingAndWrong => {
            format!("Repair the records of {name}: some are missing, and some are wrong")
        }
        Lost::Domain => format!("{name} does not work in DNS: repair the domain first"),
    }
}

/// The headline of such a domain of `client` for Lasso support.
pub(crate) fn headline_for_staff(name: &str, client: &str, lost: Lost) -> String {
    match lost {
        Lost::Missing => format!("{client} has to publish the records of {name} again"),
        Lost::Wrong => format!("{client} has to correct the records of {name}"),
        Lost::MissingAndWrong => format!("{client} has to repair the records of {name}"),
        Lost::Domain => format!("{client} has to repair {name} first: it does not work in DNS"),
    }
}

/// The word for such a domain.
pub(crate) fn word(lost: Lost) -> &'static str {
    match lost {
        Lost::Missing | Lost::Domain => "Records missing",
        Lost::Wrong => "Records wrong",
        Lost::MissingAndWrong => "Records missing or wrong",
    }
}
