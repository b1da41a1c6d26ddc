//! The other work of a run, and the data that it leaves: stuck domains, the topic, other runs.

use domain_auth::diagnosis::FormerTokens;
use domain_auth::domain::Domain;
use domain_auth::event::EventType;
use domain_auth::history::Actor;
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::ports::{Clock, CommitChanges, Runs, STATUS_BATCH};
use domain_auth::state::{State, Status, Trigger};
use domain_auth::use_cases::poll::Counter;
use domain_auth_testkit::{SesFault, domain_name, identity, new_domain};
use futures::FutureExt;
use jiff::SignedDuration;

use super::world::{DAY, HOUR, MINUTE, WAITS, World};

#[test]
fn a_name_that_ses_refuses_delays_no_other_in_its_batch() {
    let world = World::default();
    for n in 0..STATUS_BATCH {
        world.in_state(&format!("d{n}.example.com"), &[]);
    }
    let refused = "d37.example.com";
    // The list of all identities shows nothing new about it either.
    world.ses.set_status(&domain_name(refused), WAITS);
    world.ses.refuse(&domain_name(refused));
    let began = world.clock.now();
    let report = world.poll();
    assert_eq!(
        (report[Counter::Unanswered], report[Counter::Errors]),
        (1, 1)
    );
    for n in 0..STATUS_BATCH {
        let name = format!("d{n}.example.com");
        let expected = if name == refused {
            Status::Pending
        } else {
            Status::Verified
        };
        assert_eq!(world.status(&name), expected, "{name}");
    }
    let calls = world.ses.calls("GetIdentityVerificationAttributes");
    assert!(calls <= 15, "{calls}");
    assert!(
        world.domain(refused).next_check >= began + HOUR,
        "it backs off"
    );
    world.clock.advance(MINUTE);
    assert_eq!(world.poll()[Counter::Unanswered], 0);
    world.clock.advance(HOUR);
    assert_eq!(
        world.poll()[Counter::Unanswered],
        1,
        "it is asked about again"
    );
}

#[test]
fn if_ses_refuses_every_name_all_stay_due() {
    let world = World::default();
    for n in 0..STATUS_BATCH {
        world.in_state(&format!("d{n}.example.com"), &[]);
        world.ses.refuse(&domain_name(&format!("d{n}.example.com")));
    }
    let report = world.poll();
    assert_eq!(report[Counter::Unanswered], STATUS_BATCH);
    let calls = world.ses.calls("GetIdentityVerificationAttributes");
    assert!(calls <= 31, "{calls}");
    let now = world.clock.now();
    for n in 0..STATUS_BATCH {
        assert!(world.domain(&format!("d{n}.example.com")).next_check <= now);
    }
}

#[test]
fn support_is_told_once_of_a_domain_that_is_stuck() {
    let world = World::default();
    world.in_state("example.com", &[Trigger::SesVerified]);
    world.run_for(HOUR * 47);
    assert!(world.published().is_empty());
    world.run_for(HOUR * 2);
    assert_eq!(world.published(), [EventType::Stuck]);
    world.run_for(DAY * 5);
    assert_eq!(world.published(), [EventType::Stuck]);
}

#[test]
fn support_is_told_once_of_a_domain_that_ses_does_not_register() {
    let world = World::default();
    let new = new_domain("maple", "example.com");
    let (state, now) = (State::provisioning(), world.clock.now());
    let added = Domain::add(new, state, None, Actor::Service, now, &world.ids);
    world.store.commit(&added).now_or_never().unwrap().unwrap();
    let down = [SesFault::Unavailable; 40];
    world.ses.fail("CreateEmailIdentity", &down);
    world.run_for(HOUR);
    assert_eq!(world.published(), [EventType::Added]);
    world.run_for(HOUR);
    assert_eq!(world.published(), [EventType::Added, EventType::Stuck]);
    world.run_for(HOUR * 3);
    assert_eq!(world.status("example.com"), Status::Pending);
    let told = [EventType::Added, EventType::Stuck, EventType::RecordsReady];
    assert_eq!(world.published(), told);
}

#[test]
fn a_second_run_at_the_same_time_does_nothing() {
    let world = World::default();
    world.sending("example.com");
    let now = world.clock.now();
    let until = now + SignedDuration::from_secs(59);
    let begun = world.store.begin_run(now, until).now_or_never().unwrap();
    let memory = begun.unwrap().unwrap();
    assert!(world.poll().skipped);
    assert_eq!(world.ses.calls("ListEmailIdentities"), 0);
    // The run crashed: its lease expires.
    world.clock.advance(MINUTE);
    assert!(!world.poll().skipped);
    let late = world.store.end_run(until, &memory).now_or_never().unwrap();
    late.unwrap();
    assert!(
        !world.poll().skipped,
        "the one that died takes nothing back"
    );
}

#[test]
fn an_unavailable_topic_costs_a_few_calls_per_run_and_loses_no_event() {
    let world = World::default();
    world.topic.set_down(true);
    let now = world.clock.now();
    for n in 0..40 {
        let new = new_domain("maple", &format!("d{n}.example.com"));
        let (state, ids) = (State::provisioning(), &world.ids);
        let added = Domain::add(new, state, None, Actor::Service, now, ids);
        world.store.commit(&added).now_or_never().unwrap().unwrap();
    }
    let report = world.poll();
    assert!(report.topic_down);
    // "The records are ready" is an event only for domains that were registered late.
    assert!(report[Counter::Unpublished] >= 40);
    assert!(world.topic.attempts() <= 30, "{}", world.topic.attempts());
    assert!(
        report[Counter::Provisioned] > 10,
        "{}",
        report[Counter::Provisioned]
    );
    world.run_for(HOUR);
    world.topic.set_down(false);
    world.run_for(MINUTE * 5);
    let events = world.topic.events();
    let added = events
        .iter()
        .filter(|event| event.event_type == EventType::Added);
    assert_eq!(added.count(), 40);
    assert_eq!(world.store.outbox_length(), 0);
}

#[test]
fn events_that_can_never_be_published_delay_no_others() {
    let world = World::default();
    let now = world.clock.now();
    for n in 0..1_200 {
        let name = format!("d{n}.example.com");
        let new = new_domain("maple", &name);
        let (state, ids) = (State::contested("s".repeat(32), now), &world.ids);
        let added = Domain::add(new, state, None, Actor::Service, now, ids);
        world.store.commit(&added).now_or_never().unwrap().unwrap();
        if n < 1_100 {
            world.topic.refuse(&domain_name(&name));
        }
        world.clock.advance(SignedDuration::from_millis(1));
    }
    let report = world.poll();
    assert_eq!(world.topic.events().len(), 100);
    assert_eq!(report[Counter::Unpublished], 1_100);
    assert!(!report.topic_down);
}

#[test]
fn ses_is_asked_only_about_waiting_domains_in_full_batches() {
    let world = World::default();
    for n in 0..250 {
        let domain = world.in_state(&format!("p{n}.example.com"), &[]);
        let waiting = SesStatus {
            verification: AxisStatus::Pending,
            dkim: AxisStatus::Pending,
            mail_from: AxisStatus::Pending,
        };
        world.ses.set_status(&domain.name, waiting);
        let now = world.clock.now();
        let contested = State::contested("s".repeat(32), now);
        let new = new_domain("cedar", &format!("p{n}.example.com"));
        let added = Domain::add(new, contested, None, Actor::Service, now, &world.ids);
        world.store.commit(&added).now_or_never().unwrap().unwrap();
    }
    world.poll();
    let calls = 250_usize.div_ceil(STATUS_BATCH);
    assert_eq!(world.ses.calls("GetIdentityVerificationAttributes"), calls);
}

#[test]
fn a_domain_whose_changes_the_store_refuses_backs_off_for_an_hour() {
    let world = World::default();
    for name in ["example.com", "other.com"] {
        world.in_state(name, &[]);
        world.ses.set_status(&domain_name(name), WAITS);
    }
    let name = domain_name("example.com");
    world.store.refuse_as_too_large(&name, true);
    let first = world.poll();
    assert_eq!(
        (first[Counter::Refused], first[Counter::LookedAt]),
        (1, 1),
        "{first:?}"
    );
    world.clock.advance(MINUTE * 5);
    let second = world.poll();
    assert_eq!(
        (second[Counter::Refused], second[Counter::Due]),
        (0, 1),
        "{second:?}"
    );
    world.clock.advance(HOUR);
    let third = world.poll();
    assert_eq!(
        (third[Counter::Refused], third[Counter::Due]),
        (1, 2),
        "{third:?}"
    );
    // Also if it is being registered or removed.
    let removed = Trigger::Removed;
    world.store.refuse_as_too_large(&name, false);
    let (now, ids) = (world.clock.now(), &world.ids);
    let domain = world.domain("example.com");
    let change = domain.transition(removed, Actor::Service, None, now, ids);
    let written = world.store.commit(&change.unwrap()).now_or_never();
    written.unwrap().unwrap();
    world.store.refuse_as_too_large(&name, true);
    assert_eq!(world.poll()[Counter::Refused], 1);
    world.clock.advance(MINUTE);
    assert_eq!(world.poll()[Counter::Refused], 0);
    world.store.refuse_as_too_large(&name, false);
    world.clock.advance(HOUR);
    assert_eq!(world.poll()[Counter::Removed], 1);
}

#[test]
fn a_readded_domain_is_newer_than_its_predecessor_even_if_the_clock_is_behind() {
    let world = World::default();
    let domain = world.in_state("example.com", &[]);
    let (now, ids) = (world.clock.now(), &world.ids);
    let removed = domain.transition(Trigger::Removed, Actor::Service, None, now, ids);
    let new = new_domain("maple", "example.com");
    let behind = now - MINUTE;
    let readded = removed
        .unwrap()
        .domain
        .readded(new, None, Actor::Service, behind, ids);
    let readded = readded.unwrap().domain;
    assert!(readded.added_at > domain.added_at);
}

#[test]
fn a_domain_remembers_only_the_tokens_of_its_last_registrations() {
    let mut former = FormerTokens::default();
    for n in 0..40 {
        former.remember(&identity(&domain_name(&format!("d{n}.com"))));
    }
    assert_eq!((former.verification.len(), former.dkim.len()), (10, 30));
    assert_eq!(former.dkim[29], "d39-com3");
    assert_eq!(former.verification[0], "token+of/d30.com=");
}
