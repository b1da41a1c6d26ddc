//! Reads evidence from a stored line, in the forms that its action can have.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Evidence, Facts, INTERNAL, Internal, LEFT_OUT, json_of};
use crate::action::Action;

impl Evidence {
    /// The evidence of a stored line. It never fails: data that does not fit the line's action, as
    /// in some lines of earlier releases, stays as it was stored.
    pub fn stored(action: Action, mut evidence: Value) -> Self {
        let (mut internal, mut left_out) = (None, None);
        if let Value::Object(members) = &mut evidence {
            internal = members.remove(INTERNAL);
            left_out = members.get(LEFT_OUT).and_then(Value::as_u64);
            if left_out.is_some() {
                members.remove(LEFT_OUT);
            }
        }
        Self {
            facts: facts(action, &evidence).unwrap_or(Facts::AsStored(evidence)),
            internal: internal.map(|internal| {
                let known = exactly(&internal, |known: Internal| known);
                known.unwrap_or(Internal::AsStored(internal))
            }),
            left_out,
        }
    }
}

fn facts(action: Action, stored: &Value) -> Option<Facts> {
    let look = || exactly(stored, Facts::Look);
    let loss = || exactly(stored, Facts::Loss);
    match action {
        Action::Added | Action::Readded => exactly(stored, Facts::Addition),
        Action::Provisioned => exactly(stored, Facts::Identity),
        Action::Checked | Action::Verified | Action::RecordsRecovered => look(),
        Action::Failed => look().or_else(|| exactly(stored, Facts::Failure)),
        Action::Restarted => exactly(stored, Facts::Restart),
        Action::Ready | Action::Reopened => exactly(stored, Facts::Call),
        Action::Completed => exactly(stored, Facts::FinalStep),
        Action::Rejected => exactly(stored, Facts::Refusal),
        // The first release stored only a look.
        Action::RecordsBroken => exactly(stored, Facts::Broken).or_else(look),
        Action::ProofFound => exactly(stored, Facts::Ownership)
            .or_else(|| exactly(stored, Facts::Decision))
            .or_else(|| exactly(stored, Facts::Nothing)),
        Action::Adopted => exactly(stored, Facts::Adoption),
        Action::Challenged | Action::Unchallenged => exactly(stored, Facts::Nothing),
        Action::Displaced => loss(),
        Action::InstructionsSent => exactly(stored, Facts::Letter),
        Action::EmailRefused => exactly(stored, Facts::MailRefusal),
        Action::LinkMade | Action::LinkWithdrawn => exactly(stored, Facts::Link),
        Action::Stuck => exactly(stored, Facts::Stuck),
        Action::Changed => exactly(stored, Facts::Details),
        Action::Removed => exactly(stored, Facts::Removal)
            .or_else(|| exactly(stored, Facts::Expired))
            .or_else(loss),
    }
}

/// The stored value as a type that keeps all of it, so that it is written again without changes.
fn exactly<T, U>(stored: &Value, kind: impl FnOnce(T) -> U) -> Option<U>
where
    T: Serialize + DeserializeOwned,
{
    let known = T::deserialize(stored).ok()?;
    (json_of(&known) == *stored).then(|| kind(known))
}
