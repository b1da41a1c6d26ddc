//! What stays of evidence when its client is erased: the words of this service that say what happened, so
//! that a line goes on telling the same story, and nothing that a person wrote or that names one.

use super::facts::{Facts, Loss};
use super::loss::loss_of;
use super::{Evidence, LossReason};
use crate::action::Action;

impl Evidence {
    /// The evidence of a line of `action` without persons. None if nothing of it stays.
    pub(crate) fn without_persons(&self, action: Action) -> Option<Self> {
        let stays = match &self.facts {
            // Values of SES's own.
            Facts::Identity(identity) => Some(Facts::Identity(identity.clone())),
            Facts::Failure(failure) => Some(Facts::Failure(failure.clone())),
            Facts::Restart(restart) => Some(Facts::Restart(restart.clone())),
            Facts::Decision(decision) => Some(Facts::Decision(decision.clone())),
            Facts::Adoption(adoption) => Some(Facts::Adoption(adoption.clone())),
            Facts::Removal(removal) => Some(Facts::Removal(removal.clone())),
            Facts::Expired(expired) => Some(Facts::Expired(expired.clone())),
            Facts::Loss(loss) => Some(without_explanation(loss.reason)),
            // Lines of earlier releases named the other client beside the reason.
            Facts::AsStored(_) if action == Action::Displaced => {
                loss_of(&self.facts).reason.map(without_explanation)
            }
            Facts::AsStored(_) | Facts::Addition(_) | Facts::Details(_) | Facts::Look(_) => None,
            // What DNS showed may hold addresses.
            Facts::Broken(_) | Facts::FinalStep(_) | Facts::Ownership(_) => None,
            Facts::Call(_) | Facts::Refusal(_) | Facts::Letter(_) | Facts::MailRefusal(_) => None,
            Facts::Link(_) | Facts::Stuck(_) | Facts::Nothing(_) => None,
        };
        stays.map(Self::new)
    }
}

fn without_explanation(reason: LossReason) -> Facts {
    Facts::Loss(Loss {
        reason,
        explanation: None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::actor::Actor;
    use crate::evidence::any::any_evidence;
    use crate::evidence::json_of;
    use crate::history::{HistoryEntry, Reader};
    use crate::state::Status;

    fn line(action: Action, evidence: serde_json::Value) -> HistoryEntry {
        HistoryEntry {
            at: jiff::Timestamp::UNIX_EPOCH,
            sequence: 3,
            actor: Actor::Service,
            action,
            from: Some(Status::Authenticated),
            to: Status::Contested,
            evidence: Some(Evidence::stored(action, evidence)),
        }
    }

    #[test]
    fn an_erased_history_line_keeps_its_meaning_without_text_of_a_person() {
        for (action, evidence, sentence) in [
            (
                Action::Displaced,
                json!({ "reason": "released_by_lasso_support", "explanation": "Dana left." }),
                "Lasso support ended the client's claim to the domain.",
            ),
            (
                Action::Removed,
                json!({ "reason": "released_by_lasso_support", "explanation": "Dana left." }),
                "Lasso support ended the client's claim to the domain.",
            ),
            (
                Action::Displaced,
                json!({ "reason": "proven_by_another_client", "to": "cedar" }),
                "Another client proved that this domain, or one above it, is its own, and took the domain \
                 over.",
            ),
            (
                Action::ProofFound,
                json!({ "reason": "decided_by_lasso_support" }),
                "Lasso support decided that the domain is this client's.",
            ),
            (
                Action::Removed,
                json!({ "reason": "not_proven" }),
                "The claim ended, because its ownership record was not found within 14 days.",
            ),
        ] {
            let erased = line(action, evidence).without_persons();
            assert_eq!(erased.sentence(Reader::Support), sentence);
            assert_eq!(erased.clone().without_persons(), erased);
        }
    }

    proptest! {
        /// An erasure that is repeated finds nothing to change, also in what was read from the table.
        #[test]
        fn erasing_evidence_twice_changes_nothing_more((action, evidence) in any_evidence()) {
            let erased = evidence.without_persons(action);
            let read = erased.clone().map(|erased| Evidence::stored(action, json_of(&erased)));
            prop_assert_eq!(&read, &erased);
            let again = erased.clone().and_then(|erased| erased.without_persons(action));
            prop_assert_eq!(again, erased);
        }
    }
}
