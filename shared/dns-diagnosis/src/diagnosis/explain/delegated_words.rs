//! Sentences about a record whose name is delegated to its own zone, as `_domainkey` may be.

use super::result::Fix;
use super::show::show;
use super::wording::Wording;
use crate::diagnosis::judge::type_of;
use crate::records::Record;

/// Most name servers that are named.
const MAX_HOSTS: usize = 4;

impl Wording<'_> {
    /// Whether the record's name is in another zone than the domain.
    pub(super) fn is_delegated(&self) -> bool {
        self.panel.zone() != self.case.panel().zone()
    }

    /// Which zone to open first, where it is not the domain's own.
    pub(super) fn opening(&self) -> String {
        if !self.is_delegated() {
            return String::new();
        }
        format!(
            "open {}, which is a zone separate from {}, and ",
            self.panel.zone(),
            self.case.panel().zone()
        )
    }

    /// No server of the delegated zone answers, so what it has is not known.
    pub(super) fn silent_delegation_message(&self, record: &Record) -> String {
        format!(
            "An NS record in {} hands {} over to other name servers{}, and none of them answers for it. \
             Until one does, its records cannot be seen.",
            self.case.panel().zone(),
            self.panel.zone(),
            self.asked_servers(record)
        )
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

    /// The same, as the one thing to do. The name servers may be those of a service that is in use.
    pub(super) fn silent_delegation_fix(&self, record: &Record) -> Fix {
        let (zone, main) = (self.panel.zone(), self.case.panel());
        Self::advice(format!(
            "At {}, find out whose name servers the NS record {zone} names. If a company needs them, ask it to \
             let them answer for {zone}. If it is there by mistake or they are no longer in use, remove that NS record; then the {} record \
             can be in {}.",
            main.place(),
            record.data.type_name(),
            main.zone()
        ))
    }
}
