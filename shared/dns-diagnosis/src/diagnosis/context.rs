//! The input of a diagnosis besides the answers of DNS.

use super::former::FormerTokens;
use super::sightings::Sightings;
use crate::dns::{Zone, ZoneOutcome};
use crate::identity::SesStatus;
use crate::names::DomainName;

/// What is known beside the answers themselves.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The domain.
    pub domain: &'a DomainName,
    /// The zone that contains the domain. It also determines the DNS provider.
    pub zone: &'a ZoneOutcome,
    /// Tokens of earlier registrations.
    pub former: &'a FormerTokens,
    /// What Amazon SES last said, if it was asked.
    pub ses: Option<SesStatus>,
    /// When earlier looks found the records, if there were some.
    pub sightings: Option<&'a Sightings>,
}

impl<'a> Context<'a> {
    /// The zone, if it was found.
    pub(crate) fn found_zone(&self) -> Option<&'a Zone> {
        match self.zone {
            ZoneOutcome::Found(zone) => Some(zone),
            ZoneOutcome::NoSuchDomain | ZoneOutcome::Unknown { .. } => None,
        }
    }

    /// The apex of the zone, or else the organizational domain: most zones are cut there.
    pub(crate) fn zone_or_guess(&self) -> &'a str {
        self.found_zone()
            .map_or(self.domain.organizational(), |zone| &zone.apex)
    }
}
