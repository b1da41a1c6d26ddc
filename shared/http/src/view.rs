//! A domain as a Client Administrator sees it.

use domain_auth::domain::Domain;
use domain_auth::identity::SesLook;
use domain_auth::ports::Page;
use domain_auth::records::{self, Record, RecordId, Requirement};
use domain_auth::state::{State, Status};
use jiff::Timestamp;
use serde::Serialize;

use crate::cursor::cursor_of;

/// One domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DomainView {
    /// The name in A-labels.
    pub domain: String,
    /// The name for display.
    pub domain_unicode: String,
    /// Where it stands.
    pub status: Status,
    /// What that means, in a sentence.
    pub status_detail: String,
    /// Since when it stands there.
    pub status_since: Timestamp,
    /// Whether Lasso sends for it now.
    pub sending_allowed: bool,
    /// The community that it is for.
    pub community: Option<String>,
    /// A person who can be asked.
    pub contact_email: Option<String>,
    /// When it was added.
    pub added_at: Timestamp,
    /// When the present state ends by itself.
    pub deadline: Option<Timestamp>,
    /// What Amazon SES last said.
    pub ses: Option<SesLook>,
    /// The records to publish; none while SES has not answered.
    pub records: Vec<RecordView>,
    /// When it is looked at next.
    pub next_check_at: Timestamp,
    /// Where it is in the API.
    pub path: String,
}

/// One record to publish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordView {
    /// Which one of the set.
    pub id: RecordId,
    /// TXT, CNAME or MX.
    #[serde(rename = "type")]
    pub record_type: &'static str,
    /// The full name.
    pub name: String,
    /// The name relative to the zone, which most DNS panels want.
    pub host: String,
    /// The value.
    pub value: String,
    /// Proposed time to live, in seconds.
    pub ttl: u32,
    /// Whether sending depends on it.
    pub requirement: Requirement,
    /// What it is for, and what to take care of.
    pub note: &'static str,
    /// What DNS says of it: `unknown` until it has been looked up.
    pub state: &'static str,
}

/// A page of domains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DomainListView {
    /// The domains.
    pub items: Vec<DomainView>,
    /// The cursor of the next page; none after the last.
    pub next_cursor: Option<String>,
}

impl From<&Domain> for DomainView {
    fn from(domain: &Domain) -> Self {
        Self {
            domain: domain.name.to_string(),
            domain_unicode: domain.name.to_unicode(),
            status: domain.state.status(),
            status_detail: status_detail(&domain.state),
            status_since: domain.state_since,
            sending_allowed: match domain.state {
                State::Authenticated(_) | State::AtRisk(_) => true,
                State::Contested(_) | State::Provisioning(_) | State::Pending(_) => false,
                State::Verified(_) | State::Failed(_) | State::Rejected(_) => false,
                State::Removing(_) => false,
            },
            community: domain.community.clone().map(String::from),
            contact_email: domain.contact_email.clone().map(String::from),
            added_at: domain.added_at,
            deadline: domain.state.deadline(),
            ses: domain.ses,
            records: records_of(domain),
            next_check_at: domain.next_check,
            path: format!("/domains/{}", domain.name),
        }
    }
}

impl From<&Page<Domain>> for DomainListView {
    fn from(page: &Page<Domain>) -> Self {
        Self {
            items: page.items.iter().map(DomainView::from).collect(),
            next_cursor: page.next.as_ref().map(cursor_of),
        }
    }
}

fn records_of(domain: &Domain) -> Vec<RecordView> {
    let records = match (&domain.state, domain.state.identity()) {
        (State::Contested(contested), _) => {
            vec![records::ownership_record(
                &domain.name,
                &contested.ownership_secret,
            )]
        }
        (_, Some(identity)) => records::records_of(&domain.name, identity),
        (_, None) => Vec::new(),
    };
    let zone = domain.name.organizational();
    records
        .iter()
        .map(|record| record_view(record, zone))
        .collect()
}

fn record_view(record: &Record, zone: &str) -> RecordView {
    RecordView {
        id: record.id,
        record_type: record.data.type_name(),
        name: record.name.clone(),
        host: record.host_in(zone).to_owned(),
        value: record.data.value(),
        ttl: record.ttl,
        requirement: record.requirement,
        note: note(record.id),
        state: "unknown",
    }
}

fn note(id: RecordId) -> &'static str {
    match id {
        RecordId::Verification => {
            "Amazon SES verifies the domain when it finds this record. Enter the value without \
             quotation marks."
        }
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => {
            "DKIM: without the three CNAME records recipients can see \"via amazonses.com\". \
             Switch off any proxy for this name."
        }
        RecordId::MailFromMx => "Bounces come back here. Nothing else may use this name for mail.",
        RecordId::MailFromSpf => "SPF for the name that bounces come back to.",
        RecordId::Dmarc => {
            "Only if the domain has no DMARC record yet; never replace or repeat an existing one."
        }
        RecordId::Ownership => "Proves that this domain is yours.",
    }
}

fn status_detail(state: &State) -> String {
    match state {
        State::Contested(_) => "Publish the ownership record to prove that this domain is yours.",
        State::Provisioning(_) => {
            "The domain is being registered with Amazon SES. Its records appear here in a moment."
        }
        State::Pending(_) => {
            "Waiting for the DNS records. This is not an error: publish the records, and Amazon \
             SES will find them."
        }
        State::Verified(_) => {
            "Amazon SES has verified the domain. Lasso support completes the final step."
        }
        State::Authenticated(_) => "Lasso sends for this domain.",
        State::AtRisk(at_risk) => return at_risk.reason.clone(),
        State::Failed(failed) => failed.reason.sentence(),
        State::Rejected(rejected) => return rejected.reason.clone(),
        State::Removing(_) => "The domain is being removed.",
    }
    .to_owned()
}
