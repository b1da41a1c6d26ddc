//! A decision of Lasso support that a claimant has its name.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;

/// What Lasso support decided about a claim that is proven. It is stored with the claim while the takeover
/// that it led to goes on, so that the poller can finish it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Who decided.
    pub actor: Actor,
    /// Why; shown to clients that lose a name by it.
    pub reason: String,
    /// Whether a holder that Lasso sends for may lose its name by it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub confirmed: bool,
}
