//! On what ground a claim is taken over.

use crate::evidence::OwnershipSeen;
use crate::history::Actor;
use crate::names::Note;
use crate::state::{DisplacedBy, Status};

/// On what ground a claim is taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ground {
    /// The ownership record was seen; with what was seen.
    Proof(OwnershipSeen),
    /// Lasso support has decided about a claim that is proven.
    Decision(Decision),
}

/// What Lasso support decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Who decided.
    pub actor: Actor,
    /// Why; shown to whoever loses a name by it.
    pub reason: Note,
    /// Whether a holder that Lasso sends for may lose its name by it.
    pub confirmed: bool,
}

impl Ground {
    pub(super) fn actor(&self) -> Actor {
        match self {
            Self::Proof(_) => Actor::Service,
            Self::Decision(decision) => decision.actor.clone(),
        }
    }

    /// Why a holder loses its name to the claimant.
    pub(super) fn why(&self) -> DisplacedBy {
        match self {
            Self::Proof(_) => DisplacedBy::ProvenByAnotherClient,
            Self::Decision(decision) => DisplacedBy::ReleasedByLassoSupport {
                reason: decision.reason.as_str().to_owned(),
            },
        }
    }

    /// Whether it may end sending for a domain in this state.
    pub(super) fn may_take(&self, status: Status) -> bool {
        match self {
            Self::Proof(_) => !status.sends(),
            Self::Decision(decision) => decision.confirmed || !status.sends(),
        }
    }
}
