//! Every file in `events/release-domain`, through the handler, on fakes.

use domain_auth::claims::ClaimRegister;
use domain_auth::domain::{Change, Domain};
use domain_auth::history::Actor;
use domain_auth::ports::{Clock, CommitChanges, ReadClaims};
use domain_auth::state::{State, Trigger};
use domain_auth_http::ClaimNames;
use domain_auth_testkit::{
    MemoryStore, RecordingTopic, SequentialIds, TestClock, answer_of, domain_name, identity,
    new_domain, request_in,
};

use super::App;

type TestApp = App<MemoryStore, RecordingTopic, TestClock, SequentialIds>;

/// `example.com` is verified for `maple-homes`; `cedar-homes` has proven it, `oak-homes` has not.
/// `example.net` of `maple-homes` is being removed.
async fn app() -> TestApp {
    let app = App {
        store: MemoryStore::default(),
        publisher: RecordingTopic::default(),
        clock: TestClock::default(),
        ids: SequentialIds::default(),
        claims: ClaimNames {
            client_id: "custom:client_id".to_owned(),
            roles: "cognito:groups".to_owned(),
        },
    };
    for (name, last) in [
        ("example.com", Trigger::SesVerified),
        ("example.net", Trigger::Removed),
    ] {
        let added = added(&app, "maple-homes", name, State::provisioning()).await;
        let provisioned = Trigger::Provisioned(identity(&added.domain.name));
        let pending = moved(&app, &added, provisioned).await;
        moved(&app, &pending, last).await;
    }
    let now = app.clock.now();
    let mut proven = State::contested("5e".repeat(32), now);
    if let State::Contested(contested) = &mut proven {
        contested.proven_at = Some(now);
    }
    added(&app, "cedar-homes", "example.com", proven).await;
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
            let published = usize::from(reply.status().is_success());
            assert_eq!(app.publisher.events().len(), published);
        });
    });
}

#[tokio::test]
async fn a_grant_moves_the_claim() {
    let app = app().await;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/release-domain");
    let file = format!("{folder}/granted.json");
    app.handle(request_in(file.as_ref())).await;
    let claims = app.store.claims("example.com").await.unwrap();
    let holder = claims.holder(&domain_name("example.com")).unwrap();
    assert_eq!(holder.as_str(), "cedar-homes");
}
