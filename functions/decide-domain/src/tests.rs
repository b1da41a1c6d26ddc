//! Every file in `events/decide-domain`, through the handler, on a store with domains of two clients.

use domain_auth::domain::Domain;
use domain_auth::event::EventType;
use domain_auth::history::Actor;
use domain_auth::identity::ConfigurationSet;
use domain_auth::limits::Limits;
use domain_auth::ports::{Clock, CommitChanges, Ids};
use domain_auth::state::{State, Trigger};
use domain_auth_http::Reply;
use domain_auth_testkit::{
    FakeSes, MemoryStore, RecordingTopic, SequentialIds, SesFault, TestClock, TestPorts, answer_of,
    domain_name, identity, new_domain, request_in,
};
use lambda_http::http::StatusCode;

use super::App;

type TestApp = App<TestPorts>;

/// `example.com` of `maple-homes` is verified, `example.net` of `oak-homes` pending. `example.org` and
/// `example.info` of `oak-homes` are contested; SES has an identity for `example.org`.
async fn app() -> TestApp {
    let app: TestApp = App {
        store: MemoryStore::default(),
        ses: FakeSes::default(),
        configuration_set: None,
        publisher: RecordingTopic::default(),
        clock: TestClock::default(),
        ids: SequentialIds::default(),
        limits: Limits {
            domains: 500,
            added_per_day: 50,
            support_emails_per_day: 50,
        },
    };
    let (now, ids) = (app.clock.now(), &app.ids);
    for (client, name, verified) in [
        ("maple-homes", "example.com", true),
        ("oak-homes", "example.net", false),
    ] {
        let new = new_domain(client, name);
        let mut triggers = vec![Trigger::Provisioned(identity(&new.name))];
        triggers.extend(verified.then_some(Trigger::SesVerified));
        let state = State::provisioning();
        let mut change = Domain::add(new, state, None, Actor::Service, now, ids);
        app.store.commit(&change).await.unwrap();
        for trigger in triggers {
            let moved = change
                .domain
                .transition(trigger, Actor::Service, None, now, ids);
            change = moved.unwrap();
            app.store.commit(&change).await.unwrap();
        }
    }
    for name in ["example.org", "example.info"] {
        let state = State::contested(ids.secret(), now);
        let new = new_domain("oak-homes", name);
        let change = Domain::add(new, state, None, Actor::Service, now, ids);
        app.store.commit(&change).await.unwrap();
    }
    app.ses
        .add_tagged(&domain_name("example.com"), "maple-homes", true);
    app.ses.add_foreign(&domain_name("example.org"), None, true);
    app
}

async fn answer(app: &TestApp, case: &str) -> Reply {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/decide-domain");
    app.handle(request_in(format!("{folder}/{case}.json").as_ref()))
        .await
}

#[test]
fn every_event_is_answered_as_its_snapshot_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    insta::glob!("../../../events/decide-domain", "*.json", |file| {
        let reply = runtime.block_on(async { app().await.handle(request_in(file)).await });
        insta::assert_json_snapshot!(answer_of(&reply));
    });
}

#[tokio::test]
async fn a_second_decision_is_refused_and_emits_no_event() {
    let app = app().await;
    assert_eq!(answer(&app, "complete").await.status(), StatusCode::OK);
    for case in ["complete", "reject"] {
        assert_eq!(answer(&app, case).await.status(), StatusCode::CONFLICT);
    }
    let types: Vec<EventType> = app
        .publisher
        .events()
        .iter()
        .map(|event| event.event_type)
        .collect();
    assert_eq!(types, [EventType::Authenticated]);
}

#[tokio::test]
async fn completing_attaches_the_configuration_set_before_the_state_changes() {
    let mut app = app().await;
    app.configuration_set = ConfigurationSet::parse("mass-mail").ok();
    let name = domain_name("example.com");
    app.ses.add_tagged(&name, "maple-homes", true);
    let attach = "PutEmailIdentityConfigurationSetAttributes";
    app.ses.fail(attach, &[SesFault::Throttled]);
    let throttled = answer(&app, "complete").await;
    assert_eq!(throttled.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(app.publisher.events(), [], "nothing was changed");
    assert_eq!(answer(&app, "complete").await.status(), StatusCode::OK);
    assert_eq!(
        app.ses.configuration_set(&name).as_deref(),
        Some("mass-mail")
    );
    answer(&app, "complete").await;
    assert_eq!(app.ses.calls(attach), 2, "none for what is not verified");
}

#[tokio::test]
async fn rejecting_makes_no_ses_call() {
    let mut app = app().await;
    app.configuration_set = ConfigurationSet::parse("mass-mail").ok();
    assert_eq!(answer(&app, "reject").await.status(), StatusCode::OK);
    assert_eq!(
        app.ses.calls("PutEmailIdentityConfigurationSetAttributes"),
        0
    );
}
