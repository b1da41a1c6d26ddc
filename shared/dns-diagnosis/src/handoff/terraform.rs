//! `aws_route53_record` resources of the AWS provider for Terraform.

use std::fmt::Write;

use super::Handoff;
use super::notes::{comment, purpose};
use super::record_set::{Value, record_sets, strings};
use crate::providers::Panel;
use crate::records::Record;

pub(super) fn render(handoff: &Handoff<'_>, panel: &Panel, records: &[&Record]) -> String {
    // A domain holds no underscore, so that different domains have different names here.
    let slug = handoff.domain.as_str().replace('.', "_");
    let mut file = format!(
        "# DNS records for sending mail from {domain} with Lasso\n\n\
         data \"aws_route53_zone\" \"lasso_{slug}\" {{\n  name = {zone}\n}}\n",
        domain = handoff.domain,
        zone = literal(&format!("{}.", panel.zone())),
    );
    for set in record_sets(handoff, records) {
        let record = set.record;
        let caution = comment(handoff, record.id);
        let values: Vec<String> = set
            .values
            .iter()
            .map(|value| format!("    {},\n", literal(&written(value))))
            .collect();
        let _infallible = write!(
            file,
            "\n# {purpose}.{caution}\n\
             resource \"aws_route53_record\" \"lasso_{slug}_{id}\" {{\n  \
             zone_id = data.aws_route53_zone.lasso_{slug}.zone_id\n  \
             name    = {name}\n  \
             type    = \"{kind}\"\n  \
             ttl     = {ttl}\n  \
             records = [\n{values}  ]\n}}\n",
            purpose = purpose(record),
            id = record.id.as_str().replace('-', "_"),
            name = literal(&record.name),
            kind = record.data.type_name(),
            ttl = record.ttl,
            values = values.concat(),
        );
    }
    file
}

/// A value as the provider wants it: it adds the outer quotation marks of a text itself, so that
/// the strings of a long one are parted by `""`.
fn written(value: &Value) -> String {
    match value {
        Value::Text(octets) => {
            let joined = strings(octets, super::route53::escape).join("");
            joined
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'))
                .unwrap_or(&joined)
                .to_owned()
        }
        Value::Plain(text) => text.clone(),
    }
}

/// A quoted template of HCL without interpolation.
fn literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 2);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' | '\\' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            '$' | '%' if characters.peek() == Some(&'{') => {
                escaped.push(character);
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    format!("\"{escaped}\"")
}
