//! The parts of the staff queue.

use super::status::{Status, WaitingFor};

/// A part of the staff queue: the domains in a state that wait for the same side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueuePart {
    /// The domains in a state that wait for the same side as most domains in it, or for neither.
    InState(Status),
    /// The domains in a state that wait for Lasso support, where most domains in it do not.
    ForLasso(Status),
    /// The domains in a state that wait for their client, where most domains in it do not.
    ForClient(Status),
}

impl QueuePart {
    /// The part for a domain in a state that waits for `waiting_for`.
    pub fn of(status: Status, waiting_for: Option<WaitingFor>) -> Self {
        match waiting_for {
            Some(_) if waiting_for == status.waiting_for() => Self::InState(status),
            Some(WaitingFor::Lasso) => Self::ForLasso(status),
            Some(WaitingFor::Client) => Self::ForClient(status),
            None => Self::InState(status),
        }
    }

    /// Every part.
    pub fn all() -> impl Iterator<Item = Self> {
        let states = Status::ALL.into_iter().map(Self::InState);
        // Any client's name may be proven by another one.
        let for_lasso = Status::ALL
            .into_iter()
            .filter(|status| status.waiting_for() != Some(WaitingFor::Lasso))
            .map(Self::ForLasso);
        states
            .chain(for_lasso)
            .chain([Self::ForClient(Status::Authenticated)])
    }

    /// The state of the domains in it.
    pub fn status(self) -> Status {
        match self {
            Self::InState(status) | Self::ForLasso(status) | Self::ForClient(status) => status,
        }
    }

    /// Who has to do something before most domains in it move on.
    pub fn waiting_for(self) -> Option<WaitingFor> {
        match self {
            Self::InState(status) => status.waiting_for(),
            Self::ForLasso(_) => Some(WaitingFor::Lasso),
            Self::ForClient(_) => Some(WaitingFor::Client),
        }
    }
}
