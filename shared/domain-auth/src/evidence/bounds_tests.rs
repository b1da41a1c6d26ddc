use proptest::prelude::*;
use serde_json::json;

use super::bounds::{MAX_EVIDENCE, bounded_json};
use super::*;
use crate::action::Action;

#[test]
fn evidence_that_is_too_large_keeps_its_reason() {
    let holders: Vec<String> = (0..5_000)
        .map(|n| format!("client{n} (d{n}.com)"))
        .collect();
    let whole = json!({ "record": "r", "servers": [], "internal": { "holders": holders } });
    let known = Evidence::stored(Action::ProofFound, whole);
    let bounded = known.bounded(Action::ProofFound).for_support();
    assert_eq!(bounded["record"], "r");
    assert_eq!(bounded["internal"]["holders"].as_array().unwrap().len(), 20);
    assert_eq!(bounded["left_out"], 4_980);
    let lists = json!({ "reason": "r", "lists": vec![vec!["x".repeat(900); 20]; 200] });
    let unknown = Evidence::stored(Action::Displaced, lists);
    let bounded = unknown.clone().bounded(Action::Displaced);
    assert_eq!(bounded.for_support()["reason"], "r");
    let reason = unknown.without_details(Action::Displaced);
    assert_eq!(
        reason.for_support(),
        json!({ "reason": "r", "left_out": 1 })
    );
}

#[test]
fn evidence_without_details_keeps_its_kind() {
    let holder = json!({
        "reason": "proven_by_another_client",
        "internal": { "client": "cedar", "name": "example.com" },
    });
    let reason = Evidence::stored(Action::Displaced, holder).without_details(Action::Displaced);
    let left = json!({ "reason": "proven_by_another_client", "left_out": 1 });
    assert_eq!(reason.for_support(), left);
    assert!(matches!(reason.facts, Facts::Loss(_)));
}

pub(super) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|n| json!(n)),
        "[\\x00-\\x7f]{0,3000}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 200, 60, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..60).prop_map(Value::from),
            proptest::collection::vec(inner, 0..40).prop_map(|values| {
                let members = values.into_iter().enumerate();
                members.map(|(n, value)| (format!("m{n}"), value)).collect()
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_evidence_is_larger_than_its_bound(evidence in any_json()) {
        let whole = serde_json::to_vec(&evidence).unwrap().len();
        let bounded = bounded_json(evidence.clone());
        prop_assert!(serde_json::to_vec(&bounded).unwrap().len() <= MAX_EVIDENCE);
        prop_assert!(whole > MAX_EVIDENCE || bounded == evidence);
    }
}
