//! Why a name was lost, read from a line of history.

use serde::Deserialize;
use serde_json::Value;

use super::facts::Facts;
use super::reasons::LossReason;

/// Why a name was lost, as far as a line says.
#[derive(Default)]
pub(super) struct LossRead<'a> {
    pub(super) reason: Option<LossReason>,
    pub(super) explanation: Option<&'a str>,
}

pub(super) fn loss_of(facts: &Facts) -> LossRead<'_> {
    match facts {
        Facts::Loss(loss) => LossRead {
            reason: Some(loss.reason),
            explanation: loss.explanation.as_deref(),
        },
        // Lines of earlier releases named the other client in the same member as the reason.
        Facts::AsStored(stored) => LossRead {
            reason: stored
                .get("reason")
                .and_then(|reason| LossReason::deserialize(reason).ok()),
            explanation: stored.get("explanation").and_then(Value::as_str),
        },
        Facts::Addition(_) | Facts::Details(_) | Facts::Identity(_) | Facts::Look(_) => {
            LossRead::default()
        }
        Facts::Broken(_) | Facts::Failure(_) | Facts::Restart(_) => LossRead::default(),
        Facts::Call(_) | Facts::FinalStep(_) | Facts::Refusal(_) => LossRead::default(),
        Facts::Ownership(_) | Facts::Decision(_) | Facts::Adoption(_) => LossRead::default(),
        Facts::Letter(_) | Facts::MailRefusal(_) | Facts::Stuck(_) | Facts::Removal(_) => {
            LossRead::default()
        }
        Facts::Expired(_) | Facts::Link(_) | Facts::Nothing(_) => LossRead::default(),
    }
}
