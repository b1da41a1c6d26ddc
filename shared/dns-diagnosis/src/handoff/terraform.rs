//! `aws_route53_record` resources of the AWS provider for Terraform.

use std::fmt::Write;

use super::Handoff;
use super::notes::{comment, purpose};
use super::proposal::LeftOut;
use super::record_set::{Present, RecordSet, Value, record_sets};
use crate::providers::Panel;
use crate::records::Record;
use crate::records::character_strings::{octal_escape, strings};

pub(super) fn render(
    handoff: &Handoff<'_>,
    panel: &Panel,
    records: &[&Record],
    left_out: &[LeftOut<'_>],
) -> String {
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
        let label = label(&slug, record);
        let values: Vec<String> = set
            .values
            .iter()
            .map(|value| format!("    {},\n", literal(&written(value))))
            .collect();
        let _infallible = write!(
            file,
            "\n# {purpose}.{caution}\n\
             {existing}resource \"aws_route53_record\" \"{label}\" {{\n  \
             zone_id = data.aws_route53_zone.lasso_{slug}.zone_id\n  \
             name    = {name}\n  \
             type    = \"{kind}\"\n  \
             ttl     = {ttl}\n  \
             records = [\n{values}  ]\n}}\n",
            purpose = purpose(record),
            existing = existing(&set, &label),
            name = literal(&record.name),
            kind = record.data.type_name(),
            ttl = record.ttl,
            values = values.concat(),
        );
    }
    for LeftOut { record, reason } in left_out {
        let _infallible = write!(
            file,
            "\n# No {id} record: {reason}\n# If an earlier version of this file made it, let go of it before you \
             apply this one, or Terraform deletes it:\n\
             #   terraform state rm aws_route53_record.{label}\n",
            id = record.id.as_str(),
            label = label(&slug, record),
        );
    }
    file
}

/// The name of a resource.
fn label(slug: &str, record: &Record) -> String {
    format!("lasso_{slug}_{}", record.id.as_str().replace('-', "_"))
}

/// What to know of the other values in a record set: Terraform creates none that exists (it has no
/// `allow_overwrite` here), and sets one that it manages to the values in the file.
fn existing(set: &RecordSet<'_>, label: &str) -> String {
    let (name, kind) = (&set.record.name, set.record.data.type_name());
    match set.present {
        Present::Known if set.others > 0 => format!(
            "# The other values were there already. Import the record set once, before you apply:\n\
             #   terraform import aws_route53_record.{label} ZONE_ID_{name}_{kind}\n"
        ),
        Present::Known => String::new(),
        Present::Unknown => {
            "# It is not known whether the name has other values: keep those that it has.\n"
                .to_owned()
        }
    }
}

/// A value as the provider wants it: it adds the outer quotation marks of a text itself, so that
/// the strings of a long one are parted by `""`.
fn written(value: &Value) -> String {
    match value {
        Value::Text(octets) => {
            let joined = strings(octets, octal_escape).join("");
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
