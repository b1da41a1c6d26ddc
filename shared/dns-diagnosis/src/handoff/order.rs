//! What to hand off, and how that fails.

use crate::dns::{Observation, Zone};
use crate::names::{ClientId, DomainName};
use crate::records::Record;

/// What to hand off.
#[derive(Debug, Clone, Copy)]
pub struct Handoff<'a> {
    /// The domain.
    pub domain: &'a DomainName,
    /// The zone that holds it, where it is known.
    pub zone: Option<&'a Zone>,
    /// Its records.
    pub records: &'a [Record],
    /// The last look at DNS: what is at the names already. May be empty.
    pub observations: &'a [Observation],
    /// The client that asks for the records.
    pub client: &'a ClientId,
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
