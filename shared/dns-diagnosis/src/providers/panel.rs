//! The values for the fields of the DNS provider's form.

use crate::dns::{Observation, RecordType, Zone, closest_zone, delegated_zones};
use crate::records::character_strings::{octal_escape, strings};
use crate::records::{Record, RecordData, RecordId, host_in};

use super::{HostForm, Provider, detect};

/// Stands for the words of a panel that is not known.
const HOST_FIELD: &str = "Host (or Name)";
const VALUE_FIELD: &str = "Value";
const TARGET_FIELD: &str = "Value (or Points to)";
const EXCHANGE_FIELD: &str = "Mail server (or Value)";
const PRIORITY_FIELD: &str = "Priority";

/// The servers that said something, in the order of the answers.
fn hosts_that_answered(seen: &Observation) -> impl Iterator<Item = &str> {
    let answers = seen.authoritative.iter();
    let answers = answers.filter(|answer| answer.outcome.is_answer());
    answers.map(|answer| answer.server.host.as_str())
}

/// A provider's panel with one zone open in it.
#[derive(Debug, Clone)]
pub struct Panel {
    provider: Option<&'static Provider>,
    zone: String,
}

impl Panel {
    /// The panel of the provider that serves `zone`; if the zone is not known, `guess` stands
    /// for its apex.
    pub fn of(zone: Option<&Zone>, guess: &str) -> Self {
        Self {
            provider: zone.and_then(|zone| detect(&zone.name_servers)),
            zone: zone.map_or(guess, |zone| &zone.apex).to_owned(),
        }
    }

    /// The panel of a record in a zone of its own below `zone`, as `_domainkey` or `_dmarc` may be. None if
    /// the record is in `zone` itself. `apex` is the delegated zone that the answers name, `seen` the record's
    /// own look-up, `at_apex` that of the NS records of `zone`.
    ///
    /// An answer to a question that was asked by an earlier version names no zone. Then the servers that
    /// answered tell: those that answer for the NS records of `zone` serve it, under whatever name.
    pub fn of_delegated(
        record: &Record,
        zone: &Zone,
        apex: Option<&str>,
        seen: Option<&Observation>,
        at_apex: Option<&Observation>,
    ) -> Option<Self> {
        if apex.is_none() {
            // Most names are not delegated: nothing is copied until one is.
            let mut answered = seen.into_iter().flat_map(hosts_that_answered).peekable();
            let is_zones = |host: &str| {
                let listed = zone.name_servers.iter().map(String::as_str);
                let mut own = listed.chain(at_apex.into_iter().flat_map(hosts_that_answered));
                own.any(|own| own.eq_ignore_ascii_case(host))
            };
            let is_told = seen.is_some_and(|seen| seen.zone.is_some());
            if is_told
                || zone.name_servers.is_empty()
                || answered.peek().is_none()
                || answered.any(is_zones)
            {
                return None;
            }
        }
        let apex = match (apex, record.id) {
            (Some(apex), _) => apex,
            // The keys of all senders are in one zone.
            (None, RecordId::Dkim1 | RecordId::Dkim2 | RecordId::Dkim3) => {
                record.name.split_once('.')?.1
            }
            (
                None,
                RecordId::Verification
                | RecordId::MailFromMx
                | RecordId::MailFromSpf
                | RecordId::Dmarc
                | RecordId::Ownership,
            ) => record.name.as_str(),
        };
        let answered = seen.into_iter().flat_map(hosts_that_answered);
        let mut name_servers: Vec<String> = answered.map(str::to_owned).collect();
        name_servers.dedup();
        let delegated = Zone {
            apex: apex.to_owned(),
            name_servers,
        };
        Some(Self::of(Some(&delegated), apex))
    }

    /// The panel in which a record is edited, by the observations of the last look: this one, which is of
    /// `zone`, or that of a zone to which the record's name is delegated.
    #[must_use]
    pub fn about(
        &self,
        record: &Record,
        zone: Option<&Zone>,
        observations: &[Observation],
    ) -> Self {
        let record_type = match record.data {
            RecordData::Txt { .. } => RecordType::Txt,
            RecordData::Cname { .. } => RecordType::Cname,
            RecordData::Mx { .. } => RecordType::Mx,
        };
        let seen = |name: &str, record_type| {
            observations.iter().find(|seen| {
                seen.question.record_type == record_type
                    && seen.question.name.eq_ignore_ascii_case(name)
            })
        };
        let delegated = zone.and_then(|zone| {
            let zones = delegated_zones(&zone.apex, observations);
            Self::of_delegated(
                record,
                zone,
                closest_zone(&record.name, &zones),
                seen(&record.name, record_type),
                seen(&zone.apex, RecordType::Ns),
            )
        });
        delegated.unwrap_or_else(|| self.clone())
    }

    /// The panel of a provider with the zone `apex` open in it.
    pub fn at(provider: Option<&'static Provider>, apex: String) -> Self {
        Self {
            provider,
            zone: apex,
        }
    }

    /// The provider, if it is known.
    pub fn provider(&self) -> Option<&'static Provider> {
        self.provider
    }

    /// The apex of the zone.
    pub fn zone(&self) -> &str {
        &self.zone
    }

    /// The name of the DNS provider, such as "Cloudflare", or "your DNS provider" if it is unknown.
    pub fn place(&self) -> &str {
        self.provider
            .map_or("your DNS provider", |provider| &provider.name)
    }

    /// The label of the field that takes the record's name.
    pub fn host_field(&self) -> &str {
        self.provider
            .map_or(HOST_FIELD, |provider| &provider.fields.host)
    }

    /// What has to be chosen in the fields for the name and for a target first, if anything.
    pub fn choice(&self) -> Option<&'static str> {
        self.provider
            .and_then(|provider| provider.choice.as_deref())
    }

    /// The maximum number of characters that the field for the name takes, if that is known.
    pub fn longest_host(&self) -> Option<usize> {
        self.provider?.longest_host
    }

    /// What goes into the field for the name.
    pub fn host<'r>(&self, record: &'r Record) -> &'r str {
        self.host_of(&record.name)
    }

    /// A name as the table of the panel shows it.
    pub fn host_of<'n>(&self, name: &'n str) -> &'n str {
        match self.provider.map(|provider| provider.host) {
            Some(HostForm::Full) => name,
            Some(HostForm::Relative) | None => host_in(name, &self.zone),
        }
    }

    /// The label of the field that takes the value.
    pub fn value_field(&self, data: &RecordData) -> &str {
        let fields = self.provider.map(|provider| &provider.fields);
        match data {
            RecordData::Txt { .. } => fields.map_or(VALUE_FIELD, |fields| &fields.text),
            RecordData::Cname { .. } => fields.map_or(TARGET_FIELD, |fields| &fields.target),
            RecordData::Mx { .. } => fields.map_or(EXCHANGE_FIELD, |fields| &fields.exchange),
        }
    }

    /// What goes into the field for the value.
    pub fn value(&self, data: &RecordData) -> String {
        let dot = if self.provider.is_some_and(|provider| provider.dots_targets) {
            "."
        } else {
            ""
        };
        match data {
            RecordData::Txt { text } => self.text_value(text),
            RecordData::Cname { target } => format!("{target}{dot}"),
            RecordData::Mx {
                preference,
                exchange,
            } => match self.priority_field() {
                Some(_) => format!("{exchange}{dot}"),
                None => format!("{preference} {exchange}{dot}"),
            },
        }
    }

    /// What goes into the field for the value of a TXT record: as it is, or, if the panel wants
    /// quotation marks (Route 53), in strings of at most 255 octets as the change batch has them.
    pub fn text_value(&self, text: &str) -> String {
        if self.quotes_text() {
            strings(text.as_bytes(), octal_escape).join(" ")
        } else {
            text.to_owned()
        }
    }

    /// Whether the value of a TXT record is typed with quotation marks around it.
    pub fn quotes_text(&self) -> bool {
        self.provider.is_some_and(|provider| provider.quotes_text)
    }

    /// What the provider's panel does with quotation marks, if it is neither of the usual two.
    pub fn own_quoting(&self) -> Option<&'static str> {
        self.provider
            .and_then(|provider| provider.quoting.as_deref())
    }

    /// Whether a text is typed with its quotation marks, which is what most people ask.
    pub fn quoting(&self, data: &RecordData) -> Option<&'static str> {
        let own = self.own_quoting();
        match data {
            RecordData::Txt { .. } if own.is_some() => own,
            RecordData::Txt { .. } if self.quotes_text() => {
                Some("Type the value between quotation marks (\"…\").")
            }
            RecordData::Txt { .. } => Some("Type no quotation marks around the value."),
            RecordData::Cname { .. } | RecordData::Mx { .. } => None,
        }
    }

    /// The label of the field that takes the preference of an MX record, if there is one.
    pub fn priority_field(&self) -> Option<&str> {
        match self.provider {
            Some(provider) => provider.fields.priority.as_deref(),
            None => Some(PRIORITY_FIELD),
        }
    }

    /// Whether the panel appends the zone to the name that a person enters.
    pub fn appends_zone(&self) -> bool {
        match self.provider.map(|provider| provider.host) {
            Some(HostForm::Relative) | None => true,
            Some(HostForm::Full) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Requirement;

    fn record() -> Record {
        Record {
            id: RecordId::MailFromMx,
            name: "bounce.mail.example.com".to_owned(),
            data: RecordData::Mx {
                preference: 10,
                exchange: "feedback-smtp.us-east-1.amazonses.com".to_owned(),
            },
            ttl: 300,
            requirement: Requirement::Recommended,
        }
    }

    fn panel(name_server: &str) -> Panel {
        let zone = Zone {
            apex: "example.com".to_owned(),
            name_servers: vec![name_server.to_owned()],
        };
        Panel::of(Some(&zone), "mail.example.com")
    }

    #[test]
    fn the_host_is_relative_to_the_zone_if_the_panel_appends_it() {
        assert_eq!(
            panel("ns1.domaincontrol.com").host(&record()),
            "bounce.mail"
        );
        assert_eq!(
            Panel::of(None, "mail.example.com").host(&record()),
            "bounce"
        );
    }

    #[test]
    fn an_mx_preference_without_its_own_field_goes_into_the_value() {
        let route53 = panel("ns-1.awsdns-00.com");
        assert_eq!(
            route53.value(&record().data),
            "10 feedback-smtp.us-east-1.amazonses.com"
        );
        assert_eq!(
            route53.value(&RecordData::Txt {
                text: "x".to_owned()
            }),
            "\"x\""
        );
        assert_eq!(
            panel("ada.ns.cloudflare.com").value(&record().data),
            "feedback-smtp.us-east-1.amazonses.com"
        );
    }
}
