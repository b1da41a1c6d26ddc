use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::any::{any_evidence, any_of};
use super::*;
use crate::action::Action;
use crate::history::{Actor, ClientLine, HistoryEntry};
use crate::state::Status;

/// The index of a kind in [`Facts`], and of a kind in [`Internal`].
fn kinds(evidence: &Evidence) -> [Option<u8>; 2] {
    let facts = match &evidence.facts {
        Facts::Addition(_) => 0,
        Facts::Identity(_) => 1,
        Facts::Look(_) => 2,
        Facts::Broken(_) => 3,
        Facts::Failure(_) => 4,
        Facts::Restart(_) => 5,
        Facts::Call(_) => 6,
        Facts::FinalStep(_) => 7,
        Facts::Refusal(_) => 8,
        Facts::Ownership(_) => 9,
        Facts::Decision(_) => 10,
        Facts::Adoption(_) => 11,
        Facts::Loss(_) => 12,
        Facts::Letter(_) => 13,
        Facts::Stuck(_) => 14,
        Facts::Removal(_) => 15,
        Facts::Expired(_) => 16,
        Facts::Nothing(_) => 17,
        Facts::AsStored(_) => 18,
        Facts::Link(_) => 26,
        Facts::Details(_) => 27,
        Facts::MailRefusal(_) => 28,
    };
    let internal = evidence.internal.as_ref().map(|internal| match internal {
        Internal::Withheld { .. } => 19,
        Internal::Holders { .. } => 20,
        Internal::Explanation { .. } => 21,
        Internal::Reason { .. } => 22,
        Internal::Challenged { .. } => 23,
        Internal::Claimant(_) => 24,
        Internal::AsStored(_) => 25,
    });
    [Some(facts), internal]
}

#[test]
fn the_generated_evidence_covers_every_kind() {
    let mut runner = TestRunner::deterministic();
    let strategy = any_evidence();
    let mut seen = BTreeSet::new();
    for _ in 0..3_000 {
        let (_, evidence) = strategy.new_tree(&mut runner).unwrap().current();
        seen.extend(kinds(&evidence).into_iter().flatten());
    }
    assert_eq!(seen, (0..29).collect());
}

proptest! {
    #[test]
    fn evidence_is_read_back_unchanged((action, evidence) in any_evidence()) {
        let text = serde_json::to_string(&evidence).unwrap();
        let read = Evidence::stored(action, serde_json::from_str(&text).unwrap());
        prop_assert_eq!(&read, &evidence);
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn clients_do_not_see_internal_evidence((action, evidence) in any_evidence()) {
        let secret = "for Lasso support alone";
        let without = Evidence { internal: None, ..evidence };
        let with = without.clone().with_internal(Internal::Reason { reason: secret.to_owned() });
        prop_assert!(with.for_support().to_string().contains(secret));
        let shown = ClientEvidence::of(action, Some(&with));
        prop_assert_eq!(&shown, &ClientEvidence::of(action, Some(&without)));
        prop_assert!(!shown.unwrap().into_json().to_string().contains(secret));
    }

    #[test]
    fn any_stored_evidence_is_read_and_kept_unchanged(
        action in any_of(&Action::ALL),
        stored in super::bounds_tests::any_json(),
    ) {
        prop_assert_eq!(Evidence::stored(action, stored.clone()).for_support(), stored);
    }
}

#[test]
fn evidence_of_an_unknown_kind_is_kept_unchanged() {
    let of_the_first_release = json!({
        "reason": "contested",
        "internal": { "reason": "proven", "to": "cedar-homes" },
    });
    for (action, stored) in [
        (Action::Displaced, of_the_first_release),
        (Action::Stuck, json!({ "since": "a while ago" })),
        (Action::Removed, json!({ "confirmed": true, "more": 1 })),
        (
            Action::Verified,
            json!({ "ses": null, "records": null, "left_out": -1 }),
        ),
        (Action::Ready, json!({ "note": null, "internal": null })),
        (Action::Checked, json!("a text")),
        (Action::Checked, json!(null)),
    ] {
        let read = Evidence::stored(action, stored.clone());
        assert!(matches!(read.facts, Facts::AsStored(_)), "{read:?}");
        assert_eq!(read.for_support(), stored);
    }
}

#[test]
fn every_loss_reason_that_reveals_an_identity_is_recognized() {
    for (reason, of_ses) in [
        ("identity_of_another_client", true),
        ("identity_of_another_stack", true),
        ("identity_made_elsewhere", true),
        ("below_an_identity_of_another", true),
        ("identity_verified_elsewhere", true),
        ("proven_by_another_client", false),
        ("released_by_lasso_support", false),
        ("identity_not_ours", false),
        ("contested", false),
    ] {
        for stored in [
            json!({ "reason": reason }),
            json!({ "reason": reason, "client": "cedar" }),
        ] {
            let mut line = HistoryEntry {
                at: Timestamp::UNIX_EPOCH,
                sequence: 2,
                actor: Actor::Service,
                action: Action::Displaced,
                from: None,
                to: Status::Contested,
                evidence: Some(Evidence::stored(Action::Displaced, stored.clone())),
            };
            let hidden = line.clone().for_client() == ClientLine::ContestedBySes;
            assert_eq!(hidden, of_ses, "{stored}");
            line.action = Action::Removed;
            assert!(matches!(line.for_client(), ClientLine::Shown(_)));
        }
    }
}
