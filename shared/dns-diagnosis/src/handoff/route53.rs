//! A change batch for `aws route53 change-resource-record-sets`.
//!
//! `UPSERT` replaces a whole record set, so it is used where the values at the name are known and
//! repeated. Where they are not, `CREATE` is: it fails rather than delete what somebody needs.

use serde::Serialize;

use super::record_set::{Present, Value, record_sets};
use super::{Handoff, HandoffError};
use crate::records::character_strings::{octal_escape, strings};
use crate::records::{Record, RecordId};

#[derive(Serialize)]
#[cfg_attr(
    feature = "openapi",
    derive(schemars::JsonSchema),
    schemars(rename = "Route53ChangeBatch")
)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ChangeBatch {
    /// At most 256 characters (Route 53 API reference, `ChangeBatch`).
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

pub(super) fn render(handoff: &Handoff<'_>, records: &[&Record]) -> Result<String, HandoffError> {
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
             only if you work for that organization.",
            handoff.client
        )
    } else {
        format!("Sending mail from {} with Lasso", handoff.domain)
    };
    let batch = ChangeBatch { comment, changes };
    let mut body = serde_json::to_string_pretty(&batch)?;
    body.push('\n');
    Ok(body)
}

fn written(value: &Value) -> String {
    match value {
        Value::Text(octets) => strings(octets, octal_escape).join(" "),
        Value::Plain(text) => text.clone(),
    }
}
