//! The stored form of the client's message that it is ready.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// When the client said that it is ready for the final step, or wrote to Lasso support, and in
/// which period of a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadyCall {
    /// When the client sent it.
    pub at: Timestamp,
    /// The [`super::Domain::state_since`] of that period. `at` comes from another clock, so it
    /// cannot tell periods apart.
    pub state_since: Timestamp,
    /// The client's last note.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// The person who said that the client is ready, if known ([`crate::actor::Actor::name`]).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<String>,
    /// The person who wrote the note, if known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note_by: Option<String>,
    /// It was sent in an earlier state and carried over, so Lasso support can be told again.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub carried_over: bool,
    /// Only a note, in a state in which there is no final step to be ready for.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub note_only: bool,
    /// The event about it was within the client's limit of emails to Lasso support.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub emailed: bool,
}
