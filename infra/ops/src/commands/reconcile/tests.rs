//! Reconciling with fakes.

use domain_auth_testkit::{ANOTHER_STACK, MemoryStore, SesFault, domain_name};
use futures::FutureExt;

use super::super::import::tests::{World, row};
use super::*;
use crate::outcome::WRONG_ARGUMENTS;

pub(super) fn differences(world: &World, actor: Option<&Actor>) -> Differences {
    let tools = world.tools();
    let before: Option<&MemoryStore> = None;
    let found = reconcile(&tools, &world.eligibility, before, actor).now_or_never();
    found.unwrap().unwrap()
}

/// A table restored from before `late.com` and `waiting.com` were added, beside an identity that is not ours.
pub(super) fn restored() -> World {
    let rows = [row(2, "maple", "example.com")];
    let world = World::with_identities(&rows);
    world.import(&rows, ImportAs::Authenticated).unwrap();
    for name in ["late.com", "waiting.com"] {
        world.ses.add_tagged(&domain_name(name), "cedar", true);
    }
    world.ses.verify(&domain_name("late.com"));
    world.ses.add_foreign(&domain_name("other.com"), None, true);
    world
}

#[test]
fn the_current_table_is_refused_as_the_previous_table() {
    let pair = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
    let stack = Stack {
        name: "lasso".to_owned(),
        arn: String::new(),
        status: String::new(),
        parameters: pair("ExistingTableName", "lasso-restored"),
        outputs: pair("TableName", "lasso-output"),
        resources: BTreeMap::new(),
    };
    for in_use in [
        "lasso-restored",
        "lasso-output",
        "arn:aws:dynamodb:us-east-1:123456789012:table/lasso-restored",
    ] {
        let refused = table_before(&stack, Some(in_use)).unwrap_err();
        assert_eq!(refused.exit_code(), WRONG_ARGUMENTS);
        let sentence = refused.to_string();
        assert!(sentence.contains("uses now"), "{in_use}: {sentence}");
    }
    let old = "arn:aws:dynamodb:us-east-1:123456789012:table/lasso-old";
    for before in [Some("lasso-old"), Some(old), None] {
        let table = table_before(&stack, before).unwrap();
        assert_eq!(table.as_deref(), before);
    }
}

#[test]
fn identities_without_a_stored_domain_are_reported_and_nothing_is_changed() {
    let world = restored();
    let before = world.store.contents();
    let found = differences(&world, None);
    let ours: Vec<_> = found
        .ours
        .iter()
        .map(|orphan| (orphan.domain.as_str(), orphan.verified))
        .collect();
    assert_eq!(ours, [("late.com", true), ("waiting.com", false)]);
    assert_eq!(found.of_others, ["other.com"]);
    assert!(found.without_identity.is_empty() && found.needs_a_person());
    assert_eq!(world.store.contents(), before);
}

#[test]
fn reconcile_restores_the_domain_of_a_verified_identity_and_changes_no_other() {
    let world = restored();
    differences(&world, Some(&Actor::lasso_support("ops")));
    let late = world.domain("cedar", "late.com").unwrap();
    assert_eq!(late.state.status(), Status::Verified);
    let identity = late.state.identity().unwrap();
    assert_eq!(identity.adopted, None, "this stack made it");
    assert_eq!(world.domain("cedar", "waiting.com"), None);
    assert_eq!(world.ses.client_of(&domain_name("other.com")), Some(None));
    let left = differences(&world, None);
    let left: Vec<_> = left
        .ours
        .iter()
        .map(|orphan| orphan.domain.as_str())
        .collect();
    assert_eq!(left, ["waiting.com"]);
}

#[test]
fn an_identity_is_repaired_even_if_ses_throttles() {
    let world = restored();
    // The tags of an identity are asked for a moment before it is repaired.
    for operation in ["GetEmailIdentity", "GetIdentityVerificationAttributes"] {
        world.ses.fail(operation, &[SesFault::Throttled; 2]);
    }
    let found = differences(&world, Some(&Actor::lasso_support("ops")));
    let repaired = found.ours.iter().map(|orphan| orphan.repaired.as_ref());
    let repaired: Vec<_> = repaired.flatten().collect();
    assert_eq!(repaired, [&Ok(())]);
    assert_eq!(found.not_described, Vec::<String>::new());
}

#[test]
fn a_table_of_a_stack_with_another_name_is_told() {
    let rows = [row(2, "maple", "example.com")];
    let world = World::with_identities(&rows);
    world.import(&rows, ImportAs::Authenticated).unwrap();
    assert!(!differences(&world, None).needs_a_person());
    let name = domain_name("example.com");
    world.ses.add_foreign(&name, Some(ANOTHER_STACK), true);
    let found = differences(&world, None);
    assert_eq!(found.of_another_stack.as_deref(), Some("example.com"));
    assert!(found.needs_a_person());
    let text = found.to_string();
    assert!(
        text.contains("example.com at SES carries the tag of another stack"),
        "{text}"
    );
}

#[test]
fn a_domain_whose_identity_is_gone_is_reported_and_left_to_the_poller() {
    let world = restored();
    world.ses.forget(&domain_name("example.com"));
    let found = differences(&world, Some(&Actor::lasso_support("ops")));
    assert_eq!(
        found.without_identity,
        [Missing {
            client: "maple".to_owned(),
            domain: "example.com".to_owned(),
            status: Status::Authenticated,
        }]
    );
    let still = world.domain("maple", "example.com").unwrap();
    assert_eq!(still.state.status(), Status::Authenticated);
}
