//! What the refusal of a call says about a domain: its status, and what the call to make instead
//! depends on.

use super::{Domain, RecordsSeen};
use crate::state::{State, Status};

/// The situation of a domain whose state does not fit a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that do not depend on each other"
)]
pub struct Situation {
    /// The status.
    pub status: Status,
    /// The claim is contested and proven, so it waits for the decision of Lasso support.
    pub proven: bool,
    /// The client has lost the name and has not proven it since. Nothing is left to release.
    pub lost: bool,
    /// What the domain waits for is published, by the last look: the records by which Amazon SES verifies
    /// it; of a contested domain the ownership record, but not yet at all name servers.
    pub published: bool,
    /// Amazon SES does not report the identity as verified, so the final step is refused.
    pub not_in_use: bool,
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
            published: match &domain.state {
                State::Contested(claim) => claim.unconfirmed.is_some(),
                State::Provisioning(_) | State::Pending(_) | State::Verified(_) => is_found(domain),
                State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) => is_found(domain),
                State::Rejected(_) | State::Removing(_) => is_found(domain),
            },
            not_in_use: domain
                .ses_of_identity()
                .is_some_and(|ses| !ses.status.verification.is_in_use()),
        }
    }

    /// That of a domain of which only its status matters.
    pub fn plain(status: Status) -> Self {
        Self {
            status,
            proven: false,
            lost: false,
            published: false,
            not_in_use: false,
        }
    }
}

fn is_found(domain: &Domain) -> bool {
    RecordsSeen::of(domain) == RecordsSeen::Found
}
