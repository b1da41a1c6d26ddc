//! Events for the client's contact only: the records are ready, and the time for them ends soon.

use jiff::{SignedDuration, Timestamp};

use super::{Change, Domain};
use crate::event::{self, EventType};
use crate::ports::Ids;
use crate::state::{State, TriggerKind};

/// The longest time that a request to add a domain waits for the records, which it then returns.
const RECORDS_SHOWN_WITHIN: SignedDuration = SignedDuration::from_secs(30);

/// How long before the time for its records ends a client's contact is warned.
const WARNED_BEFORE: SignedDuration = SignedDuration::from_hours(24);

impl Domain {
    /// The event of a transition into the present state. "The records are ready" is an event only
    /// if the response to the addition did not contain them.
    pub(super) fn event_after(&self, kind: TriggerKind, now: Timestamp) -> Option<EventType> {
        let later = now.duration_since(self.added_at) >= RECORDS_SHOWN_WITHIN;
        if kind == TriggerKind::Provisioned && later {
            return Some(EventType::RecordsReady);
        }
        event::of_transition(kind, &self.state)
    }

    /// When to tell the client's contact that the time for the records ends soon. `None` if the
    /// contact was told, or if no time ends. A proven claim waits for Lasso support and not for the
    /// client.
    pub fn warns_at(&self) -> Option<Timestamp> {
        if self.warned_at.is_some() {
            return None;
        }
        let deadline = match &self.state {
            State::Contested(contested) if contested.proven_at.is_some() => None,
            State::Contested(_) | State::Pending(_) => self.state.deadline(),
            State::Provisioning(_) | State::Verified(_) | State::Authenticated(_) => None,
            State::AtRisk(_) | State::Failed(_) | State::Rejected(_) | State::Removing(_) => None,
        };
        deadline.map(|deadline| deadline - WARNED_BEFORE)
    }

    /// Since when it waits in its state: a proven claim since its proof.
    pub(crate) fn waits_since(&self) -> Timestamp {
        let proven_at = match &self.state {
            State::Contested(contested) => contested.proven_at,
            State::Provisioning(_) | State::Pending(_) | State::Verified(_) => None,
            State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) => None,
            State::Rejected(_) | State::Removing(_) => None,
        };
        proven_at.unwrap_or(self.state_since)
    }

    /// Tells the client's contact that the time for the records ends soon. Once for each time the
    /// domain enters a state.
    #[must_use]
    pub fn expiring(&self, now: Timestamp, ids: &impl Ids) -> Change {
        let mut change = self.updated(|domain| domain.warned_at = Some(now));
        let (event_type, status) = (Some(EventType::Expiring), Some(self.state.status()));
        change.event = change.domain.event(event_type, status, now, ids);
        change
    }
}
