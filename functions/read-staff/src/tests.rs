//! Every file in `events/read-staff`, through the handler, on a store with domains of two clients.

use domain_auth::claims::ClaimRegister;
use domain_auth::domain::{Challenger, Domain, HiddenBy};
use domain_auth::history::Actor;
use domain_auth::limits::Limits;
use domain_auth::ports::{Clock, CommitChanges, ReadDomains, Reconciliations};
use domain_auth::reconciliation::{Missing, Orphan, Reconciliation};
use domain_auth::state::{QueuePart, State, Status, Trigger};
use domain_auth_http::Cursors;
use domain_auth_testkit::{
    MemoryStore, SequentialIds, TestClock, TestPorts, answer_of, client, domain_name, identity,
    new_domain, request_in, request_with,
};
use serde_json::{Value, json};

use super::App;

/// `example.com` of `maple-homes` is verified. `oak-homes` has `example.net`, which is pending, and
/// `news.example.com`, which is contested.
async fn app() -> App<TestPorts> {
    let (store, clock, ids) = (
        MemoryStore::default(),
        TestClock::default(),
        SequentialIds::default(),
    );
    let now = clock.now();
    for (client, name, verified) in [
        ("maple-homes", "example.com", true),
        ("oak-homes", "example.net", false),
    ] {
        let new = new_domain(client, name);
        let claims = ClaimRegister::empty(name).taken(&new.name, &new.client, now);
        let identity = identity(&new.name);
        let state = State::provisioning();
        let mut change = Domain::add(new, state, Some(claims), Actor::Service, now, &ids);
        store.commit(&change).await.unwrap();
        let mut triggers = vec![Trigger::Provisioned(identity)];
        triggers.extend(verified.then_some(Trigger::SesVerified));
        for trigger in triggers {
            let moved = change
                .domain
                .transition(trigger, Actor::Service, None, now, &ids);
            change = moved.unwrap();
            store.commit(&change).await.unwrap();
        }
    }
    let contested = Domain::add(
        new_domain("oak-homes", "news.example.com"),
        State::contested("5e".repeat(32), now),
        None,
        Actor::Service,
        now,
        &ids,
    );
    store.commit(&contested).await.unwrap();
    let compared = Reconciliation {
        checked_at: now,
        identities: 3,
        orphans: 1,
        missing: 1,
        orphan_identities: vec![Orphan {
            identity: domain_name("example.edu"),
            verified: false,
            ours: true,
            tagged_client: Some("oak-homes".to_owned()),
            first_seen: now,
        }],
        missing_identities: vec![Missing {
            client: "oak-homes".to_owned(),
            domain: domain_name("example.net"),
            status: Status::Pending,
        }],
    };
    store.write_reconciliation(&compared).await.unwrap();
    App {
        store,
        clock,
        cursors: Cursors::new("secret"),
        limits: Limits {
            domains: 500,
            added_per_day: 50,
            support_emails_per_day: 50,
        },
    }
}

/// The entries of `GET /staff/domains` with a query string: client, name and `waiting`.
async fn listed(app: &App<TestPorts>, query: &str) -> Vec<(String, String, Value)> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../events/read-staff/queue.json"
    );
    let mut event: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    event["rawQueryString"] = json!(query);
    let parameters = query
        .split_once('=')
        .map(|(name, value)| json!({ name: value }));
    event["queryStringParameters"] = parameters.unwrap_or_default();
    let reply = app.handle(request_with(event)).await;
    let mut body = answer_of(&reply)["body"].take();
    let named = |item: &mut Value| {
        let text = |name: &str| item[name].as_str().unwrap().to_owned();
        (text("client"), text("domain"), item["waiting"].take())
    };
    let items = body["items"].as_array_mut().unwrap().iter_mut();
    items.map(named).collect()
}

#[test]
fn a_list_of_waiting_domains_has_those_whose_entries_say_that_they_wait() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(lists_and_entries_agree());
}

async fn lists_and_entries_agree() {
    let app = app().await;
    let (now, ids) = (app.clock.now(), SequentialIds::default());
    let (maple, name) = (client("maple-homes"), domain_name("example.com"));
    let verified = app.store.domain(&maple, &name).await.unwrap().unwrap();
    let change = verified.transition(Trigger::Completed, Actor::Service, None, now, &ids);
    app.store.commit(&change.unwrap()).await.unwrap();

    let broken = "2030-01-01T00:00:00Z";
    let sending = app.store.domain(&maple, &name).await.unwrap().unwrap();
    let gone = sending.updated(|domain| {
        domain.dns_looked_at = serde_json::from_value(json!(broken)).unwrap();
        domain.hidden_by = Some(HiddenBy::NoSuchDomain);
        domain.watch.bad_since = domain.dns_looked_at;
    });
    app.store.commit(&gone).await.unwrap();
    let client_waits = listed(&app, "waiting_for=client").await;
    let entry = client_waits.iter().find(|entry| entry.1 == "example.com");
    let waiting = &entry.unwrap().2;
    assert_eq!(waiting["reason"], "records_gone");
    assert_eq!(waiting["since"], "2030-01-01T00:00:00.000Z");

    let pending = domain_name("example.net");
    let oak = client("oak-homes");
    for (holder, name) in [(&maple, &name), (&oak, &pending)] {
        let held = app.store.domain(holder, name).await.unwrap().unwrap();
        let challenged = held.updated(|domain| {
            domain.challengers = vec![Challenger {
                client: client("cedar-homes"),
                name: name.clone(),
            }];
        });
        app.store.commit(&challenged).await.unwrap();
    }
    let lasso = listed(&app, "waiting_for=lasso").await;
    let names: Vec<&str> = lasso.iter().map(|entry| entry.1.as_str()).collect();
    assert!(
        names.contains(&"example.com") && names.contains(&"example.net"),
        "{names:?}"
    );
    assert_eq!(listed(&app, "").await, lasso);
    for side in ["lasso", "client"] {
        for entry in listed(&app, &format!("waiting_for={side}")).await {
            assert_eq!(entry.2["for"], side, "{entry:?}");
        }
    }
    // Every domain is in a part that the lists read.
    for part in [
        QueuePart::ForLasso(Status::Pending),
        QueuePart::ForLasso(Status::Authenticated),
    ] {
        assert!(QueuePart::all().any(|listed| listed == part), "{part:?}");
    }
}

#[test]
fn every_event_is_answered_as_its_snapshot_says() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    insta::glob!("../../../events/read-staff", "*.json", |file| {
        let reply = runtime.block_on(async { app().await.handle(request_in(file)).await });
        insta::assert_json_snapshot!(answer_of(&reply));
    });
}
