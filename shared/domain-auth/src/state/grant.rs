//! A decision of Lasso support that grants a name to a claimant.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;

/// The decision of Lasso support about a proven claim. It is stored with the claim while the
/// takeover is running, so that the poller can finish it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Who decided.
    pub actor: Actor,
    /// Why; shown to clients that lose a name because of it.
    pub reason: String,
    /// Whether Lasso support confirmed that a holder that Lasso sends for may lose its name.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub confirmed: bool,
}
