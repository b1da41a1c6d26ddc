//! Amazon SES's reports about the service's own mail. SES publishes the events of the configuration
//! set on a separate topic, which leads to the queue of alerts. If an email was
//! not delivered or was reported as spam, this is stored with its domain.
//!
//! The SES developer guide describes the JSON: "Contents of event data that Amazon SES publishes to
//! Amazon SNS".

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsMessage;
use domain_auth::mail_refusal::{AboutDomain, MailReport, Mailing, Undelivered};
use domain_auth::names::EmailAddress;
use domain_auth::ports::{Clock, CommitChanges, Ports, ReadDomains};
use domain_auth::use_cases::StoreTools;
use domain_auth::use_cases::email_events::{EmailError, NEEDED};
use domain_auth::use_cases::note_refusal::{NoteError, Noted, note_refusal};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::NotifyError;
use super::batch::unwrapped;

/// The beginning of the message that SES publishes when a topic becomes an event destination.
const VALIDATED: &str = "Successfully validated SNS topic";

/// The longest message identifier and status code that are stored, in octets.
const LONGEST: usize = 128;

/// The member that distinguishes a message of SES from an event of this service.
#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "eventType")]
    event_type: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MailEvent {
    event_type: String,
    mail: Mail,
    bounce: Option<Bounce>,
    complaint: Option<Feedback>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    timestamp: Timestamp,
    message_id: String,
    #[serde(default)]
    destination: Vec<String>,
    #[serde(default)]
    tags: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    #[serde(rename = "bounceType")]
    kind: String,
    timestamp: Option<Timestamp>,
    #[serde(default)]
    bounced_recipients: Vec<BouncedRecipient>,
}

#[derive(Debug, Deserialize)]
struct BouncedRecipient {
    status: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Feedback {
    timestamp: Option<Timestamp>,
}

/// The subject of a message of SES.
#[derive(Debug, PartialEq, Eq)]
enum Report {
    /// An email about a domain was not delivered, or was reported as spam.
    OfDomain(MailReport),
    /// An alert did not reach Lasso support. An alarm watches SES's own figures of that.
    OfSupport {
        reason: Undelivered,
        /// The domain that the alert was about; of a list the first one.
        about: Option<AboutDomain>,
    },
    /// Do nothing.
    Nothing,
}

/// Whether SES wrote the message. Events of this service have no member `eventType`.
pub(crate) fn is_of_ses(message: &SqsMessage) -> bool {
    let body = unwrapped(message);
    let kind = serde_json::from_str::<Kind>(&body);
    body.starts_with(VALIDATED) || kind.is_ok_and(|kind| kind.event_type.is_some())
}

/// Stores each message with its domain; the results are in the order of the messages. A message
/// whose result is an error is delivered again. None starts later than `deadline` minus the time
/// that one may take.
pub(crate) async fn note<P>(
    tools: &StoreTools<'_, P>,
    messages: &[SqsMessage],
    deadline: Timestamp,
) -> Vec<Option<Arc<NotifyError>>>
where
    P: Ports<Store: ReadDomains + CommitChanges>,
{
    let mut failures = Vec::with_capacity(messages.len());
    for message in messages {
        let noted = if tools.clock.now() + NEEDED > deadline {
            Err(later(EmailError::NoTime))
        } else {
            note_one(tools, message).await
        };
        failures.push(noted.err().map(Arc::new));
    }
    failures
}

async fn note_one<P>(tools: &StoreTools<'_, P>, message: &SqsMessage) -> Result<(), NotifyError>
where
    P: Ports<Store: ReadDomains + CommitChanges>,
{
    let report = match report_in(&unwrapped(message))? {
        Report::OfDomain(report) => report,
        Report::OfSupport { reason, about } => {
            let client = about.as_ref().map(|about| about.client.as_str());
            let domain = about.as_ref().map(|about| about.domain.as_str());
            tracing::error!(
                ?reason,
                client,
                domain,
                "an alert did not reach Lasso support"
            );
            return Ok(());
        }
        Report::Nothing => return Ok(()),
    };
    let noted = note_refusal(tools, &report).await;
    match noted {
        Ok(Noted::Written) => tracing::info!(
            client = report.about.client.as_str(),
            domain = report.about.domain.as_str(),
            email = ?report.email,
            reason = ?report.reason,
            "an email was not delivered or was reported as spam"
        ),
        Ok(Noted::Nothing) => {}
        Err(NoteError::Busy) => return Err(later(EmailError::Busy)),
        Err(NoteError::Store(error)) => return Err(later(EmailError::Store(error))),
    }
    Ok(())
}

fn later(error: EmailError) -> NotifyError {
    NotifyError::Email(Arc::new(error))
}

fn report_in(body: &str) -> Result<Report, NotifyError> {
    if body.starts_with(VALIDATED) {
        return Ok(Report::Nothing);
    }
    let event: MailEvent = serde_json::from_str(body).map_err(|it| NotifyError::of_json(&it))?;
    let Some((reason, at, status)) = what_happened(&event) else {
        return Ok(Report::Nothing);
    };
    let tag = |name: &str| event.mail.tags.get(name)?.first().map(String::as_str);
    let email = match tag("audience") {
        Some("administrator") => Mailing::Instructions,
        Some("contact") => Mailing::Notice,
        Some("support") => {
            let about = AboutDomain::from_tags(tag);
            return Ok(Report::OfSupport { reason, about });
        }
        // Of another sender through the same configuration set, or of an earlier release.
        Some(_) | None => return Ok(Report::Nothing),
    };
    // Each email of the service has one recipient. SES writes a bounced address as the mail server
    // wrote it.
    let to = event.mail.destination.first();
    let to = to.and_then(|address| EmailAddress::parse(address).ok());
    let (Some(about), Some(to)) = (AboutDomain::from_tags(tag), to) else {
        return Ok(Report::Nothing);
    };
    Ok(Report::OfDomain(MailReport {
        about,
        message: event.mail.message_id.chars().take(LONGEST).collect(),
        email,
        reason,
        to,
        status,
        sent_at: event.mail.timestamp,
        at: at.unwrap_or(event.mail.timestamp),
    }))
}

/// Why an email was not delivered, when, and with which code. `None` if it may still arrive, as
/// after a soft bounce (a full mailbox, an automatic reply), or if the event is of another kind.
fn what_happened(event: &MailEvent) -> Option<(Undelivered, Option<Timestamp>, Option<String>)> {
    match event.event_type.as_str() {
        "Bounce" => {
            let bounce = event.bounce.as_ref()?;
            if bounce.kind != "Permanent" {
                return None;
            }
            let mut recipients = bounce.bounced_recipients.iter();
            let status = recipients.find_map(|recipient| recipient.status.as_deref());
            let status = status.filter(|status| is_status_code(status));
            let status = status.map(str::to_owned);
            Some((Undelivered::Bounced, bounce.timestamp, status))
        }
        "Complaint" => {
            let at = event.complaint.as_ref()?.timestamp;
            Some((Undelivered::Complained, at, None))
        }
        "Reject" => Some((Undelivered::Rejected, None, None)),
        _other => None,
    }
}

/// Three numbers with dots between them (RFC 3463 section 2).
fn is_status_code(text: &str) -> bool {
    let is_number = |part: &str| {
        (1..=3).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_digit())
    };
    text.split('.').count() == 3 && text.split('.').all(is_number)
}

#[cfg(test)]
#[path = "mail_events_tests.rs"]
mod tests;
