//! The ground on which a claim takes over its name.

use crate::domain::Domain;
use crate::evidence::OwnershipSeen;
use crate::history::Actor;
use crate::state::{DisplacedBy, Grant, Status};

/// The ground on which a claim takes over its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ground {
    /// The ownership record was seen, with the details.
    Proof(OwnershipSeen),
    /// Lasso support has decided about a claim that is proven.
    Decision(Grant),
}

impl Ground {
    /// The ground on which a claim can take over its name now: a decision of Lasso support that is
    /// being carried out, and otherwise `proof`.
    pub(in crate::use_cases) fn of(domain: &Domain, proof: Option<&OwnershipSeen>) -> Option<Self> {
        let granted = domain.state.grant().cloned().map(Self::Decision);
        granted.or_else(|| proof.cloned().map(Self::Proof))
    }

    /// The decision, which is stored with the claimant while it is carried out.
    pub(super) fn grant(&self) -> Option<&Grant> {
        match self {
            Self::Proof(_) => None,
            Self::Decision(grant) => Some(grant),
        }
    }

    pub(super) fn actor(&self) -> Actor {
        match self {
            Self::Proof(_) => Actor::Service,
            Self::Decision(grant) => grant.actor.clone(),
        }
    }

    /// Why a holder loses its name to the claimant.
    pub(super) fn why(&self) -> DisplacedBy {
        match self {
            Self::Proof(_) => DisplacedBy::ProvenByAnotherClient,
            Self::Decision(grant) => DisplacedBy::ReleasedByLassoSupport {
                reason: grant.reason.clone(),
            },
        }
    }

    /// Whether it may end sending for a domain in this state.
    pub(super) fn may_take(&self, status: Status) -> bool {
        match self {
            Self::Proof(_) => !status.sends(),
            Self::Decision(grant) => grant.confirmed || !status.sends(),
        }
    }
}
