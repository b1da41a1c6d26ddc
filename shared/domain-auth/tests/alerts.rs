//! Emails to Lasso support: one for an event, no more per day than a client's limit, and always
//! one for an event about stopped mail.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

use domain_auth::use_cases::StoreTools;
use std::sync::{Arc, Mutex};

use domain_auth::alerts::{AlertCounts, ReadAlertCounts};
use domain_auth::audience::Audience;
use domain_auth::domain::Domain;
use domain_auth::event::{Event, EventType, Severity};
use domain_auth::history::Actor;
use domain_auth::instructions::Day;
use domain_auth::limits::{OwnLimits, SetLimits};
use domain_auth::mail_limits::MailLimits;
use domain_auth::ports::{Clock, CommitChanges, Email, MailTo, SendEmail, SesError};
use domain_auth::state::{FailureReason, State, Trigger};
use domain_auth::use_cases::email_events::{Form, Item, Outcome, Postman, SENDING_LEASE, Settled};
use domain_auth::use_cases::notify::notify;
use domain_auth_testkit::{
    CrashPoint, FakeDns, MemoryStore, SequentialIds, TestClock, TestPorts, client, domain_name,
    identity, new_domain,
};
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};

const DAY: SignedDuration = SignedDuration::from_hours(24);

#[derive(Default)]
struct Mailbox {
    crash: Arc<CrashPoint>,
    subjects: Mutex<Vec<String>>,
}

impl SendEmail for Mailbox {
    async fn is_suppressed(&self, _: &MailTo, _: Timestamp) -> Result<bool, SesError> {
        Ok(false)
    }

    async fn send(&self, _: &MailTo, email: &Email) -> Result<String, SesError> {
        self.crash.pass("send").await;
        self.subjects.lock().unwrap().push(email.subject.clone());
        Ok("0100018c-example".to_owned())
    }
}

struct World {
    crash: Arc<CrashPoint>,
    store: MemoryStore,
    mail: Mailbox,
    clock: TestClock,
    ids: SequentialIds,
    limit: u32,
}

impl World {
    fn new(limit: u32) -> Self {
        let crash = Arc::new(CrashPoint::default());
        Self {
            store: MemoryStore::new(Arc::clone(&crash)),
            mail: Mailbox {
                crash: Arc::clone(&crash),
                ..Mailbox::default()
            },
            clock: TestClock::default(),
            ids: SequentialIds::default(),
            crash,
            limit,
        }
    }

    fn store_tools(&self) -> StoreTools<'_, TestPorts<FakeDns, Mailbox>> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    fn domain(&self, client_id: &str, name: &str) -> Domain {
        let (new, now) = (new_domain(client_id, name), self.clock.now());
        Domain::add(
            new,
            State::provisioning(),
            None,
            Actor::Service,
            now,
            &self.ids,
        )
        .domain
    }

    fn moved(&self, domain: &Domain, trigger: Trigger) -> (Domain, Option<Event>) {
        let now = self.clock.now();
        let change = domain.transition(trigger, Actor::Service, None, now, &self.ids);
        let change = change.unwrap();
        (change.domain, change.event)
    }

    /// `domain.verified` of a domain.
    fn verified(&self, client_id: &str, name: &str) -> (Domain, Event) {
        let domain = self.domain(client_id, name);
        let identity = identity(&domain.name);
        let (pending, _) = self.moved(&domain, Trigger::Provisioned(identity));
        let (verified, event) = self.moved(&pending, Trigger::SesVerified);
        (verified, event.unwrap())
    }

    fn deliver(&self, event: &Event) -> Option<Settled> {
        let render = |form: Form<'_>| {
            Ok(Email {
                subject: match form {
                    Form::Single { event, .. } => {
                        format!("{} {}", event.event_type.as_str(), event.domain)
                    }
                    Form::List { events, .. } => format!("{} events", events.len()),
                    Form::Summary { day, limit, .. } => format!("more than {limit} on {day}"),
                },
                text: String::new(),
                html: String::new(),
                reply_to: None,
                event_id: event.event_id,
                thread: None,
                about: None,
            })
        };
        let limits = MailLimits {
            per_second: 14,
            singles_per_minute: 1_000,
            per_client_per_day: self.limit,
        };
        let deadline = self.clock.now() + SignedDuration::from_secs(25);
        let tools = self.store_tools();
        let item = Item::of(event, Audience::Support, false).unwrap();
        let mut postman = Postman::new(tools, &self.mail, limits, deadline, render);
        let delivery = Box::pin(async move { postman.email(&[item]).await });
        let mut settled = delivery.now_or_never()?;
        settled.pop()
    }

    fn told(&self, event: &Event) -> Outcome {
        self.deliver(event).unwrap().unwrap()
    }

    fn emails(&self) -> Vec<String> {
        self.mail.subjects.lock().unwrap().clone()
    }

    fn counts(&self) -> AlertCounts {
        let maple = client("maple");
        let read = self
            .store
            .alerts_on(&maple, Day::of(self.clock.now()))
            .now_or_never();
        read.unwrap().unwrap()
    }
}

#[test]
fn the_first_alert_beyond_the_limit_is_emailed_as_a_summary() {
    let world = World::new(2);
    let events: Vec<Event> = (0..6)
        .map(|n| world.verified("maple", &format!("d{n}.com")).1)
        .collect();
    let outcomes: Vec<Outcome> = events.iter().map(|event| world.told(event)).collect();
    assert_eq!(
        outcomes,
        [
            Outcome::Sent,
            Outcome::Sent,
            Outcome::SummarySent,
            Outcome::InSummary,
            Outcome::InSummary,
            Outcome::InSummary
        ]
    );
    assert_eq!(
        world.emails(),
        [
            "domain.verified d0.com",
            "domain.verified d1.com",
            "more than 2 on 2026-06-01"
        ]
    );
    let expected = AlertCounts {
        own: 2,
        summarized: 4,
    };
    assert_eq!(world.counts(), expected);
    for event in &events {
        assert_eq!(world.told(event), Outcome::AlreadySent);
    }
    assert_eq!(world.counts(), expected, "each event once");
    let (_, of_another) = world.verified("cedar", "cedar.com");
    assert_eq!(world.told(&of_another), Outcome::Sent);
    world.clock.advance(DAY);
    let (_, tomorrow) = world.verified("maple", "tomorrow.com");
    assert_eq!(world.told(&tomorrow), Outcome::Sent);
}

#[test]
fn an_event_about_stopped_mail_is_emailed_beyond_the_limit() {
    let world = World::new(1);
    let (first, event) = world.verified("maple", "first.com");
    assert_eq!(world.told(&event), Outcome::Sent);
    let (second, event) = world.verified("maple", "second.com");
    assert_eq!(world.told(&event), Outcome::SummarySent);
    let (sends, _) = world.moved(&first, Trigger::Completed);
    let broken = Trigger::RecordsBroken {
        reason: "gone".to_owned(),
    };
    let (at_risk, event) = world.moved(&sends, broken);
    let outcome = world.told(&event.unwrap());
    assert_eq!(outcome, Outcome::InSummary, "it still sends");
    let counts = world.counts();
    let failed = || Trigger::SesFailed(FailureReason::DeadlinePassed);
    let (_, event) = world.moved(&at_risk, failed());
    assert_eq!(world.told(&event.unwrap()), Outcome::Sent);
    assert_eq!(world.counts(), counts, "they are not counted");
    // Lasso did not send for this one.
    let (_, event) = world.moved(&second, failed());
    assert_eq!(world.told(&event.unwrap()), Outcome::InSummary);
}

#[test]
fn a_crash_at_any_step_leaves_an_event_counted_once_and_sent() {
    for limit in [1, 0] {
        for point in 1..40 {
            let world = World::new(limit);
            let (_, event) = world.verified("maple", "example.com");
            world.crash.die_at(point);
            if world.deliver(&event).is_some() {
                break;
            }
            assert!(point < 39, "more steps than are tried");
            let sent = world.emails().len();
            world.crash.live();
            world.clock.advance(SENDING_LEASE);
            world.told(&event);
            let emails = world.emails();
            // The only known window: SES has accepted it, and this is not stored yet.
            let twice = emails.len() == 2 && sent == 1;
            assert!(emails.len() == 1 || twice, "{emails:?} after {point}");
            let AlertCounts { own, summarized } = world.counts();
            assert_eq!((own, summarized), (limit, 1 - limit), "after {point}");
        }
    }
}

#[test]
fn a_limit_set_by_lasso_support_replaces_the_default() {
    let world = World::new(1);
    let own = |limit| OwnLimits {
        domains: None,
        added_per_day: None,
        support_emails_per_day: Some(limit),
        reason: "Many communities".to_owned(),
        by: Actor::Service,
        at: world.clock.now(),
    };
    let maple = client("maple");
    let set = |limit| {
        let own = own(limit);
        let written = world.store.set_limits(&maple, &own).now_or_never();
        written.unwrap().unwrap();
    };
    let told = |name: &str| world.told(&world.verified("maple", name).1);
    set(0);
    assert_eq!(told("a.com"), Outcome::SummarySent);
    assert_eq!(told("b.com"), Outcome::InSummary);
    set(1);
    assert_eq!(told("c.com"), Outcome::Sent);
    assert_eq!(told("d.com"), Outcome::InSummary, "one summary on a day");
}

/// A client says that it is ready, removes the domain, adds it and says so again.
#[test]
fn adding_reporting_ready_and_removing_in_a_loop_sends_one_email() {
    let world = World::new(50);
    let life = |status: Option<Trigger>| {
        let mut change = {
            let (new, now) = (new_domain("maple", "example.com"), world.clock.now());
            Domain::add(
                new,
                State::provisioning(),
                None,
                Actor::Service,
                now,
                &world.ids,
            )
        };
        world.store.commit(&change).now_or_never().unwrap().unwrap();
        let triggers = [Trigger::Provisioned(identity(&change.domain.name))];
        for trigger in triggers.into_iter().chain(status) {
            let now = world.clock.now();
            change = change
                .domain
                .transition(trigger, Actor::Service, None, now, &world.ids)
                .unwrap();
            world.store.commit(&change).now_or_never().unwrap().unwrap();
        }
        let domain = (&client("maple"), &domain_name("example.com"));
        let tools = world.store_tools();
        let said = notify(&tools, domain, None, &Actor::Service, true);
        let said = said.now_or_never().unwrap().unwrap();
        let outcome = world.told(&said.event.unwrap());
        let now = world.clock.now();
        let mut removed = said
            .domain
            .transition(Trigger::Removed, Actor::Service, None, now, &world.ids)
            .unwrap();
        removed.fate = domain_auth::domain::Fate::Deleted;
        world
            .store
            .commit(&removed)
            .now_or_never()
            .unwrap()
            .unwrap();
        world.clock.advance(SignedDuration::from_secs(1));
        outcome
    };
    assert_eq!(life(None), Outcome::Sent);
    for _ in 0..5 {
        assert_eq!(life(None), Outcome::Repeated);
    }
    assert_eq!(
        life(Some(Trigger::SesVerified)),
        Outcome::Sent,
        "this is news"
    );
    assert_eq!(life(Some(Trigger::SesVerified)), Outcome::Repeated);
    world.clock.advance(DAY);
    assert_eq!(life(None), Outcome::Sent, "a day later");
    assert_eq!(world.emails().len(), 3);
    assert!(
        world
            .emails()
            .iter()
            .all(|subject| subject.starts_with(EventType::Ready.as_str()))
    );
}

#[test]
fn adding_verifying_and_removing_in_a_loop_sends_one_email_per_day() {
    let world = World::new(50);
    let life = || {
        let (_, event) = world.verified("maple", "example.com");
        let outcome = world.told(&event);
        world.clock.advance(SignedDuration::from_hours(5));
        outcome
    };
    let outcomes: Vec<Outcome> = (0..7).map(|_| life()).collect();
    let (sent, repeated) = (Outcome::Sent, Outcome::Repeated);
    assert_eq!(
        outcomes,
        [sent, repeated, repeated, repeated, repeated, sent, repeated],
        "a day after the last email, not after the last life"
    );
    let (_, other_name) = world.verified("maple", "example.org");
    assert_eq!(world.told(&other_name), Outcome::Sent);
    let (_, other_client) = world.verified("cedar", "example.com");
    assert_eq!(world.told(&other_client), Outcome::Sent);
}

#[test]
fn a_second_verification_of_the_same_domain_sends_an_email() {
    let world = World::new(50);
    let (verified, event) = world.verified("maple", "example.com");
    assert_eq!(world.told(&event), Outcome::Sent);
    let failed = Trigger::SesFailed(FailureReason::DeadlinePassed);
    let (failed, event) = world.moved(&verified, failed);
    assert_eq!(world.told(&event.unwrap()), Outcome::Sent);
    let (_, event) = world.moved(&failed, Trigger::SesVerified);
    assert_eq!(world.told(&event.unwrap()), Outcome::Sent);
}

#[test]
fn an_alert_that_was_not_emailed_does_not_hold_back_a_later_one() {
    let world = World::new(1);
    assert_eq!(
        world.told(&world.verified("maple", "a.com").1),
        Outcome::Sent
    );
    let told = |name: &str| world.told(&world.verified("maple", name).1);
    assert_eq!(told("b.com"), Outcome::SummarySent);
    assert_eq!(told("example.com"), Outcome::InSummary);
    // The next day in UTC, and less than 24 hours later.
    world.clock.advance(SignedDuration::from_hours(14));
    assert_eq!(told("example.com"), Outcome::Sent);
}

/// Alerts to Lasso support and the client about a name that another client holds.
#[test]
fn proving_and_removing_a_held_name_in_a_loop_sends_one_email() {
    let world = World::new(50);
    let contested = |severity: Severity| {
        let (_, mut event) = world.verified("maple", "example.com");
        event.event_type = EventType::Contested;
        event.severity = severity;
        world.clock.advance(SignedDuration::from_secs(1));
        event
    };
    // Not a claim that Lasso support decides, so Lasso support is not told.
    let not_decided = contested(Severity::Info);
    assert!(Item::of(&not_decided, Audience::Support, false).is_none());
    assert_eq!(world.told(&contested(Severity::Action)), Outcome::Sent);
    for _ in 0..3 {
        assert_eq!(world.told(&contested(Severity::Action)), Outcome::Repeated);
    }
    let (_, verified) = world.verified("maple", "example.com");
    assert_eq!(world.told(&verified), Outcome::Sent, "this is news");
    world.clock.advance(DAY);
    assert_eq!(world.told(&contested(Severity::Action)), Outcome::Sent);
}

#[test]
fn stopped_mail_is_emailed_again_after_a_domain_is_added_again() {
    let world = World::new(50);
    for _ in 0..3 {
        let (verified, _) = world.verified("maple", "example.com");
        let (sends, _) = world.moved(&verified, Trigger::Completed);
        let broken = Trigger::RecordsBroken {
            reason: "gone".to_owned(),
        };
        let (at_risk, event) = world.moved(&sends, broken);
        assert_eq!(world.told(&event.unwrap()), Outcome::Sent);
        let failed = Trigger::SesFailed(FailureReason::DeadlinePassed);
        let (_, event) = world.moved(&at_risk, failed);
        assert_eq!(world.told(&event.unwrap()), Outcome::Sent);
        world.clock.advance(SignedDuration::from_secs(1));
    }
}
