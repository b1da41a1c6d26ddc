//! The records in the form in which the email administrator wants them.
//!
//! Every format carries the same records. None of them replaces what is there already: the DMARC
//! record is left out where another policy applies or a CNAME record holds the name, the MAIL FROM
//! records where another mail service uses the name, and formats that set whole record sets
//! (Route 53, Terraform) repeat the values that DNS has at the name. Our own records stay in every
//! format once they are published: a Terraform file without them would destroy them.

use crate::providers::Panel;
use crate::records::Record;

mod csv;
mod format;
mod json;
mod letter;
mod notes;
mod order;
mod page;
mod proposal;
mod record_set;
mod route53;
mod terraform;
mod zone;

pub use format::{HandoffFormat, UnknownFormat};
pub use letter::{Letter, LettersPage, Sender, letter};
pub use order::{Handoff, HandoffError};

use jiff::Timestamp;

use proposal::Proposal;

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

/// A time as a person reads it, in UTC: who reads it may be anywhere.
pub fn in_words(at: Timestamp) -> String {
    at.strftime("%-d %B %Y, %H:%M UTC").to_string()
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
    let proposal = Proposal::of(handoff);
    let records: Vec<&Record> = proposal.records.iter().collect();
    let body = match format {
        HandoffFormat::Json => json::render(handoff, &panel, &records)?,
        HandoffFormat::Zone => zone::render(handoff, &panel, &records),
        HandoffFormat::Csv => csv::render(handoff, &panel, &records),
        HandoffFormat::Terraform => {
            terraform::render(handoff, &panel, &records, &proposal.left_out)
        }
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

#[cfg(test)]
mod proposal_tests;
#[cfg(test)]
mod readers;
#[cfg(test)]
mod tests;
