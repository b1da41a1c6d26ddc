//! Sentences about a record whose name is delegated to its own zone, as `_domainkey` may be.

use super::keys_words::is_key;
use super::result::Fix;
use super::show::show;
use super::wording::Wording;
use crate::diagnosis::judge::type_of;
use crate::records::Record;

/// The maximum number of name servers that are named.
const MAX_HOSTS: usize = 4;

impl Wording<'_> {
    /// Whether the record's name is in another zone than the domain.
    pub(super) fn is_delegated(&self) -> bool {
        self.panel.zone() != self.case.panel().zone()
    }

    /// No server of the delegated zone answers, so what it has is not known.
    pub(super) fn silent_delegation_message(&self, record: &Record) -> String {
        let (zone, main) = (self.panel.zone(), self.case.panel().zone());
        if self.is_key_as_ns(record) {
            return format!(
                "The record at {zone} has the type NS, and has to be a CNAME record{}.",
                self.asked_servers(record)
            );
        }
        format!(
            "A record of the type NS in {main} says that another company keeps the records of {zone}{}, and that \
             company does not answer, so Lasso cannot see what is there.",
            self.asked_servers(record)
        )
    }

    /// Whether NS was chosen instead of CNAME: the name of a key has a token in it, and no company needs it.
    fn is_key_as_ns(&self, record: &Record) -> bool {
        is_key(record) && self.panel.zone().eq_ignore_ascii_case(&record.name)
    }

    /// The servers that were asked about a record, as far as they could be reached.
    fn asked_servers(&self, record: &Record) -> String {
        let seen = self
            .case
            .observations
            .get(&record.name, type_of(&record.data));
        let asked = seen.into_iter().flat_map(|seen| &seen.authoritative);
        let mut hosts: Vec<String> = asked.map(|answer| show(&answer.server.host)).collect();
        hosts.dedup();
        hosts.truncate(MAX_HOSTS);
        if hosts.is_empty() {
            return String::new();
        }
        format!(" ({})", hosts.join(", "))
    }

    /// What to do about a delegation whose name servers do not answer. They may be those of a service that is in use.
    pub(super) fn silent_delegation_fix(&self, record: &Record) -> Fix {
        let zone = self.panel.zone();
        let main = Self::of(self.case, self.trouble);
        let row = main.row(zone);
        if self.is_key_as_ns(record) {
            return main.replace(record, &format!("the NS record {row}"));
        }
        Self::advice(format!(
            "Do not delete the NS record {row}: a company may need it. Ask the person who looks after your DNS: “Which \
             company keeps {zone}, and why does it not answer? If the NS record {row} in the table of {} is no longer \
             needed, please delete it.” Lasso then shows the next step.",
            main.panel.zone()
        ))
    }
}
