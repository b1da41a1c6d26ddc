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
    let (at_route53, elsewhere): (Vec<&Record>, Vec<&Record>) = records
        .iter()
        .partition(|record| may_be_at_route53(&handoff.panel_for(record, panel), panel));
    let mut file = format!(
        "# DNS records for sending mail from {domain} with Lasso\n",
        domain = handoff.domain,
    );
    // A data source that finds no zone fails the plan, so there is none for a zone without records.
    for zone in handoff.zones_of(at_route53.iter().copied(), panel) {
        let _infallible = write!(
            file,
            "\n{delegated}data \"aws_route53_zone\" \"{source}\" {{\n  name = {name}\n}}\n",
            delegated = if zone == panel.zone() {
                String::new()
            } else {
                format!("# {zone} is delegated: it is a separate hosted zone.\n")
            },
            source = source(handoff, &slug, panel, &zone),
            name = literal(&format!("{zone}.")),
        );
    }
    for set in record_sets(handoff, &at_route53) {
        let record = set.record;
        let caution = comment(handoff, record.id);
        let label = label(&slug, record);
        let own = handoff.panel_for(record, panel);
        let values: Vec<String> = set
            .values
            .iter()
            .map(|value| format!("    {},\n", literal(&written(value))))
            .collect();
        let _infallible = write!(
            file,
            "\n# {purpose}.{caution}\n\
             {existing}resource \"aws_route53_record\" \"{label}\" {{\n  \
             zone_id = data.aws_route53_zone.{source}.zone_id\n  \
             name    = {name}\n  \
             type    = \"{kind}\"\n  \
             ttl     = {ttl}\n  \
             records = [\n{values}  ]\n}}\n",
            purpose = purpose(record),
            existing = existing(&set, &label),
            source = source(handoff, &slug, panel, own.zone()),
            name = literal(&record.name),
            kind = record.data.type_name(),
            ttl = record.ttl,
            values = values.concat(),
        );
    }
    for record in elsewhere {
        let own = handoff.panel_for(record, panel);
        let reason = format!(
            "its name is delegated to {place}. Add it there: {kind} {name}, value {value}",
            place = own.place(),
            kind = record.data.type_name(),
            name = record.name,
            value = record.data.value(),
        );
        file.push_str(&let_go(&label(&slug, record), record, &reason));
    }
    for LeftOut { record, reason } in left_out {
        file.push_str(&let_go(&label(&slug, record), record, reason));
    }
    file
}

/// A record that the file does not have, and how it stays if an earlier file had it.
fn let_go(label: &str, record: &Record, reason: &str) -> String {
    format!(
        "\n# No {id} record: {reason}\n# If an earlier version of this file made it, remove it from the \
         Terraform state before you apply this one, or Terraform deletes it:\n#   terraform state rm \
         aws_route53_record.{label}\n",
        id = record.id.as_str(),
    )
}

/// Whether a zone may be a hosted zone: not one that is delegated to another provider.
fn may_be_at_route53(own: &Panel, main: &Panel) -> bool {
    own.zone() == main.zone()
        || own
            .provider()
            .is_none_or(|provider| provider.id == "route53")
}

/// The name of the data source of a zone. That of a delegated one ends with what is before the domain.
fn source(handoff: &Handoff<'_>, slug: &str, panel: &Panel, zone: &str) -> String {
    if zone == panel.zone() {
        return format!("lasso_{slug}");
    }
    let front = zone.strip_suffix(handoff.domain.as_str());
    let front = front.unwrap_or(zone).trim_end_matches('.');
    format!("lasso_{slug}_zone_{}", front.replace('.', "_"))
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
            "# The other values already exist. Import the record set once, before you apply:\n\
             #   terraform import aws_route53_record.{label} ZONE_ID_{name}_{kind}\n"
        ),
        Present::Known => String::new(),
        Present::Unknown => {
            "# It is not known whether the name has other values: if it has, keep them.\n"
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
