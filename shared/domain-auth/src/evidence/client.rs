//! The part of the evidence that a client may read.

use serde::Serialize;
use serde_json::Value;

use super::loss::{LossRead, loss_of};
use super::reasons::ShownReason;
use super::{Evidence, LEFT_OUT, json_of};
use crate::action::Action;

/// Evidence as its client may read it: without data for Lasso support only, and without another
/// client's relation to the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientEvidence(Value);

impl ClientEvidence {
    pub(crate) fn of(action: Action, evidence: Option<&Evidence>) -> Option<Self> {
        match action {
            Action::Displaced => {
                let loss = evidence.map(|evidence| loss_of(&evidence.facts));
                Some(Self::of_loss(loss.unwrap_or_default()))
            }
            // The same for every reason.
            Action::Challenged => Some(Self::of_loss(LossRead::default())),
            Action::Unchallenged
            | Action::Added
            | Action::ProofFound
            | Action::Provisioned
            | Action::Verified => evidence.map(Self::of_the_clients_own),
            Action::Failed | Action::Restarted | Action::Completed | Action::Rejected => {
                evidence.map(Self::of_the_clients_own)
            }
            Action::Reopened | Action::RecordsBroken | Action::RecordsRecovered => {
                evidence.map(Self::of_the_clients_own)
            }
            Action::Removed | Action::Readded | Action::Stuck | Action::Adopted => {
                evidence.map(Self::of_the_clients_own)
            }
            Action::Ready | Action::InstructionsSent | Action::Checked | Action::Changed => {
                evidence.map(Self::of_the_clients_own)
            }
            Action::EmailRefused | Action::LinkMade | Action::LinkWithdrawn => {
                evidence.map(Self::of_the_clients_own)
            }
        }
    }

    /// As JSON.
    pub fn into_json(self) -> Value {
        self.0
    }

    /// The evidence of an action that does not concern another client.
    fn of_the_clients_own(evidence: &Evidence) -> Self {
        let mut shown = json_of(&evidence.facts);
        if let Value::Object(members) = &mut shown {
            let left_out = evidence.left_out.map(Value::from);
            members.extend(left_out.map(|left_out| (LEFT_OUT.to_owned(), left_out)));
        }
        Self(shown)
    }

    /// Why the client lost its name: another client has proven it, or the text of Lasso support. It
    /// does not say who has the name now.
    fn of_loss(
        LossRead {
            reason,
            explanation,
        }: LossRead<'_>,
    ) -> Self {
        let reason = reason.map_or(ShownReason::Contested, ShownReason::of);
        let explanation = explanation.filter(|_| reason != ShownReason::Contested);
        Self(json_of(&ShownLoss {
            reason,
            explanation,
        }))
    }
}

#[derive(Serialize)]
struct ShownLoss<'a> {
    reason: ShownReason,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a str>,
}
