//! The part of evidence for Lasso support only. No module of the API can read it: it leaves this
//! crate only within [`super::Evidence::for_support`].

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reasons::WithheldReason;
use crate::domain::Challenger;

/// Data for Lasso support only. The names of the members distinguish the kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Internal {
    /// Evidence of `verified`: why the service did not take the final step.
    Withheld { final_step_withheld: WithheldReason },
    /// Evidence of `proof_found`: who holds the name.
    Holders { holders: Vec<String> },
    /// Evidence of `proof_found`: why Lasso support has decided for the claim.
    Explanation { explanation: String },
    /// Evidence of `adopted`: why Lasso support has given the client the identity.
    Reason { reason: String },
    /// Evidence of `challenged`: who has proven the name.
    Challenged { challenger: Challenger },
    /// Evidence of `displaced`: who has the name now, or a name above it.
    Claimant(Challenger),
    /// The stored data, if it has none of these forms.
    AsStored(Value),
}
