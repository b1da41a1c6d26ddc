//! A change batch for `aws route53 change-resource-record-sets`.
//!
//! `UPSERT` replaces a whole record set, so it is used if the values at the name are known and
//! repeated. If they are unknown, `CREATE` is used: it fails instead of deleting data that another
//! service needs.
//!
//! A batch changes one hosted zone. A name in a separate zone has a separate batch.

use serde::Serialize;

use super::record_set::{Present, Value, record_sets};
use super::{Handoff, HandoffError};
use crate::providers::Panel;
use crate::records::character_strings::{octal_escape, strings};
use crate::records::{Record, RecordId};

/// The maximum length, in characters, of a comment (Route 53 API reference, `ChangeBatch`).
const MAX_COMMENT: usize = 256;

#[derive(Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Route53ChangeBatch")
)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeBatch {
    /// At most 256 characters. It names the other hosted zones if the records are in several.
    comment: String,
    changes: Vec<Change>,
}

#[derive(Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Route53Change")
)]
#[serde(rename_all = "PascalCase")]
struct Change {
    #[cfg_attr(feature = "openapi", schemars(extend("enum" = ["UPSERT", "CREATE"])))]
    action: &'static str,
    resource_record_set: ResourceRecordSet,
}

#[derive(Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Route53ResourceRecordSet")
)]
#[serde(rename_all = "PascalCase")]
struct ResourceRecordSet {
    name: String,
    #[serde(rename = "Type")]
    #[cfg_attr(feature = "openapi", schemars(with = "crate::records::PublishedType"))]
    kind: &'static str,
    #[serde(rename = "TTL")]
    ttl: u32,
    resource_records: Vec<ResourceRecord>,
}

#[derive(Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Route53ResourceRecord")
)]
#[serde(rename_all = "PascalCase")]
struct ResourceRecord {
    value: String,
}

pub(super) fn render(
    handoff: &Handoff<'_>,
    panel: &Panel,
    records: &[&Record],
) -> Result<String, HandoffError> {
    let mut zones = handoff.zones_of(records.iter().copied(), panel).into_iter();
    let zone = zones.next().unwrap_or_default();
    let others: Vec<String> = zones.collect();
    let is_here = |record: &&&Record| handoff.is_in(record, panel, &zone);
    let here: Vec<&Record> = records.iter().filter(is_here).copied().collect();
    let left = records.len() - here.len();
    let records = here.as_slice();
    let changes = record_sets(handoff, records)
        .into_iter()
        .map(|set| Change {
            action: match set.present {
                Present::Known => "UPSERT",
                Present::Unknown => "CREATE",
            },
            resource_record_set: ResourceRecordSet {
                name: format!("{}.", set.record.name),
                kind: set.record.data.type_name(),
                ttl: set.record.ttl,
                resource_records: set
                    .values
                    .iter()
                    .map(|value| ResourceRecord {
                        value: written(value),
                    })
                    .collect(),
            },
        })
        .collect();
    let proves = records
        .iter()
        .any(|record| record.id == RecordId::Ownership);
    let comment = if proves {
        format!(
            "Gives the domain to {}, a client of Lasso; any other client of Lasso loses it. Publish it \
             only on behalf of that organization.",
            handoff.client
        )
    } else {
        format!("Sending mail from {} with Lasso", handoff.domain)
    };
    let comment = with_other_zones(comment, left, &others);
    let batch = ChangeBatch { comment, changes };
    let mut body = serde_json::to_string_pretty(&batch)?;
    body.push('\n');
    Ok(body)
}

/// The comment with the records that are in hosted zones of their own, as far as it may be long.
fn with_other_zones(comment: String, left: usize, others: &[String]) -> String {
    if others.is_empty() {
        return comment;
    }
    let left = match left {
        1 => "1 record is".to_owned(),
        count => format!("{count} records are"),
    };
    let named = format!(
        "{comment}. {left} not in this batch: ask for zone={}",
        others.join(" and for zone=")
    );
    if named.len() <= MAX_COMMENT {
        return named;
    }
    format!("{left} not in this batch, because other hosted zones hold them.")
}

fn written(value: &Value) -> String {
    match value {
        Value::Text(octets) => strings(octets, octal_escape).join(" "),
        Value::Plain(text) => text.clone(),
    }
}
