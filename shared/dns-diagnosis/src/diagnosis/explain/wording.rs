//! Sentences that name a field of the provider's panel and what to put there.

use super::result::Fix;
use super::show::show;
use crate::diagnosis::Context;
use crate::diagnosis::judge::Case;
use crate::providers::Panel;
use crate::records::{Record, RecordData};

/// What sentences are made of: the domain with its records, and what its provider's panel calls things.
pub(super) struct Wording<'a> {
    pub(super) context: Context<'a>,
    pub(super) records: &'a [Record],
    pub(super) panel: Panel,
    /// For fixes that are tried before they are proposed.
    pub(super) case: &'a Case<'a>,
}

impl<'a> Wording<'a> {
    pub(super) fn of(case: &'a Case<'a>) -> Self {
        let context = case.context;
        Self {
            context,
            records: case.records,
            panel: Panel::of(context.found_zone(), context.domain.organizational()),
            case,
        }
    }

    /// "In Cloudflare, add a TXT record: …" with every field of it.
    pub(super) fn add(&self, record: &Record) -> Fix {
        let panel = &self.panel;
        Fix {
            text: format!(
                "At {}, add {} record: put {} into the field “{}” and {}.",
                panel.place(),
                with_article(&record.data),
                panel.host(record),
                panel.host_field(),
                self.value_words(record),
            ),
            field: None,
            value: Some(panel.value(&record.data)),
        }
    }

    /// The same, in place of a record that has to go first.
    pub(super) fn replace(&self, record: &Record, what: &str) -> Fix {
        let add = self.add(record);
        Fix {
            text: format!("Delete {what}. Then: {}", add.text),
            ..add
        }
    }

    /// Another value in a record that exists.
    pub(super) fn change_value(&self, record: &Record) -> Fix {
        let value = self.panel.value(&record.data);
        self.change_value_to(record, &value)
    }

    /// Another value in a record that exists, which is not the one of the record set.
    pub(super) fn change_value_to(&self, record: &Record, value: &str) -> Fix {
        let panel = &self.panel;
        let field = panel.value_field(&record.data);
        Fix {
            text: format!(
                "At {}, open the {} record {} and put this into the field “{field}”, with nothing \
                 before, after or around it: {}",
                panel.place(),
                record.data.type_name(),
                panel.host(record),
                show(value),
            ),
            field: Some(field.to_owned()),
            value: Some(value.to_owned()),
        }
    }

    /// Another name for a record that exists.
    pub(super) fn change_host(&self, record: &Record, at: &str) -> Fix {
        let panel = &self.panel;
        let field = panel.host_field();
        let host = panel.host(record);
        let why = if panel.appends_zone() {
            format!(
                " Leave {} off there, because it is added by itself.",
                panel.zone()
            )
        } else {
            String::new()
        };
        Fix {
            text: format!(
                "At {}, open the {} record that is now {} and put {host} into the field \
                 “{field}”.{why}",
                panel.place(),
                record.data.type_name(),
                show(at),
            ),
            field: Some(field.to_owned()),
            value: Some(host.to_owned()),
        }
    }

    /// Advice that is no single field.
    pub(super) fn advice(text: String) -> Fix {
        Fix {
            text,
            field: None,
            value: None,
        }
    }

    fn value_words(&self, record: &Record) -> String {
        let panel = &self.panel;
        let value = panel.value(&record.data);
        let field = panel.value_field(&record.data);
        match (&record.data, panel.priority_field()) {
            (RecordData::Mx { preference, .. }, Some(priority)) => {
                format!("{value} into “{field}”, and {preference} into “{priority}”")
            }
            (RecordData::Mx { .. } | RecordData::Txt { .. } | RecordData::Cname { .. }, _) => {
                format!("{value} into “{field}”")
            }
        }
    }
}

fn with_article(data: &RecordData) -> &'static str {
    match data {
        RecordData::Txt { .. } => "a TXT",
        RecordData::Cname { .. } => "a CNAME",
        RecordData::Mx { .. } => "an MX",
    }
}
