//! Events: messages about a domain for the rest of Lasso, written in the transaction that changes
//! it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::diagnosis::{DiagnosisCode, RecordState};
use crate::names::{ClientId, Community, DisplayName, DomainName, EmailAddress, EventId};
use crate::records::{RecordId, Requirement};
use crate::state::{State, Status, TriggerKind};

/// Version of the message's schema. It grows if a reader of the old schema would misread the new
/// one.
pub const SCHEMA_VERSION: u32 = 1;

/// The summary of an event whose client was erased.
pub const ERASED_SUMMARY: &str = "The client was erased, and with it what this event said.";

/// One event, as it is stored and published: one JSON message on SNS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Version of the schema.
    pub version: u32,
    /// The identifier of the event; every copy has the same one.
    pub event_id: EventId,
    /// What happened.
    pub event_type: EventType,
    /// Who has to act.
    pub severity: Severity,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The domain in A-labels.
    pub domain: DomainName,
    /// The domain for display.
    pub domain_unicode: String,
    /// The client that added it.
    pub client: ClientId,
    /// The client's name, if a token has had it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_name: Option<DisplayName>,
    /// The first of the domain's communities, if one was given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub community: Option<Community>,
    /// The other communities.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub other_communities: Vec<Community>,
    /// The email address of a contact at the client.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contact_email: Option<EmailAddress>,
    /// State before; absent for a new domain.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub previous_status: Option<Status>,
    /// The state after.
    pub status: Status,
    /// When it came into the state after the change.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub state_since: Option<Timestamp>,
    /// When the next automatic step is due: Amazon SES stops looking, a claim ends, or a failed
    /// domain is removed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deadline: Option<Timestamp>,
    /// When the domain was added. If it was removed and added again, this distinguishes its lives.
    pub added_at: Timestamp,
    /// The domain's version after the change: orders the events of one life of a domain.
    pub sequence: u64,
    /// One sentence: what happened and why.
    pub summary: String,
    /// The action that is asked of Lasso support; absent if no action is needed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub wanted: Option<String>,
    /// The client's note to Lasso support. Plain text from a client: escape it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// The person who wrote it, by name or address, if known. Text from a token: escape it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note_by: Option<String>,
    /// When the client said that it is ready for the final step, if it has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ready_at: Option<Timestamp>,
    /// The person who said so, as in `note_by`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ready_by: Option<String>,
    /// What is still missing, if the client says that it is ready.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub missing: Vec<MissingPiece>,
    /// The state of each record in the last DNS look, if it matters for the action.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub records: Vec<RecordStanding>,
    /// The other clients that a decision about the name concerns. Only for Lasso support.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub other_sides: Vec<Side>,
    /// The name mixes scripts as names made to imitate others do.
    #[serde(default)]
    pub imitates: bool,
    /// Links to further data.
    pub links: Links,
}

/// A missing piece: a record or a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct MissingPiece {
    /// The record that is missing; `null` if the piece concerns the domain as a whole.
    pub record: Option<RecordId>,
    /// Whether sending depends on it.
    pub requirement: Requirement,
    /// A sentence for a person. Plain text: a page has to escape it.
    pub message: String,
}

/// The state of a record in the last look, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordStanding {
    /// Which record.
    pub id: RecordId,
    /// Its state in DNS.
    pub state: RecordState,
    /// The main diagnosis; `null` if there is nothing to report.
    pub code: Option<DiagnosisCode>,
    /// A sentence for a person. Plain text: a page has to escape it.
    pub message: String,
    /// The record to publish; absent in events of earlier releases.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub record: Option<PublishedRecord>,
    /// What to do, if anything.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fix: Option<String>,
    /// The value that the fix has put into one field, ready to be copied.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fix_value: Option<String>,
}

/// A record to publish, as a DNS provider's form takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedRecord {
    /// TXT, CNAME or MX.
    #[serde(rename = "type")]
    pub kind: String,
    /// The full name, without a trailing dot.
    pub name: String,
    /// The value; for an MX record with its priority.
    pub value: String,
    /// Whether sending depends on it.
    pub requirement: Requirement,
}

/// Another client that a decision about a name concerns. Only for Lasso support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The client.
    pub client: ClientId,
    /// Its domain: the name itself, or one below it.
    pub domain: DomainName,
    /// The state of its domain.
    pub status: Status,
    /// When the domain came into this state.
    pub state_since: Timestamp,
    /// The email address of a contact at the client.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contact_email: Option<EmailAddress>,
    /// The path of the domain in the API for Lasso support.
    pub path: String,
}

/// Paths in the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// The domain in the API for Lasso support.
    pub staff: String,
    /// The domain in the API for the client.
    pub domain: String,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the serialized names say it")]
pub enum EventType {
    #[serde(rename = "domain.added")]
    Added,
    #[serde(rename = "domain.records_ready")]
    RecordsReady,
    #[serde(rename = "domain.contested")]
    Contested,
    #[serde(rename = "domain.displaced")]
    Displaced,
    #[serde(rename = "domain.ready")]
    Ready,
    #[serde(rename = "domain.verified")]
    Verified,
    #[serde(rename = "domain.authenticated")]
    Authenticated,
    #[serde(rename = "domain.at_risk")]
    AtRisk,
    #[serde(rename = "domain.recovered")]
    Recovered,
    #[serde(rename = "domain.failed")]
    Failed,
    #[serde(rename = "domain.rejected")]
    Rejected,
    #[serde(rename = "domain.expiring")]
    Expiring,
    #[serde(rename = "domain.removed")]
    Removed,
    #[serde(rename = "domain.stuck")]
    Stuck,
}

/// Who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// No action is needed: for machines.
    Info,
    /// Lasso support has to act.
    Action,
    /// The client has to repair something.
    Warning,
    /// The problem is solved.
    Resolved,
}

impl EventType {
    /// Every type.
    pub const ALL: [Self; 14] = [
        Self::Added,
        Self::RecordsReady,
        Self::Contested,
        Self::Displaced,
        Self::Ready,
        Self::Verified,
        Self::Authenticated,
        Self::AtRisk,
        Self::Recovered,
        Self::Failed,
        Self::Rejected,
        Self::Expiring,
        Self::Removed,
        Self::Stuck,
    ];

    /// The name in the message and in the message attribute `event_type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "domain.added",
            Self::RecordsReady => "domain.records_ready",
            Self::Contested => "domain.contested",
            Self::Displaced => "domain.displaced",
            Self::Ready => "domain.ready",
            Self::Verified => "domain.verified",
            Self::Authenticated => "domain.authenticated",
            Self::AtRisk => "domain.at_risk",
            Self::Recovered => "domain.recovered",
            Self::Failed => "domain.failed",
            Self::Rejected => "domain.rejected",
            Self::Expiring => "domain.expiring",
            Self::Removed => "domain.removed",
            Self::Stuck => "domain.stuck",
        }
    }

    pub(crate) fn severity(self) -> Severity {
        match self {
            Self::Added | Self::Authenticated | Self::Rejected | Self::Removed => Severity::Info,
            Self::Contested | Self::RecordsReady | Self::Expiring => Severity::Info,
            Self::Ready | Self::Verified | Self::Stuck => Severity::Action,
            Self::AtRisk | Self::Failed | Self::Displaced => Severity::Warning,
            Self::Recovered => Severity::Resolved,
        }
    }

    pub(crate) fn wanted(self, status: Status) -> Option<&'static str> {
        match self {
            Self::Ready if status != Status::Verified => Some(
                "Help the client with what is missing. The final step opens when Amazon SES has \
                 verified the domain.",
            ),
            Self::Ready | Self::Verified => {
                Some("Complete the final step, or reject with a reason.")
            }
            Self::Stuck if status == Status::Verified => {
                Some("Complete the final step, or reject with a reason.")
            }
            Self::Stuck if status == Status::Contested => Some(
                "Decide who has the domain: end the claim of the other client, or grant the claimant's.",
            ),
            Self::Stuck => Some("Find out why this domain does not move on."),
            Self::AtRisk | Self::Failed => Some("Help the client to repair the DNS records."),
            Self::Displaced => Some(
                "Tell the client what happened, and that its domain's page shows the ownership record.",
            ),
            Self::Added | Self::Contested | Self::Authenticated | Self::Recovered => None,
            Self::Rejected | Self::Removed | Self::RecordsReady | Self::Expiring => None,
        }
    }
}

impl Severity {
    /// The name in the message and in the message attribute `severity`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Action => "action",
            Self::Warning => "warning",
            Self::Resolved => "resolved",
        }
    }
}

impl Event {
    /// The event after its client was erased: what happened and when, without people's texts, and
    /// without data from DNS, which may contain addresses.
    #[must_use]
    pub fn without_persons(self) -> Self {
        Self {
            client_name: None,
            community: None,
            other_communities: Vec::new(),
            contact_email: None,
            note: None,
            note_by: None,
            ready_by: None,
            missing: Vec::new(),
            records: Vec::new(),
            other_sides: Vec::new(),
            summary: ERASED_SUMMARY.to_owned(),
            ..self
        }
    }

    /// The event of another client, without the contact address of an erased client.
    #[must_use]
    pub fn without_contact_of(mut self, client: &ClientId) -> Self {
        for side in &mut self.other_sides {
            if side.client == *client {
                side.contact_email = None;
            }
        }
        self
    }
}

/// The event of a domain that has just been added.
pub(crate) fn of_addition(status: Status) -> Option<EventType> {
    match status {
        Status::Provisioning => Some(EventType::Added),
        Status::Contested => Some(EventType::Contested),
        Status::Pending | Status::Verified | Status::Authenticated | Status::AtRisk => None,
        Status::Failed | Status::Rejected | Status::Removing => None,
    }
}

/// The event of a transition into `state`, if there is one.
pub(crate) fn of_transition(trigger: TriggerKind, state: &State) -> Option<EventType> {
    match trigger {
        TriggerKind::ProofFound | TriggerKind::Adopted => Some(EventType::Added),
        TriggerKind::SesVerified => Some(EventType::Verified),
        TriggerKind::SesFailed => Some(EventType::Failed),
        TriggerKind::Completed => Some(EventType::Authenticated),
        TriggerKind::Refused => Some(EventType::Rejected),
        TriggerKind::Reopened => Some(EventType::Ready),
        TriggerKind::RecordsBroken => Some(EventType::AtRisk),
        TriggerKind::RecordsRecovered => Some(EventType::Recovered),
        TriggerKind::Readded => Some(EventType::Added),
        TriggerKind::Displaced if state.displacement().is_some() => Some(EventType::Displaced),
        TriggerKind::Displaced | TriggerKind::ReaddedContested => Some(EventType::Contested),
        TriggerKind::Removed => Some(EventType::Removed),
        TriggerKind::Provisioned | TriggerKind::Restarted => None,
    }
}

/// The path of a domain in the API for Lasso support.
pub fn staff_path(client: &ClientId, name: &DomainName) -> String {
    format!("/staff/clients/{}/domains/{name}", client.to_path_segment())
}

/// The path of a client's limits in the API for Lasso support.
pub fn limits_path(client: &ClientId) -> String {
    format!("/staff/clients/{}/limits", client.to_path_segment())
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
