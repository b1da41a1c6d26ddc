//! A domain as a Client Administrator sees it.

use domain_auth::diagnosis::{
    Also, Diagnosis, DiagnosisCode, DmarcDiscovery, DomainDiagnosis, Fix, RecordState,
};
use domain_auth::dns::DnsLook;
use domain_auth::domain::Domain;
use domain_auth::identity::{AxisStatus, SesLook, SesStatus};
use domain_auth::ports::Page;
use domain_auth::providers::{self, Panel, Provider};
use domain_auth::readiness::{AskedAt, Readiness, readiness};
use domain_auth::records::{Record, RecordId, Requirement};
use domain_auth::state::Status;
use jiff::Timestamp;
use serde::Serialize;

use crate::cursor::{Cursors, List};
use crate::next_step::{Asker, DeadlineMeans, NextStepView, deadline_means, next_step};
use crate::time::in_millis;
use crate::undelivered_view::UndeliveredView;
use crate::words;

/// One domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Domain")
)]
pub struct DomainView {
    /// The members that a list shows too.
    #[serde(flatten)]
    pub summary: DomainSummaryView,
    /// The email address of a contact at the client.
    pub contact_email: Option<String>,
    /// The last answer of Amazon SES. If the domain waits, an axis that Amazon SES stopped looking for
    /// earlier is shown as `not_started`: the search begins again automatically. `null` if Amazon SES has no
    /// identity for the domain.
    pub ses: Option<SesView>,
    /// When DNS was last looked at. The record states, diagnoses and readiness are as of then.
    #[serde(serialize_with = "in_millis")]
    pub dns_looked_at: Option<Timestamp>,
    /// The DNS provider of the zone and where to click there, if the provider is known.
    pub dns_provider: Option<&'static Provider>,
    /// The records to publish; empty until SES has returned them.
    pub records: Vec<RecordView>,
    /// Diagnoses of the domain as a whole.
    pub diagnoses: Vec<DomainDiagnosis>,
    /// What recipients and mailbox providers will see.
    pub readiness: Option<Readiness>,
    /// When the service looks at the domain next.
    #[serde(serialize_with = "in_millis")]
    pub next_check_at: Timestamp,
    /// Emails about the domain that did not reach their recipient, the latest last. An entry about
    /// instructions is removed when the next instructions are sent, and an entry about a contact when the
    /// contact changes; the history keeps all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undelivered: Vec<UndeliveredView>,
}

/// What Amazon SES last answered, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "SesLook")
)]
pub struct SesView {
    /// The answer.
    pub status: SesStatus,
    /// When Amazon SES was asked.
    #[serde(serialize_with = "in_millis")]
    pub looked_at: Timestamp,
    /// When Amazon SES was last asked about all three axes. Since then it may have been asked only about the
    /// verification.
    #[serde(serialize_with = "in_millis", skip_serializing_if = "Option::is_none")]
    pub details_at: Option<Timestamp>,
}

/// One record to publish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Record")
)]
pub struct RecordView {
    /// Which record of the set.
    pub id: RecordId,
    /// TXT, CNAME or MX.
    #[serde(rename = "type")]
    #[cfg_attr(
        feature = "openapi",
        schemars(with = "domain_auth::records::PublishedType")
    )]
    pub record_type: &'static str,
    /// The full name.
    pub name: String,
    /// The name relative to the zone, the form that most DNS providers expect.
    pub host: String,
    /// The value, as in a zone file: for an MX record, its priority and its exchange.
    pub value: String,
    /// The priority of an MX record, for DNS providers with a field for it. Lower is tried first.
    pub priority: Option<u16>,
    /// The host of an MX record, for DNS providers with a separate field for the priority.
    pub exchange: Option<String>,
    /// Proposed time to live, in seconds.
    pub ttl: u32,
    /// Whether sending depends on it.
    pub requirement: Requirement,
    /// The purpose of the record, and what to watch out for.
    pub note: &'static str,
    /// The state of the record in DNS: `not_looked_yet` until it has been looked up, `unknown` if DNS did
    /// not answer.
    pub state: RecordState,
    /// The main diagnosis.
    pub code: Option<DiagnosisCode>,
    /// The diagnosis as a sentence, with the actual values. Plain text: a page has to escape it.
    pub message: Option<String>,
    /// The value that should be published.
    pub expected: String,
    /// The published values, made readable.
    pub observed: Vec<String>,
    /// What to do.
    pub fix: Option<Fix>,
    /// How long caches may still hold an old answer, in minutes.
    pub wait_minutes: Option<u32>,
    /// Further diagnoses of the record.
    pub also: Vec<Also>,
    /// When a look last found the record; `null` if it was never found.
    #[serde(serialize_with = "in_millis")]
    pub last_found_at: Option<Timestamp>,
}

/// One domain in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "DomainSummary")
)]
pub struct DomainSummaryView {
    /// The name in A-labels.
    pub domain: String,
    /// The name for display.
    pub domain_unicode: String,
    /// The status of the domain.
    pub status: Status,
    /// What the status means: what happened, what happens automatically, and until when. Plain text: a page
    /// has to escape it.
    pub status_detail: String,
    /// What to do next.
    pub next_step: NextStepView,
    /// Since when the domain has this status.
    #[serde(serialize_with = "in_millis")]
    pub status_since: Timestamp,
    /// Whether Lasso sends for it now.
    pub sending_allowed: bool,
    /// The first of the communities that it is for.
    pub community: Option<String>,
    /// The communities that it is for.
    pub communities: Vec<String>,
    /// When it was added.
    #[serde(serialize_with = "in_millis")]
    pub added_at: Timestamp,
    /// When the present state ends automatically.
    #[serde(serialize_with = "in_millis")]
    pub deadline: Option<Timestamp>,
    /// What happens at the deadline; `null` if there is no deadline.
    pub deadline_means: Option<DeadlineMeans>,
    /// When the client said that it is ready for the final step, in the present state or in one that led to it.
    #[serde(serialize_with = "in_millis")]
    pub ready_at: Option<Timestamp>,
    /// The path of the domain below the base URL of the API, like the paths of the OpenAPI document. A
    /// client appends it to that URL.
    pub path: String,
}

/// A page of domains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "DomainList")
)]
pub struct DomainListView {
    /// The domains.
    pub items: Vec<DomainSummaryView>,
    /// The cursor of the next page; `null` on the last page.
    pub next_cursor: Option<String>,
}

impl DomainView {
    /// The domain with what the last look at its DNS has shown, if there was one.
    pub fn new(domain: &Domain, look: Option<&DnsLook>) -> Self {
        // A look from before the records changed says nothing.
        let look = look.filter(|_| domain.dns_looked_at.is_some());
        let zone = look.and_then(DnsLook::zone);
        Self {
            summary: DomainSummaryView::from(domain),
            contact_email: domain.contact_email.clone().map(String::from),
            ses: ses_of(domain).map(SesView::from),
            dns_looked_at: domain.dns_looked_at,
            dns_provider: zone.and_then(|zone| providers::detect(&zone.name_servers)),
            records: records_of(domain, look),
            diagnoses: look
                .map(|look| look.diagnosis.domain.clone())
                .unwrap_or_default(),
            readiness: look.map(|look| readiness_of(domain, look)),
            next_check_at: domain.next_check,
            undelivered: domain.undelivered().map(UndeliveredView::from).collect(),
        }
    }
}

impl From<SesLook> for SesView {
    fn from(look: SesLook) -> Self {
        Self {
            status: look.status,
            looked_at: look.looked_at,
            details_at: look.details_at,
        }
    }
}

impl From<&Domain> for DomainSummaryView {
    fn from(domain: &Domain) -> Self {
        Self {
            domain: domain.name.to_string(),
            domain_unicode: domain.name.to_unicode(),
            status: domain.state.status(),
            status_detail: words::state(domain),
            next_step: next_step(domain, Asker::Client),
            status_since: domain.state_since,
            sending_allowed: domain.state.status().sends(),
            community: domain.community.clone().map(String::from),
            communities: domain.communities().cloned().map(String::from).collect(),
            added_at: domain.added_at,
            deadline: domain.deadline(),
            deadline_means: deadline_means(domain),
            ready_at: domain.ready_at(),
            path: format!("/domains/{}", domain.name),
        }
    }
}

impl DomainListView {
    /// A page of this list.
    pub fn new(page: &Page<Domain>, cursors: &Cursors, list: List<'_>) -> Self {
        let next = page.next.as_ref();
        Self {
            items: page.items.iter().map(DomainSummaryView::from).collect(),
            next_cursor: next.map(|start| cursors.cursor_of(list, start)),
        }
    }
}

fn readiness_of(domain: &Domain, look: &DnsLook) -> Readiness {
    let asked_at = AskedAt {
        ses: domain
            .ses_of_identity()
            .map(|ses| ses.details_at.unwrap_or(ses.looked_at)),
        dns: domain.dns_looked_at,
        sightings: Some(&domain.sightings),
    };
    let ses = ses_of(domain).map(|ses| ses.status);
    readiness(ses, &look.diagnosis, asked_at, &domain.name)
}

/// The last answer of SES. A restart makes it look for the verification and for DKIM; what else it had given up
/// is asked for again by itself, once the domain is verified.
fn ses_of(domain: &Domain) -> Option<SesLook> {
    let mut look = domain.ses_of_identity()?;
    if domain.state.status() == Status::Pending {
        for axis in [&mut look.status.dkim, &mut look.status.mail_from] {
            if *axis == AxisStatus::Failed {
                *axis = AxisStatus::NotStarted;
            }
        }
    }
    Some(look)
}

fn records_of(domain: &Domain, look: Option<&DnsLook>) -> Vec<RecordView> {
    let zone = look.and_then(DnsLook::zone);
    let panel = Panel::of(zone, domain.name.organizational());
    let looked_at = domain.dns_looked_at;
    let is_before_state = domain.state.status() == Status::Pending
        && looked_at.is_some_and(|looked_at| looked_at < domain.state_since);
    domain
        .records()
        .into_iter()
        .map(|record| {
            let last_found_at = domain.sightings.last_found(record.id);
            let seen = look.map_or(&[][..], |look| &look.observations);
            let panel = panel.about(&record, zone, seen);
            let view = record_view(record, &panel, look.map(|look| &look.diagnosis));
            let is_right = view.state == RecordState::Found && view.code.is_none();
            RecordView {
                last_found_at,
                // What was said of SES then is over.
                message: if is_right && is_before_state {
                    Some(words::record_is_right(&view.name))
                } else {
                    view.message
                },
                ..view
            }
        })
        .filter(|view| !is_their_own_policy(view, look))
        .collect()
}

/// A DMARC policy that is there and sound is not ours to replace, so none is proposed.
fn is_their_own_policy(view: &RecordView, look: Option<&DnsLook>) -> bool {
    let published = look.is_some_and(|look| match look.diagnosis.dmarc {
        DmarcDiscovery::Published { .. } => true,
        DmarcDiscovery::Void { .. } | DmarcDiscovery::Absent | DmarcDiscovery::Unknown => false,
    });
    let ours = view.observed.contains(&view.expected);
    view.id == RecordId::Dmarc && published && view.code.is_none() && !ours
}

fn record_view(record: Record, panel: &Panel, diagnosis: Option<&Diagnosis>) -> RecordView {
    let found = diagnosis
        .and_then(|diagnosis| diagnosis.records.iter().find(|found| found.id == record.id))
        .cloned();
    let host = record.host_in(panel.zone()).to_owned();
    let (state, code, message, observed, fix, wait_minutes, also) = match found {
        Some(found) => (
            found.state,
            found.code,
            Some(found.message),
            found.observed,
            found.fix,
            found.wait_minutes,
            found.also,
        ),
        None => (
            RecordState::NotLookedYet,
            None,
            None,
            Vec::new(),
            None,
            None,
            Vec::new(),
        ),
    };
    RecordView {
        id: record.id,
        record_type: record.data.type_name(),
        value: record.data.value(),
        priority: record.data.priority(),
        exchange: record.data.exchange().map(str::to_owned),
        expected: record.data.value(),
        name: record.name,
        host,
        ttl: record.ttl,
        requirement: record.requirement,
        note: note(record.id, record.requirement, panel.quotes_text()),
        state,
        code,
        message,
        observed,
        fix,
        wait_minutes,
        also,
        last_found_at: None,
    }
}

/// `quoted` if the provider's panel wants the value of a TXT record between quotation marks.
fn note(id: RecordId, requirement: Requirement, quoted: bool) -> &'static str {
    match id {
        RecordId::Verification if quoted => {
            "Amazon SES verifies the domain when it finds this record. Enter the value between \
             quotation marks."
        }
        RecordId::Verification => {
            "Amazon SES verifies the domain when it finds this record. Enter the value without \
             quotation marks."
        }
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3
            if requirement == Requirement::Required =>
        {
            "DKIM: Amazon SES verifies the domain only when it finds the three CNAME records. Switch off \
             any proxy for this name."
        }
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => {
            "DKIM: without the three CNAME records recipients can see \"via amazonses.com\". \
             Switch off any proxy for this name."
        }
        RecordId::MailFromMx => "Undelivered mail comes back here. Add no other MX record for it.",
        RecordId::MailFromSpf => "SPF for the name that receives bounces.",
        RecordId::Dmarc => {
            "First look for a record named _dmarc. If there is one, leave it as it is, and do not add this."
        }
        RecordId::Ownership => {
            "Proves that this domain is yours. When Lasso finds it, the domain goes to your \
             organization, and any other client of Lasso loses it. Publish it only if your \
             organization is the one that should get the domain."
        }
    }
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
