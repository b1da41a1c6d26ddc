//! The input of a hand-off, and its errors.

use crate::dns::{Observation, Zone};
use crate::names::{ClientId, DomainName};
use crate::providers::Panel;
use crate::records::Record;

/// What to hand off.
#[derive(Debug, Clone, Copy)]
pub struct Handoff<'a> {
    /// The domain.
    pub domain: &'a DomainName,
    /// The zone that holds it, if it is known.
    pub zone: Option<&'a Zone>,
    /// Its records.
    pub records: &'a [Record],
    /// The last look at DNS: what is at the names already. May be empty.
    pub observations: &'a [Observation],
    /// The client that asks for the records.
    pub client: &'a ClientId,
}

impl Handoff<'_> {
    /// The panel in which a record is edited. It is not `panel` if the name is in a zone of its own.
    pub(super) fn panel_for(&self, record: &Record, panel: &Panel) -> Panel {
        panel.about(record, self.zone, self.observations)
    }

    /// Whether a zone holds a record.
    pub(super) fn is_in(&self, record: &Record, panel: &Panel, zone: &str) -> bool {
        let own = self.panel_for(record, panel);
        own.zone().eq_ignore_ascii_case(zone)
    }

    /// The zones that hold these records, each once.
    pub(super) fn zones_of<'r>(
        &self,
        records: impl IntoIterator<Item = &'r Record>,
        panel: &Panel,
    ) -> Vec<String> {
        let mut zones: Vec<String> = Vec::new();
        for record in records {
            let own = self.panel_for(record, panel);
            if !zones.iter().any(|zone| zone == own.zone()) {
                zones.push(own.zone().to_owned());
            }
        }
        zones
    }
}

/// A format could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum HandoffError {
    /// JSON could not be written.
    #[error("the records could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// A template failed.
    #[error("the page with the records could not be rendered")]
    Template(#[from] askama::Error),
}
