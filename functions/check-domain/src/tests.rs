//! Checks a domain through the handler, with fakes.

use domain_auth::domain::Domain;
use domain_auth::final_step::FinalStepPolicy;
use domain_auth::history::{Action, Actor};
use domain_auth::ports::{Clock, CommitChanges, ReadDomains};
use domain_auth::state::{State, Status, Trigger};
use domain_auth::use_cases::StoreTools;
use domain_auth::use_cases::check::CheckLimits;
use domain_auth::use_cases::links::make_link;
use domain_auth_http::Reply;
use domain_auth_testkit::{
    Answer, FakeDns, FakeSes, MemoryStore, RecordingMeter, RecordingTopic, SequentialIds, SesFault,
    TestClock, TestPorts, answer_of, client, domain_name, identity, new_domain, request_in,
};
use jiff::SignedDuration;
use lambda_http::http::StatusCode;

use super::App;

type TestApp = App<TestPorts>;

/// With `example.com` of `maple-homes` waiting for its records.
async fn app(dns: FakeDns) -> TestApp {
    let app: TestApp = App {
        store: MemoryStore::default(),
        ses: FakeSes::default(),
        publisher: RecordingTopic::default(),
        clock: TestClock::default(),
        ids: SequentialIds::default(),
        dns,
        meter: RecordingMeter::default(),
        final_step: FinalStepPolicy::default(),
        limits: CheckLimits::default(),
    };
    let now = app.clock.now();
    let new = new_domain("maple-homes", "example.com");
    app.ses.add_orphan(&new.name, "maple-homes");
    let added = Domain::add(
        new,
        State::provisioning(),
        None,
        Actor::Service,
        now,
        &app.ids,
    );
    app.store.commit(&added).await.unwrap();
    let provisioned = Trigger::Provisioned(identity(&added.domain.name));
    let provisioned = added
        .domain
        .transition(provisioned, Actor::Service, None, now, &app.ids);
    app.store.commit(&provisioned.unwrap()).await.unwrap();
    app
}

async fn check(app: &TestApp) -> Reply {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../events/check-domain/check.json"
    );
    app.handle(request_in(file.as_ref())).await
}

async fn stored(app: &TestApp) -> Domain {
    let (client, name) = (client("maple-homes"), domain_name("example.com"));
    app.store.domain(&client, &name).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_check_returns_the_state_of_every_record() {
    let app = app(FakeDns::default()).await;
    for record in stored(&app).await.records().iter().take(3) {
        app.dns.publish(record);
    }
    let reply = check(&app).await;
    insta::assert_json_snapshot!(answer_of(&reply));
    let (client, name) = (client("maple-homes"), domain_name("example.com"));
    assert!(
        app.store.look(&client, &name).await.unwrap().is_some(),
        "a later GET shows it"
    );
}

#[tokio::test]
async fn unanswered_dns_queries_make_every_record_unknown() {
    let app = app(FakeDns::silent()).await;
    let reply = check(&app).await;
    let answer = answer_of(&reply);
    let records = answer["body"]["records"].as_array().unwrap();
    assert!(
        records.iter().all(|record| record["state"] == "unknown"),
        "{answer}"
    );
    assert_eq!(answer["body"]["status"], "pending");
}

#[tokio::test]
async fn a_second_check_within_30_seconds_returns_429_and_makes_no_call() {
    let app = app(FakeDns::default()).await;
    assert_eq!(check(&app).await.status(), StatusCode::OK);
    let calls = app.ses.calls("GetIdentityVerificationAttributes");
    app.clock.advance(SignedDuration::from_secs(10));
    let reply = check(&app).await;
    insta::assert_json_snapshot!(answer_of(&reply));
    assert_eq!(app.ses.calls("GetIdentityVerificationAttributes"), calls);
    app.clock.advance(SignedDuration::from_secs(21));
    assert_eq!(check(&app).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn checks_by_lasso_support_have_the_same_pause_and_show_the_dns_look() {
    let app = app(FakeDns::default()).await;
    let file = |case: &str| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/check-domain");
        request_in(format!("{folder}/{case}.json").as_ref())
    };
    let refused = app.handle(file("recheck-client-admin")).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let answer = answer_of(&app.handle(file("recheck")).await);
    assert_eq!(answer["status"], 200, "{answer}");
    assert_eq!(answer["body"]["client"], "maple-homes");
    assert!(answer["body"]["look"].is_object());
    let soon = app.handle(file("recheck")).await;
    assert_eq!(soon.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_check_of_a_verified_identity_verifies_the_domain() {
    let app = app(FakeDns::default()).await;
    app.ses.verify(&domain_name("example.com"));
    let reply = check(&app).await;
    assert_eq!(answer_of(&reply)["body"]["status"], "verified");
    assert_eq!(app.publisher.events().len(), 1);
    assert_eq!(app.meter.values("TimeToVerified", None), [0.0]);
    let calls = app
        .meter
        .values("SesCalls", Some("GetIdentityVerificationAttributes"));
    assert_eq!(calls, [1.0]);
}

#[tokio::test]
async fn a_check_that_ses_throttles_keeps_the_ses_status_and_shows_dns() {
    let app = app(FakeDns::default()).await;
    app.ses
        .fail("GetIdentityDkimAttributes", &[SesFault::Throttled]);
    let reply = check(&app).await;
    assert_eq!(reply.status(), StatusCode::OK);
    let domain = stored(&app).await;
    assert!(domain.ses.is_none() && domain.dns_looked_at.is_some());
}

#[tokio::test]
async fn checks_beyond_the_limit_per_minute_return_429_and_make_no_call() {
    let mut app = app(FakeDns::default()).await;
    app.limits.checks_per_minute = 1;
    assert_eq!(check(&app).await.status(), StatusCode::OK);
    app.clock.advance(SignedDuration::from_secs(31));
    let (before, calls) = (
        stored(&app).await,
        app.ses.calls("GetIdentityVerificationAttributes"),
    );
    let reply = check(&app).await;
    insta::assert_json_snapshot!(answer_of(&reply));
    assert_eq!(stored(&app).await, before);
    assert_eq!(app.ses.calls("GetIdentityVerificationAttributes"), calls);
    app.clock.advance(SignedDuration::from_secs(30));
    assert_eq!(check(&app).await.status(), StatusCode::OK);
}

async fn by_link(app: &TestApp, case: &str) -> Answer {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/check-domain");
    answer_of(
        &app.handle(request_in(format!("{folder}/{case}.json").as_ref()))
            .await,
    )
}

/// With the link of the sample events.
async fn app_with_link() -> TestApp {
    let app = app(FakeDns::default()).await;
    let (client, name) = (client("maple-homes"), domain_name("example.com"));
    let tools = StoreTools::<TestPorts> {
        store: &app.store,
        clock: &app.clock,
        ids: &SequentialIds::default(),
    };
    let made = make_link(&tools, (&client, &name), 14, &Actor::Service).await;
    assert!(made.unwrap().token.as_str().ends_with("AAI"));
    app
}

#[tokio::test]
async fn a_check_by_a_link_holder_redirects_back_to_the_page() {
    let app = app_with_link().await;
    app.ses.verify(&domain_name("example.com"));
    insta::assert_json_snapshot!(by_link(&app, "by-link").await);
    let domain = stored(&app).await;
    assert_eq!(domain.state.status(), Status::Verified);
    assert_eq!(app.publisher.events().len(), 1);
    assert_eq!(app.meter.values("TimeToVerified", None), [0.0]);
    let history = app.store.history(&domain.client, &domain.name, 2, None);
    let history = history.await.unwrap().items;
    let checked = history.iter().find(|line| line.action == Action::Checked);
    let link = domain.links[0].id.clone();
    assert_eq!(checked.unwrap().actor, Actor::LinkHolder { link });
}

#[tokio::test]
async fn a_check_by_link_ignores_parameters_of_mail_programs() {
    let (plain, followed) = (app_with_link().await, app_with_link().await);
    let before = stored(&followed).await;
    let answer = by_link(&followed, "by-link-with-parameters-of-a-mail-program").await;
    assert_eq!(answer, by_link(&plain, "by-link").await);
    assert_ne!(stored(&followed).await, before);
}

#[tokio::test]
async fn a_link_holder_and_the_client_share_the_pause_of_the_domain() {
    let app = app_with_link().await;
    assert_eq!(check(&app).await.status(), StatusCode::OK);
    let (before, calls) = (
        stored(&app).await,
        app.ses.calls("GetIdentityVerificationAttributes"),
    );
    let soon = by_link(&app, "by-link").await;
    assert_eq!(soon["status"], 303);
    assert_eq!(stored(&app).await, before);
    assert_eq!(app.ses.calls("GetIdentityVerificationAttributes"), calls);
    app.clock.advance(SignedDuration::from_secs(31));
    assert_eq!(by_link(&app, "by-link").await["status"], 303);
    assert_ne!(stored(&app).await, before);
    assert_eq!(check(&app).await.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_link_holder_is_told_if_the_clients_limit_refuses_the_check() {
    let mut app = app_with_link().await;
    app.limits.checks_per_minute = 1;
    assert_eq!(check(&app).await.status(), StatusCode::OK);
    app.clock.advance(SignedDuration::from_secs(31));
    let later = by_link(&app, "by-link").await;
    let page = later["headers"]["location"].as_str().unwrap();
    assert!(page.ends_with("?check=later"), "{later}");
}

#[tokio::test]
async fn a_link_that_does_not_exist_checks_nothing() {
    let app = app_with_link().await;
    let before = stored(&app).await;
    insta::assert_json_snapshot!(by_link(&app, "by-unknown-link").await);
    insta::assert_json_snapshot!(by_link(&app, "by-malformed-link").await);
    app.clock.advance(SignedDuration::from_hours(24 * 14));
    assert_eq!(by_link(&app, "by-link").await["status"], 303);
    assert_eq!(stored(&app).await, before);
    assert_eq!(app.ses.calls("GetIdentityVerificationAttributes"), 0);
}
