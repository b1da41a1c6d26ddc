//! The limits of one client: the number of its domains is right after any crash, and no addition
//! exceeds a limit, even with simultaneous additions.

use domain_auth::limits::{
    AdditionLimits, ClientRecord, LimitReached, OwnLimits, ReadClientRecord, SetLimits,
};
use domain_auth::ports::{Clock, CommitChanges, ReadDomains};
use domain_auth::state::{DisplacedBy, Status, Trigger};
use domain_auth::use_cases::Failure;
use domain_auth::use_cases::add::{AddError, AddRefusal};
use domain_auth_testkit::{SesFault, client, domain_name, new_domain};
use futures::FutureExt;
use futures::future::join_all;
use jiff::SignedDuration;

use crate::world::{DAY, MINUTE, World, admin};

const NAME: &str = "example.com";

fn world(domains: u32, added_per_day: u32) -> World {
    World {
        limits: AdditionLimits {
            domains,
            added_per_day,
        },
        ..World::new()
    }
}

fn record(world: &World) -> ClientRecord {
    let maple = client("maple");
    let read = world.store.client_record(&maple);
    read.now_or_never().unwrap().unwrap()
}

/// The stored number of domains, after checking that it is right.
fn held(world: &World) -> u32 {
    let there = world.store.domains_there(&client("maple"));
    let held = record(world).held.unwrap();
    assert_eq!(usize::try_from(held).unwrap(), there);
    held
}

fn added_today(world: &World) -> u32 {
    let today = domain_auth::instructions::Day::of(world.clock.now());
    record(world).added_on(today)
}

fn refused(world: &World, name: &str) -> AddError {
    let before = world.store.all_domains();
    let new = new_domain("maple", name);
    let outcome = Box::pin(world.post(&new)).now_or_never().unwrap();
    assert_eq!(world.store.all_domains(), before, "nothing is written");
    outcome.unwrap_err()
}

#[test]
fn a_client_at_its_limit_adds_a_domain_after_it_removes_one() {
    let world = world(2, 50);
    world.add("maple", "one.com");
    world.add("maple", "two.com");
    world.add("maple", "one.com");
    assert_eq!(
        held(&world),
        2,
        "adding the same domain again does not count"
    );
    let limit = LimitReached::Domains { limit: 2 };
    assert!(
        matches!(refused(&world, "three.com"), Failure::Refused(AddRefusal::Limit(found)) if found == limit)
    );
    world.add("cedar", "three.com");
    world.remove("maple", "two.com");
    assert_eq!(held(&world), 1);
    let contested = world.add("maple", "three.com");
    assert_eq!(contested.state.status(), Status::Contested);
    assert_eq!(held(&world), 2, "a contested claim is one");
    refused(&world, "four.com");
}

#[test]
fn removals_do_not_restore_the_daily_limit_of_additions() {
    let world = world(500, 3);
    for _ in 0..3 {
        world.add("maple", NAME);
        world.remove("maple", NAME);
    }
    assert_eq!((held(&world), added_today(&world)), (0, 3));
    let Failure::Refused(AddRefusal::Limit(LimitReached::AddedToday { limit, wait })) =
        refused(&world, NAME)
    else {
        panic!("another limit");
    };
    // It is past noon.
    assert_eq!(limit, 3);
    assert!(wait > SignedDuration::ZERO && wait <= SignedDuration::from_hours(12));
    world.clock.advance(wait);
    world.add("maple", NAME);
    assert_eq!((held(&world), added_today(&world)), (1, 1));
}

#[test]
fn a_domain_added_again_during_its_removal_counts_as_another_addition() {
    let world = world(1, 3);
    world.add("maple", NAME);
    world
        .ses
        .fail("DeleteEmailIdentity", &[SesFault::Throttled]);
    world.remove("maple", NAME);
    assert_eq!(world.status("maple", NAME), Some(Status::Removing));
    assert_eq!(held(&world), 0, "gone for its client");
    world.add("maple", NAME);
    assert_eq!((held(&world), added_today(&world)), (1, 2));
    world.settle();
    assert_eq!(held(&world), 1);
}

#[test]
fn domains_removed_by_the_poller_no_longer_count() {
    let world = world(500, 50);
    world.add("cedar", NAME);
    world.add("maple", NAME);
    assert_eq!(held(&world), 1);
    world.poll_after(DAY * 15);
    world.settle();
    assert_eq!(world.status("maple", NAME), None, "expired");
    assert_eq!(held(&world), 0);

    world.add("maple", "failed.com");
    world.poll_after(DAY * 4);
    world.settle();
    assert_eq!(world.status("maple", "failed.com"), Some(Status::Failed));
    assert_eq!(held(&world), 1);
    world.poll_after(DAY * 31);
    world.settle();
    assert_eq!(world.status("maple", "failed.com"), None, "abandoned");
    assert_eq!(held(&world), 0);
}

#[test]
fn a_client_that_loses_a_domain_still_has_it_in_its_list() {
    let world = world(500, 50);
    world.add("maple", NAME);
    let domain = world.domain("maple", NAME).unwrap();
    let trigger = Trigger::Displaced {
        ownership_secret: "5e".repeat(32),
        why: DisplacedBy::ProvenByAnotherClient,
    };
    let now = world.clock.now();
    let change = domain.transition(trigger, admin(), None, now, &world.ids);
    let change = change.unwrap();
    let written = world.store.commit(&change);
    written.now_or_never().unwrap().unwrap();
    assert_eq!(held(&world), 1);
}

/// After a crash, a change is written together with its number, or not at all.
#[test]
fn a_crash_at_any_step_leaves_the_count_of_domains_right() {
    for point in 1..60 {
        let world = world(500, 50);
        world.add("maple", "beside.com");
        world.crash.die_at(point);
        let new = new_domain("maple", NAME);
        let lived = Box::pin(world.post(&new)).now_or_never().is_some();
        world.crash.live();
        held(&world);
        if lived {
            break;
        }
        assert!(point < 59, "more steps than are tried");
        world.settle();
        world.add("maple", NAME);
        assert_eq!(held(&world), 2, "after dying at {point}");
    }
    for point in 1..60 {
        let world = world(500, 50);
        world.add("maple", "beside.com");
        world.add("maple", NAME);
        world.crash.die_at(point);
        let confirmation = domain_auth::use_cases::remove::Confirmation::Absent;
        let delete = world.delete("maple", NAME, confirmation);
        let lived = Box::pin(delete).now_or_never().is_some();
        world.crash.live();
        held(&world);
        world.settle();
        if lived {
            break;
        }
        assert!(point < 59, "more steps than are tried");
        let left = u32::from(world.status("maple", NAME).is_some());
        assert_eq!(held(&world), 1 + left, "after dying at {point}");
    }
}

#[test]
fn simultaneous_additions_do_not_exceed_the_limits() {
    for (world, limit) in [(world(5, 50), 5), (world(500, 7), 7)] {
        let names: Vec<String> = (0..16).map(|n| format!("d{n}.com")).collect();
        let news: Vec<_> = names.iter().map(|name| new_domain("maple", name)).collect();
        let posts = news.iter().map(|new| Box::pin(world.post(new)));
        let outcomes = join_all(posts).now_or_never().unwrap();
        let added = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(added, limit);
        assert_eq!(usize::try_from(held(&world)).unwrap(), limit);
        for outcome in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert!(
                matches!(outcome, Failure::Refused(AddRefusal::Limit(_))),
                "{outcome:?}"
            );
        }
    }
}

/// Another process adds between the read of the number and the write.
#[test]
fn a_write_that_would_exceed_a_limit_is_refused_by_the_store() {
    let world = world(1, 50);
    let (first, second) = (
        new_domain("maple", "one.com"),
        new_domain("maple", "two.com"),
    );
    // It stops before its write.
    let point = {
        let rehearsal = World {
            limits: world.limits,
            ..World::new()
        };
        rehearsal.crash.live();
        Box::pin(rehearsal.post(&first))
            .now_or_never()
            .unwrap()
            .unwrap();
        let log = rehearsal.crash.log();
        log.iter().position(|call| *call == "commit").unwrap() + 1
    };
    world.crash.die_at(point);
    let mut slow = Box::pin(world.post(&first));
    assert!(slow.as_mut().now_or_never().is_none());
    world.crash.stop_no_other();
    Box::pin(world.post(&second))
        .now_or_never()
        .unwrap()
        .unwrap();
    world.crash.let_go();
    let outcome = slow.now_or_never().unwrap();
    let limit = LimitReached::Domains { limit: 1 };
    assert!(
        matches!(outcome, Err(Failure::Refused(AddRefusal::Limit(found))) if found == limit),
        "{outcome:?}"
    );
    assert_eq!(held(&world), 1);
}

#[test]
fn limits_set_by_lasso_support_replace_the_defaults() {
    let world = world(1, 1);
    let own = |domains, added_per_day| OwnLimits {
        domains,
        added_per_day,
        support_emails_per_day: None,
        reason: "A large builder".to_owned(),
        by: admin(),
        at: world.clock.now(),
    };
    let maple = client("maple");
    let set = |own: OwnLimits| {
        let written = world.store.set_limits(&maple, &own).now_or_never();
        written.unwrap().unwrap();
    };
    world.add("maple", "one.com");
    refused(&world, "two.com");
    set(own(Some(3), Some(2)));
    world.add("maple", "two.com");
    assert!(matches!(
        refused(&world, "three.com"),
        Failure::Refused(AddRefusal::Limit(LimitReached::AddedToday { limit: 2, .. }))
    ));
    set(own(Some(3), Some(50)));
    world.add("maple", "three.com");
    assert_eq!(held(&world), 3);
    refused(&world, "four.com");
    set(own(None, None));
    refused(&world, "four.com");
    world.poll_after(MINUTE);
    assert_eq!(
        world.store.domains_there(&maple),
        3,
        "what it has, it keeps"
    );
    let name = domain_name("one.com");
    let read = world.store.domain(&maple, &name).now_or_never();
    assert!(read.unwrap().unwrap().is_some());
}
