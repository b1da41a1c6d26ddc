//! Runs every file in `events/release-domain` through the handler, with fakes.

use domain_auth::claims::ClaimRegister;
use domain_auth::domain::{Change, Domain};
use domain_auth::event::EventType;
use domain_auth::history::Actor;
use domain_auth::ports::{Clock, CommitChanges, ReadClaims, ReadDomains};
use domain_auth::state::{State, Trigger};
use domain_auth_testkit::{
    MemoryStore, RecordingTopic, SequentialIds, TestClock, TestPorts, answer_of, client,
    domain_name, identity, new_domain, request_in,
};

use jiff::SignedDuration;
use lambda_http::http::StatusCode;

use super::App;

type TestApp = App<TestPorts>;

/// `example.com` is verified for `maple-homes`; `cedar-homes` has proven it, but `oak-homes` has
/// not. `example.net` of `maple-homes` is being removed. Lasso sends for `example.org` of
/// `maple-homes`, and `cedar-homes` has proven it.
async fn app() -> TestApp {
    let app: TestApp = App {
        store: MemoryStore::default(),
        publisher: RecordingTopic::default(),
        clock: TestClock::default(),
        ids: SequentialIds::default(),
    };
    for (name, then) in [
        ("example.com", vec![Trigger::SesVerified]),
        ("example.net", vec![Trigger::Removed]),
        (
            "example.org",
            vec![Trigger::SesVerified, Trigger::Completed],
        ),
    ] {
        let added = added(&app, "maple-homes", name, State::provisioning()).await;
        let provisioned = Trigger::Provisioned(identity(&added.domain.name));
        let mut domain = moved(&app, &added, provisioned).await;
        for trigger in then {
            domain = moved(&app, &domain, trigger).await;
        }
    }
    let now = app.clock.now();
    let mut proven = State::contested("5e".repeat(32), now);
    if let State::Contested(contested) = &mut proven {
        contested.proven_at = Some(now);
    }
    added(&app, "cedar-homes", "example.com", proven.clone()).await;
    added(&app, "cedar-homes", "example.org", proven).await;
    let unproven = State::contested("c3".repeat(32), now);
    added(&app, "oak-homes", "example.com", unproven).await;
    app
}

async fn added(app: &TestApp, client: &str, name: &str, state: State) -> Change {
    let (now, new) = (app.clock.now(), new_domain(client, name));
    let holds = matches!(state, State::Provisioning(_));
    let claims = ClaimRegister::empty(name).taken(&new.name, &new.client, now);
    let claims = holds.then_some(claims);
    let change = Domain::add(new, state, claims, Actor::Service, now, &app.ids);
    app.store.commit(&change).await.unwrap();
    change
}

async fn moved(app: &TestApp, before: &Change, trigger: Trigger) -> Change {
    let (now, domain) = (app.clock.now(), &before.domain);
    let change = domain.transition(trigger, Actor::Service, None, now, &app.ids);
    let change = change.unwrap();
    app.store.commit(&change).await.unwrap();
    change
}

#[test]
fn every_event_is_answered_as_its_snapshot_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    insta::glob!("../../../events/release-domain", "*.json", |file| {
        runtime.block_on(async {
            let app = app().await;
            let reply = app.handle(request_in(file)).await;
            insta::assert_json_snapshot!(answer_of(&reply));
            let published = app.publisher.events();
            let types: Vec<EventType> = published.iter().map(|it| it.event_type).collect();
            // The holder that Lasso sent for hears of it at once, and first.
            if file.ends_with("sending-granted-confirmed.json") {
                assert_eq!(types, [EventType::Displaced, EventType::Added]);
            } else {
                assert_eq!(types.len(), usize::from(reply.status().is_success()));
            }
        });
    });
}

#[tokio::test]
async fn a_repeated_release_returns_the_same_answer_and_no_second_event() {
    let app = app().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/release-domain");
    let file = format!("{folder}/sending-confirmed.json");
    let first = answer_of(&app.handle(request_in(file.as_ref())).await);
    let again = answer_of(&app.handle(request_in(file.as_ref())).await);
    assert_eq!(first, again);
    let events = app.publisher.events();
    let types: Vec<EventType> = events.iter().map(|event| event.event_type).collect();
    assert_eq!(types, [EventType::Displaced]);
}

#[tokio::test]
async fn an_unconfirmed_release_changes_nothing() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/release-domain");
    for case in [
        "no-reason",
        "sending-unconfirmed",
        "sending-other-confirmed",
        "sending-granted-unconfirmed",
    ] {
        let app = app().await;
        let read = async |client_id: &str, name: &str| {
            let (client, name) = (client(client_id), domain_name(name));
            app.store.domain(&client, &name).await.unwrap()
        };
        let all = async || {
            let claims = app.store.claims("example.org").await.unwrap();
            let (holder, claimant) = (
                read("maple-homes", "example.org").await,
                read("cedar-homes", "example.org").await,
            );
            (
                claims,
                holder,
                claimant,
                read("maple-homes", "example.com").await,
            )
        };
        let before = all().await;
        let file = format!("{folder}/{case}.json");
        let reply = app.handle(request_in(file.as_ref())).await;
        assert!(reply.status().is_client_error(), "{case}");
        assert_eq!(all().await, before, "{case}");
    }
}

#[tokio::test]
async fn a_grant_makes_the_claimant_the_holder() {
    let app = app().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/release-domain");
    let file = format!("{folder}/granted.json");
    app.handle(request_in(file.as_ref())).await;
    let claims = app.store.claims("example.com").await.unwrap();
    let holder = claims.holder(&domain_name("example.com")).unwrap();
    assert_eq!(holder.as_str(), "cedar-homes");
}

/// `maple-homes` has many names below `example.com`, so that the takeover needs more than one step,
/// and each step takes seconds.
#[tokio::test]
async fn a_long_grant_returns_202_and_continues_when_repeated() {
    let app = app().await;
    let (maple, now) = (client("maple-homes"), app.clock.now());
    let claims = app.store.claims("example.com").await.unwrap();
    let names = (0..60).map(|n| domain_name(&format!("n{n}.example.com")));
    let claims = names.fold(claims, |claims, name| claims.taken(&name, &maple, now));
    app.store.put_claims(&claims);
    app.store
        .slow_down(&app.clock, SignedDuration::from_secs(3));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/release-domain");
    let file = format!("{folder}/granted.json");
    let first = app.handle(request_in(file.as_ref())).await;
    assert_eq!(first.status(), StatusCode::ACCEPTED);
    let body = answer_of(&first)["body"].clone();
    assert_eq!(body["status"], "contested");
    let detail = body["status_detail"].as_str().unwrap();
    assert!(detail.contains("is being transferred"), "{detail}");
    assert!(!detail.contains("Lasso support decides"), "{detail}");
    let against = body["claim"]["against"].as_array().unwrap().len();
    assert!((1..61).contains(&against), "{against} are left");
    let again = app.handle(request_in(file.as_ref())).await;
    assert_eq!(again.status(), StatusCode::OK);
    assert_eq!(answer_of(&again)["body"]["status"], "provisioning");
}
