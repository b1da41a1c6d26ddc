//! Sentences that name a field of the DNS provider's form, and the value for it.

use std::cell::OnceCell;
use std::ops::Deref;

use super::result::Fix;
use super::show::{in_full, is_long};
use super::steps::{Steps, VALUE, with_value_last};
use crate::diagnosis::Context;
use crate::diagnosis::DiagnosisCode as Code;
use crate::diagnosis::judge::{Case, Trouble, type_of};
use crate::dns::RecordType;
use crate::providers::Panel;
use crate::records::{Record, RecordData};

/// What sentences are made of: the domain with its records, and what its provider's panel calls things.
pub(super) struct Wording<'a> {
    pub(super) context: Context<'a>,
    pub(super) records: &'a [Record],
    pub(super) panel: LazyPanel<'a>,
    /// For fixes that are tried before they are proposed.
    pub(super) case: &'a Case<'a>,
    /// Why the domain as a whole cannot be seen, if it cannot.
    pub(super) trouble: Option<Trouble>,
}

/// The panel that words are for, recognized at the first of them: there are none for a record that is right.
pub(super) struct LazyPanel<'a> {
    case: &'a Case<'a>,
    /// The record that is edited, whose name may be in another zone.
    record: Option<&'a Record>,
    panel: OnceCell<Panel>,
}

impl<'a> LazyPanel<'a> {
    fn of(case: &'a Case<'a>, record: Option<&'a Record>) -> Self {
        let panel = OnceCell::new();
        Self {
            case,
            record,
            panel,
        }
    }

    /// The panel of the zone below the domain's own one that holds the record; none if that one does.
    fn delegated(&self) -> Option<Panel> {
        let (case, record) = (self.case, self.record?);
        let zone = case.context.found_zone()?;
        let apex = case.delegated_zone(&record.name);
        let record_type = type_of(&record.data);
        let seen = case.observations.get(&record.name, record_type);
        let at_apex = case.observations.get(&zone.apex, RecordType::Ns);
        Panel::of_delegated(record, zone, apex, seen, at_apex)
    }
}

impl Deref for LazyPanel<'_> {
    type Target = Panel;

    fn deref(&self) -> &Panel {
        let recognize = || {
            self.delegated()
                .unwrap_or_else(|| self.case.panel().clone())
        };
        self.panel.get_or_init(recognize)
    }
}

impl<'a> Wording<'a> {
    pub(super) fn of(case: &'a Case<'a>, trouble: Option<Trouble>) -> Self {
        let context = case.context;
        Self {
            context,
            records: case.records,
            panel: LazyPanel::of(case, None),
            case,
            trouble,
        }
    }

    /// The wording about a record, whose name may be in another zone.
    pub(super) fn about(&self, record: &'a Record) -> Self {
        Self {
            panel: LazyPanel::of(self.case, Some(record)),
            ..*self
        }
    }

    /// Another value in a record that exists.
    pub(super) fn change_value(&self, record: &Record) -> Fix {
        match &record.data {
            RecordData::Txt { text } => self.change_value_to(record, text),
            RecordData::Cname { .. } | RecordData::Mx { .. } => {
                self.change_value_to(record, &self.panel.value(&record.data))
            }
        }
    }

    /// Another value in a record that exists, which is not the one of the record set. A text is given
    /// as DNS has it, and gets the quotation marks that the panel wants.
    pub(super) fn change_value_to(&self, record: &Record, value: &str) -> Fix {
        self.open_and_change(record, Steps::default(), value)
    }

    /// The same, with what belongs to it.
    pub(super) fn open_and_change(&self, record: &Record, steps: Steps, value: &str) -> Fix {
        let panel = &self.panel;
        let value = match record.data {
            RecordData::Txt { .. } => panel.text_value(value),
            RecordData::Cname { .. } | RecordData::Mx { .. } => value.to_owned(),
        };
        let field = panel.value_field(&record.data);
        let Steps {
            ask,
            first,
            into,
            mut then,
        } = steps;
        then.extend(self.quoting_advice(record, &value));
        let order = format!(
            "{}open {}{first} and put {VALUE} into the field “{field}”{into}, {}",
            self.at(),
            self.row_of(record),
            self.around(record, &value),
        );
        Fix {
            text: ask.before(&with_value_last(&order, &then, &in_full(&value))),
            field: Some(field.to_owned()),
            value: Some(value),
        }
    }

    /// The order to empty the field first, where the old and the new value look the same: quotation marks in
    /// those that the panel wants.
    pub(super) fn emptied(&self, record: &Record, code: Code) -> String {
        if code == Code::ValueQuoted && self.panel.quotes_text() {
            let field = self.panel.value_field(&record.data);
            format!(", delete everything in the field “{field}”,")
        } else {
            String::new()
        }
    }

    /// That nothing but the value goes into its field.
    pub(super) fn around(&self, record: &Record, value: &str) -> String {
        let around = match record.data {
            RecordData::Txt { .. } if self.panel.quotes_text() => {
                "with its quotation marks and nothing before or after them"
            }
            RecordData::Txt { .. } | RecordData::Cname { .. } | RecordData::Mx { .. } => {
                "with nothing before, after or around it"
            }
        };
        if is_long(value) {
            format!(
                "{around} (copy all of its {} characters)",
                value.chars().count()
            )
        } else {
            around.to_owned()
        }
    }

    fn quoting_advice(&self, record: &Record, value: &str) -> Option<String> {
        match record.data {
            RecordData::Txt { .. } if value.contains(' ') => {
                self.panel.own_quoting().map(str::to_owned)
            }
            RecordData::Txt { .. } | RecordData::Cname { .. } | RecordData::Mx { .. } => None,
        }
    }

    /// Another value in a record whose panel adds the zone to a name that does not end in a dot.
    pub(super) fn change_target(&self, record: &Record) -> Fix {
        let panel = &self.panel;
        let value = format!("{}.", panel.value(&record.data).trim_end_matches('.'));
        let field = panel.value_field(&record.data);
        Fix {
            text: format!(
                "{}open {}{} and put {value} into the field “{field}”, with the dot at the end.",
                self.at(),
                self.row_of(record),
                self.priority_first(record),
            ),
            field: Some(field.to_owned()),
            value: Some(value),
        }
    }

    /// Another value in an MX record, without the priority, which has a field of its own.
    pub(super) fn part_priority(&self, record: &Record) -> Fix {
        let steps = Steps {
            first: self.priority_first(record),
            ..Steps::default()
        };
        self.open_and_change(record, steps, &self.panel.value(&record.data))
    }

    fn priority_first(&self, record: &Record) -> String {
        if let RecordData::Mx { preference, .. } = record.data
            && let Some(field) = self.panel.priority_field()
        {
            format!(", put {preference} into the field “{field}”,")
        } else {
            String::new()
        }
    }

    /// Another name for a record that exists. `seen` is its value.
    pub(super) fn change_host(&self, record: &Record, at: &str, seen: &str) -> Fix {
        let field = self.panel.host_field();
        let why = if self.panel.appends_zone() {
            format!(
                "Leave {} off there, because it is added automatically.",
                self.panel.zone()
            )
        } else {
            String::new()
        };
        let (ask, then) = self.published(record, seen);
        let order = format!(
            "{}open the {} record {}{}, and put {} into the field “{field}”.",
            self.at(),
            record.data.type_name(),
            self.row(at),
            self.told_by(record, seen),
            self.row(&record.name),
        );
        let sentences = [order, why].into_iter().chain(then);
        let sentences: Vec<String> = sentences.filter(|text| !text.is_empty()).collect();
        Fix {
            text: ask.before(&sentences.join(" ")),
            field: Some(field.to_owned()),
            value: Some(self.panel.host(record).to_owned()),
        }
    }

    /// Another name and another value for a record that exists: one after the other, neither would be found by the
    /// words of the other.
    pub(super) fn change_host_and_value(
        &self,
        record: &Record,
        at: &str,
        seen: &str,
        value: String,
    ) -> Fix {
        let panel = &self.panel;
        let why = if panel.appends_zone() {
            format!(
                " (leave {} off there, because it is added automatically)",
                panel.zone()
            )
        } else {
            String::new()
        };
        let (ask, mut then) = self.published(record, seen);
        then.extend(self.quoting_advice(record, &value));
        let order = format!(
            "{}open the {} record {}{}, put {} into the field “{}”{why}, and put {VALUE} into the field “{}”, {}",
            self.at(),
            record.data.type_name(),
            self.row(at),
            self.told_by(record, seen),
            self.row(&record.name),
            panel.host_field(),
            panel.value_field(&record.data),
            self.around(record, &value),
        );
        Fix {
            text: ask.before(&with_value_last(&order, &then, &in_full(&value))),
            field: None,
            value: Some(value),
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
}
