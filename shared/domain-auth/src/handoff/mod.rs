//! The records in the form in which the email administrator wants them.
//!
//! Every format carries the same records. None of them replaces what is there already: the DMARC
//! record is left out where a policy is published, and formats that set whole record sets
//! (Route 53, Terraform) repeat the values that DNS has at the name.

use crate::diagnosis::proposes_dmarc;
use crate::dns::{Observation, Zone};
use crate::names::{ClientId, DomainName};
use crate::plain_text::shown;
use crate::providers::Panel;
use crate::records::{Record, RecordId};

mod csv;
mod format;
mod json;
mod letter;
mod page;
mod record_set;
mod route53;
mod terraform;
mod zone;

pub use format::{HandoffFormat, UnknownFormat};
pub use letter::{Sender, letter};

/// What to hand off.
#[derive(Debug, Clone, Copy)]
pub struct Handoff<'a> {
    /// The domain.
    pub domain: &'a DomainName,
    /// The zone that holds it, where it is known.
    pub zone: Option<&'a Zone>,
    /// Its records.
    pub records: &'a [Record],
    /// The last look at DNS: what is at the names already. May be empty.
    pub observations: &'a [Observation],
    /// The client that asks for the records.
    pub client: &'a ClientId,
}

/// A rendered format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// For the header `Content-Type`.
    pub content_type: &'static str,
    /// For the header `Content-Disposition`: plain ASCII without spaces and quotes.
    pub file_name: String,
    /// The document itself.
    pub body: String,
}

/// A format could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum HandoffError {
    /// JSON could not be written.
    #[error("the records could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// A template failed.
    #[error("the page with the records could not be rendered")]
    Template(#[from] askama::Error),
}

/// What the formats in JSON look like: `json` and `route53`.
#[cfg(feature = "openapi")]
pub fn json_schemas(generator: &mut schemars::SchemaGenerator) -> [schemars::Schema; 2] {
    [
        generator.subschema_for::<json::Document<'_>>(),
        generator.subschema_for::<route53::ChangeBatch>(),
    ]
}

/// Renders the records.
pub fn render(format: HandoffFormat, handoff: &Handoff<'_>) -> Result<Document, HandoffError> {
    let panel = Panel::of(handoff.zone, handoff.domain.organizational());
    let records = handoff.proposed();
    let body = match format {
        HandoffFormat::Json => json::render(handoff, &panel, &records)?,
        HandoffFormat::Zone => zone::render(handoff, &records),
        HandoffFormat::Csv => csv::render(handoff, &panel, &records),
        HandoffFormat::Terraform => terraform::render(handoff, &panel, &records),
        HandoffFormat::Route53 => route53::render(handoff, &records)?,
        HandoffFormat::Text => page::render_text(handoff, &panel, &records)?,
        HandoffFormat::Html => page::render_html(handoff, &panel, &records)?,
    };
    Ok(Document {
        content_type: format.content_type(),
        file_name: format!("{}-dns-records.{}", handoff.domain, format.extension()),
        body,
    })
}

impl<'a> Handoff<'a> {
    /// The records to publish: without the DMARC record where there is a policy already.
    fn proposed(&self) -> Vec<&'a Record> {
        let with_dmarc = proposes_dmarc(self.domain, self.observations);
        self.records
            .iter()
            .filter(|record| with_dmarc || record.id != RecordId::Dmarc)
            .collect()
    }
}

/// What a record is for, in a few words.
fn purpose(id: RecordId) -> &'static str {
    match id {
        RecordId::Verification => "proves to Amazon SES that the domain is yours",
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => {
            "signs your mail with your own domain (DKIM)"
        }
        RecordId::MailFromMx => "takes back mail that cannot be delivered (MAIL FROM)",
        RecordId::MailFromSpf => "names Amazon SES as an allowed sender (SPF)",
        RecordId::Dmarc => "tells mailbox providers your policy (DMARC)",
        RecordId::Ownership => "proves to Lasso which client the domain belongs to",
    }
}

/// What to mind with a record.
fn caution(id: RecordId) -> Option<&'static str> {
    match id {
        RecordId::Dmarc => Some(
            "Only add this if there is no TXT record at this name yet. Keep one that is there: a \
             second one would make both invalid.",
        ),
        RecordId::MailFromMx => Some("This has to be the only MX record at this name."),
        RecordId::MailFromSpf => {
            Some("This has to be the only record at this name that begins with v=spf1.")
        }
        RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => {
            Some("A plain CNAME record: no proxy, no flattening, nothing else at this name.")
        }
        RecordId::Verification | RecordId::Ownership => None,
    }
}

/// What publishing a record does to the claims to the domain, for a person who may be a stranger to
/// the client: whoever publishes the ownership record decides who has the domain at Lasso.
fn claim_notice(id: RecordId, domain: &str, client: &str) -> Option<String> {
    match id {
        RecordId::Ownership => Some(format!(
            "When Lasso finds this record, {domain} goes to {client}, a client of Lasso, and any other \
             client of Lasso loses it. Publish it only if you work for that organization."
        )),
        RecordId::Verification | RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => None,
        RecordId::MailFromMx | RecordId::MailFromSpf | RecordId::Dmarc => None,
    }
}

/// What to mind with a record, in a comment of a file.
fn comment(handoff: &Handoff<'_>, id: RecordId) -> String {
    let client = handoff.client.as_str();
    let notice = claim_notice(id, handoff.domain.as_str(), client);
    let texts = [caution(id), notice.as_deref()];
    texts
        .into_iter()
        .flatten()
        .fold(String::new(), |all, text| format!("{all} {text}"))
}

/// What to mind with a record in a provider's panel.
fn note(handoff: &Handoff<'_>, panel: &Panel, record: &Record) -> Option<String> {
    let client = shown(handoff.client.as_str());
    let notice = claim_notice(record.id, handoff.domain.as_str(), &client);
    let notes = [
        panel.quoting(&record.data),
        caution(record.id),
        notice.as_deref(),
    ];
    let notes: Vec<&str> = notes.into_iter().flatten().collect();
    (!notes.is_empty()).then(|| notes.join(" "))
}

#[cfg(test)]
mod readers;
#[cfg(test)]
mod tests;
