//! Domains that were verified and whose records have vanished since. The API says so by the next step of some states and
//! readers; the records and diagnoses of a domain say it in all of them.

use domain_auth::diagnosis::{DiagnosisCode, RecordState};
use domain_auth::records::RecordId;
use domain_auth::state::Status;

use crate::types::{Domain, StepCode};

/// What has vanished of a domain that was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Its records.
    Records,
    /// The domain itself: DNS shows no record of it.
    Domain,
}

/// What has vanished of a domain that is verified, that Lasso sends for, or that was rejected. A domain in another state
/// has lost nothing that its state does not say.
pub(crate) fn lost(domain: &Domain) -> Option<Lost> {
    match domain.summary.status {
        Status::Verified | Status::Authenticated | Status::Rejected => {}
        Status::Contested | Status::Provisioning | Status::Pending => return None,
        Status::AtRisk | Status::Failed | Status::Removing => return None,
    }
    let step = domain.summary.step();
    if step == StepCode::RepairDomain {
        return Some(Lost::Domain);
    }
    if step == StepCode::RepairRecords {
        return Some(Lost::Records);
    }
    if is_hidden(domain) {
        Some(Lost::Domain)
    } else {
        is_gone(domain).then_some(Lost::Records)
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

/// Whether the TXT record was found before, and neither it nor the CNAME records are there now. Each of them verifies
/// a domain.
fn is_gone(domain: &Domain) -> bool {
    let txt = domain
        .records
        .iter()
        .find(|record| record.id == RecordId::Verification);
    let was_found =
        txt.is_some_and(|txt| txt.state == RecordState::Missing && txt.last_found_at.is_some());
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
        Lost::Records => "Publish the missing records again.",
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
