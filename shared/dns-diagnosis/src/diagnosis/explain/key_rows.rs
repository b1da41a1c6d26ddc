//! Fixes for a name that must have one CNAME record and nothing else.

use super::result::Fix;
use super::show::listed;
use super::wording::Wording;
use crate::records::{Record, RecordData, RecordId};

/// The maximum number of rows that a fix names one by one.
const MAX_ROWS: usize = 4;

impl Wording<'_> {
    /// The CNAME record without a proxy in front of it.
    pub(super) fn unproxy(&self, record: &Record) -> Fix {
        let host = self.row(&record.name);
        if self.panel.provider().is_some_and(|p| p.id == "cloudflare") {
            return Fix {
                text: format!(
                    "{}open the CNAME record {host} and switch “Proxy status” to “DNS only” (the orange cloud \
                     becomes grey).",
                    self.at()
                ),
                field: Some("Proxy status".to_owned()),
                value: Some("DNS only".to_owned()),
            };
        }
        let add = self.add(record);
        Fix {
            text: format!(
                "{}open the record {host}. If its type is CNAME, switch off “Proxy” in it (some call it “CDN” or \
                 “Flattening”), and put {} into the field “{}”. If its type is A or AAAA, delete it and add a CNAME \
                 record with the same name and this value.",
                self.at(),
                self.panel.value(&record.data),
                self.panel.value_field(&record.data),
            ),
            ..add
        }
    }

    /// The one record that may be at a name that has a CNAME record.
    pub(super) fn leave_alone(&self, record: &Record, seen: &str) -> Fix {
        let row = self.row(&record.name);
        Self::advice(match record.data {
            RecordData::Cname { .. } => format!(
                "{}delete {}. Keep the CNAME record {row}{}. (Only Amazon SES uses this name.)",
                self.at(),
                self.others_seen(record, seen),
                self.told_by(record, &record.data.value()),
            ),
            RecordData::Txt { .. } | RecordData::Mx { .. } => format!(
                "{}delete the CNAME record {row}{}. Keep {}.",
                self.at(),
                if record.id == RecordId::Ownership {
                    " (only Lasso uses this name)"
                } else {
                    ""
                },
                self.row_of(record),
            ),
        })
    }

    /// The other values at the name of a key, one row after the other.
    fn others_seen(&self, record: &Record, seen: &str) -> String {
        let ours = record.data.value();
        let others = seen.split(", ").filter(|other| !other.contains(&ours));
        let rows = others.map(|other| {
            if other.contains(' ') {
                self.rows_seen(&record.name, other)
            } else {
                let row = self.row(&record.name);
                format!("the CNAME record {row}{}", self.told_by(record, other))
            }
        });
        let rows: Vec<String> = rows.collect();
        if rows.is_empty() || rows.len() > MAX_ROWS {
            format!("the other records {}", self.row(&record.name))
        } else {
            listed(&rows)
        }
    }
}
