//! The parts of the staff queue.

use super::status::{Status, WaitingFor};

/// A part of the staff queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueuePart {
    /// The domains in a state.
    InState(Status),
    /// The `contested` domains that are proven and wait for Lasso support.
    ProvenClaims,
}

impl QueuePart {
    /// Every part.
    pub fn all() -> impl Iterator<Item = Self> {
        let states = Status::ALL.into_iter().map(Self::InState);
        states.chain([Self::ProvenClaims])
    }

    /// The state of the domains in it.
    pub fn status(self) -> Status {
        match self {
            Self::InState(status) => status,
            Self::ProvenClaims => Status::Contested,
        }
    }

    /// Who has to do something before the domains in it move on.
    pub fn waiting_for(self) -> Option<WaitingFor> {
        match self {
            Self::InState(status) => status.waiting_for(),
            Self::ProvenClaims => Some(WaitingFor::Lasso),
        }
    }
}
