//! The client's message that it is ready for the final step, and its note to Lasso support.

use jiff::Timestamp;

use super::Domain;
use super::ready_call::ReadyCall;
use crate::actor::Actor;
use crate::names::Note;
use crate::state::TriggerKind;

impl Domain {
    /// The client's message from the present state, or carried over to it.
    pub fn ready_call(&self) -> Option<&ReadyCall> {
        let ready = self.ready.as_ref();
        ready.filter(|ready| ready.state_since == self.state_since)
    }

    /// Whether the client has said that it is ready since the domain came into its state.
    pub fn has_said_ready(&self) -> bool {
        self.ready_at().is_some() && self.ready_call().is_some_and(|ready| !ready.carried_over)
    }

    /// When the client said that it is ready, in its present state or before it reached this state.
    /// A note without this message does not count.
    pub fn ready_at(&self) -> Option<Timestamp> {
        let ready = self.ready_call().filter(|ready| !ready.note_only);
        ready.map(|ready| ready.at)
    }

    /// Stores that the client says it is ready, for the present state. Without a new `note`, the
    /// note that was carried over to this state is kept.
    pub fn say_ready(&mut self, now: Timestamp, note: Option<&Note>, emailed: bool) {
        let earlier = self.ready_call().filter(|_| note.is_none());
        let (earlier, note_by) = (
            earlier.and_then(|ready| ready.note.clone()),
            earlier.and_then(|ready| ready.note_by.clone()),
        );
        self.ready = Some(ReadyCall {
            at: now,
            state_since: self.state_since,
            note: note.map(|note| note.as_str().to_owned()).or(earlier),
            by: None,
            note_by,
            carried_over: false,
            note_only: false,
            emailed,
        });
    }

    /// Stores the client's note, in a state in which Lasso support has been told or has nothing to
    /// do.
    pub fn write_note(&mut self, now: Timestamp, note: &Note) {
        let call = self.ready_call().cloned();
        let call = call.unwrap_or(ReadyCall {
            at: now,
            state_since: self.state_since,
            note: None,
            by: None,
            note_by: None,
            carried_over: false,
            note_only: true,
            emailed: false,
        });
        self.ready = Some(ReadyCall {
            note: Some(note.as_str().to_owned()),
            note_by: None,
            ..call
        });
    }

    /// Stores who said that the client is ready.
    pub(crate) fn name_who_is_ready(&mut self, actor: &Actor) {
        if let Some(call) = &mut self.ready {
            call.by = actor.name();
        }
    }

    /// Stores who wrote the note.
    pub(crate) fn name_who_wrote(&mut self, actor: &Actor) {
        if let Some(call) = &mut self.ready {
            call.note_by = actor.name();
        }
    }

    /// Keeps the client's message in the next state, if the transition at `now` brought the domain
    /// closer to the final step. After any other transition the message belongs to an earlier
    /// period.
    pub(super) fn carry_ready_over(&mut self, before: &Self, trigger: TriggerKind, now: Timestamp) {
        let carried = match trigger {
            TriggerKind::Provisioned | TriggerKind::SesVerified => before.ready_call(),
            TriggerKind::ProofFound | TriggerKind::Adopted | TriggerKind::SesFailed => None,
            TriggerKind::Restarted | TriggerKind::Completed | TriggerKind::Refused => None,
            TriggerKind::Reopened | TriggerKind::RecordsBroken => None,
            TriggerKind::RecordsRecovered | TriggerKind::Displaced => None,
            TriggerKind::Removed | TriggerKind::Readded | TriggerKind::ReaddedContested => None,
        };
        if let Some(call) = carried {
            self.ready = Some(ReadyCall {
                state_since: now,
                carried_over: true,
                ..call.clone()
            });
        }
    }
}
