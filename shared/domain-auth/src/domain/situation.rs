//! What the refusal of a call says about a domain: its status, and what the call to make instead
//! depends on.

use super::{Domain, RecordsSeen};
use crate::state::Status;

/// The situation of a domain whose state does not fit a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// The status.
    pub status: Status,
    /// The claim is contested and proven, so it waits for the decision of Lasso support.
    pub proven: bool,
    /// The client has lost the name and has not proven it since. Nothing is left to release.
    pub lost: bool,
    /// The records by which Amazon SES verifies the domain are published, by the last look.
    pub published: bool,
}

impl Situation {
    /// The situation of a domain.
    pub fn of(domain: &Domain) -> Self {
        let proven = domain.state.is_proven_claim();
        let displacement = domain.state.displacement();
        let ended = displacement.is_some_and(|it| it.why.has_ended_the_claim());
        Self {
            status: domain.state.status(),
            proven,
            lost: ended && !proven,
            published: RecordsSeen::of(domain) == RecordsSeen::Found,
        }
    }

    /// That of a domain of which only its status matters.
    pub fn plain(status: Status) -> Self {
        Self {
            status,
            proven: false,
            lost: false,
            published: false,
        }
    }
}
