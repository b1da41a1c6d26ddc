//! For whom a domain waits, and since when. The API's `waiting` and the index of the staff queue both come
//! from here.

use jiff::Timestamp;

use super::{Domain, RecordsSeen};
use crate::records::RecordId;
use crate::state::{QueuePart, State, WaitingFor};
use crate::watching::DKIM;

impl Domain {
    /// Who has to do something before the domain moves on; `None` if the service does it automatically, or if
    /// nothing is left to do.
    pub fn waiting_for(&self) -> Option<WaitingFor> {
        if !self.challengers.is_empty() {
            return Some(WaitingFor::Lasso);
        }
        let records = RecordsSeen::of(self);
        match &self.state {
            State::Contested(contested) if contested.taking_over_since.is_some() => None,
            State::Contested(contested) if contested.proven_at.is_some() => Some(WaitingFor::Lasso),
            State::Contested(_) => Some(WaitingFor::Client),
            State::Pending(_) => match records {
                RecordsSeen::Found | RecordsSeen::NotNeeded => None,
                RecordsSeen::NotLooked | RecordsSeen::Unknown | RecordsSeen::Missing => {
                    Some(WaitingFor::Client)
                }
                RecordsSeen::Gone | RecordsSeen::Hidden(_) => Some(WaitingFor::Client),
            },
            State::Verified(_) => Some(WaitingFor::Lasso),
            State::Authenticated(_) => is_lost(records).then_some(WaitingFor::Client),
            State::AtRisk(_) => (records != RecordsSeen::Found).then_some(WaitingFor::Client),
            State::Failed(_) | State::Rejected(_) => Some(WaitingFor::Client),
            State::Provisioning(_) | State::Removing(_) => None,
        }
    }

    /// Since when it waits: for Lasso support's decision between two clients, since the proof; while Lasso sends
    /// and the records are gone, since the first look that counted as bad. If none did, because too few name
    /// servers answered, since the last look that found the records.
    pub fn waiting_since(&self) -> Timestamp {
        if !self.challengers.is_empty() {
            return self.challenged_at.unwrap_or(self.state_since);
        }
        match &self.state {
            State::Contested(contested) => contested.proven_at.unwrap_or(self.state_since),
            State::Authenticated(_) => self.lost_since().unwrap_or(self.state_since),
            State::Provisioning(_) | State::Pending(_) | State::Verified(_) => self.state_since,
            State::AtRisk(_) | State::Failed(_) | State::Rejected(_) => self.state_since,
            State::Removing(_) => self.state_since,
        }
    }

    /// The part of the staff queue that the domain is in.
    pub fn queue_part(&self) -> QueuePart {
        QueuePart::of(self.state.status(), self.waiting_for())
    }

    /// Since when the records by which the domain is verified are gone or cannot be seen; `None` if they are not.
    fn lost_since(&self) -> Option<Timestamp> {
        if !is_lost(RecordsSeen::of(self)) {
            return None;
        }
        let ids = DKIM.into_iter().chain([RecordId::Verification]);
        let last_found = ids.filter_map(|id| self.sightings.last_found(id)).max();
        self.watch.bad_since.or(last_found)
    }
}

/// Whether records that were there are not, or cannot be seen.
fn is_lost(records: RecordsSeen) -> bool {
    match records {
        RecordsSeen::Gone | RecordsSeen::Hidden(_) => true,
        RecordsSeen::NotLooked | RecordsSeen::Unknown | RecordsSeen::Missing => false,
        RecordsSeen::Found | RecordsSeen::NotNeeded => false,
    }
}
