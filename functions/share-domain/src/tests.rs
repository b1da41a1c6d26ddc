//! Runs every file in `events/share-domain` through the handler, with fakes.

use domain_auth::domain::Domain;
use domain_auth::history::{Action, Actor};
use domain_auth::links::{LinkToken, MOST_LINKS};
use domain_auth::ports::{Clock, CommitChanges, ReadDomains};
use domain_auth::state::State;
use domain_auth::use_cases::links::{make_link, open_link};
use domain_auth_http::PublicUrl;
use domain_auth_testkit::{
    Answer, MemoryStore, SequentialIds, TestClock, TestPorts, answer_of, client, domain_name,
    new_domain, request_in,
};
use jiff::SignedDuration;

use super::App;

type TestApp = App<TestPorts>;

/// With `example.com` of `maple-homes`, which has one link, and `full.example`, which has the
/// largest allowed number.
async fn app() -> TestApp {
    let app: TestApp = App {
        store: MemoryStore::default(),
        clock: TestClock::default(),
        ids: SequentialIds::default(),
        public_url: PublicUrl::default(),
    };
    for (name, links) in [("example.com", 1), ("full.example", MOST_LINKS)] {
        let new = new_domain("maple-homes", name);
        let (now, ids) = (app.clock.now(), SequentialIds::default());
        let state = State::provisioning();
        let added = Domain::add(new, state, None, Actor::Service, now, &ids);
        app.store.commit(&added).await.unwrap();
        let (maple, name) = (client("maple-homes"), domain_name(name));
        for _ in 0..links {
            let tools = app.tools();
            let made = make_link(&tools, (&maple, &name), 14, &Actor::Service);
            made.await.unwrap();
        }
    }
    app
}

async fn answer(app: &TestApp, case: &str) -> Answer {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/share-domain");
    let request = request_in(format!("{folder}/{case}.json").as_ref());
    answer_of(&app.handle(request).await)
}

async fn stored(app: &TestApp) -> Domain {
    let (client, name) = (client("maple-homes"), domain_name("example.com"));
    app.store.domain(&client, &name).await.unwrap().unwrap()
}

#[test]
fn every_event_is_answered_as_its_snapshot_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    insta::glob!("../../../events/share-domain", "*.json", |file| {
        let reply = runtime.block_on(async { app().await.handle(request_in(file)).await });
        insta::assert_json_snapshot!(answer_of(&reply));
    });
}

#[tokio::test]
async fn a_link_opens_the_domain_until_it_is_withdrawn() {
    let app = app().await;
    let made = answer(&app, "make-for-a-week").await;
    let url = made["body"]["url"].as_str().unwrap();
    let base = "https://a1b2c3.execute-api.us-east-1.amazonaws.com/handoff/";
    let token = LinkToken::parse(url.strip_prefix(base).unwrap()).unwrap();
    let opened = open_link(&app.store, &app.clock, &token).await.unwrap();
    let opened = opened.expect("a live link");
    assert_eq!(opened.domain.name, domain_name("example.com"));
    assert_eq!(opened.link.id.as_str(), made["body"]["id"]);

    let links = answer(&app, "list").await;
    let mut listed = made["body"].clone();
    listed.as_object_mut().unwrap().remove("url");
    assert_eq!(links["body"]["items"][1], listed);
    assert!(!links.to_string().contains(token.as_str()));

    let (client, name) = (client("maple-homes"), domain_name("example.com"));
    let id = opened.link.id.as_str();
    let withdrawn = super::withdraw_link(&app.tools(), (&client, &name), id, &Actor::Service).await;
    withdrawn.unwrap();
    let opened = open_link(&app.store, &app.clock, &token).await.unwrap();
    assert_eq!(opened, None);
}

#[tokio::test]
async fn an_idempotency_key_makes_one_link_and_does_not_store_its_token() {
    let app = app().await;
    let made = answer(&app, "make-with-key").await;
    assert_eq!(made["status"], 201, "{made}");
    let again = answer(&app, "make-with-key").await;
    assert_eq!(again["status"], 409);
    assert_eq!(again["body"]["code"], "link_made_before");
    assert!(!again.to_string().contains("/handoff/"), "{again}");
    assert_eq!(stored(&app).await.links.len(), 2, "one was there before");
}

#[tokio::test]
async fn tokens_are_neither_stored_nor_in_the_history() {
    let app = app().await;
    let made = answer(&app, "make").await;
    let url = made["body"]["url"].as_str().unwrap().to_owned();
    let (_, token) = url.rsplit_once('/').unwrap();
    let domain = stored(&app).await;
    let history = app
        .store
        .history(&domain.client, &domain.name, 9, None)
        .await;
    let history = history.unwrap().items;
    assert_eq!(history[0].action, Action::LinkMade);
    for text in [
        format!("{domain:?}{history:?}"),
        serde_json::to_string(&(domain, history)).unwrap(),
    ] {
        assert!(!text.contains(token), "{text}");
    }
}

#[tokio::test]
async fn expired_links_leave_the_list_and_do_not_count_toward_the_limit() {
    let app = app().await;
    assert_eq!(answer(&app, "make-at-the-limit").await["status"], 409);
    app.clock.advance(SignedDuration::from_hours(24 * 14));
    let none = answer(&app, "list-full").await;
    assert_eq!(none["body"]["items"].as_array().unwrap().len(), 0);
    assert_eq!(answer(&app, "make-at-the-limit").await["status"], 201);
    let (client, name) = (client("maple-homes"), domain_name("full.example"));
    let domain = app.store.domain(&client, &name).await.unwrap().unwrap();
    assert_eq!(domain.links.len(), 1, "what has ended is not kept");
}

#[tokio::test]
async fn the_clients_history_shows_supports_actions_on_links() {
    let app = app().await;
    assert_eq!(answer(&app, "staff-withdraw").await["status"], 204);
    assert_eq!(answer(&app, "staff-make").await["status"], 201);
    let domain = stored(&app).await;
    let history = app
        .store
        .history(&domain.client, &domain.name, 2, None)
        .await;
    let actions = history.unwrap().items.into_iter().map(|line| {
        assert!(matches!(line.actor, Actor::LassoSupport { .. }), "{line:?}");
        line.action
    });
    let actions: Vec<Action> = actions.collect();
    assert_eq!(actions, [Action::LinkMade, Action::LinkWithdrawn]);
}
