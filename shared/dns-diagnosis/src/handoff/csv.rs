//! RFC 4180, for a spreadsheet. A client's text must not be a formula there. Names and values are
//! not changed, because people copy them from the cells into DNS: a token may begin with `+`.

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
            // The only cell with words of a client in it.
            Some(notice) => guard(&format!("{}. {notice}", purpose(record))),
            None => purpose(record).to_owned(),
        };
        file.push_str(&line(&[
            record.data.type_name().to_owned(),
            record
                .host_in(handoff.panel_for(record, panel).zone())
                .to_owned(),
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
    let cells: Vec<String> = cells.iter().map(|cell| quote(cell)).collect();
    format!("{}\r\n", cells.join(","))
}

/// An apostrophe in front of a value that a spreadsheet would take for a formula (OWASP, "CSV Injection"); it does
/// not show there.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_a_spreadsheet_would_take_for_a_formula_is_quoted() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"] {
            assert_eq!(guard(cell), format!("'{cell}"));
        }
        assert_eq!(guard("a=1"), "a=1");
    }
}
