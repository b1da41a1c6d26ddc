//! Fixes that add a record, and say what happens to the existing one.

use super::result::Fix;
use super::show::in_full;
use super::steps::{VALUE, with_value_last};
use super::wording::Wording;
use crate::diagnosis::judge::decode;
use crate::dns::RecordType;
use crate::providers::Panel;
use crate::records::{Record, RecordData, RecordId};

/// The sentence about a record that is at a name beside ours.
fn stays(record: &Record) -> &'static str {
    if record.id == RecordId::Verification {
        "Keep the value that is there now: another service, or another AWS account or Region, may need it."
    } else {
        "Keep the value that is there now: another service may need it."
    }
}

impl Wording<'_> {
    /// "At Cloudflare, add a TXT record: …" with every field of it.
    pub(super) fn add(&self, record: &Record) -> Fix {
        self.add_after("", record)
    }

    /// The same, after something else at the same provider.
    fn add_after(&self, first: &str, record: &Record) -> Fix {
        self.add_with(first, record, &[])
    }

    /// The same, with sentences about what it does and what else is to be known.
    pub(super) fn add_with(&self, first: &str, record: &Record, then: &[String]) -> Fix {
        let panel = &self.panel;
        if panel
            .longest_host()
            .is_some_and(|most| panel.host(record).len() > most)
        {
            return self.ask_provider(record);
        }
        let order = format!(
            "{}{first}add {} record: {}",
            self.at(),
            with_article(&record.data),
            self.put_name(record),
        );
        Fix {
            text: self.with_value(&order, record, then),
            field: None,
            value: Some(panel.value(&record.data)),
        }
    }

    /// The same beside what is at the name, which belongs to another service.
    pub(super) fn add_beside(&self, record: &Record) -> Fix {
        let panel = &self.panel;
        let value = panel.value(&record.data);
        let (at, host) = (self.at(), self.row(&record.name));
        let further = panel
            .provider()
            .and_then(|provider| provider.further_value.as_deref());
        let text = if let Some(way) = further {
            with_value_last(
                &format!(
                    "{at}open the TXT record {host}, {way}, and put {VALUE} there{}",
                    with_quotes(panel, record)
                ),
                &[stays(record).to_owned()],
                &value,
            )
        } else {
            let order = format!(
                "{at}add a second TXT record with the same name: {}",
                self.put_name(record),
            );
            self.with_value(&order, record, &[stays(record).to_owned()])
        };
        Fix {
            text,
            field: None,
            value: Some(value),
        }
    }

    /// The record at its own name, for what is at another one is of use there.
    pub(super) fn add_elsewhere(&self, record: &Record, at: &str) -> Fix {
        let kind = record.data.type_name();
        let row = self.row(at);
        self.add_and(record, &format!("Leave the {kind} record {row} as it is."))
    }

    /// The record at its own name, if what is at another one is of no use.
    pub(super) fn add_instead(&self, record: &Record, what: &str) -> Fix {
        self.add_and(record, &format!("You can leave {what}: it does no harm."))
    }

    /// The record at its own name; what else is to be known of another one.
    pub(super) fn add_and(&self, record: &Record, more: &str) -> Fix {
        self.add_with("", record, &[more.to_owned()])
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
        let stays = format!(
            "Amazon SES also accepts the value there. Leave the records {} as they are: another service may need the \
             CNAME record.",
            self.named(&record.name)
        );
        self.add_and(&at_domain, &stays)
    }

    /// No place is left for the token: aliases have its name and the domain itself.
    fn without_place(&self, record: &Record) -> Fix {
        let (row, domain) = (self.row(&record.name), self.context.domain);
        let way = if self.has_cnames() {
            format!(
                "Add the three CNAME records instead ({}; each of them has its own instructions): Amazon SES \
                 then needs no TXT record.",
                self.key_rows().join(", ")
            )
        } else {
            format!(
                "Write to Lasso support: “How can {domain} be verified without the TXT record {row}?”"
            )
        };
        Self::advice(format!(
            "Do not add the TXT record {row}, and do not change the CNAME records with the names {row} and {}: other \
             services may need them. {way}",
            self.row(domain.as_str()),
        ))
    }

    /// The record of its own, which hides the wildcard.
    pub(super) fn add_before_wildcard(&self, record: &Record) -> Fix {
        self.add_and(record, "Leave the catch-all record (*) as it is.")
    }

    /// Each of the values in one record in a record of its own. `at` is the name of that record.
    pub(super) fn part(&self, record: &Record, at: &str, seen: &str) -> Fix {
        let value = record.data.value();
        let others = seen.replace(&value, "");
        let is_alone = others == seen || !others.contains(|c: char| c.is_alphanumeric());
        if is_alone {
            return self.change_value(record);
        }
        let field = self.panel.value_field(&record.data);
        let take_out = match rest_of(seen, &value) {
            Some(rest) => {
                let rest = self.panel.text_value(&rest);
                format!("leave only {} in the field “{field}”", in_full(&rest))
            }
            None => {
                format!("take {value} out of that field, and leave the rest of the field as it is")
            }
        };
        let first = format!(
            "first open the TXT record {}{}, and {take_out}. Then ",
            self.row(at),
            self.told_by(record, seen),
        );
        self.add_after(&first, record)
    }

    /// Another name for the MAIL FROM records, because a service has this one.
    pub(super) fn another_name(&self, record: &Record) -> Fix {
        let (name, domain) = (&record.name, self.context.domain);
        Self::advice(format!(
            "Do not change the records {}: another service may use them. Write to Lasso support: “{name} is \
             already in use. Please choose another name for the bounces of {domain}.” Lasso then shows \
             new records.",
            self.named(name)
        ))
    }

    /// What to do if the name is longer than the field for it.
    pub(super) fn ask_provider(&self, record: &Record) -> Fix {
        let panel = &self.panel;
        let (field, host) = (panel.host_field(), panel.host(record));
        let priority = match (&record.data, panel.priority_field()) {
            (RecordData::Mx { preference, .. }, Some(field)) => format!("{field}: {preference}, "),
            (RecordData::Mx { .. } | RecordData::Txt { .. } | RecordData::Cname { .. }, _) => {
                String::new()
            }
        };
        Fix {
            text: format!(
                "The field “{field}” is too short for this name. Send this to the support of {}: “Please add {} record to \
                 {}. {field}: {host}, {priority}{}: {}”",
                panel.place(),
                with_article(&record.data),
                panel.zone(),
                panel.value_field(&record.data),
                panel.value(&record.data),
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
        let whose = match record.id {
            RecordId::Ownership => " (only Lasso uses this name)",
            RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3 => {
                " (only Amazon SES uses this name)"
            }
            RecordId::Verification
            | RecordId::MailFromMx
            | RecordId::MailFromSpf
            | RecordId::Dmarc => "",
        };
        self.add_after(&format!("first delete {what}{whose}. Then "), record)
    }

    /// The order to fill in the field for the name.
    fn put_name(&self, record: &Record) -> String {
        let (host, field) = (self.row(&record.name), self.panel.host_field());
        match self.panel.choice() {
            Some(choice) => format!("in “{field}”, choose “{choice}”; put {host} beside it"),
            None => format!("put {host} into the field “{field}”"),
        }
    }

    /// `order`, which names the fields before, with the value: at its end if it has spaces, which would hide where it
    /// ends. `then` are sentences.
    fn with_value(&self, order: &str, record: &Record, then: &[String]) -> String {
        let panel = &self.panel;
        let value = panel.value(&record.data);
        let field = panel.value_field(&record.data);
        let quotes = with_quotes(panel, record);
        if value.contains(' ') {
            let order = format!("{order}, and put {VALUE} into “{field}”{quotes}");
            return with_value_last(&order, then, &in_full(&value));
        }
        let order = match (&record.data, panel.priority_field()) {
            (RecordData::Mx { preference, .. }, Some(priority)) => {
                format!("{order} and {value} into “{field}”, and {preference} into “{priority}”.")
            }
            (RecordData::Mx { .. } | RecordData::Txt { .. } | RecordData::Cname { .. }, _) => {
                let choice = match record.data {
                    RecordData::Cname { .. } => panel.choice(),
                    RecordData::Txt { .. } | RecordData::Mx { .. } => None,
                };
                let choice = choice.map(|choice| format!(", where you choose “{choice}”, too"));
                let choice = choice.unwrap_or_default();
                format!("{order} and {value}{quotes} into “{field}”{choice}.")
            }
        };
        std::iter::once(&order)
            .chain(then)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

fn with_quotes(panel: &Panel, record: &Record) -> &'static str {
    match record.data {
        RecordData::Txt { .. } if panel.quotes_text() => " (with the quotation marks)",
        RecordData::Txt { .. } | RecordData::Cname { .. } | RecordData::Mx { .. } => "",
    }
}

/// What a record holds besides `ours`, without what is between the two. None where that may be in the middle of it.
fn rest_of(seen: &str, ours: &str) -> Option<String> {
    let seen = decode(seen);
    let is_between = |c: char| c.is_whitespace() || c.is_control() || ",;|&\"'“”\\".contains(c);
    let rest: Vec<&str> = seen
        .split(ours)
        .map(|part| part.trim_matches(is_between))
        .filter(|part| !part.is_empty())
        .collect();
    match rest.as_slice() {
        [only] => Some((*only).to_owned()),
        _ => None,
    }
}

fn with_article(data: &RecordData) -> &'static str {
    match data {
        RecordData::Txt { .. } => "a TXT",
        RecordData::Cname { .. } => "a CNAME",
        RecordData::Mx { .. } => "an MX",
    }
}
