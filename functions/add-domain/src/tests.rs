//! Runs every file in `events/add-domain` through the handler, with fakes.

use domain_auth::claims::{ClaimRegister, NAMES_PER_CLIENT, Reservation};
use domain_auth::limits::AdditionLimits;
use domain_auth::names::Eligibility;
use domain_auth::ports::{Clock, CommitChanges, ReadClaims, ReadDomains};
use domain_auth::ses_share::SesTurns;
use domain_auth_testkit::{
    FakeDns, FakeSes, MemoryStore, RecordingTopic, SequentialIds, SesFault, TestClock, TestPorts,
    answer_of, client, domain_name, request_in, request_with,
};
use jiff::SignedDuration;
use lambda_http::http::StatusCode;

use super::App;

mod first_look;

type TestApp = App<TestPorts>;

fn app() -> TestApp {
    App {
        store: MemoryStore::default(),
        ses: FakeSes::default(),
        publisher: RecordingTopic::default(),
        clock: TestClock::default(),
        ids: SequentialIds::default(),
        dns: FakeDns::default(),
        ses_calls_per_second: 1,
        eligibility: Eligibility::parse("lassocrm.com, lasso.example").unwrap(),
        limits: AdditionLimits {
            domains: 500,
            added_per_day: 50,
        },
    }
}

async fn handle_file(app: &TestApp, case: &str) -> super::Reply {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/add-domain");
    let file = format!("{folder}/{case}.json");
    app.handle(request_in(file.as_ref())).await
}

#[test]
fn every_event_is_answered_as_its_snapshot_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    insta::glob!("../../../events/add-domain", "*.json", |file| {
        let app = app();
        let reply = runtime.block_on(app.handle(request_in(file)));
        insta::assert_json_snapshot!(answer_of(&reply));
        let written = app.store.all_domains().len();
        let expected = usize::from(reply.status().is_success());
        assert_eq!(written, expected, "what is refused writes nothing");
    });
}

#[tokio::test]
async fn adding_the_same_domain_again_returns_200_and_the_same_body() {
    let app = app();
    let first = handle_file(&app, "new-domain").await;
    let again = handle_file(&app, "new-domain").await;
    assert_eq!(first.status(), StatusCode::CREATED);
    assert_eq!(again.status(), StatusCode::OK);
    assert_eq!(first.body(), again.body());
    assert_eq!(app.publisher.events().len(), 1);
}

#[tokio::test]
async fn add_returns_202_and_stores_the_domain_if_ses_throttles() {
    let app = app();
    app.ses
        .fail("CreateEmailIdentity", &[SesFault::Throttled; 2]);
    let reply = handle_file(&app, "new-domain").await;
    insta::assert_json_snapshot!(answer_of(&reply));
    let stored = app
        .store
        .domain(&client("maple-homes"), &domain_name("maplehomes.com"))
        .await
        .unwrap();
    assert!(stored.is_some());
}

#[tokio::test]
async fn adding_another_clients_name_returns_202_with_only_the_ownership_record() {
    let app = app();
    let holder = domain_auth_testkit::new_domain("cedar-homes", "maplehomes.com");
    let actor = domain_auth::history::Actor::Service;
    let (tools, eligibility, limits) = (app.tools(), &app.eligibility, app.limits);
    domain_auth::use_cases::add::add(&tools, eligibility, &holder, &actor, limits)
        .await
        .unwrap();
    let reply = handle_file(&app, "new-domain").await;
    insta::assert_json_snapshot!(answer_of(&reply));
}

#[tokio::test]
async fn additions_during_a_backlog_return_202_without_ses_calls() {
    let app = app();
    let later = app.clock.now() + SignedDuration::from_secs(30);
    app.store.keep_for_poller(later).await.unwrap();
    let reply = handle_file(&app, "new-domain").await;
    assert_eq!(reply.status(), StatusCode::ACCEPTED);
    assert_eq!(app.ses.calls("CreateEmailIdentity"), 0);
    assert_eq!(app.store.all_domains().len(), 1);
}

#[tokio::test]
async fn a_call_that_ses_throttles_once_is_retried() {
    let app = app();
    app.ses.fail("CreateEmailIdentity", &[SesFault::Throttled]);
    let reply = handle_file(&app, "new-domain").await;
    assert_eq!(reply.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn the_101st_name_under_a_domain_is_refused_without_a_write() {
    let app = app();
    let (maple, now) = (client("maple-homes"), app.clock.now());
    let names = (0..NAMES_PER_CLIENT).map(|n| domain_name(&format!("n{n}.maplehomes.com")));
    let claims = names.fold(ClaimRegister::empty("maplehomes.com"), |claims, name| {
        claims.taken(&name, &maple, now)
    });
    app.store.put_claims(&claims);
    let reply = handle_file(&app, "new-domain").await;
    insta::assert_json_snapshot!("too-many-names", answer_of(&reply));
    assert!(app.store.all_domains().is_empty());
    assert!(app.publisher.events().is_empty());
    assert_eq!(app.store.claims("maplehomes.com").await.unwrap(), claims);
    // With one name fewer, there is room.
    let fewer = claims.released(
        &domain_name("n0.maplehomes.com"),
        &maple,
        Reservation::Short,
        now,
    );
    app.store.put_claims(&fewer);
    let reply = handle_file(&app, "new-domain").await;
    assert_eq!(reply.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn adding_at_a_client_limit_names_the_limit_and_writes_nothing() {
    for (case, limits) in [
        ("too-many-domains", (0, 50)),
        ("too-many-additions", (500, 0)),
    ] {
        let app = TestApp {
            limits: AdditionLimits {
                domains: limits.0,
                added_per_day: limits.1,
            },
            ..app()
        };
        let reply = handle_file(&app, "new-domain").await;
        insta::assert_json_snapshot!(case, answer_of(&reply));
        assert!(app.store.all_domains().is_empty());
        assert!(app.publisher.events().is_empty());
    }
}

#[tokio::test]
async fn adding_a_domain_again_adds_a_new_community() {
    let app = app();
    let request = |community: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/add-domain");
        let text = std::fs::read_to_string(format!("{folder}/new-domain.json")).unwrap();
        let mut event: serde_json::Value = serde_json::from_str(&text).unwrap();
        let body = serde_json::json!({ "domain": "maplehomes.com", "community": community });
        event["body"] = body.to_string().into();
        request_with(event)
    };
    let first = answer_of(&app.handle(request("Maple Ridge")).await);
    assert_eq!(first["status"], 201);
    for (community, added) in [
        ("Maple Ridge", false),
        ("Oak Park", true),
        ("Oak Park", false),
    ] {
        let again = answer_of(&app.handle(request(community)).await);
        assert_eq!(again["status"], 200);
        let said = added.then_some(community);
        let told = again["body"].get("community_added");
        assert_eq!(told.and_then(serde_json::Value::as_str), said);
    }
    let more = (2..50).map(|n| format!("C{n}"));
    for community in more {
        app.handle(request(&community)).await;
    }
    let full = answer_of(&app.handle(request("One more")).await);
    assert_eq!(full["body"]["code"], "too_many_communities");
    let known = answer_of(&app.handle(request("Oak Park")).await);
    assert_eq!(known["body"]["communities"].as_array().unwrap().len(), 50);
    assert_eq!(app.publisher.events().len(), 1, "one domain was added");
}
