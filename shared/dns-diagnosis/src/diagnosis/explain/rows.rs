//! How a sentence names a row of the DNS provider's table: always by the short name that the table shows.

use super::show::{in_full, is_long, shown};
use super::wording::Wording;
use crate::diagnosis::judge::decode;
use crate::records::{Record, RecordData};

/// The characters that are shown of a long value, to tell it from others.
const BEGINNING: usize = 60;

impl Wording<'_> {
    /// "At Cloudflare, ", and which zone to open there, if it is listed apart from the domain that was bought.
    pub(super) fn at(&self) -> String {
        format!("At {}, {}", self.panel.place(), self.opening())
    }

    fn opening(&self) -> String {
        let zone = self.panel.zone();
        let bought = self.context.domain.organizational();
        let main = self.case.panel().zone();
        if self.is_delegated() {
            return opened_first(zone, main);
        }
        if self.context.found_zone().is_some() && is_below(zone, bought) {
            return opened_first(zone, bought);
        }
        String::new()
    }

    /// A name as the table shows it, with a word about `@`.
    pub(super) fn row(&self, name: &str) -> String {
        match self.panel.host_of(name) {
            "@" => format!("@ (which stands for {} itself)", self.panel.zone()),
            host => in_full(host),
        }
    }

    /// Several rows with one name: "named “bounce”".
    pub(super) fn named(&self, name: &str) -> String {
        match self.panel.host_of(name) {
            "@" => format!("named “@” (which stands for {} itself)", self.panel.zone()),
            host => format!("named “{}”", in_full(host)),
        }
    }

    /// "the TXT record _amazonses".
    pub(super) fn row_of(&self, record: &Record) -> String {
        format!(
            "the {} record {}",
            record.data.type_name(),
            self.row(&record.name)
        )
    }

    /// Which one of several records with one name, by its value as DNS has it.
    pub(super) fn told_by(&self, record: &Record, seen: &str) -> String {
        let field = self.panel.value_field(&record.data);
        let decoded = decode(seen);
        let value = match (&record.data, self.panel.priority_field()) {
            (RecordData::Mx { .. }, Some(_)) => decoded.rsplit(' ').next().unwrap_or(&decoded),
            (RecordData::Mx { .. } | RecordData::Txt { .. } | RecordData::Cname { .. }, _) => {
                decoded.trim()
            }
        };
        if value.is_empty() {
            return String::new();
        }
        if is_long(value) {
            let beginning: String = value.chars().take(BEGINNING).collect();
            return format!(" whose “{field}” begins with {}", in_full(&beginning));
        }
        format!(" that has {} in the field “{field}”", in_full(value))
    }

    /// The records that were seen at a name, as `CNAME a.example, TXT text`, as the rows that they are.
    pub(super) fn rows_seen(&self, name: &str, seen: &str) -> String {
        let row = self.row(name);
        let kinds = ["A", "AAAA", "CNAME", "MX", "NS", "TXT"];
        match seen
            .split_once(' ')
            .filter(|(kind, _)| kinds.contains(kind))
        {
            // There can be only one at a name.
            Some(("CNAME", _)) => format!("the CNAME record {row}"),
            Some((kind, value)) if !value.contains(", ") && !is_long(value) => {
                format!(
                    "the {kind} record {row} that has {} as its value",
                    shown(value)
                )
            }
            Some((kind, _)) => format!("the {kind} records {}", self.named(name)),
            None => format!("what is now at {row}"),
        }
    }
}

/// The order to open a zone that is listed beside `main`, and what to do if it is not.
fn opened_first(zone: &str, main: &str) -> String {
    format!(
        "first open {zone}: it has a line of its own in the list of your domains, beside {main}. If it has none, ask \
         the person who looks after your DNS which company keeps it. There, "
    )
}

/// Whether a name is a longer one with the end `above`.
fn is_below(name: &str, above: &str) -> bool {
    let front = name.strip_suffix(above);
    front.is_some_and(|front| front.len() > 1 && front.ends_with('.'))
}
