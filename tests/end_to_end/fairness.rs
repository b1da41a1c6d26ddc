//! Many domains of one client and a single domain of another, at SES's quota of one call per
//! second.

use std::time::Duration;

use domain_auth::claims::ClaimRegister;
use domain_auth::domain::Domain;
use domain_auth::history::Actor;
use domain_auth::ports::{Clock, CommitChanges, ReadDomains};
use domain_auth::state::{State, Status};
use domain_auth_aws::{SystemClock, SystemIds};
use domain_auth_testkit::{client, domain_name, new_domain};
use futures::future::join_all;
use futures::{StreamExt, stream};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::Suite;
use crate::world::{Answer, Shared, answer_to};

/// Functions that share the quota.
const SHARING: [&str; 5] = [
    "add-domain",
    "advance-domain",
    "check-domain",
    "remove-domain",
    "verification-poller",
];

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone(
        "one_clients_240_new_domains_do_not_delay_another_clients_single_one",
        async |world: Shared| Box::pin(at_one_call_per_second(&world, crowd(&world))).await,
    );
    suite.alone(
        "a_client_that_checks_constantly_leaves_ses_calls_for_others_and_the_poller",
        async |world: Shared| Box::pin(at_one_call_per_second(&world, checks(&world))).await,
    );
}

/// Sets the quota of SES, and of the functions, to that of a new account.
async fn at_one_call_per_second(world: &Shared, test: impl Future<Output = ()>) {
    let set = async |quota: &str, checks: &str| {
        for function in SHARING {
            let name = "SES_CALLS_PER_SECOND";
            world.set_variable(function, name, quota).await;
        }
        let (function, name) = ("check-domain", "CHECKS_PER_MINUTE");
        world.set_variable(function, name, checks).await;
    };
    // Between two runs, so that the next one uses it.
    world.without_poller(set("1", "30")).await;
    world.control_ses(json!({ "rate": 1 })).await;
    test.await;
    world.calm_ses().await;
    world.without_poller(set("50", "1000")).await;
    // So that the rest of the crowd does not slow down the next test.
    world.run_poller().await;
}

/// New domains of a client, as if it had added them while SES throttled.
pub(crate) async fn put(world: &Shared, client_id: &str, names: &[String]) {
    let table = world.table().await;
    let puts = names.iter().map(|name| {
        let new = new_domain(client_id, name);
        let now = SystemClock.now();
        let claims =
            ClaimRegister::empty(new.name.organizational()).taken(&new.name, &new.client, now);
        let state = State::provisioning();
        let change = Domain::add(new, state, Some(claims), Actor::Service, now, &SystemIds);
        let table = &table;
        async move { table.commit(&change).await.expect("a write") }
    });
    stream::iter(puts)
        .buffer_unordered(8)
        .collect::<Vec<()>>()
        .await;
}

async fn status_of(world: &Shared, client_id: &str, name: &str) -> Option<Status> {
    let table = world.table().await;
    let stored = table.domain(&client(client_id), &domain_name(name)).await;
    stored.expect("a read").map(|domain| domain.state.status())
}

async fn crowd(world: &Shared) {
    let names: Vec<String> = (0..240).map(|n| format!("crowd{n:03}-homes.com")).collect();
    let (maple, cedar) = (
        &world.info.clients.client_admin,
        &world.info.clients.other_client_admin,
    );
    put(world, maple, &names).await;
    // A domain is added at three moments: while the poller is working on the crowd, at the end of a
    // run, and between two runs.
    let start = Instant::now();
    for moment in [25, 52, 85] {
        tokio::time::sleep_until(start + Duration::from_secs(moment)).await;
        let single = world.fresh_domain();
        let added = Instant::now();
        let answer = world.add(world.other_client_admin(), &single).await;
        assert!(answer.status.is_success(), "{answer:?}");
        while status_of(world, cedar, &single).await != Some(Status::Pending) {
            let waited = added.elapsed();
            assert!(waited < Duration::from_secs(10), "{moment}: {waited:?}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    let mut waiting = 0;
    for name in &names {
        let status = status_of(world, maple, name).await;
        waiting += usize::from(status == Some(Status::Provisioning));
    }
    assert!(waiting > 100, "the crowd still waits: {waiting}");
    assert!(waiting < 230, "and goes on: {waiting}");
    // The test does not wait for the others.
    world.calm_ses().await;
}

async fn checks(world: &Shared) {
    let names: Vec<String> = (0..60)
        .map(|n| format!("checked{n:03}-homes.com"))
        .collect();
    let single = world.fresh_domain();
    world.control_ses(json!({ "rate": 0 })).await;
    put(world, &world.info.clients.client_admin, &names).await;
    let added = world.add(world.other_client_admin(), &single).await;
    assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
    let maple = &world.info.clients.client_admin;
    world
        .until("all of them are registered", async || {
            world.run_poller().await;
            let pending = join_all(names.iter().map(|name| status_of(world, maple, name))).await;
            pending
                .iter()
                .all(|status| *status == Some(Status::Pending))
        })
        .await;
    world.publish(&single, &added.body, &["verification"]);
    world
        .control_ses(json!({ "rate": 1, "reset_counts": true }))
        .await;

    let hammering = async {
        let checks = names
            .iter()
            .map(|name| check(world, world.client_admin(), name));
        let answers: Vec<Answer> = stream::iter(checks).buffered(8).collect().await;
        answers
    };
    let other = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        check(world, world.other_client_admin(), &single).await
    };
    let (answers, other) = futures::future::join(hammering, other).await;
    assert_eq!(other.status, StatusCode::OK, "{other:?}");
    assert_eq!(other.body["status"], "verified", "SES was asked: {other:?}");
    let refused: Vec<&Answer> = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS)
        .collect();
    assert!(refused.len() >= 10, "{}", refused.len());
    for answer in refused {
        assert_eq!(answer.body["code"], "too_many_checks");
        assert!(answer.retry_after.is_some_and(|seconds| seconds <= 5));
    }
    let before = accepted(&world.ses_counts().await);
    world.run_poller().await;
    let after = accepted(&world.ses_counts().await);
    assert!(after > before, "the poller has asked SES: {before} {after}");
}

async fn check(world: &Shared, token: &str, domain: &str) -> Answer {
    let path = format!("/domains/{domain}/check");
    answer_to(world.request(Method::POST, &path, Some(token))).await
}

fn accepted(counts: &Value) -> u64 {
    let count = &counts["GetIdentityVerificationAttributes"]["accepted"];
    count.as_u64().unwrap_or_default()
}
