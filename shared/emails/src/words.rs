//! States, times and records in words.

use domain_auth::diagnosis::RecordState;
use domain_auth::instructions::Day;
use domain_auth::records::{RecordId, Requirement};
use domain_auth::state::Status;
use jiff::Timestamp;

/// "1 June 2026, 12:00 UTC".
pub fn moment(at: Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// "1 June 2026".
pub(crate) fn date(day: Day) -> String {
    day.start().strftime("%-d %B %Y").to_string()
}

/// The short label of a status, as in the console.
pub fn state_word(status: Status) -> &'static str {
    match status {
        Status::Contested => "proof needed",
        Status::Provisioning => "being registered",
        Status::Pending => "waiting for DNS",
        Status::Verified => "verified",
        Status::Authenticated => "Lasso sends",
        Status::AtRisk => "at risk",
        Status::Failed => "failed",
        Status::Rejected => "rejected",
        Status::Removing => "being removed",
    }
}

/// The state of a domain, after its name: "maplehomes.com …".
pub(crate) fn stands(status: Status) -> &'static str {
    match status {
        Status::Contested => "waits for proof that it belongs to the client",
        Status::Provisioning => "is being registered with Amazon SES",
        Status::Pending => "waits for its DNS records",
        Status::Verified => "is verified at Amazon SES, and Lasso does not send for it yet",
        Status::Authenticated => "is authenticated: Lasso sends mail from it",
        Status::AtRisk => {
            "is at risk: Lasso still sends mail from it, and records that it needs are missing or wrong"
        }
        Status::Failed => "is not verified at Amazon SES, and Lasso does not send for it",
        Status::Rejected => "was rejected, and Lasso does not send for it",
        Status::Removing => "is being removed",
    }
}

pub(crate) fn record_state(state: RecordState) -> &'static str {
    match state {
        RecordState::Found => "found",
        RecordState::Missing => "missing",
        RecordState::Wrong => "wrong",
        RecordState::Unknown => "not known: DNS did not answer",
        RecordState::NotLookedYet => "not looked up yet",
    }
}

/// Whether there is something to do about a record in this state.
pub(crate) fn is_open(state: RecordState) -> bool {
    match state {
        RecordState::Missing | RecordState::Wrong => true,
        RecordState::Found | RecordState::Unknown | RecordState::NotLookedYet => false,
    }
}

/// The kind of a record, if its type is unknown.
pub(crate) fn record(id: RecordId) -> &'static str {
    match id {
        RecordId::Verification => "TXT record that verifies the domain",
        RecordId::Dkim1 => "First CNAME record (DKIM)",
        RecordId::Dkim2 => "Second CNAME record (DKIM)",
        RecordId::Dkim3 => "Third CNAME record (DKIM)",
        RecordId::MailFromMx => "MX record (MAIL FROM)",
        RecordId::MailFromSpf => "TXT record (SPF)",
        RecordId::Dmarc => "TXT record (DMARC)",
        RecordId::Ownership => "TXT record that proves ownership",
    }
}

pub(crate) fn requirement(requirement: Requirement) -> &'static str {
    match requirement {
        Requirement::Required => "required",
        Requirement::Recommended => "recommended",
    }
}
