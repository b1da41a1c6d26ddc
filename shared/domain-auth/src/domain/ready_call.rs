//! What is stored of the client's word that it is ready.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// When the client said that it is ready for the final step, or wrote to Lasso support, and in which visit
/// of a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadyCall {
    /// When it was said.
    pub at: Timestamp,
    /// The [`super::Domain::state_since`] of that visit: a time of its own clock may not tell visits apart.
    pub state_since: Timestamp,
    /// What the client wrote last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
    /// It was said on the way to this state, and Lasso support can be told once more.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub carried_over: bool,
    /// A note alone, in a state in which there is no final step to be ready for.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub note_only: bool,
    /// The event about it was within the client's limit of emails to Lasso support.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub emailed: bool,
}
