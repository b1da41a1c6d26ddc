//! Calls to SES that are slow or refused for one domain, and their effect on it and on others.

use std::time::Duration;

use domain_auth::ports::{Clock, ReadDomains};
use domain_auth_aws::SystemClock;
use domain_auth_testkit::{client, domain_name};
use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::json;

use crate::Suite;
use crate::removal::delete;
use crate::world::Shared;

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone(
        "a_removal_while_the_poller_restarts_dkim_leaves_no_identity_behind",
        removed_during_restart,
    );
    suite.alone(
        "a_name_that_ses_refuses_delays_no_other_of_its_batch",
        refused_in_batch,
    );
}

/// SES has verified these domains by their TXT records and given up on DKIM, whose records are
/// published late. While the poller makes SES look again, the domains are removed.
async fn removed_during_restart(world: Shared) {
    let domains: Vec<String> = (0..3).map(|_| world.fresh_domain()).collect();
    let mut added = Vec::new();
    for domain in &domains {
        let answer = world.add(world.client_admin(), domain).await.body;
        world.publish(domain, &answer, &["verification"]);
        added.push(answer);
    }
    for domain in &domains {
        world.poll_until(domain, "verified").await;
    }
    world.control_ses(json!({ "window_seconds": 0.1 })).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    for domain in &domains {
        let seen = world.seen_at_gate(domain).await;
        assert_eq!(seen["dkim_status"], "Failed", "{seen}");
        assert_eq!(seen["verification"], "Success", "{seen}");
    }
    let slow = json!({ "window_seconds": 259_200, "latency_ms": { "VerifyDomainDkim": 4_000 } });
    world.control_ses(slow).await;
    let maple = client(&world.info.clients.client_admin);
    for (domain, answer) in domains.iter().zip(&added) {
        world.publish(domain, answer, &["dkim-1", "dkim-2", "dkim-3"]);
        world.make_due_of(maple.as_str(), domain).await;
    }
    let table = world.table().await;
    let remove = async {
        for domain in &domains {
            let name = domain_name(domain);
            world
                .until("the call is under way", async || {
                    let stored = table.domain(&maple, &name).await.expect("a read");
                    let until = stored.and_then(|domain| domain.restarting_until);
                    until.is_some_and(|until| SystemClock.now() < until)
                })
                .await;
            let gone = delete(&world, world.client_admin(), domain).await;
            assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone:?}");
        }
    };
    futures::future::join(world.run_poller(), remove).await;
    world.control_ses(json!({ "latency_ms": {} })).await;
    for domain in &domains {
        let stored = table.domain(&maple, &domain_name(domain)).await;
        let found = stored.expect("a read").is_some();
        let seen = world.seen_at_gate(domain).await;
        if seen["exists"] == true {
            assert_eq!(
                seen["tags"]["lasso-client"],
                json!(maple.as_str()),
                "{seen}"
            );
            assert!(found, "the domain is there until its identity is gone");
        }
    }
    for domain in &domains {
        let name = domain_name(domain);
        world
            .until(&format!("{domain} is gone"), async || {
                world.run_poller().await;
                table.domain(&maple, &name).await.expect("a read").is_none()
            })
            .await;
        let seen = world.seen_at_gate(domain).await;
        assert_eq!(seen["exists"], false, "{seen}");
        let calls = seen["calls"].as_array().expect("calls");
        let done = |operation: &str| {
            let mut calls = calls.iter();
            calls.rposition(|call| call["operation"] == operation && call["outcome"] == "done")
        };
        let (restarted, deleted) = (done("VerifyDomainDkim"), done("DeleteEmailIdentity"));
        assert!(restarted.is_some(), "the call was made: {seen}");
        assert!(restarted < deleted, "and before the last deletion: {seen}");
    }
}

async fn refused_in_batch(world: Shared) {
    let domains: Vec<String> = (0..8).map(|_| world.fresh_domain()).collect();
    let (bad, good) = (&domains[0], &domains[1..]);
    for domain in &domains {
        let added = world.add(world.client_admin(), domain).await.body;
        world.publish(domain, &added, &["verification"]);
    }
    let fault = json!({
        "operation": "GetIdentityVerificationAttributes", "error": "InvalidParameterValue",
        "times": null, "identity": bad,
    });
    world.control_ses(json!({ "faults": [fault] })).await;
    let maple = &world.info.clients.client_admin;
    for domain in &domains {
        world.make_due_of(maple, domain).await;
    }
    for domain in good {
        world.poll_until(domain, "verified").await;
    }
    assert_eq!(world.status(bad).await, "pending");
    let stored = world.table().await;
    let stored = stored.domain(&client(maple), &domain_name(bad)).await;
    let next = stored.expect("a read").expect("a domain").next_check;
    let wait = next.duration_since(SystemClock.now());
    assert!(
        wait > SignedDuration::from_mins(30),
        "it backs off: {wait:#}"
    );
    world.control_ses(json!({ "faults": [] })).await;
    world.poll_until(bad, "verified").await;
}
