//! The automatic final step, and the client's message that it is ready, with fakes.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

#[path = "final_step/withheld.rs"]
mod withheld;

use domain_auth::claims::ClaimRegister;
use domain_auth::domain::{Domain, Situation};
use domain_auth::event::{Event, EventType};
use domain_auth::evidence::Evidence;
use domain_auth::final_step::FinalStepPolicy;
use domain_auth::history::{Action, Actor, HistoryEntry};
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::names::{DomainName, Note};
use domain_auth::pace;
use domain_auth::ports::{Clock, CommitChanges, ReadClaims, ReadDomains, Refusal};
use domain_auth::records::records_of;
use domain_auth::state::{FailureReason, State, Status, Trigger};
use domain_auth::use_cases::Failure;
use domain_auth::use_cases::check::{CheckLimits, check};
use domain_auth::use_cases::notify::{Notified, NotifyError, NotifyRefusal, notify};
use domain_auth::use_cases::poll::{Poller, Settings};
use domain_auth::use_cases::{SesBudget, StoreTools, Tools};
use domain_auth_testkit::{
    FakeDns, FakeSes, MemoryStore, RecordingTopic, SequentialIds, SesFault, TestClock, TestPorts,
    client, domain_name, identity, new_domain,
};
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};

const ATTACH: &str = "PutEmailIdentityConfigurationSetAttributes";

#[derive(Default)]
struct World {
    store: MemoryStore,
    ses: FakeSes,
    topic: RecordingTopic,
    clock: TestClock,
    ids: SequentialIds,
    dns: FakeDns,
    policy: FinalStepPolicy,
}

impl World {
    fn with(final_step: &str, configuration_set: Option<&str>) -> Self {
        Self {
            policy: FinalStepPolicy::parse(final_step, configuration_set).unwrap(),
            ..Self::default()
        }
    }

    /// SES has seen the TXT record and the DKIM records.
    fn verify(&self, name: &DomainName) {
        self.verify_with_dkim(name, AxisStatus::Success);
    }

    fn verify_with_dkim(&self, name: &DomainName, dkim: AxisStatus) {
        let status = SesStatus {
            verification: AxisStatus::Success,
            dkim,
            mail_from: AxisStatus::Pending,
        };
        self.ses.set_status(name, status);
    }

    /// A domain of `maple` that went through these triggers; its records are in DNS.
    fn domain_after(&self, name: &str, triggers: Vec<Trigger>) -> Domain {
        let name = domain_name(name);
        self.ses.add_tagged(&name, "maple", true);
        let new = new_domain("maple", name.as_str());
        let (now, service) = (self.clock.now(), Actor::Service);
        let state = State::provisioning();
        let mut change = Domain::add(new, state, None, service, now, &self.ids);
        self.commit(&change);
        for trigger in [Trigger::Provisioned(identity(&name))]
            .into_iter()
            .chain(triggers)
        {
            let actor = Actor::Service;
            let moved = change
                .domain
                .transition(trigger, actor, None, now, &self.ids);
            change = moved.unwrap();
            self.commit(&change);
        }
        for record in records_of(&name, &identity(&name)) {
            self.dns.publish(&record);
        }
        change.domain
    }

    /// Changes the claims under a name.
    fn claim(&self, name: &str, with: impl FnOnce(ClaimRegister, Timestamp) -> ClaimRegister) {
        let domain = self.domain(name);
        let read = self.store.claims(domain.name.organizational());
        let claims = read.now_or_never().unwrap().unwrap();
        let mut change = domain.updated(|_| {});
        change.claims = Some(with(claims, self.clock.now()));
        self.commit(&change);
    }

    fn summary_of_verified(&self, name: &str) -> String {
        let told = self.events(EventType::Verified);
        let mut told = told
            .into_iter()
            .filter(|event| event.domain.as_str() == name);
        let event = told.next().unwrap();
        assert_eq!(told.next(), None, "told once");
        assert!(event.wanted.is_some());
        event.summary
    }

    fn commit(&self, change: &domain_auth::domain::Change) {
        self.store.commit(change).now_or_never().unwrap().unwrap();
    }

    fn store_tools(&self) -> StoreTools<'_, TestPorts> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    fn tools<'a>(&'a self, budget: &'a SesBudget) -> Tools<'a, TestPorts> {
        self.store_tools()
            .with_ses(&self.ses, budget)
            .with_dns(&self.dns)
    }

    fn poll_after(&self, wait: SignedDuration) {
        self.clock.advance(wait);
        let budget = SesBudget::per_second(1);
        let poller = Poller {
            tools: self.tools(&budget),
            publisher: &self.topic,
            settings: Settings::default(),
            final_step: &self.policy,
        };
        let deadline = self.clock.now() + SignedDuration::from_secs(59);
        let run = Box::pin(poller.run(deadline)).now_or_never();
        run.unwrap().unwrap();
    }

    fn notify(&self, name: &str) -> Result<Notified, NotifyError> {
        let note = Note::parse("All is in.").unwrap();
        let (client, name) = (client("maple"), domain_name(name));
        let (tools, actor) = (self.store_tools(), someone());
        let told = notify(&tools, (&client, &name), Some(&note), &actor, true);
        told.now_or_never().unwrap()
    }

    fn domain(&self, name: &str) -> Domain {
        let (client, name) = (client("maple"), domain_name(name));
        let read = self.store.domain(&client, &name).now_or_never();
        read.unwrap().unwrap().unwrap()
    }

    fn status(&self, name: &str) -> Status {
        self.domain(name).state.status()
    }

    fn history(&self, name: &str) -> Vec<HistoryEntry> {
        let (client, name) = (client("maple"), domain_name(name));
        let read = self.store.history(&client, &name, 100, None).now_or_never();
        read.unwrap().unwrap().items
    }

    fn events(&self, event_type: EventType) -> Vec<Event> {
        let events = self.topic.events().into_iter();
        events
            .filter(|event| event.event_type == event_type)
            .collect()
    }
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

fn someone() -> Actor {
    Actor::client_admin("kim")
}

fn rejected() -> Trigger {
    Trigger::Refused {
        reason: "Not your brand.".to_owned(),
    }
}

#[test]
fn automatic_completion_is_one_change_with_one_event() {
    let world = World::with("automatic", Some("mass-mail"));
    let before = world.domain_after("example.com", vec![]);
    world.verify(&before.name);
    world.poll_after(MINUTE);
    let after = world.domain("example.com");
    assert_eq!(after.state.status(), Status::Authenticated);
    assert_eq!(after.version, before.version + 1, "one change");
    let set = world.ses.configuration_set(&before.name);
    assert_eq!(set.as_deref(), Some("mass-mail"));
    let history = world.history("example.com");
    let lines: Vec<_> = history
        .iter()
        .map(|line| (line.action, line.from, line.to, line.sequence))
        .collect();
    let (pending, verified) = (Some(Status::Pending), Status::Verified);
    let version = after.version;
    assert_eq!(
        lines[..2],
        [
            (
                Action::Completed,
                Some(verified),
                Status::Authenticated,
                version
            ),
            (Action::Verified, pending, verified, version),
        ]
    );
    assert_eq!(world.events(EventType::Verified), [], "no action is wanted");
    let events = world.events(EventType::Authenticated);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].previous_status, pending);
    assert_eq!(events[0].sequence, after.version);
}

#[test]
fn with_the_manual_policy_the_final_step_waits_for_a_person() {
    let world = World::with("manual", Some("mass-mail"));
    let domain = world.domain_after("example.com", vec![]);
    world.verify(&domain.name);
    world.poll_after(MINUTE);
    assert_eq!(world.status("example.com"), Status::Verified);
    assert_eq!(world.events(EventType::Verified).len(), 1);
    assert_eq!(world.ses.calls(ATTACH), 0);
}

#[test]
fn a_domain_verified_under_the_manual_policy_is_completed_after_a_change_to_automatic() {
    let mut world = World::default();
    let domain = world.domain_after("example.com", vec![]);
    world.verify(&domain.name);
    world.poll_after(MINUTE);
    assert_eq!(world.status("example.com"), Status::Verified);
    world.policy = FinalStepPolicy::parse("automatic", None).unwrap();
    world.poll_after(DAY);
    assert_eq!(world.status("example.com"), Status::Authenticated);
    assert_eq!(world.events(EventType::Authenticated).len(), 1);
}

#[test]
fn look_alike_names_and_rejected_domains_wait_for_a_person() {
    let world = World::with("automatic", None);
    // A Cyrillic а.
    let imitating = "ex\u{430}mple.com";
    let domain = world.domain_after(imitating, vec![]);
    assert!(domain.name.mixes_scripts());
    world.verify(&domain.name);
    world.domain_after("rejected.com", vec![Trigger::SesVerified, rejected()]);
    world.verify(&domain_name("rejected.com"));
    world.poll_after(MINUTE);
    world.notify("rejected.com").unwrap();
    world.poll_after(DAY);
    for name in [imitating, "rejected.com"] {
        assert_eq!(world.status(name), Status::Verified, "{name}");
    }
    let told = world.events(EventType::Verified);
    assert!(
        told.iter()
            .any(|event| event.imitates && event.wanted.is_some())
    );
}

#[test]
fn a_throttled_final_step_raises_no_alert_and_is_taken_later() {
    let world = World::with("automatic", Some("mass-mail"));
    let domain = world.domain_after("example.com", vec![]);
    world.verify(&domain.name);
    world
        .ses
        .fail(ATTACH, &[SesFault::Throttled, SesFault::Throttled]);
    world.poll_after(MINUTE);
    assert_eq!(world.status("example.com"), Status::Pending);
    assert_eq!(world.events(EventType::Verified), []);
    world.poll_after(MINUTE);
    assert_eq!(world.status("example.com"), Status::Authenticated);
}

#[test]
fn an_identity_that_ses_refuses_to_complete_is_left_to_a_person() {
    let world = World::with("automatic", Some("deleted-by-hand"));
    let domain = world.domain_after("example.com", vec![]);
    world.verify(&domain.name);
    world.ses.fail(ATTACH, &[SesFault::Refused(Refusal::Other)]);
    world.poll_after(MINUTE);
    assert_eq!(world.status("example.com"), Status::Verified);
    assert_eq!(world.events(EventType::Verified).len(), 1);
}

#[test]
fn a_check_takes_the_final_step_or_leaves_it_to_the_poller_if_ses_throttles() {
    let world = World::with("automatic", Some("mass-mail"));
    let domain = world.domain_after("example.com", vec![]);
    world.verify(&domain.name);
    world.ses.fail(ATTACH, &[SesFault::Throttled]);
    let budget = SesBudget::unlimited();
    let tools = world.tools(&budget);
    for expected in [Status::Pending, Status::Authenticated] {
        let (whose, actor) = ((&domain.client, &domain.name), someone());
        let checked = check(&tools, &world.policy, whose, &actor, CheckLimits::default());
        let checked = Box::pin(checked).now_or_never().unwrap().unwrap();
        assert_eq!(checked.change.domain.state.status(), expected);
        assert!(world.domain("example.com").next_check >= world.clock.now());
        world.clock.advance(MINUTE);
    }
}

#[test]
fn support_is_told_once_of_ready_each_time_a_domain_enters_a_state() {
    let world = World::default();
    let domain = world.domain_after("example.com", vec![]);
    let first = world.notify("example.com").unwrap();
    let event = first.event.unwrap();
    assert_eq!(event.event_type, EventType::Ready);
    assert_eq!(event.note.as_deref(), Some("All is in."));
    assert_eq!(event.missing, first.missing);
    assert!(!first.missing.is_empty());
    let again = world.notify("example.com").unwrap();
    assert_eq!((again.event, &again.missing), (None, &first.missing));
    assert_eq!(again.domain, first.domain, "nothing was written");

    world.verify(&domain.name);
    world.poll_after(MINUTE);
    let verified = world.notify("example.com").unwrap();
    assert!(verified.event.unwrap().wanted.unwrap().contains("final"));
    assert!(world.notify("example.com").unwrap().event.is_none());
    let history = world.history("example.com");
    let ready = history.iter().filter(|line| line.action == Action::Ready);
    assert_eq!(ready.count(), 2);
}

#[test]
fn reporting_ready_reopens_a_rejected_domain_with_one_event() {
    let world = World::default();
    world.domain_after("example.com", vec![Trigger::SesVerified, rejected()]);
    let told = world.notify("example.com").unwrap();
    assert_eq!(told.domain.state.status(), Status::Verified);
    let event = told.event.unwrap();
    assert_eq!(event.event_type, EventType::Ready);
    assert_eq!(event.previous_status, Some(Status::Rejected));
    assert!(world.notify("example.com").unwrap().event.is_none());
}

#[test]
fn reporting_ready_makes_looks_frequent_again() {
    let world = World::default();
    let domain = world.domain_after("example.com", vec![]);
    world.clock.advance(DAY * 2);
    let now = world.clock.now();
    let slow = pace::next_check(&domain, now).duration_since(now);
    assert!(slow > MINUTE * 30, "{slow}");
    let told = world.notify("example.com").unwrap();
    assert_eq!(told.domain.next_check, now);
    let fast = pace::next_check(&told.domain, now).duration_since(now);
    assert!(fast <= MINUTE, "{fast}");
    // A repetition after some time makes looks frequent again, without an alert.
    world.clock.advance(DAY / 2);
    let again = world.notify("example.com").unwrap();
    assert!(again.event.is_none());
    assert_eq!(again.domain.hurried_at, Some(world.clock.now()));
}

#[test]
fn a_repeated_note_is_in_the_history_once_in_every_state() {
    let failed = Trigger::SesFailed(FailureReason::DeadlinePassed);
    let sending = || vec![Trigger::SesVerified, Trigger::Completed];
    let broken = Trigger::RecordsBroken {
        reason: "Gone.".to_owned(),
    };
    let states = [
        ("pending.com", vec![]),
        ("verified.com", vec![Trigger::SesVerified]),
        ("rejected.com", vec![Trigger::SesVerified, rejected()]),
        ("sending.com", sending()),
        ("risky.com", sending().into_iter().chain([broken]).collect()),
        ("failed.com", vec![failed]),
    ];
    let world = World::default();
    for (name, triggers) in states {
        world.domain_after(name, triggers);
        let told = [world.notify(name), world.notify(name)];
        let noted = |line: &&HistoryEntry| {
            let evidence = line.evidence.as_ref().map(Evidence::for_support);
            evidence.is_some_and(|evidence| evidence["note"] == "All is in.")
        };
        let history = world.history(name);
        assert_eq!(history.iter().filter(noted).count(), 1, "{name}");
        for told in told {
            match told {
                Ok(notified) => assert!(notified.is_noted, "{name}"),
                Err(Failure::Refused(NotifyRefusal::CannotBeReady { is_noted, .. })) => {
                    assert!(is_noted && name == "failed.com", "{name}");
                }
                Err(error) => panic!("{name}: {error:?}"),
            }
        }
    }
}

#[test]
fn a_second_note_is_kept_without_a_second_alert() {
    let world = World::default();
    world.domain_after("example.com", vec![]);
    let first = world.notify("example.com").unwrap();
    let note = Note::parse("One more thing.").unwrap();
    let (client, name) = (client("maple"), domain_name("example.com"));
    let (tools, actor) = (world.store_tools(), someone());
    let again = notify(&tools, (&client, &name), Some(&note), &actor, true);
    let again = again.now_or_never().unwrap().unwrap();
    assert_eq!(again.event, None);
    let (before, after) = (first.domain.ready.unwrap(), again.domain.ready.unwrap());
    assert_eq!(after.at, before.at, "support was told then");
    assert_eq!(after.note.as_deref(), Some("One more thing."));
    let history = world.history("example.com");
    let ready = history.iter().filter(|line| line.action == Action::Ready);
    assert_eq!(ready.count(), 2);
}

#[test]
fn an_early_ready_message_is_in_the_verification_event() {
    let world = World::default();
    let domain = world.domain_after("example.com", vec![]);
    let said = world.notify("example.com").unwrap().domain.ready.unwrap();
    world.verify(&domain.name);
    world.poll_after(MINUTE);
    let told = world.events(EventType::Verified);
    assert_eq!(told[0].note.as_deref(), Some("All is in."));
    assert_eq!(told[0].ready_at, Some(said.at));
    assert!(told[0].summary.contains("said that it is ready"));
    let verified = world.domain("example.com");
    let call = verified.ready_call().unwrap();
    assert_eq!(
        (call.at, call.note.as_deref()),
        (said.at, Some("All is in."))
    );
    assert!(
        !verified.has_said_ready(),
        "it can be said in this state, too"
    );
}

#[test]
fn lasso_support_is_asked_once_about_a_name_that_ses_does_not_accept() {
    let world = World::default();
    let new = new_domain("maple", "refused.com");
    let (now, service) = (world.clock.now(), Actor::Service);
    let added = Domain::add(
        new,
        State::provisioning(),
        None,
        service.clone(),
        now,
        &world.ids,
    );
    world.commit(&added);
    let refused = Trigger::SesFailed(FailureReason::RefusedBySes);
    let refused = added
        .domain
        .transition(refused, service, None, now, &world.ids);
    world.commit(&refused.unwrap());
    let asked = world.notify("refused.com").unwrap();
    let event = asked.event.unwrap();
    assert_eq!(
        (event.event_type, event.status),
        (EventType::Ready, Status::Failed)
    );
    assert!(
        event.summary.contains("asks Lasso support"),
        "{}",
        event.summary
    );
    assert!(
        event
            .wanted
            .unwrap()
            .contains("Ask the client whether the name is right")
    );
    assert_eq!(event.note.as_deref(), Some("All is in."));
    assert_eq!(world.domain("refused.com").ready_at(), Some(now));
    assert_eq!(
        world.notify("refused.com").unwrap().event,
        None,
        "it was told"
    );
    assert_eq!(world.status("refused.com"), Status::Failed);
}

#[test]
fn a_domain_that_is_not_ready_for_the_final_step_sends_no_alert() {
    let failed = Trigger::SesFailed(FailureReason::DeadlinePassed);
    let completed = vec![Trigger::SesVerified, Trigger::Completed];
    let world = World::default();
    world.domain_after("failed.com", vec![failed]);
    world.domain_after("sending.com", completed);
    world.domain_after("removed.com", vec![Trigger::Removed]);
    assert!(matches!(
        world.notify("failed.com"),
        Err(Failure::Refused(NotifyRefusal::CannotBeReady {
            situation,
            is_noted: true,
        })) if situation == Situation::plain(Status::Failed)
    ));
    for absent in ["removed.com", "unknown.com"] {
        assert!(matches!(world.notify(absent), Err(NotifyError::NotFound)));
    }
    let sending = world.notify("sending.com").unwrap();
    assert_eq!((sending.event, sending.missing), (None, vec![]));
}
