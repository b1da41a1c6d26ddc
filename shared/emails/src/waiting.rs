//! The words for a domain that waits for Lasso support: a proven claim, and a domain that is stuck.

use domain_auth::event::{Event, EventType, Severity};
use domain_auth::plain_text::shown;
use domain_auth::state::Status;

use crate::draft::Part;
use crate::names::{client_in_full, contact};
use crate::words::{self, moment};

/// The heading for a domain that is stuck.
pub(crate) fn stuck_heading(event: &Event) -> &'static str {
    match event.status {
        Status::Provisioning => "stuck, waits for Amazon SES",
        Status::Verified => "stuck, waits for the final step",
        Status::Contested if has_holder(event) => "stuck, waits for a decision",
        Status::Contested => "stuck, waits for Lasso support",
        Status::Pending | Status::Failed => "stuck, waits for DNS records",
        Status::Authenticated | Status::AtRisk | Status::Rejected | Status::Removing => "stuck",
    }
}

/// Whether it is a contested claim that its client has proven.
pub(crate) fn waits_for_decision(event: &Event) -> bool {
    match event.event_type {
        EventType::Contested => event.severity == Severity::Action,
        EventType::Stuck => event.status == Status::Contested,
        EventType::Added | EventType::Displaced | EventType::Ready | EventType::Verified => false,
        EventType::Authenticated | EventType::AtRisk | EventType::Recovered => false,
        EventType::Failed | EventType::Rejected | EventType::Removed => false,
        EventType::RecordsReady | EventType::Expiring => false,
    }
}

/// Whether another client has the name that is claimed.
pub(crate) fn has_holder(event: &Event) -> bool {
    !event.other_sides.is_empty()
}

/// What a stuck domain waits for, and who has to act.
pub(crate) fn stuck_on(event: &Event) -> &'static str {
    match event.status {
        Status::Provisioning => {
            "It waits for Amazon SES, which has not registered it yet. The client has no records to \
             publish until then, and can do nothing."
        }
        Status::Verified => {
            "It waits for Lasso support: the client has done its part, and only the final step is missing."
        }
        Status::Contested if has_holder(event) => {
            "It waits for Lasso support: the client has proven the domain, and another client has the name."
        }
        Status::Contested => {
            "It waits for Lasso support: the client has proven the domain, and does not have it yet. No other \
             client has the name."
        }
        Status::Pending | Status::Failed => "It waits for the client's DNS records.",
        Status::Authenticated | Status::AtRisk | Status::Rejected | Status::Removing => {
            "It does not move on."
        }
    }
}

/// The clients between which Lasso support decides.
pub(crate) fn other_sides(event: &Event) -> Option<Part> {
    if !has_holder(event) {
        return None;
    }
    let claimant = vec![
        format!("{} claims it, and has proven it", client_in_full(event)),
        event.domain.to_unicode(),
        "waits for a decision".to_owned(),
        event.state_since.map(moment).unwrap_or_default(),
        contact(event.contact_email.as_ref()),
    ];
    let holders = event.other_sides.iter().map(|side| {
        vec![
            format!("{} has it", shown(side.client.as_str())),
            side.domain.to_unicode(),
            words::state_word(side.status).to_owned(),
            moment(side.state_since),
            contact(side.contact_email.as_ref()),
        ]
    });
    Some(Part::Table {
        title: "Both sides".to_owned(),
        columns: vec!["Client", "Domain", "State", "Since", "Contact"],
        rows: [claimant].into_iter().chain(holders).collect(),
    })
}
