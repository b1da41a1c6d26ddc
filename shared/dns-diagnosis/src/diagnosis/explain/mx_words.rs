//! Sentences about mistakes in the MX record of the MAIL FROM name.

use super::result::Fix;
use super::show::{listed, shown};
use super::wording::Wording;
use crate::diagnosis::DiagnosisCode as Code;
use crate::diagnosis::judge::Finding;
use crate::records::{Record, RecordData};

impl Wording<'_> {
    /// What a finding about the MX record means.
    pub(super) fn mx_message(record: &Record, finding: &Finding) -> String {
        let (name, expected) = (&record.name, record.data.value());
        let raw = finding.value.as_deref().unwrap_or_default();
        let seen = shown(raw);
        match finding.code {
            Code::MxWrongRegion if names_region(raw) => format!(
                "The MX record at {name} is {seen}. That is the server of another AWS Region; the server \
                 for this domain is {expected}."
            ),
            Code::MxWrongRegion => format!(
                "The MX record at {name} is {seen}. The AWS Region in it is missing or misspelt; the \
                 server for this domain is {expected}."
            ),
            Code::MxWrongService => format!(
                "The MX record at {name} is {seen}. That Amazon server has another task; the server that \
                 receives bounces for this domain is {expected}."
            ),
            Code::MxPriorityInValue => format!(
                "The MX record at {name} has its priority where the name of the server belongs: {seen}. It has to be \
                 {expected}, where the number is the priority."
            ),
            _ => {
                let server = expected.split(' ').next_back().unwrap_or(&expected);
                let all: Vec<String> = raw.split(", ").map(one_of_several).collect();
                format!(
                    "There is more than one MX record at {name}: {}. Amazon SES accepts this name only if {server} is \
                     its only mail server.",
                    listed(&all)
                )
            }
        }
    }
}

impl Wording<'_> {
    /// Which one of several MX records to keep. `seen` has all of them, each with its priority.
    pub(super) fn keep_one_exchange(&self, record: &Record, seen: &str) -> Fix {
        let RecordData::Mx {
            preference,
            exchange,
        } = &record.data
        else {
            return self.change_value(record);
        };
        let ours = seen.split(", ").filter_map(|one| one.split_once(' '));
        let ours = ours.filter(|(_, host)| host.eq_ignore_ascii_case(exchange));
        let ours: Vec<u16> = ours.filter_map(|(own, _)| own.parse().ok()).collect();
        let least = ours.iter().copied().min().unwrap_or(*preference);
        let keep = RecordData::Mx {
            preference: if ours.contains(preference) {
                *preference
            } else {
                least
            },
            exchange: exchange.clone(),
        };
        let panel = &self.panel;
        // If two have the same host, the priority tells which one is meant.
        let priority = match (&keep, panel.priority_field()) {
            (RecordData::Mx { preference, .. }, Some(field)) if ours.len() > 1 => {
                format!(" and {preference} in the field “{field}”")
            }
            (RecordData::Mx { .. } | RecordData::Txt { .. } | RecordData::Cname { .. }, _) => {
                String::new()
            }
        };
        Self::advice(format!(
            "{}delete every MX record {} except the one that has {} in the field “{}”{priority}.",
            self.at(),
            self.named(&record.name),
            panel.value(&keep),
            panel.value_field(&keep),
        ))
    }
}

/// One MX record among several, set apart from the others.
fn one_of_several(seen: &str) -> String {
    // A dot alone stands for no mail server at all (RFC 7505).
    if seen.split(' ').nth(1) == Some(".") {
        format!("“{}” (it means that this name takes no mail)", shown(seen))
    } else {
        format!("“{}”", shown(seen))
    }
}

/// Whether a bounce host has the name of a region in it, like `eu-west-1`.
fn names_region(shown: &str) -> bool {
    let host = shown.rsplit(' ').next().unwrap_or(shown);
    let region = host.split('.').nth(1).unwrap_or_default();
    let parts: Vec<&str> = region.split('-').collect();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() >= 3 && parts.last().is_some_and(|last| is_number(last))
}
