//! For programs: the records with all details.

use serde::Serialize;

use super::notes::note;
use super::{Handoff, HandoffError};
use crate::providers::{Panel, Provider};
use crate::records::{Record, RecordData, RecordId, Requirement};

#[derive(Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "RecordSet")
)]
pub(super) struct Document<'a> {
    domain: &'a str,
    zone: Option<&'a str>,
    provider: Option<&'a Provider>,
    records: Vec<Entry<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "RecordSetEntry")
)]
struct Entry<'a> {
    /// Which record of the set.
    id: RecordId,
    /// Fully qualified, without a trailing dot.
    name: &'a str,
    /// Type and value.
    #[serde(flatten)]
    data: EntryData<'a>,
    /// Proposed time to live, in seconds.
    ttl: u32,
    /// Whether sending depends on it.
    requirement: Requirement,
    /// Relative to the zone.
    host: &'a str,
    /// As a zone file has it.
    value: String,
    /// What to watch out for.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// A record's data with its type. Domain names in it are absolute, without a trailing dot.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "UPPERCASE")]
enum EntryData<'a> {
    /// A TXT record: its character-strings, concatenated.
    Txt {
        /// The text, without quotes.
        text: &'a str,
    },
    /// A CNAME record.
    Cname {
        /// The canonical name that it points at.
        target: &'a str,
    },
    /// An MX record.
    Mx {
        /// Lower is tried first (RFC 5321 section 5.1, "preference").
        priority: u16,
        /// The host that receives the mail.
        exchange: &'a str,
    },
}

impl<'a> EntryData<'a> {
    fn of(data: &'a RecordData) -> Self {
        match data {
            RecordData::Txt { text } => Self::Txt { text },
            RecordData::Cname { target } => Self::Cname { target },
            RecordData::Mx {
                preference,
                exchange,
            } => Self::Mx {
                priority: *preference,
                exchange,
            },
        }
    }
}

pub(super) fn render(
    handoff: &Handoff<'_>,
    panel: &Panel,
    records: &[&Record],
) -> Result<String, HandoffError> {
    let document = Document {
        domain: handoff.domain.as_str(),
        zone: handoff.zone.map(|zone| zone.apex.as_str()),
        provider: panel.provider(),
        records: records
            .iter()
            .map(|record| Entry {
                id: record.id,
                name: &record.name,
                data: EntryData::of(&record.data),
                ttl: record.ttl,
                requirement: record.requirement,
                host: record.host_in(handoff.panel_for(record, panel).zone()),
                value: record.data.value(),
                note: note(handoff, panel, record),
            })
            .collect(),
    };
    let mut body = serde_json::to_string_pretty(&document)?;
    body.push('\n');
    Ok(body)
}
