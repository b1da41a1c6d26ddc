//! Sentences that name a field of the DNS provider's form, and the value for it.

use std::cell::OnceCell;
use std::ops::Deref;

use super::result::Fix;
use super::show::show;
use crate::diagnosis::Context;
use crate::diagnosis::judge::{Case, type_of};
use crate::dns::RecordType;
use crate::providers::Panel;
use crate::records::{Record, RecordData, RecordId};

/// What is at a name beside ours.
fn stays(record: &Record) -> &'static str {
    if record.id == RecordId::Verification {
        "Keep the value that is there now: another service, or another AWS account or Region, may need it."
    } else {
        "Keep the value that is there now: another service may need it."
    }
}

/// What sentences are made of: the domain with its records, and what its provider's panel calls things.
pub(super) struct Wording<'a> {
    pub(super) context: Context<'a>,
    pub(super) records: &'a [Record],
    pub(super) panel: LazyPanel<'a>,
    /// For fixes that are tried before they are proposed.
    pub(super) case: &'a Case<'a>,
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

    /// The panel of the zone below the domain's own one that holds the record; none where that one does.
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
    pub(super) fn of(case: &'a Case<'a>) -> Self {
        let context = case.context;
        Self {
            context,
            records: case.records,
            panel: LazyPanel::of(case, None),
            case,
        }
    }

    /// The same for a record, whose name may be in another zone.
    pub(super) fn about(&self, record: &'a Record) -> Self {
        Self {
            panel: LazyPanel::of(self.case, Some(record)),
            ..*self
        }
    }

    /// "In Cloudflare, add a TXT record: …" with every field of it.
    pub(super) fn add(&self, record: &Record) -> Fix {
        self.add_after("", record)
    }

    /// The same, after something else at the same provider.
    fn add_after(&self, first: &str, record: &Record) -> Fix {
        let panel = &self.panel;
        Fix {
            text: format!(
                "At {}, {first}{}add {} record: put {} into the field “{}” and {}.",
                panel.place(),
                self.opening(),
                with_article(&record.data),
                panel.host(record),
                panel.host_field(),
                self.value_words(record),
            ),
            field: None,
            value: Some(panel.value(&record.data)),
        }
    }

    /// The same beside what is at the name, which belongs to another service.
    pub(super) fn add_beside(&self, record: &Record) -> Fix {
        let panel = &self.panel;
        let value = panel.value(&record.data);
        let (place, host) = (panel.place(), panel.host(record));
        let text = match panel
            .provider()
            .and_then(|provider| provider.further_value.as_deref())
        {
            Some(way) => format!(
                "At {place}, open the TXT record {host} and put {value} into the field “{}” {way}, in \
                 the same record. {}",
                panel.value_field(&record.data),
                stays(record),
            ),
            None => format!(
                "At {place}, add a second TXT record with the same name: put {host} into the field “{}” \
                 and {}. {}",
                panel.host_field(),
                self.value_words(record),
                stays(record),
            ),
        };
        Fix {
            text,
            field: None,
            value: Some(value),
        }
    }

    /// The record at its own name, for what is at another one is of use there.
    pub(super) fn add_elsewhere(&self, record: &Record, at: &str) -> Fix {
        self.add_and(
            record,
            &format!("The record at {at} may stay: it is for other mail."),
        )
    }

    /// The record at its own name, where what is at another one is of no use.
    pub(super) fn add_instead(&self, record: &Record, what: &str) -> Fix {
        self.add_and(record, &format!("{what} is then no longer needed."))
    }

    /// The record at its own name; what else is to be known of another one.
    fn add_and(&self, record: &Record, more: &str) -> Fix {
        let add = self.add(record);
        Fix {
            text: format!("{} {more}", add.text),
            ..add
        }
    }

    /// The token at the domain itself, where Amazon SES takes it too, because another service has the name.
    pub(super) fn add_at_domain(&self, record: &Record) -> Fix {
        let domain = self.context.domain.as_str();
        if self
            .case
            .observations
            .alias(domain, RecordType::Txt)
            .is_some()
        {
            return self.without_place(record);
        }
        let at_domain = Record {
            name: self.context.domain.as_str().to_owned(),
            ..record.clone()
        };
        let add = self.add(&at_domain);
        Fix {
            text: format!(
                "{} Amazon SES accepts it there, too, and the CNAME record at {}, which another service \
                 may need, can stay.",
                add.text, record.name
            ),
            ..add
        }
    }

    /// No place is left for the token: aliases have its name and the domain itself.
    fn without_place(&self, record: &Record) -> Fix {
        let (name, domain) = (&record.name, self.context.domain);
        let way = if self.has_cnames() {
            "Publish the three CNAME records of DKIM: Amazon SES verifies the domain by them alone."
        } else {
            "Ask Lasso support how the domain can be verified."
        };
        Self::advice(format!(
            "There are CNAME records at {name} and at {domain} itself, which other services may need, and a TXT \
             record cannot be beside them. Leave them as they are. {way}"
        ))
    }

    /// The record of its own, which hides the wildcard.
    pub(super) fn add_before_wildcard(&self, record: &Record) -> Fix {
        let add = self.add(record);
        Fix {
            text: format!(
                "{} It takes precedence over the entry for every name, which may stay.",
                add.text
            ),
            ..add
        }
    }

    /// Each of the values in one record in a record of its own.
    pub(super) fn part(&self, record: &Record, seen: &str) -> Fix {
        let value = record.data.value();
        let others = seen.replace(&value, "");
        let is_alone = others == seen || !others.contains(|c: char| c.is_alphanumeric());
        if is_alone {
            return self.change_value(record);
        }
        let add = self.add(record);
        Fix {
            text: format!(
                "{} Our value then has its own record, so take it out of the record that holds both, and \
                 leave the rest of that record as it is.",
                add.text
            ),
            ..add
        }
    }

    /// The host of an MX record without the priority, which has a field of its own.
    pub(super) fn part_priority(&self, record: &Record) -> Fix {
        let priority = if let RecordData::Mx { preference, .. } = record.data
            && let Some(field) = self.panel.priority_field()
        {
            format!(", put {preference} into the field “{field}”,")
        } else {
            String::new()
        };
        self.open_and_change(record, &priority, &self.panel.value(&record.data))
    }

    /// Another name for the MAIL FROM records, because a service has this one.
    pub(super) fn another_name(record: &Record) -> Fix {
        Self::advice(format!(
            "{} is already in use for other mail. Leave its records as they are, and ask Lasso support \
             for another name.",
            record.name
        ))
    }

    /// What to do where the name is longer than the field for it.
    pub(super) fn ask_provider(&self, record: &Record) -> Fix {
        let panel = &self.panel;
        let (field, host) = (panel.host_field(), panel.host(record));
        Fix {
            text: format!(
                "Ask the support of {} to add the record, with {host} in the field “{field}”.",
                panel.place(),
            ),
            field: Some(field.to_owned()),
            value: Some(host.to_owned()),
        }
    }

    /// How long the name is, and how long it may be.
    pub(super) fn too_long_message(&self, record: &Record) -> String {
        let panel = &self.panel;
        let host = panel.host(record);
        format!(
            "The name {host} has {} characters, and the field “{}” at {} takes {}.",
            host.len(),
            panel.host_field(),
            panel.place(),
            panel.longest_host().unwrap_or_default(),
        )
    }

    /// The same, in place of a record that has to go first.
    pub(super) fn replace(&self, record: &Record, what: &str) -> Fix {
        self.add_after(&format!("first delete {what}. Then "), record)
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
        self.open_and_change(record, "", value)
    }

    /// The same, after something else in the same record.
    fn open_and_change(&self, record: &Record, first: &str, value: &str) -> Fix {
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
        Fix {
            text: format!(
                "At {}, open the {} record {}{first} and put this into the field “{field}”, {around}: {}{}",
                panel.place(),
                record.data.type_name(),
                panel.host(record),
                show(&value),
                quoting.unwrap_or_default(),
            ),
            field: Some(field.to_owned()),
            value: Some(value),
        }
    }

    /// Another name for a record that exists.
    pub(super) fn change_host(&self, record: &Record, at: &str) -> Fix {
        let panel = &self.panel;
        let field = panel.host_field();
        let host = panel.host(record);
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
