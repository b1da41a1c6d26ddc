//! Runs every file in `events/remove-domain` through the handler, with fakes.

use domain_auth::alerts::stops_mail;
use domain_auth::claims::ClaimRegister;
use domain_auth::domain::Domain;
use domain_auth::event::{EventType, Severity};
use domain_auth::history::Actor;
use domain_auth::ports::{Clock, CommitChanges, Outbox, ReadDomains};
use domain_auth::state::{State, Status, Trigger};
use domain_auth_http::Reply;
use domain_auth_testkit::{
    FakeSes, MemoryStore, RecordingTopic, SequentialIds, SesFault, TestClock, TestPorts, answer_of,
    client, domain_name, identity, new_domain, request_in,
};
use lambda_http::http::StatusCode;

use super::App;

type TestApp = App<TestPorts>;

/// `example.com` of `maple-homes` is pending, `example.org` authenticated, `example.net` contested.
async fn app() -> TestApp {
    let app: TestApp = App {
        store: MemoryStore::default(),
        ses: FakeSes::default(),
        publisher: RecordingTopic::default(),
        clock: TestClock::default(),
        ids: SequentialIds::default(),
        ses_calls_per_second: 1,
    };
    let (now, ids) = (app.clock.now(), &app.ids);
    let sends = [Trigger::SesVerified, Trigger::Completed];
    for (name, triggers) in [("example.com", &[][..]), ("example.org", &sends)] {
        let new = new_domain("maple-homes", name);
        app.ses.add_orphan(&new.name, "maple-homes");
        let claims = ClaimRegister::empty(name).taken(&new.name, &new.client, now);
        let provisioned = Trigger::Provisioned(identity(&new.name));
        let state = State::provisioning();
        let mut change = Domain::add(new, state, Some(claims), Actor::Service, now, ids);
        app.store.commit(&change).await.unwrap();
        for trigger in [&[provisioned], triggers].concat() {
            let moved = change
                .domain
                .transition(trigger, Actor::Service, None, now, ids);
            change = moved.unwrap();
            app.store.commit(&change).await.unwrap();
        }
    }
    let contested = State::contested("5e".repeat(32), now);
    let new = new_domain("maple-homes", "example.net");
    let change = Domain::add(new, contested, None, Actor::Service, now, ids);
    app.store.commit(&change).await.unwrap();
    app
}

async fn answer(app: &TestApp, case: &str) -> Reply {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/remove-domain");
    app.handle(request_in(format!("{folder}/{case}.json").as_ref()))
        .await
}

async fn stored(app: &TestApp, name: &str) -> Option<Status> {
    let (client, name) = (client("maple-homes"), domain_name(name));
    let stored = app.store.domain(&client, &name).await.unwrap();
    stored.map(|domain| domain.state.status())
}

#[test]
fn every_event_is_answered_as_its_snapshot_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    insta::glob!("../../../events/remove-domain", "*.json", |file| {
        runtime.block_on(async {
            let app = app().await;
            let reply = app.handle(request_in(file)).await;
            insta::assert_json_snapshot!(answer_of(&reply));
            let left = app.store.all_domains().len();
            let removed = match reply.status() {
                StatusCode::NO_CONTENT => 1,
                // If the client is erased, the contested domain is gone, and the poller removes the
                // others.
                StatusCode::ACCEPTED => usize::from(stored(&app, "example.net").await.is_none()),
                _refused => 0,
            };
            assert_eq!(left, 3 - removed, "what is refused removes nothing");
        });
    });
}

#[tokio::test]
async fn a_removal_deletes_the_ses_identity_and_emits_one_event() {
    let app = app().await;
    let reply = answer(&app, "pending").await;
    assert_eq!(reply.status(), StatusCode::NO_CONTENT);
    assert_eq!(app.ses.client_of(&domain_name("example.com")), None);
    assert_eq!(stored(&app, "example.com").await, None);
    let events = app.publisher.events();
    let types: Vec<EventType> = events.iter().map(|event| event.event_type).collect();
    assert_eq!(types, [EventType::Removed]);
    let again = answer(&app, "pending").await;
    assert_eq!(again.status(), StatusCode::NOT_FOUND);
}

/// The client's contact gets an email only about a removal on its behalf (`docs/alerts.md`).
#[tokio::test]
async fn a_contact_is_emailed_about_a_removal_by_support_but_not_about_an_erasure() {
    for (case, expected) in [
        ("on-behalf-authenticated-confirmed", vec![Severity::Warning]),
        ("authenticated-confirmed", vec![Severity::Info]),
    ] {
        let app = app().await;
        answer(&app, case).await;
        let events = app.publisher.events();
        let severities: Vec<Severity> = events.iter().map(|event| event.severity).collect();
        assert_eq!(severities, expected, "{case}");
        let by_support = events[0].summary.contains("Lasso support removed");
        assert_eq!(by_support, expected == [Severity::Warning], "{case}");
        assert_eq!(stops_mail(&events[0]), by_support, "{case}");
    }
    let app = app().await;
    answer(&app, "erase-client").await;
    let outbox = app.store.unpublished_after(None, 100).await.unwrap();
    let removed = outbox
        .iter()
        .filter(|it| it.event_type == EventType::Removed);
    let severities: Vec<Severity> = removed.map(|event| event.severity).collect();
    assert_eq!(severities, [Severity::Info; 3]);
}

#[tokio::test]
async fn a_replayed_removal_spares_a_domain_added_since() {
    let app = app().await;
    let reply = answer(&app, "pending-with-key").await;
    assert_eq!(reply.status(), StatusCode::NO_CONTENT);
    let (now, state) = (app.clock.now(), State::provisioning());
    let new = new_domain("maple-homes", "example.com");
    let added = Domain::add(new, state, None, Actor::Service, now, &app.ids);
    app.store.commit(&added).await.unwrap();
    let again = answer(&app, "pending-with-key").await;
    assert_eq!(again.status(), StatusCode::NO_CONTENT);
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(
        stored(&app, "example.com").await,
        Some(Status::Provisioning)
    );
}

#[tokio::test]
async fn erasing_a_client_stops_sending_for_its_domains_only() {
    let app = app().await;
    let reply = answer(&app, "erase-client-unknown").await;
    assert_eq!(reply.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        stored(&app, "example.org").await,
        Some(Status::Authenticated)
    );
    for _ in 0..2 {
        let reply = answer(&app, "erase-client").await;
        assert_eq!(reply.status(), StatusCode::ACCEPTED);
        assert!(reply.body().contains("\"domains_left\":2"), "{reply:?}");
        for name in ["example.com", "example.org"] {
            assert_eq!(stored(&app, name).await, Some(Status::Removing));
        }
        assert_eq!(stored(&app, "example.net").await, None);
    }
}

#[tokio::test]
async fn a_throttled_or_repeated_removal_returns_204() {
    let app = app().await;
    app.ses.fail("DeleteEmailIdentity", &[SesFault::Throttled]);
    for _ in 0..2 {
        let reply = answer(&app, "pending").await;
        assert_eq!(reply.status(), StatusCode::NO_CONTENT);
        assert_eq!(stored(&app, "example.com").await, Some(Status::Removing));
    }
    assert_eq!(app.publisher.events().len(), 1);
}
