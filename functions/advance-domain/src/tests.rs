//! Every file in `events/advance-domain`, through the handler, on fakes.

use domain_auth::domain::Domain;
use domain_auth::event::EventType;
use domain_auth::history::Actor;
use domain_auth::idempotency::KeyOwner;
use domain_auth::ports::{Clock, CommitChanges, ReadDomains};
use domain_auth::ses_share::{RequestCalls, SesTurns, TurnRequest};
use domain_auth::state::{FailureReason, State, Status, Trigger};
use domain_auth_testkit::{
    Answer, FakeSes, MemoryStore, RecordingTopic, SequentialIds, SesFault, TestClock, TestPorts,
    answer_of, client, domain_name, identity, new_domain, request_in,
};
use jiff::SignedDuration;

use super::App;

type TestApp = App<TestPorts>;

/// Domains of `maple-homes` in several states.
async fn app() -> TestApp {
    let app: TestApp = App {
        store: MemoryStore::default(),
        ses: FakeSes::default(),
        publisher: RecordingTopic::default(),
        clock: TestClock::default(),
        ids: SequentialIds::default(),
        ses_calls_per_second: 1,
        support_emails: 50,
    };
    let rejected = Trigger::Refused {
        reason: "Not your brand.".to_owned(),
    };
    let failed = Trigger::SesFailed(FailureReason::DeadlinePassed);
    add(&app, "example.com", [failed].into()).await;
    add(&app, "example.org", [].into()).await;
    add(&app, "verified.example", [Trigger::SesVerified].into()).await;
    let states = [Trigger::SesVerified, rejected].into();
    add(&app, "rejected.example", states).await;
    let states = [Trigger::SesVerified, Trigger::Completed].into();
    add(&app, "sending.example", states).await;
    let now = app.clock.now();
    let contested = State::contested("secret".to_owned(), now);
    let new = new_domain("maple-homes", "contested.example");
    let change = Domain::add(new, contested, None, Actor::Service, now, &app.ids);
    app.store.commit(&change).await.unwrap();
    app
}

/// Adds a domain that SES has given records for, and moves it on.
async fn add(app: &TestApp, name: &str, triggers: Vec<Trigger>) {
    let (now, ids) = (app.clock.now(), &app.ids);
    let new = new_domain("maple-homes", name);
    let provisioned = Trigger::Provisioned(identity(&new.name));
    app.ses.add_tagged(&new.name, "maple-homes", true);
    let state = State::provisioning();
    let mut change = Domain::add(new, state, None, Actor::Service, now, ids);
    app.store.commit(&change).await.unwrap();
    for trigger in [provisioned].into_iter().chain(triggers) {
        let moved = change
            .domain
            .transition(trigger, Actor::Service, None, now, ids);
        change = moved.unwrap();
        app.store.commit(&change).await.unwrap();
    }
}

async fn answer(app: &TestApp, case: &str) -> Answer {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/advance-domain");
    let request = request_in(format!("{folder}/{case}.json").as_ref());
    answer_of(&app.handle(request).await)
}

#[test]
fn every_event_is_answered_as_its_snapshot_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    insta::glob!("../../../events/advance-domain", "*.json", |file| {
        let reply = runtime.block_on(async { app().await.handle(request_in(file)).await });
        insta::assert_json_snapshot!(answer_of(&reply));
    });
}

#[tokio::test]
async fn a_throttled_ses_is_503_and_changes_nothing() {
    for operation in [
        "GetEmailIdentity",
        "VerifyDomainIdentity",
        "VerifyDomainDkim",
    ] {
        let app = app().await;
        app.ses.fail(operation, &[SesFault::Throttled]);
        let throttled = answer(&app, "restart").await;
        assert_eq!(throttled["status"], 503);
        assert_eq!(throttled["body"]["code"], "ses_unavailable");
        assert_eq!(throttled["headers"]["retry-after"], "5");
        assert_eq!(stored(&app).await.state.status(), Status::Failed);
        app.clock.advance(SignedDuration::from_secs(5));
        let again = answer(&app, "restart").await;
        assert_eq!(again["body"]["status"], "pending");
    }
}

#[tokio::test]
async fn who_says_ready_twice_gets_the_same_answer_and_support_one_alert() {
    let app = app().await;
    let first = answer(&app, "notify-pending").await;
    let again = answer(&app, "notify-pending").await;
    assert_eq!(first, again);
    let ready = app.publisher.events();
    assert_eq!(ready.len(), 1);
    assert_eq!(ready[0].event_type, EventType::Ready);
    assert_eq!(
        ready[0].note.as_deref(),
        Some("All records are in.\nThanks, Jo")
    );
}

async fn stored(app: &TestApp) -> Domain {
    let (client, name) = (client("maple-homes"), domain_name("example.com"));
    app.store.domain(&client, &name).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_restart_without_a_turn_is_503_and_asks_ses_nothing() {
    let app = app().await;
    let asker = KeyOwner::Client(client("cedar-homes"));
    for _ in 0..2 {
        let now = app.clock.now();
        let turn = TurnRequest::new(RequestCalls::Restart, asker.clone(), now, 1);
        app.store.turn(&turn).await.unwrap();
        let other = KeyOwner::Client(client("oak-homes"));
        let turn = TurnRequest::new(RequestCalls::Restart, other, now, 1);
        app.store.turn(&turn).await.unwrap();
    }
    let refused = answer(&app, "restart").await;
    assert_eq!(refused["body"]["code"], "ses_unavailable");
    assert_eq!(app.ses.calls("VerifyDomainIdentity"), 0);
    assert_eq!(stored(&app).await.state.status(), Status::Failed);
}
