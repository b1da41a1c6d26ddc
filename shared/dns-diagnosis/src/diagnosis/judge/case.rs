//! A domain with its records and what DNS answered.

use super::answers::Observations;
use crate::diagnosis::Context;
use crate::dns::{Observation, RecordType};
use crate::records::Record;

/// A domain with its records and what DNS answered: everything that a judgement needs.
pub(crate) struct Case<'a> {
    pub(crate) context: Context<'a>,
    /// The apex of the zone that holds the domain; where it is not known, the organizational domain,
    /// because most zones are cut there.
    pub(crate) zone: &'a str,
    pub(crate) records: &'a [Record],
    pub(crate) observations: Observations<'a>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(
        context: Context<'a>,
        records: &'a [Record],
        observations: &'a [Observation],
    ) -> Self {
        Self {
            context,
            zone: context.zone_or_guess(),
            records,
            observations: Observations::new(observations),
        }
    }

    /// The zone's name servers as the zone itself lists them.
    pub(crate) fn own_name_servers(&self) -> Vec<String> {
        self.context
            .found_zone()
            .map(|zone| self.observations.values(&zone.apex, RecordType::Ns))
            .unwrap_or_default()
    }
}
