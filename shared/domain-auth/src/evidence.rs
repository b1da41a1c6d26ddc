//! The evidence in the history: what a person requested, and what was observed when something
//! happened. It uses the words of the API and is small, because history is kept permanently.
//!
//! [`Evidence`] has three parts: the facts, with one type for each kind of action; data for Lasso
//! support only; and how much was too large to keep. As JSON they are one object.
//! [`ClientEvidence`] is the part of a line that a client may read; the rest cannot be restored
//! from it.

mod bounds;
mod client;
mod erased;
mod facts;
mod internal;
mod loss;
mod make;
mod phrases;
mod reasons;
mod sentences;
mod stored;

#[cfg(test)]
mod any;
#[cfg(test)]
mod bounds_tests;
#[cfg(test)]
mod tests;

use serde::{Serialize, Serializer};
use serde_json::Value;

pub use client::ClientEvidence;
pub(crate) use facts::Facts;
pub use facts::OwnershipSeen;
pub(crate) use internal::Internal;
pub use make::{
    of_addition, of_challenge, of_displacement, of_final_step, of_identity, of_look, of_refusal,
    of_takeover,
};
pub(crate) use make::{
    of_adoption, of_broken, of_call, of_contest, of_decision, of_details, of_expiry, of_failure,
    of_letter, of_link, of_mail_refusal, of_nothing, of_ownership, of_removal, of_restart,
    of_stuck,
};
pub use reasons::Expiry;
pub(crate) use reasons::{LossReason, SesCall, WithheldReason};
pub use sentences::Reader;
pub(crate) use sentences::Told;

/// The member that is for Lasso support only.
const INTERNAL: &str = "internal";
/// The member that says how much was too large to be kept.
const LEFT_OUT: &str = "left_out";

/// Why something happened, with the observations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    facts: Facts,
    internal: Option<Internal>,
    left_out: Option<u64>,
}

impl Evidence {
    pub(crate) fn new(facts: Facts) -> Self {
        Self {
            facts,
            internal: None,
            left_out: None,
        }
    }

    /// The evidence with this data for Lasso support only.
    #[must_use]
    pub(crate) fn with_internal(self, internal: Internal) -> Self {
        Self {
            internal: Some(internal),
            ..self
        }
    }

    /// All of it, as stored and as Lasso support sees it.
    pub fn for_support(&self) -> Value {
        let mut whole = json_of(&self.facts);
        if let Value::Object(members) = &mut whole {
            let internal = self.internal.as_ref().map(json_of);
            members.extend(internal.map(|internal| (INTERNAL.to_owned(), internal)));
            let left_out = self.left_out.map(Value::from);
            members.extend(left_out.map(|left_out| (LEFT_OUT.to_owned(), left_out)));
        }
        whole
    }

    /// Whether it says that SES has the name for another owner.
    pub(crate) fn is_contested_by_ses(&self) -> bool {
        let reason = loss::loss_of(&self.facts).reason;
        reason.is_some_and(LossReason::is_known_from_ses)
    }
}

impl Serialize for Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.for_support().serialize(serializer)
    }
}

fn json_of(part: &impl Serialize) -> Value {
    serde_json::to_value(part).expect("types whose members have names have JSON")
}
