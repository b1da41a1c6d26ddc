//! Every file in `events/read-staff`, through the handler, on a store with domains of two clients.

use domain_auth::claims::ClaimRegister;
use domain_auth::domain::Domain;
use domain_auth::history::Actor;
use domain_auth::limits::Limits;
use domain_auth::ports::{Clock, CommitChanges, Reconciliations};
use domain_auth::reconciliation::{Missing, Orphan, Reconciliation};
use domain_auth::state::{State, Status, Trigger};
use domain_auth_http::Cursors;
use domain_auth_testkit::{
    MemoryStore, SequentialIds, TestClock, TestPorts, answer_of, domain_name, identity, new_domain,
    request_in,
};

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
