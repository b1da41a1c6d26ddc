//! Runs every file in `events/advance-domain` through the handler, with fakes.

use domain_auth::domain::Domain;
use domain_auth::erasure::{EraseClients, Erasure};
use domain_auth::event::EventType;
use domain_auth::history::{Action, Actor, HistoryEntry};
use domain_auth::idempotency::KeyOwner;
use domain_auth::names::Community;
use domain_auth::ports::{Clock, CommitChanges, ListFilter, ReadDomains};
use domain_auth::ses_share::{RequestCalls, SesTurns, TurnRequest};
use domain_auth::state::{FailureReason, State, Status, Trigger};
use domain_auth_testkit::{
    Answer, FakeSes, MemoryStore, RecordingTopic, SequentialIds, SesFault, TestClock, TestPorts,
    answer_of, client, domain_name, identity, new_domain, request_in, request_with,
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

/// Adds a domain whose records SES has returned, and applies the triggers.
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
async fn a_restart_returns_503_and_changes_nothing_if_ses_throttles() {
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
async fn a_repeated_ready_message_gets_the_same_response_and_one_alert() {
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
async fn a_restart_beyond_the_clients_share_returns_503_without_an_ses_call() {
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

#[tokio::test]
async fn the_clients_history_shows_actions_of_support_on_its_behalf() {
    let app = app().await;
    assert_eq!(answer(&app, "restart-on-behalf").await["status"], 200);
    assert_eq!(answer(&app, "notify-on-behalf").await["status"], 200);
    let client = client("maple-homes");
    for (name, action) in [
        ("example.com", Action::Restarted),
        ("example.org", Action::Ready),
    ] {
        let name = domain_name(name);
        let page = app.store.history(&client, &name, 1, None).await;
        let line = page.unwrap().items.remove(0);
        let support = "4f6c1b1e-0000-4000-8000-000000000009".to_owned();
        assert_eq!(line.action, action);
        assert_eq!(line.actor, Actor::lasso_support(support));
    }
    let told = app.publisher.events();
    let summary = &told.last().unwrap().summary;
    assert!(summary.contains("on the client's behalf"), "{summary}");
}

#[tokio::test]
async fn restarting_a_domain_in_removal_is_404_for_clients_and_explained_to_support() {
    let app = app().await;
    let domain = stored(&app).await;
    let removed = Trigger::Removed;
    let now = app.clock.now();
    let change = domain.transition(removed, Actor::Service, None, now, &app.ids);
    app.store.commit(&change.unwrap()).await.unwrap();
    let support = answer(&app, "restart-on-behalf").await;
    assert_eq!(support["body"]["code"], "being_removed");
    assert_eq!(answer(&app, "restart").await["body"]["code"], "not_found");
}

#[tokio::test]
async fn a_change_of_details_is_written_once_to_the_history() {
    let app = app().await;
    for _ in 0..2 {
        assert_eq!(answer(&app, "change").await["status"], 200);
    }
    assert_eq!(answer(&app, "change-nothing").await["status"], 200);
    let (client, name) = (client("maple-homes"), domain_name("example.org"));
    let lines = app.store.history(&client, &name, 10, None).await.unwrap();
    let is_change = |line: &&HistoryEntry| line.action == Action::Changed;
    let changes: Vec<&HistoryEntry> = lines.items.iter().filter(is_change).collect();
    assert_eq!(changes.len(), 1);
    let evidence = changes[0].evidence.as_ref().unwrap().for_support();
    assert_eq!(evidence["communities"]["from"], serde_json::json!([]));
    let to = serde_json::json!(["Maple Ridge", "Oak Park"]);
    assert_eq!(evidence["communities"]["to"], to);
    let contact = evidence["contact_email"]["to"].as_str().unwrap();
    assert!(!contact.contains("jo.miller"), "{contact}");
    let filter = |community: &str| ListFilter {
        status: None,
        community: Community::parse(community).ok(),
    };
    for (community, found) in [("Oak Park", 1), ("Maple Ridge", 1), ("Elm Court", 0)] {
        let filter = filter(community);
        let page = app.store.domains(&client, &filter, 10, None).await;
        assert_eq!(page.unwrap().items.len(), found, "{community}");
    }
}

/// So no stored response keeps the erasure from its end.
#[tokio::test]
async fn the_idempotency_key_of_a_client_in_erasure_is_not_stored() {
    let app = app().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/advance-domain");
    let text = std::fs::read_to_string(format!("{folder}/notify-unknown.json")).unwrap();
    let answered = async |key: &str| {
        let mut event: serde_json::Value = serde_json::from_str(&text).unwrap();
        event["headers"]["idempotency-key"] = key.into();
        let reply = app.handle(request_with(event)).await;
        (reply.status().as_u16(), app.store.contents().contains(key))
    };
    assert_eq!(answered("before-it").await, (404, true));
    let maple = client("maple-homes");
    let erasure = Erasure::begun_by(Actor::Service, app.clock.now());
    app.store.begin_erasure(&maple, &erasure).await.unwrap();
    assert_eq!(answered("meanwhile").await, (404, false));
}
