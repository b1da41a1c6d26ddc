//! What evidence has for Lasso support alone. No module of the API can read it: it leaves this crate
//! only within [`super::Evidence::for_support`].

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reasons::WithheldReason;
use crate::domain::Challenger;

/// What is for Lasso support alone. The kinds are told apart by the names of their members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Internal {
    /// Of `verified`: why the service did not take the final step.
    Withheld { final_step_withheld: WithheldReason },
    /// Of `proof_found`: who holds the name.
    Holders { holders: Vec<String> },
    /// Of `proof_found`: why Lasso support has decided for the claim.
    Explanation { explanation: String },
    /// Of `adopted`: why Lasso support has given the client the identity.
    Reason { reason: String },
    /// Of `challenged`: who has proven the name.
    Challenged { challenger: Challenger },
    /// Of `displaced`: who has the name now, or one above it.
    Claimant(Challenger),
    /// What was stored, where it is none of these.
    AsStored(Value),
}
