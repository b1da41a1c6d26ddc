//! The records in the formats that email administrators need.
//!
//! Every format has the same records. None of them replaces existing data. The DMARC record is left
//! out if another policy applies or a CNAME record is at its name; the MAIL FROM records are left
//! out if another mail service uses the name. Formats that set whole record sets (Route 53,
//! Terraform) repeat the values that DNS has at the name. Our own records stay in every format
//! after they are published: a Terraform file without them would delete them.

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

use proposal::{LeftOut, Proposal};

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
///
/// # Examples
///
/// ```
/// use dns_diagnosis::handoff::{Handoff, HandoffFormat, render};
/// use dns_diagnosis::names::{ClientId, DomainName};
/// use dns_diagnosis::records::ownership_record;
///
/// let domain = DomainName::parse("example.com")?;
/// let records = [ownership_record(&domain, "secret")];
/// let handoff = Handoff {
///     domain: &domain,
///     zone: None,
///     records: &records,
///     observations: &[],
///     client: &ClientId::parse("maple-homes")?,
/// };
/// let document = render(HandoffFormat::Zone, &handoff)?;
/// assert_eq!(document.file_name, "example.com-dns-records.zone");
/// assert!(document.body.contains("lasso-domain-verification=secret"));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn render(format: HandoffFormat, handoff: &Handoff<'_>) -> Result<Document, HandoffError> {
    render_in(format, handoff, None)
}

/// Renders the records of one zone, which is one of [`zones`]; of all of them without one. A change batch of
/// Route 53 is for one hosted zone: without a zone it has the records of the first.
pub fn render_in(
    format: HandoffFormat,
    handoff: &Handoff<'_>,
    zone: Option<&str>,
) -> Result<Document, HandoffError> {
    let panel = Panel::of(handoff.zone, handoff.domain.organizational());
    let proposal = Proposal::of(handoff);
    let is_wanted = |record: &Record| zone.is_none_or(|zone| handoff.is_in(record, &panel, zone));
    let records = proposal.records.iter();
    let records: Vec<&Record> = records.filter(|record| is_wanted(record)).collect();
    let left_out = proposal.left_out.into_iter();
    let left_out: Vec<LeftOut<'_>> = left_out.filter(|it| is_wanted(it.record)).collect();
    // Of one zone, that zone is the one to open.
    let first = records.first().filter(|_| zone.is_some());
    let opened = first.map(|record| handoff.panel_for(record, &panel));
    let opened = opened.unwrap_or_else(|| panel.clone());
    let body = match format {
        HandoffFormat::Json => json::render(handoff, &opened, &records)?,
        HandoffFormat::Zone => zone::render(handoff, &opened, &records),
        HandoffFormat::Csv => csv::render(handoff, &opened, &records),
        HandoffFormat::Terraform => terraform::render(handoff, &panel, &records, &left_out),
        HandoffFormat::Route53 => route53::render(handoff, &panel, &records)?,
        HandoffFormat::Text => page::render_text(handoff, &opened, &records)?,
        HandoffFormat::Html => page::render_html(handoff, &opened, &records)?,
    };
    Ok(Document {
        content_type: format.content_type(),
        file_name: format!(
            "{}-dns-records.{}",
            zone.unwrap_or(handoff.domain.as_str()),
            format.extension()
        ),
        body,
    })
}

/// The zones that hold the records that are handed over, in the order of the records. More than one if a
/// name is delegated, as `_domainkey` may be.
pub fn zones(handoff: &Handoff<'_>) -> Vec<String> {
    let panel = Panel::of(handoff.zone, handoff.domain.organizational());
    let proposal = Proposal::of(handoff);
    handoff.zones_of(&proposal.records, &panel)
}

#[cfg(test)]
mod delegation_tests;
#[cfg(test)]
mod occupied_tests;
#[cfg(test)]
mod proposal_tests;
#[cfg(test)]
mod readers;
#[cfg(test)]
mod tests;
