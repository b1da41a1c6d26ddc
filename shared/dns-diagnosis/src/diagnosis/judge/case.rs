//! A domain with its records and the answers of DNS.

use std::cell::OnceCell;

use super::answers::Observations;
use super::dmarc::Policies;
use super::finding::Standing;
use super::suspended::are_for_suspended;
use super::wildcard::WildcardProbes;
use crate::diagnosis::Context;
use crate::dns::{Observation, RecordType, closest_zone};
use crate::providers::Panel;
use crate::records::{Record, RecordId};

/// A domain with its records and what DNS answered: everything that a judgement needs.
pub(crate) struct Case<'a> {
    pub(crate) context: Context<'a>,
    /// The apex of the zone that holds the domain; if it is not known, the organizational domain,
    /// because most zones are cut there.
    pub(crate) zone: &'a str,
    pub(crate) records: &'a [Record],
    pub(crate) observations: Observations<'a>,
    /// What is known of the DMARC records on the way up from the domain.
    pub(crate) policies: Policies<'a>,
    /// The apexes of zones below the one that holds the domain.
    delegated_zones: Vec<&'a str>,
    // What several records may ask for is made once, and only if one of them asks.
    panel: OnceCell<Panel>,
    probes: OnceCell<WildcardProbes>,
    is_suspended: OnceCell<bool>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(
        context: Context<'a>,
        records: &'a [Record],
        observations: &'a [Observation],
    ) -> Self {
        let observations = Observations::new(observations);
        let mut policies = Policies::new(context.domain, &observations);
        if let Some(name) = mail_from(records) {
            policies = policies.with_mail_from(name, &observations);
        }
        Self {
            context,
            zone: context.zone_or_guess(),
            delegated_zones: observations.delegated_zones(context.zone_or_guess()),
            records,
            policies,
            observations,
            panel: OnceCell::new(),
            probes: OnceCell::new(),
            is_suspended: OnceCell::new(),
        }
    }

    /// The MAIL FROM name; none if the domain has none of its own.
    pub(crate) fn mail_from(&self) -> Option<&'a str> {
        mail_from(self.records)
    }

    /// The panel of the provider that serves the zone.
    pub(crate) fn panel(&self) -> &Panel {
        self.panel
            .get_or_init(|| Panel::of(self.context.found_zone(), self.zone))
    }

    /// The zone below the domain's own one that holds a name; none if the zone itself does.
    pub(crate) fn delegated_zone(&self, name: &str) -> Option<&'a str> {
        closest_zone(name, &self.delegated_zones)
    }

    /// The apex of the zone that holds a record.
    pub(super) fn zone_of(&self, record: &Record) -> &'a str {
        self.delegated_zone(&record.name).unwrap_or(self.zone)
    }

    /// Whether every name server of the zone is one for suspended domains. One that answers with a record of
    /// this domain is not. A DMARC record may be the registrar's.
    pub(super) fn is_suspended(&self) -> bool {
        let domain = self.context.domain.organizational();
        let is_seen = |record: &Record| {
            record.id != RecordId::Dmarc && self.own(record).standing == Standing::Right
        };
        let decide = || {
            let zone = self.context.found_zone();
            zone.is_some_and(|zone| are_for_suspended(&zone.name_servers, domain))
                && !self.records.iter().any(is_seen)
        };
        *self.is_suspended.get_or_init(decide)
    }

    /// A name beside the record at which only a wildcard answers.
    pub(crate) fn wildcard_probe(&self, record: &Record) -> &str {
        self.probes().beside(record)
    }

    /// The names below the domain at which only a wildcard answers.
    pub(crate) fn wildcard_probes(&self) -> [&str; 2] {
        self.probes().all()
    }

    fn probes(&self) -> &WildcardProbes {
        self.probes
            .get_or_init(|| WildcardProbes::below(self.context.domain))
    }

    /// The zone's name servers as the zone itself lists them.
    pub(crate) fn own_name_servers(&self) -> Vec<String> {
        self.context
            .found_zone()
            .map(|zone| self.observations.values(&zone.apex, RecordType::Ns))
            .unwrap_or_default()
    }
}

fn mail_from(records: &[Record]) -> Option<&str> {
    let mut records = records.iter();
    let record = records.find(|record| record.id == RecordId::MailFromMx)?;
    Some(&record.name)
}
