//! Domains that were removed on purpose, and whose identities are still at SES.

use domain_auth::limits::{OwnLimits, SetLimits};
use domain_auth::ports::Clock;
use domain_auth::use_cases::erase::erase;
use domain_auth::use_cases::remove::{self, Confirmation};
use domain_auth_testkit::{client, domain_name};
use futures::FutureExt;
use jiff::SignedDuration;

use super::super::import::tests::World;
use super::tests::{differences, restored};
use super::*;

/// `example.com` of maple, imported and then removed by a person; its identity stays, for it was adopted.
fn removed_by(world: &World, person: &str) {
    let key = (&client("maple"), &domain_name("example.com"));
    let actor = Actor::lasso_support(person);
    let tools = world.tools();
    let marked = remove::mark(&tools, key, Confirmation::Given, &actor).now_or_never();
    let removing = marked.unwrap().unwrap().unwrap().domain;
    world.clock.advance(SignedDuration::from_mins(5));
    remove::finish(&tools, removing)
        .now_or_never()
        .unwrap()
        .unwrap();
    assert_eq!(world.domain("maple", "example.com"), None);
    assert!(world.ses.has(&domain_name("example.com")));
}

#[test]
fn a_domain_that_was_removed_on_purpose_stays_removed() {
    let world = restored();
    removed_by(&world, "Sam");
    let found = differences(&world, Some(&Actor::lasso_support("ops")));
    let [orphan] = &found.removed[..] else {
        panic!("{found:#?}");
    };
    assert!(matches!(&orphan.removed, Removed::Domain { by, .. } if by == "Sam (Lasso support)"));
    assert_eq!(world.domain("maple", "example.com"), None);
    assert!(
        found
            .to_string()
            .contains("example.com of maple: removed by Sam (Lasso support) at ")
    );
}

#[test]
fn reconcile_restores_nothing_of_an_erased_client() {
    let world = restored();
    let (actor, tools) = (Actor::lasso_support("ops"), world.tools());
    let until = world.clock.now() + SignedDuration::from_mins(1);
    let own = OwnLimits {
        domains: Some(10),
        added_per_day: None,
        support_emails_per_day: None,
        reason: "A pilot.".to_owned(),
        by: actor.clone(),
        at: world.clock.now(),
    };
    let cedar = client("cedar");
    let known = world.store.set_limits(&cedar, &own);
    known.now_or_never().unwrap().unwrap();
    let begun = erase(&tools, &cedar, &actor, until).now_or_never();
    begun.unwrap().unwrap();
    let found = differences(&world, Some(&actor));
    assert_eq!(
        found.removed.len(),
        2,
        "late.com and waiting.com: {found:#?}"
    );
    assert_eq!(world.domain("cedar", "late.com"), None);
}

#[test]
fn removals_after_the_backup_are_read_from_the_previous_table() {
    let before = restored();
    removed_by(&before, "Sam");
    // The restored table has the domain still, and SES its identity.
    let world = restored();
    let tools = world.tools();
    let found = reconcile(&tools, &world.eligibility, Some(&before.store), None);
    let found = found.now_or_never().unwrap().unwrap();
    let [back] = &found.back_again[..] else {
        panic!("{found:#?}");
    };
    assert_eq!(back.domain, "example.com");
    assert_eq!(back.status, Status::Authenticated);
    assert!(found.needs_a_person());
    assert!(found.to_string().contains("; remove it again"));
}
