//! RFC 4180, opened in a spreadsheet by somebody who trusts it: no cell may be a formula.

use super::Handoff;
use super::notes::{claim_notice, purpose};
use crate::providers::Panel;
use crate::records::{Record, RecordData, Requirement};

const HEADER: [&str; 8] = [
    "Type",
    "Host",
    "Full name",
    "Value",
    "Priority",
    "TTL",
    "Requirement",
    "Purpose",
];

pub(super) fn render(handoff: &Handoff<'_>, panel: &Panel, records: &[&Record]) -> String {
    let mut file = line(&HEADER.map(str::to_owned));
    for record in records {
        let (value, priority) = match &record.data {
            RecordData::Txt { text } => (text.clone(), String::new()),
            RecordData::Cname { target } => (target.clone(), String::new()),
            RecordData::Mx {
                preference,
                exchange,
            } => (exchange.clone(), preference.to_string()),
        };
        let requirement = match record.requirement {
            Requirement::Required => "required",
            Requirement::Recommended => "recommended",
        };
        let (domain, client) = (handoff.domain.as_str(), handoff.client.as_str());
        let purpose = match claim_notice(record.id, domain, client) {
            Some(notice) => format!("{}. {notice}", purpose(record)),
            None => purpose(record).to_owned(),
        };
        file.push_str(&line(&[
            record.data.type_name().to_owned(),
            record.host_in(panel.zone()).to_owned(),
            record.name.clone(),
            value,
            priority,
            record.ttl.to_string(),
            requirement.to_owned(),
            purpose,
        ]));
    }
    file
}

fn line(cells: &[String; 8]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| quote(&guard(cell))).collect();
    format!("{}\r\n", cells.join(","))
}

/// An apostrophe in front of what a spreadsheet would take for a formula; it does not show there.
fn guard(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

fn quote(cell: &str) -> String {
    let plain = !cell.contains(['"', ',', '\r', '\n']) && cell.trim() == cell;
    if plain {
        cell.to_owned()
    } else {
        format!("\"{}\"", cell.replace('"', "\"\""))
    }
}
