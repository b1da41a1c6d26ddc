//! Sentences that name a field of the DNS provider's form, and the value for it.

use std::cell::OnceCell;
use std::ops::Deref;

use super::result::Fix;
use super::show::{in_full, is_long};
use crate::diagnosis::Context;
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
        self.open_and_change(record, "", "", value)
    }

    /// The same, after something else in the same record: `first` is an order, and `note` says what the new value
    /// does to the old one.
    pub(super) fn open_and_change(
        &self,
        record: &Record,
        first: &str,
        note: &str,
        value: &str,
    ) -> Fix {
        let panel = &self.panel;
        let value = match record.data {
            RecordData::Txt { .. } => panel.text_value(value),
            RecordData::Cname { .. } | RecordData::Mx { .. } => value.to_owned(),
        };
        let around = match record.data {
            RecordData::Txt { .. } if panel.quotes_text() => {
                "with its quotation marks and nothing before or after them"
            }
            RecordData::Txt { .. } | RecordData::Cname { .. } | RecordData::Mx { .. } => {
                "with nothing before, after or around it"
            }
        };
        let field = panel.value_field(&record.data);
        let quoting = match record.data {
            RecordData::Txt { .. } if value.contains(' ') => panel.own_quoting(),
            RecordData::Txt { .. } | RecordData::Cname { .. } | RecordData::Mx { .. } => None,
        };
        let quoting = quoting.map(|advice| format!(" ({advice})"));
        let long = if is_long(&value) {
            format!(" (copy all of its {} characters)", value.chars().count())
        } else {
            String::new()
        };
        Fix {
            text: format!(
                "{}open {}{first} and put this into the field “{field}”{note}, {around}{long}: {}{}",
                self.at(),
                self.row_of(record),
                in_full(&value),
                quoting.unwrap_or_default(),
            ),
            field: Some(field.to_owned()),
            value: Some(value),
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
        let first = self.priority_first(record);
        self.open_and_change(record, &first, "", &self.panel.value(&record.data))
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
        let panel = &self.panel;
        let field = panel.host_field();
        let why = if panel.appends_zone() {
            format!(
                " Leave {} off there, because it is added automatically.",
                panel.zone()
            )
        } else {
            String::new()
        };
        Fix {
            text: format!(
                "{}open the {} record {}{}, and put {} into the field “{field}”.{why}",
                self.at(),
                record.data.type_name(),
                self.row(at),
                self.told_by(record, seen),
                self.row(&record.name),
            ),
            field: Some(field.to_owned()),
            value: Some(panel.host(record).to_owned()),
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
