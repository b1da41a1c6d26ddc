//! The main path on fakes: what happens when SES throttles, answers get lost, two requests race,
//! and the process dies between any two of its steps.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

use std::collections::HashSet;
use std::sync::Arc;

use domain_auth::domain::{Domain, NewDomain};
use domain_auth::event::EventType;
use domain_auth::history::Actor;
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::names::Eligibility;
use domain_auth::ports::{Clock, ReadClaims, ReadDomains};
use domain_auth::state::{FailureReason, State, Status};
use domain_auth::use_cases::SesBudget;
use domain_auth::use_cases::add::{self, AddError, Addition};
use domain_auth::use_cases::final_step::FinalStepPolicy;
use domain_auth::use_cases::poll::{Poller, Report, Settings};
use domain_auth::use_cases::provision::{self, Provisioned, Tools};
use domain_auth::use_cases::publish::publish;
use domain_auth_testkit::{
    CrashPoint, FakeDns, FakeSes, MemoryStore, RecordingTopic, SequentialIds, SesFault, TestClock,
    client, domain_name, identity, new_domain,
};
use futures::FutureExt;
use jiff::SignedDuration;

struct World {
    crash: Arc<CrashPoint>,
    store: MemoryStore,
    ses: FakeSes,
    topic: RecordingTopic,
    clock: TestClock,
    ids: SequentialIds,
    dns: FakeDns,
    final_step: FinalStepPolicy,
}

impl World {
    fn new() -> Self {
        let crash = Arc::new(CrashPoint::default());
        Self {
            store: MemoryStore::new(Arc::clone(&crash)),
            ses: FakeSes::new(Arc::clone(&crash)),
            topic: RecordingTopic::new(Arc::clone(&crash)),
            clock: TestClock::default(),
            ids: SequentialIds::default(),
            dns: FakeDns::default(),
            final_step: FinalStepPolicy::default(),
            crash,
        }
    }

    /// What `POST /domains` does. None where the process died in between.
    fn post(&self, new: &NewDomain) -> Option<Result<Domain, AddError>> {
        let actor = Actor::ClientAdmin {
            subject: "1".to_owned(),
        };
        let eligibility = Eligibility::default();
        let budget = SesBudget::unlimited();
        let request = async {
            let added = add::add(
                &self.store,
                &self.clock,
                &self.ids,
                &eligibility,
                new,
                &actor,
            )
            .await?;
            let change = match added {
                Addition::Existing(domain) => return Ok(*domain),
                Addition::Created(change) => change,
            };
            publish(
                &self.store,
                &self.topic,
                &self.clock,
                change.event.as_ref(),
                self.clock.now() + MINUTE,
            )
            .await;
            let tools = self.tools(&budget);
            match provision::provision(&tools, change.domain.clone()).await {
                Ok(
                    Provisioned::Done(domain)
                    | Provisioned::Later(domain, _)
                    | Provisioned::Waits(domain),
                ) => Ok(domain),
                Err(_) => Ok(change.domain),
            }
        };
        Box::pin(request).now_or_never()
    }

    fn added(&self, client_id: &str, name: &str) -> Domain {
        self.post(&new_domain(client_id, name)).unwrap().unwrap()
    }

    /// A run of the poller. None where the process died in between.
    fn poll(&self) -> Option<Report> {
        let budget = SesBudget::per_second(1);
        let poller = Poller {
            tools: self.tools(&budget),
            publisher: &self.topic,
            settings: Settings::default(),
            final_step: &self.final_step,
        };
        let deadline = self.clock.now() + SignedDuration::from_secs(59);
        Box::pin(poller.run(deadline))
            .now_or_never()
            .map(Result::unwrap)
    }

    fn poll_after(&self, wait: SignedDuration) -> Report {
        self.clock.advance(wait);
        self.poll().unwrap()
    }

    fn tools<'a>(
        &'a self,
        budget: &'a SesBudget,
    ) -> Tools<'a, MemoryStore, FakeSes, TestClock, SequentialIds, FakeDns> {
        Tools {
            store: &self.store,
            ses: &self.ses,
            clock: &self.clock,
            ids: &self.ids,
            dns: &self.dns,
            budget,
        }
    }

    fn domain(&self, client_id: &str, name: &str) -> Domain {
        let (client, name) = (client(client_id), domain_name(name));
        let read = self.store.domain(&client, &name);
        read.now_or_never().unwrap().unwrap().unwrap()
    }

    fn status(&self, name: &str) -> Status {
        self.domain("maple", name).state.status()
    }

    fn published(&self) -> Vec<EventType> {
        self.topic
            .events()
            .iter()
            .map(|event| event.event_type)
            .collect()
    }
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

fn axes(verification: AxisStatus) -> SesStatus {
    SesStatus {
        verification,
        dkim: AxisStatus::Pending,
        mail_from: AxisStatus::Pending,
    }
}

#[test]
fn a_domain_goes_from_added_to_verified_with_one_event_for_each() {
    let world = World::new();
    let added = world.added("maple", "example.com");
    assert_eq!(added.state.status(), Status::Pending);
    assert_eq!(
        added.state.identity(),
        Some(&identity(&domain_name("example.com")))
    );

    world.poll_after(MINUTE);
    assert_eq!(
        world.status("example.com"),
        Status::Pending,
        "not yet is not failed"
    );

    world.ses.verify(&domain_name("example.com"));
    world.poll_after(MINUTE);
    world.poll_after(MINUTE);
    assert_eq!(world.status("example.com"), Status::Verified);
    assert_eq!(world.published(), [EventType::Added, EventType::Verified]);
    assert_eq!(world.store.outbox_length(), 0);
}

#[test]
fn adding_again_changes_nothing() {
    let world = World::new();
    let first = world.added("maple", "example.com");
    let again = world.added("maple", "example.com");
    assert_eq!(first, again);
    assert_eq!(world.ses.identities(), 1);
    assert_eq!(world.published(), [EventType::Added]);
}

#[test]
fn a_second_client_has_to_prove_its_claim_and_ses_is_not_asked() {
    let world = World::new();
    world.added("maple", "example.com");
    for name in ["example.com", "mail.example.com"] {
        let contested = world.added("cedar", name);
        assert_eq!(contested.state.status(), Status::Contested);
        assert_eq!(contested.state.identity(), None);
    }
    assert_eq!(world.ses.identities(), 1);
    world.ses.verify(&domain_name("example.com"));
    world.poll_after(MINUTE);
    assert_eq!(
        world.domain("cedar", "example.com").state.status(),
        Status::Contested
    );
}

#[test]
fn a_throttled_domain_is_finished_by_the_poller() {
    let world = World::new();
    world
        .ses
        .fail("CreateEmailIdentity", &[SesFault::Throttled; 20]);
    assert_eq!(
        world.added("maple", "example.com").state.status(),
        Status::Provisioning
    );
    world.poll_after(MINUTE);
    assert_eq!(world.status("example.com"), Status::Pending);
}

#[test]
fn what_ses_has_given_is_not_asked_for_again() {
    let world = World::new();
    world.ses.fail(
        "PutEmailIdentityMailFromAttributes",
        &[SesFault::Unavailable; 2],
    );
    world.added("maple", "example.com");
    world.poll_after(MINUTE);
    world.poll_after(MINUTE);
    assert_eq!(world.status("example.com"), Status::Pending);
    assert_eq!(world.ses.calls("CreateEmailIdentity"), 1);
    assert_eq!(world.ses.calls("VerifyDomainIdentity"), 1);
}

#[test]
fn a_lost_answer_is_taken_up() {
    let world = World::new();
    world
        .ses
        .fail("CreateEmailIdentity", &[SesFault::AnswerLost]);
    world
        .ses
        .fail("VerifyDomainIdentity", &[SesFault::AnswerLost]);
    world.added("maple", "example.com");
    for _ in 0..3 {
        world.poll_after(MINUTE);
    }
    assert_eq!(world.status("example.com"), Status::Pending);
    assert_eq!(world.ses.identities(), 1);
}

#[test]
fn an_identity_without_dkim_is_completed_and_one_of_another_client_is_not_touched() {
    let world = World::new();
    world
        .ses
        .add_foreign(&domain_name("old.example.com"), None, false);
    assert_eq!(
        world.added("maple", "old.example.com").state.status(),
        Status::Pending
    );

    world
        .ses
        .add_foreign(&domain_name("other.example.org"), Some("cedar"), true);
    let contested = world.added("maple", "other.example.org");
    assert_eq!(contested.state.status(), Status::Contested);
    let claims = world
        .store
        .claims("example.org")
        .now_or_never()
        .unwrap()
        .unwrap();
    assert_eq!(claims.holder(&domain_name("other.example.org")), None);
}

#[test]
fn a_topic_that_is_down_loses_nothing_and_keeps_the_order() {
    let world = World::new();
    world.topic.set_down(true);
    world.added("maple", "example.com");
    world.ses.verify(&domain_name("example.com"));
    let report = world.poll_after(MINUTE);
    assert_eq!(
        world.status("example.com"),
        Status::Verified,
        "publishing holds nothing up"
    );
    assert_eq!(report.unpublished, 2);
    world.topic.set_down(false);
    world.poll_after(MINUTE);
    assert_eq!(world.published(), [EventType::Added, EventType::Verified]);
}

#[test]
fn the_deadline_passes_and_a_later_success_still_counts() {
    let world = World::new();
    world.added("maple", "example.com");
    world.poll_after(SignedDuration::from_hours(71));
    assert_eq!(world.status("example.com"), Status::Pending);
    world.poll_after(SignedDuration::from_hours(1));
    let State::Failed(failed) = world.domain("maple", "example.com").state else {
        panic!("the deadline has passed");
    };
    assert_eq!(failed.reason, FailureReason::DeadlinePassed);
    world.ses.verify(&domain_name("example.com"));
    world.poll_after(SignedDuration::from_hours(6));
    assert_eq!(world.status("example.com"), Status::Verified);
    assert_eq!(
        world.published(),
        [EventType::Added, EventType::Failed, EventType::Verified]
    );
}

#[test]
fn each_answer_of_ses_moves_a_pending_domain_as_it_should() {
    use AxisStatus::{Failed, NotStarted, Pending, Success, TemporaryFailure};
    for (answer, expected) in [
        (NotStarted, Status::Pending),
        (Pending, Status::Pending),
        (TemporaryFailure, Status::Pending),
        (Failed, Status::Failed),
        (Success, Status::Verified),
    ] {
        let world = World::new();
        world.added("maple", "example.com");
        world
            .ses
            .set_status(&domain_name("example.com"), axes(answer));
        world.poll_after(MINUTE);
        assert_eq!(world.status("example.com"), expected, "{answer:?}");
        let domain = world.domain("maple", "example.com");
        assert_eq!(domain.ses.unwrap().status, axes(answer));
    }
}

#[test]
fn a_verification_that_ses_takes_back_is_a_failure() {
    let world = World::new();
    world.added("maple", "example.com");
    world.ses.verify(&domain_name("example.com"));
    world.poll_after(MINUTE);
    world.ses.set_status(
        &domain_name("example.com"),
        axes(AxisStatus::TemporaryFailure),
    );
    world.poll_after(SignedDuration::from_hours(24));
    assert_eq!(world.status("example.com"), Status::Verified);
    world
        .ses
        .set_status(&domain_name("example.com"), axes(AxisStatus::Failed));
    world.poll_after(SignedDuration::from_hours(24));
    assert_eq!(world.status("example.com"), Status::Failed);
}

#[test]
fn a_hundred_domains_cost_one_call_for_each_axis() {
    let world = World::new();
    for n in 0..100 {
        world.added("maple", &format!("d{n}.example.com"));
    }
    world.poll_after(MINUTE);
    for operation in [
        "GetIdentityVerificationAttributes",
        "GetIdentityDkimAttributes",
        "GetIdentityMailFromDomainAttributes",
    ] {
        assert_eq!(world.ses.calls(operation), 1, "{operation}");
    }
}

#[test]
fn a_thousand_waiting_domains_cost_one_page_of_the_list_and_only_what_moved_is_asked_about() {
    let world = World::new();
    for n in 0..1_000 {
        world.added("maple", &format!("d{n}.example.com"));
    }
    let batches = || world.ses.calls("GetIdentityVerificationAttributes");
    world.poll_after(MINUTE);
    assert_eq!(batches(), 10, "each of them is asked about once");
    let pages = world.ses.calls("ListEmailIdentities");

    world.poll_after(MINUTE);
    assert_eq!(batches(), 10);
    assert_eq!(world.ses.calls("ListEmailIdentities"), pages + 1);
    let domain = world.domain("maple", "d7.example.com");
    let look = domain.ses.unwrap();
    assert!(look.details_at < Some(look.looked_at));

    world.ses.verify(&domain_name("d7.example.com"));
    world.poll_after(MINUTE);
    assert_eq!(world.status("d7.example.com"), Status::Verified);
    assert_eq!(batches(), 11);

    world.poll_after(SignedDuration::from_hours(6));
    assert_eq!(batches(), 21, "what is too old is asked again");
}

#[test]
fn dying_between_any_two_steps_of_adding_loses_and_doubles_nothing() {
    let points = {
        let world = World::new();
        world.crash.live();
        world.added("maple", "example.com");
        world.crash.log().len()
    };
    assert!(points > 15, "{points} points");
    for point in 1..=points {
        let world = World::new();
        world.crash.die_at(point);
        assert!(
            world.post(&new_domain("maple", "example.com")).is_none(),
            "point {point}"
        );
        world.crash.live();
        // A client that got no answer asks again.
        world.added("maple", "example.com");
        finish(&world, &format!("died at point {point}"));
    }
}

#[test]
fn dying_between_any_two_steps_of_a_run_loses_and_doubles_nothing() {
    // A run that has everything to do: provisioning, a look that moves a state, events.
    let prepare = || {
        let world = World::new();
        world.topic.set_down(true);
        world.added("maple", "example.org");
        world.ses.verify(&domain_name("example.org"));
        world
            .ses
            .fail("CreateEmailIdentity", &[SesFault::Throttled]);
        world.added("maple", "example.com");
        world.topic.set_down(false);
        world.clock.advance(MINUTE);
        world
    };
    let points = {
        let world = prepare();
        world.crash.live();
        world.poll().unwrap();
        world.crash.log().len()
    };
    assert!(points > 30, "{points} points");
    for point in 1..=points {
        let world = prepare();
        world.crash.die_at(point);
        assert!(world.poll().is_none(), "point {point}");
        world.crash.live();
        finish(&world, &format!("died at point {point}"));
        assert_eq!(
            world.status("example.org"),
            Status::Verified,
            "point {point}"
        );
    }
}

/// Runs the poller until nothing is left, and checks that each event is known once by its id.
fn finish(world: &World, context: &str) {
    world.poll_after(MINUTE);
    world.ses.verify(&domain_name("example.com"));
    world.poll_after(MINUTE);
    world.poll_after(MINUTE);
    assert_eq!(world.status("example.com"), Status::Verified, "{context}");
    assert_eq!(world.store.outbox_length(), 0, "{context}");
    let events: HashSet<_> = world
        .topic
        .events()
        .into_iter()
        .map(|event| (event.event_id, event.domain.to_string(), event.event_type))
        .collect();
    for name in world
        .store
        .all_domains()
        .iter()
        .map(|domain| domain.name.to_string())
    {
        for event_type in [EventType::Added, EventType::Verified] {
            let times = events
                .iter()
                .filter(|(_, domain, found)| *domain == name && *found == event_type)
                .count();
            assert_eq!(times, 1, "{context}: {name} {event_type:?}");
        }
    }
}
