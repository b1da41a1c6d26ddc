//! A domain with its records and what DNS answered.

use std::cell::OnceCell;

use super::answers::Observations;
use super::dmarc::Policies;
use super::nobodys::NobodysNames;
use super::suspended::are_for_suspended;
use crate::diagnosis::Context;
use crate::dns::{Observation, RecordType};
use crate::providers::Panel;
use crate::records::Record;

/// A domain with its records and what DNS answered: everything that a judgement needs.
pub(crate) struct Case<'a> {
    pub(crate) context: Context<'a>,
    /// The apex of the zone that holds the domain; where it is not known, the organizational domain,
    /// because most zones are cut there.
    pub(crate) zone: &'a str,
    pub(crate) records: &'a [Record],
    pub(crate) observations: Observations<'a>,
    /// What is known of the DMARC records on the way up from the domain.
    pub(crate) policies: Policies<'a>,
    // What several records may ask for is made once, and only where one of them asks.
    panel: OnceCell<Panel>,
    nobodys_names: OnceCell<NobodysNames>,
    is_suspended: OnceCell<bool>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(
        context: Context<'a>,
        records: &'a [Record],
        observations: &'a [Observation],
    ) -> Self {
        let observations = Observations::new(observations);
        Self {
            context,
            zone: context.zone_or_guess(),
            records,
            policies: Policies::new(context.domain, &observations),
            observations,
            panel: OnceCell::new(),
            nobodys_names: OnceCell::new(),
            is_suspended: OnceCell::new(),
        }
    }

    /// The panel of the provider that serves the zone.
    pub(crate) fn panel(&self) -> &Panel {
        self.panel
            .get_or_init(|| Panel::of(self.context.found_zone(), self.zone))
    }

    /// Whether every name server of the zone is one for suspended domains.
    pub(super) fn is_suspended(&self) -> bool {
        let zone = self.context.found_zone();
        let decide = || zone.is_some_and(|zone| are_for_suspended(&zone.name_servers));
        *self.is_suspended.get_or_init(decide)
    }

    /// A name beside the record at which only a wildcard answers.
    pub(crate) fn nobodys_name(&self, record: &Record) -> &str {
        self.nobodys_names
            .get_or_init(|| NobodysNames::below(self.context.domain))
            .beside(record)
    }

    /// The zone's name servers as the zone itself lists them.
    pub(crate) fn own_name_servers(&self) -> Vec<String> {
        self.context
            .found_zone()
            .map(|zone| self.observations.values(&zone.apex, RecordType::Ns))
            .unwrap_or_default()
    }
}
