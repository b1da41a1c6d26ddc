//! Erasing a client, with crashes between any two steps, and with failures of SES.

use domain_auth::actor::Person;
use domain_auth::erasure::{EraseClients, SECOND_LOOK};
use domain_auth::evidence::Evidence;
use domain_auth::history::{Action, Actor};
use domain_auth::idempotency::{
    Attempt, Fingerprint, IdempotencyKey, IdempotencyLedger, KeyOwner, StoredAnswer,
};
use domain_auth::instructions::{CountInstructions, Day, Recipient};
use domain_auth::limits::{OwnLimits, ReadClientRecord, SetLimits};
use domain_auth::links::{Link, LinkId, LinkTarget, LinkToken, MOST_DAYS, NewLink, end_of};
use domain_auth::names::{Community, DisplayName, EmailAddress};
use domain_auth::ports::{Clock, CommitChanges, Ids};
use domain_auth::state::Status;
use domain_auth::use_cases::Failure;
use domain_auth::use_cases::add::AddRefusal;
use domain_auth::use_cases::client_limits::{self, WantedLimits};
use domain_auth::use_cases::erase::{Standing, erase};
use domain_auth_testkit::{SesFault, client, domain_name, new_domain};
use futures::FutureExt;
use jiff::SignedDuration;
use serde_json::json;

use crate::world::{MINUTE, World};

const SENDING: &str = "example.com";
const CONTESTED: &str = "cedar.example.org";
/// Texts that name a person at the client or at Lasso support, or that a person has written. The
/// debug form of an address does not show it.
const PERSONS: [&str; 7] = [
    "person: Some(",
    "dana-subject",
    "kim-subject",
    "EmailAddress",
    "Maple Ridge",
    "Dana is away",
    "answer to Dana",
];

fn dana() -> Actor {
    Actor::ClientAdmin {
        subject: "dana-subject".to_owned(),
        person: Person::new(DisplayName::of_claim("Dana Miller"), None),
    }
}

fn kim() -> Actor {
    Actor::lasso_support("kim-subject")
}

/// A client with an authenticated domain, a contested one, a removed one, and all other data of a
/// client.
fn prepared() -> World {
    let world = World::new();
    world.add("cedar", "example.org");
    world.add("maple", CONTESTED);
    world.add("maple", "gone.example");
    world.remove("maple", "gone.example");
    let mut new = new_domain("maple", SENDING);
    new.community = Some(Community::parse("Maple Ridge").unwrap());
    new.contact_email = Some(EmailAddress::parse("dana@example.com").unwrap());
    Box::pin(world.post(&new)).now_or_never().unwrap().unwrap();
    world.authenticated("maple", SENDING);
    let now = world.clock.now();
    let link = Link {
        id: LinkId::parse(&world.ids.event_id(now).to_string()).unwrap(),
        made_at: now,
        ends_at: end_of(now, MOST_DAYS),
        emailed: false,
    };
    let note = json!({ "note": "Dana is away.", "missing": [] });
    let note = Some(Evidence::stored(Action::Ready, note));
    let domain = world.domain("maple", SENDING).unwrap();
    let mut change = domain.acted(Action::Ready, dana(), note, now, |domain| {
        domain.links.push(link.clone());
    });
    change.link = Some(NewLink {
        token: LinkToken::of_bits(&world.ids.bits()),
        target: LinkTarget {
            client: client("maple"),
            name: domain_name(SENDING),
            id: link.id,
            ends_at: link.ends_at,
        },
    });
    world.store.commit(&change).now_or_never().unwrap().unwrap();
    for owner in [
        KeyOwner::Client(client("maple")),
        KeyOwner::Supporter("kim-subject".to_owned()),
    ] {
        let attempt = Attempt {
            owner,
            key: IdempotencyKey::parse("a-key").unwrap(),
            fingerprint: Fingerprint("0f".repeat(32)),
            at: now,
            client: Some(client("maple")),
        };
        let answer = StoredAnswer {
            status: 200,
            headers: Vec::new(),
            body: "answer to Dana".to_owned(),
        };
        world.store.begin(&attempt).now_or_never().unwrap().unwrap();
        let kept = world.store.keep(&attempt, &answer);
        kept.now_or_never().unwrap().unwrap();
    }
    let own = OwnLimits {
        domains: Some(7),
        added_per_day: None,
        support_emails_per_day: None,
        reason: "Dana is away.".to_owned(),
        by: kim(),
        at: now,
    };
    let maple = client("maple");
    let set = world.store.set_limits(&maple, &own);
    set.now_or_never().unwrap().unwrap();
    world.settle();
    for person in PERSONS {
        assert!(world.store.contents().contains(person), "{person}");
    }
    world
}

fn erased(world: &World) -> Option<Standing> {
    let tools = world.store_tools();
    let until = world.clock.now() + SignedDuration::from_secs(8);
    let (client, kim) = (client("maple"), kim());
    let erased = Box::pin(erase(&tools, &client, &kim, until)).now_or_never();
    erased.map(Result::unwrap)
}

fn polled_until_erased(world: &World, context: &str) {
    for _ in 0..16 {
        if let Some(Standing::Erased(_)) = erased(world) {
            return;
        }
        world.poll_after(MINUTE);
    }
    panic!("{context}: {:?}", erased(world));
}

fn assert_erased(world: &World, context: &str) {
    for name in [SENDING, CONTESTED, "gone.example"] {
        assert_eq!(world.status("maple", name), None, "{context}");
        let identity = world.ses.client_of(&domain_name(name));
        assert_eq!(identity, None, "{context}: {name}");
        assert_ne!(world.holder(name).as_deref(), Some("maple"), "{context}");
        assert!(!world.history("maple", name).is_empty(), "{context}");
    }
    let contents = world.store.contents();
    for person in PERSONS {
        assert!(
            !contents.contains(person),
            "{context}: {person} in {contents}"
        );
    }
    assert_eq!(world.status("cedar", "example.org"), Some(Status::Pending));
    let domain = world.add("cedar", SENDING);
    assert_eq!(
        domain.state.status(),
        Status::Contested,
        "{context}: a tombstone"
    );
}

#[test]
fn an_erased_client_has_no_domain_and_nothing_that_names_a_person() {
    let world = prepared();
    let Some(Standing::UnderWay { domains_left, .. }) = erased(&world) else {
        panic!("it takes some minutes");
    };
    assert_eq!(domains_left, Some(1), "the contested one is gone at once");
    assert_eq!(world.status("maple", SENDING), Some(Status::Removing));
    let maple = client("maple");
    let begun = world.store.client_record(&maple);
    let begun = begun.now_or_never().unwrap().unwrap().erasure.unwrap();
    assert_eq!(begun.by, kim());
    polled_until_erased(&world, "erased");
    assert_erased(&world, "erased");
    let actions = world.actions("maple", SENDING);
    assert_eq!(
        actions.last(),
        Some(&Action::Removed),
        "what happened stays"
    );
    let lines = world.history("maple", SENDING);
    let without_a_person = Actor::lasso_support("");
    assert_eq!(lines.last().unwrap().actor, without_a_person);
    polled_until_erased(&world, "again");
    assert!(matches!(erased(&world), Some(Standing::Erased(_))));
}

#[test]
fn a_second_erasure_request_reports_the_progress_and_begins_nothing() {
    let world = prepared();
    let Some(Standing::UnderWay { erasure, .. }) = erased(&world) else {
        panic!("it takes some minutes");
    };
    world.clock.advance(SignedDuration::from_secs(5));
    let again = erased(&world);
    let same = Standing::UnderWay {
        erasure,
        domains_left: Some(1),
    };
    assert_eq!(again, Some(same));
    polled_until_erased(&world, "erased");
    let first = erased(&world);
    world.poll_after(MINUTE);
    assert_eq!(erased(&world), first);
}

#[test]
fn a_client_without_stored_data_is_not_erased_and_nothing_is_written() {
    let world = World::new();
    let before = world.store.contents();
    assert_eq!(erased(&world), Some(Standing::Unknown));
    assert_eq!(world.store.contents(), before);
}

/// A client that had one domain and gave it up.
fn nearly_unknown() -> World {
    let world = World::new();
    world.add("maple", "gone.example");
    world.remove("maple", "gone.example");
    world.settle();
    world
}

#[test]
fn a_client_without_domains_is_erased_after_two_sweeps_minutes_apart() {
    let world = nearly_unknown();
    let under_way = erased(&world);
    assert!(matches!(
        under_way,
        Some(Standing::UnderWay {
            domains_left: Some(0),
            ..
        })
    ));
    for _ in 0..4 {
        world.poll_after(MINUTE);
        let standing = erased(&world);
        assert!(matches!(standing, Some(Standing::UnderWay { .. })));
    }
    world.poll_after(MINUTE);
    assert!(matches!(erased(&world), Some(Standing::Erased(_))));
}

/// A late entry of an index.
#[test]
fn a_record_that_appears_late_is_erased_and_two_more_sweeps_follow() {
    let world = nearly_unknown();
    erased(&world).unwrap();
    world.poll_after(MINUTE);
    world.poll_after(MINUTE);
    let maple = client("maple");
    let quiet_since = || {
        let record = world.store.client_record(&maple);
        let record = record.now_or_never().unwrap().unwrap();
        record.erasure.unwrap().quiet_since
    };
    assert_eq!(quiet_since(), Some(world.clock.now()));
    let to = Recipient::of(&EmailAddress::parse("dns@example.net").unwrap());
    let day = Day::of(world.clock.now());
    let name = domain_name(SENDING);
    let counted = world.store.count(&maple, &name, &to, day);
    counted.now_or_never().unwrap().unwrap();
    world.poll_after(SECOND_LOOK);
    assert_eq!(quiet_since(), None, "it was found");
    world.poll_after(MINUTE);
    let since = world.clock.now();
    assert_eq!(quiet_since(), Some(since));
    polled_until_erased(&world, "erased");
    let Some(Standing::Erased(at)) = erased(&world) else {
        panic!("it is erased");
    };
    assert!(at >= since + SECOND_LOOK, "{at}");
}

#[test]
fn a_client_in_erasure_can_add_no_domain_and_get_no_limits() {
    let world = prepared();
    erased(&world).unwrap();
    for name in ["new.example", SENDING] {
        let added = Box::pin(world.post(&new_domain("maple", name))).now_or_never();
        let Some(Err(Failure::Refused(AddRefusal::BeingErased))) = added else {
            panic!("{name}: {added:?}");
        };
    }
    let wanted = WantedLimits {
        domains: Some(1),
        added_per_day: None,
        support_emails_per_day: None,
        reason: domain_auth::names::Note::parse("Why").unwrap(),
    };
    let (maple, kim) = (client("maple"), kim());
    let set = client_limits::set(&world.store, &world.clock, &maple, &wanted, &kim);
    assert!(matches!(set.now_or_never(), Some(Err(Failure::Refused(_)))));
    polled_until_erased(&world, "erased");
    let added = world.add("maple", "new.example");
    assert_eq!(added.state.status(), Status::Pending, "it begins again");
    assert!(matches!(erased(&world), Some(Standing::UnderWay { .. })));
}

/// It has read everything before the erasure begins, and writes afterwards.
#[test]
fn an_addition_during_an_erasure_writes_nothing() {
    let points = {
        let world = prepared();
        world.crash.live();
        world.add("maple", "new.example");
        let log = world.crash.log();
        log.iter().position(|call| *call == "commit").unwrap() + 1
    };
    let world = prepared();
    world.crash.die_at(points);
    let new = new_domain("maple", "new.example");
    let mut post = Box::pin(world.post(&new));
    assert!(post.as_mut().now_or_never().is_none());
    world.crash.stop_no_other();
    erased(&world).unwrap();
    world.crash.let_go();
    let added = post.now_or_never();
    assert!(
        matches!(added, Some(Err(Failure::Refused(AddRefusal::BeingErased)))),
        "{added:?}"
    );
    assert_eq!(world.status("maple", "new.example"), None);
}

#[test]
fn an_erasure_waits_for_domains_that_ses_does_not_delete() {
    let world = prepared();
    world
        .ses
        .fail("DeleteEmailIdentity", &[SesFault::Unavailable; 4]);
    erased(&world).unwrap();
    world.poll_after(MINUTE);
    let Some(Standing::UnderWay {
        erasure,
        domains_left,
    }) = erased(&world)
    else {
        panic!("SES has the identity");
    };
    assert_eq!((domains_left, erasure.records_erased), (Some(1), 0));
    polled_until_erased(&world, "SES is back");
    assert_erased(&world, "SES is back");
}

#[test]
fn a_crash_at_any_step_of_an_erasure_request_leaves_nothing() {
    let points = {
        let world = prepared();
        world.crash.live();
        erased(&world).unwrap();
        world.crash.log().len()
    };
    assert!(points > 10, "{points} points");
    for point in 1..=points {
        let world = prepared();
        world.crash.die_at(point);
        assert!(erased(&world).is_none(), "point {point}");
        world.crash.live();
        let context = format!("died at point {point}");
        polled_until_erased(&world, &context);
        assert_erased(&world, &context);
    }
}

#[test]
fn a_crash_at_any_step_of_an_erasing_run_leaves_nothing() {
    // The first run removes the domain, the next erases the records in the index, the next finds
    // none there and sweeps the table, and one three minutes later ends the erasure.
    for runs_before in [0, 1, 2, 5] {
        let prepare = || {
            let world = prepared();
            erased(&world).unwrap();
            for _ in 0..runs_before {
                world.poll_after(MINUTE);
            }
            world.clock.advance(MINUTE);
            world
        };
        let points = {
            let world = prepare();
            world.crash.live();
            world.try_poll().unwrap();
            world.crash.log().len()
        };
        for point in 1..=points {
            let world = prepare();
            world.crash.die_at(point);
            assert!(world.try_poll().is_none(), "point {point}");
            world.crash.live();
            let context = format!("run {runs_before}, died at point {point}");
            polled_until_erased(&world, &context);
            assert_erased(&world, &context);
        }
    }
}

/// A slow poller continues after the client has started again.
#[test]
fn a_late_write_about_a_finished_erasure_changes_nothing() {
    let world = prepared();
    let Some(Standing::UnderWay { erasure, .. }) = erased(&world) else {
        panic!("it takes some minutes");
    };
    polled_until_erased(&world, "erased");
    let maple = client("maple");
    world.add("maple", "new.example");
    let before = world.store.client_record(&maple);
    let before = before.now_or_never().unwrap().unwrap();
    let now = world.clock.now();
    let late = erasure.after_step(1, now);
    let noted = world.store.note_erasure(&maple, &late);
    noted.now_or_never().unwrap().unwrap();
    let ended = world.store.end_erasure(&maple, &erasure, now);
    ended.now_or_never().unwrap().unwrap();
    let after = world.store.client_record(&maple);
    assert_eq!(after.now_or_never().unwrap().unwrap(), before);
}

#[test]
fn an_erasure_deletes_the_count_of_the_clients_emails() {
    let world = prepared();
    let (maple, name) = (client("maple"), domain_name(SENDING));
    let day = Day::of(world.clock.now());
    let to = Recipient::of(&EmailAddress::parse("dns@example.net").unwrap());
    let counted = world.store.count(&maple, &name, &to, day);
    counted.now_or_never().unwrap().unwrap();
    erased(&world).unwrap();
    polled_until_erased(&world, "erased");
    let counted = world.store.count(&maple, &name, &to, day);
    let domain_auth::instructions::Counted::Yes(left) = counted.now_or_never().unwrap().unwrap()
    else {
        panic!("it was forgotten");
    };
    assert_eq!(left.domain, domain_auth::instructions::PER_DOMAIN - 1);
}
