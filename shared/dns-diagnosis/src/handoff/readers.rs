//! Reads every format back, where possible with a parser of another project.

use std::collections::BTreeSet;

use super::HandoffFormat;
use crate::records::Record;

/// Name, type and value of a record.
pub(super) type Row = (String, String, String);

fn row(name: &str, kind: &str, value: &str) -> Row {
    let name = name.trim_end_matches('.').to_owned();
    (name, kind.to_owned(), value.to_owned())
}

pub(super) fn rows_of(records: &[Record]) -> BTreeSet<Row> {
    let row_of = |r: &Record| row(&r.name, r.data.type_name(), &r.data.value());
    records.iter().map(row_of).collect()
}

fn read_zone(file: &str) -> BTreeSet<Row> {
    use hickory_proto::rr::{Name, RData};
    use hickory_proto::serialize::txt::Parser;
    let origin = Name::from_ascii("unrelated.test.").unwrap();
    let (_, sets) = Parser::new(file, None, Some(origin)).parse().unwrap();
    let records = sets.values().flat_map(|set| set.records_without_rrsigs());
    let read = |record: &hickory_proto::rr::Record| {
        let value = match &record.data {
            RData::TXT(txt) => {
                let octets: Vec<u8> = txt
                    .txt_data
                    .iter()
                    .flat_map(|s| s.iter().copied())
                    .collect();
                String::from_utf8(octets).unwrap()
            }
            RData::CNAME(target) => target.to_string().trim_end_matches('.').to_owned(),
            RData::MX(mx) => format!("{} {}", mx.preference, mx.exchange)
                .trim_end_matches('.')
                .to_owned(),
            other => panic!("{other:?} was not asked for"),
        };
        row(
            &record.name.to_string(),
            &record.record_type().to_string(),
            &value,
        )
    };
    records.map(read).collect()
}

fn read_csv(file: &str) -> BTreeSet<Row> {
    let mut reader = ::csv::Reader::from_reader(file.as_bytes());
    let read = |line: Result<::csv::StringRecord, ::csv::Error>| {
        let line = line.unwrap();
        let value = match &line[4] {
            "" => line[3].to_owned(),
            priority => format!("{priority} {}", &line[3]),
        };
        row(&line[2], &line[0], &value)
    };
    reader.records().map(read).collect()
}

fn read_json(file: &str) -> BTreeSet<Row> {
    let mut document: serde_json::Value = serde_json::from_str(file).unwrap();
    // The document calls it as DNS panels do.
    for record in document["records"].as_array_mut().unwrap() {
        if let Some(priority) = record.get("priority").cloned() {
            record["preference"] = priority;
        }
    }
    let records: Vec<Record> = serde_json::from_value(document["records"].clone()).unwrap();
    rows_of(&records)
}

/// The strings of a value as Route 53 has them.
fn read_strings(value: &str) -> String {
    let mut octets = Vec::new();
    let mut rest = value.bytes();
    let mut inside = false;
    while let Some(octet) = rest.next() {
        match octet {
            b'"' => inside = !inside,
            b'\\' => {
                let next = rest.next().unwrap();
                if next.is_ascii_digit() {
                    let digits = [next, rest.next().unwrap(), rest.next().unwrap()];
                    octets.push(
                        u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 8).unwrap(),
                    );
                } else {
                    octets.push(next);
                }
            }
            _ if inside => octets.push(octet),
            b' ' => {}
            other => panic!("{} outside of quotation marks", char::from(other)),
        }
    }
    assert!(!inside);
    String::from_utf8(octets).unwrap()
}

fn read_value(name: &str, kind: &str, value: &str) -> Row {
    let value = match kind {
        "TXT" => read_strings(value),
        _ => value.trim_end_matches('.').to_owned(),
    };
    row(name, kind, &value)
}

pub(super) fn read_route53(file: &str) -> BTreeSet<Row> {
    let batch: serde_json::Value = serde_json::from_str(file).unwrap();
    let mut rows = BTreeSet::new();
    for change in batch["Changes"].as_array().unwrap() {
        let set = &change["ResourceRecordSet"];
        for record in set["ResourceRecords"].as_array().unwrap() {
            rows.insert(read_value(
                set["Name"].as_str().unwrap(),
                set["Type"].as_str().unwrap(),
                record["Value"].as_str().unwrap(),
            ));
        }
    }
    rows
}

pub(super) fn read_terraform(file: &str) -> BTreeSet<Row> {
    let body: hcl::Body = hcl::from_str(file).unwrap();
    let mut rows = BTreeSet::new();
    for block in body
        .blocks()
        .filter(|block| block.identifier() == "resource")
    {
        let attribute = |key: &str| {
            let attribute = block.body().attributes().find(|a| a.key() == key);
            attribute.unwrap().expr().clone()
        };
        let text = |expression: &hcl::Expression| match expression {
            hcl::Expression::String(text) => text.clone(),
            hcl::Expression::TemplateExpr(template) => {
                let template = hcl::Template::from_expr(template).unwrap();
                let literal = |element: &hcl::template::Element| match element {
                    hcl::template::Element::Literal(text) => text.clone(),
                    other => panic!("{other:?} would be evaluated"),
                };
                template.elements().iter().map(literal).collect()
            }
            other => panic!("{other:?} is no string"),
        };
        let (name, kind) = (text(&attribute("name")), text(&attribute("type")));
        let hcl::Expression::Array(values) = attribute("records") else {
            panic!("records is no list");
        };
        for value in &values {
            let value = text(value);
            let value = if kind == "TXT" {
                format!("\"{value}\"")
            } else {
                value
            };
            rows.insert(read_value(&name, &kind, &value));
        }
    }
    rows
}

fn read_text(file: &str) -> BTreeSet<Row> {
    let mut rows = BTreeSet::new();
    let after = |line: &str, label: &str| Some(line.trim_start().strip_prefix(label)?.to_owned());
    let (mut kind, mut value, mut priority) = (String::new(), String::new(), None);
    for line in file.lines() {
        if line.contains(" record (required): ") || line.contains(" record (recommended): ") {
            line.split(' ').nth(1).unwrap().clone_into(&mut kind);
            priority = None;
        } else if let Some(rest) = after(line, "Priority: ") {
            priority = Some(rest);
        } else if let Some(name) = after(line, "Full name: ") {
            let value = priority
                .take()
                .map_or(value.clone(), |p: String| format!("{p} {value}"));
            rows.insert(row(&name, &kind, &value));
        } else if let Some(rest) = [
            "Value: ",
            "Value (or Points to): ",
            "Mail server (or Value): ",
        ]
        .iter()
        .find_map(|label| after(line, label))
        {
            value = rest;
        }
    }
    rows
}

fn read_html(file: &str) -> BTreeSet<Row> {
    let unescape = |text: &str| {
        [
            ("&#60;", "<"),
            ("&#62;", ">"),
            ("&#34;", "\""),
            ("&#39;", "'"),
            ("&#38;", "&"),
        ]
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let field = |row: &str, name: &str| {
        let (_, rest) = row.split_once(&format!("data-field=\"{name}\">"))?;
        Some(unescape(rest.split_once('<')?.0))
    };
    let read = |part: &str| {
        let value = field(part, "value").unwrap();
        let value = field(part, "priority").map_or(value.clone(), |p| format!("{p} {value}"));
        row(
            &field(part, "name").unwrap(),
            &field(part, "type").unwrap(),
            &value,
        )
    };
    file.split("<tr data-record=").skip(1).map(read).collect()
}

pub(super) fn read(format: HandoffFormat, file: &str) -> BTreeSet<Row> {
    match format {
        HandoffFormat::Json => read_json(file),
        HandoffFormat::Zone => read_zone(file),
        HandoffFormat::Csv => read_csv(file),
        HandoffFormat::Terraform => read_terraform(file),
        HandoffFormat::Route53 => read_route53(file),
        HandoffFormat::Text => read_text(file),
        HandoffFormat::Html => read_html(file),
    }
}
