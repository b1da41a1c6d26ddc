//! When Amazon SES and DNS were asked, and what earlier looks tell of records that were found once.

use jiff::Timestamp;

use crate::diagnosis::Sightings;
use crate::records::RecordId;

/// When Amazon SES and DNS were asked for what is derived here, if it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AskedAt<'a> {
    /// Amazon SES, for DKIM and MAIL FROM.
    pub ses: Option<Timestamp>,
    /// DNS, for the records.
    pub dns: Option<Timestamp>,
    /// When earlier looks at DNS found the records.
    pub sightings: Option<&'a Sightings>,
}

impl AskedAt<'_> {
    /// What the looks at DNS so far say about records that belong together.
    pub(super) fn past_of(&self, ids: &[RecordId]) -> Past {
        let Some(sightings) = self.sightings else {
            return Past::Plain;
        };
        let gone = ids.iter().filter(|id| sightings.is_gone(**id));
        if let Some(at) = gone.filter_map(|id| sightings.last_found(*id)).max() {
            Past::Gone(at)
        } else if ids.iter().any(|id| sightings.is_back(*id)) {
            Past::Back
        } else {
            Past::Plain
        }
    }
}

/// What happened to records that were found once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// None was found and vanished, as far as it is known.
    Plain,
    /// Some are gone; when the last of these was found last.
    Gone(Timestamp),
    /// Some were gone, and are back.
    Back,
}

/// " on 26 November 2026 at 17:49 UTC".
pub(super) fn on(at: Option<Timestamp>) -> String {
    at.map(|at| at.strftime(" on %-d %B %Y at %H:%M UTC").to_string())
        .unwrap_or_default()
}
