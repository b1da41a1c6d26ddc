//! For programs: the records with everything that can be said about them.

use serde::Serialize;

use super::notes::note;
use super::{Handoff, HandoffError};
use crate::providers::{Panel, Provider};
use crate::records::Record;

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
    #[serde(flatten)]
    record: &'a Record,
    /// Relative to the zone.
    host: &'a str,
    /// As a zone file has it.
    value: String,
    /// What DNS panels call the preference of an MX record.
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<u16>,
    /// What to take care of.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
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
                record,
                host: record.host_in(handoff.panel_for(record, panel).zone()),
                value: record.data.value(),
                priority: record.data.priority(),
                note: note(handoff, panel, record),
            })
            .collect(),
    };
    let mut body = serde_json::to_string_pretty(&document)?;
    body.push('\n');
    Ok(body)
}
