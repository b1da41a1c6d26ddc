//! Removing a domain while SES fails, and adding it again.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::Suite;
use crate::requests::assert_problem;
use crate::resilience::kill_functions;
use crate::world::{Answer, Shared, answer_to, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared("a_removed_domain_is_gone_and_can_be_added_again", removed);
    suite.shared("a_domain_that_sends_is_removed_on_confirmation", confirmed);
    suite.shared(
        "removing_a_domain_without_an_identity_succeeds",
        gone_already,
    );
    suite.alone("a_removal_that_ses_throttles_is_finished", throttled);
    suite.alone("a_removal_that_is_killed_at_ses_is_finished", killed);
}

async fn removed(world: Shared) {
    let domain = world.fresh_domain();
    let first = world.add(world.client_admin(), &domain).await;
    let not_theirs = delete(&world, world.other_client_admin(), &domain).await;
    assert_problem(&not_theirs, 404, "not_found");
    let answer = delete(&world, world.client_admin(), &domain).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
    assert_eq!(answer.body, json!(""));
    assert_absent(&world, &domain).await;
    assert!(!world.identity_exists(&domain).await, "gone from SES");
    let again = delete(&world, world.client_admin(), &domain).await;
    assert_problem(&again, 404, "not_found");

    let client = &world.info.clients.client_admin;
    let history = format!("/staff/clients/{client}/domains/{domain}/history");
    let history = world.get(world.support(), &history).await;
    assert_eq!(history.body["items"][0]["action"], "removed", "{history:?}");
    assert_eq!(history.body["items"][0]["actor"]["kind"], "client_admin");
    // From the claims of the token, as the authorizer passes them.
    assert_eq!(
        history.body["items"][0]["sentence"],
        "Anna Berg (Maple Homes) removed the domain."
    );

    let second = world.add(world.client_admin(), &domain).await;
    assert_eq!(second.status, StatusCode::CREATED, "{second:?}");
    assert_eq!(second.body["status"], "pending");
    assert_ne!(second.body["added_at"], first.body["added_at"]);
    world.publish(&domain, &second.body, &["verification"]);
    world.poll_until(&domain, "verified").await;
}

async fn confirmed(world: Shared) {
    let domain = world.fresh_domain();
    world.authenticate(&domain).await;
    for query in ["", "?confirm=", "?confirm=other.com"] {
        let refused = delete(&world, world.client_admin(), &format!("{domain}{query}")).await;
        assert_problem(&refused, 409, "confirmation_required");
        assert!(text(&refused.body["detail"]).contains(&domain));
    }
    assert_eq!(world.status(&domain).await, "authenticated");
    let spelled = format!("{domain}?confirm={}.", domain.to_uppercase());
    let answer = delete(&world, world.client_admin(), &spelled).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
    assert_absent(&world, &domain).await;
}

async fn gone_already(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    world.delete_identity_by_hand(&domain).await;
    let answer = delete(&world, world.client_admin(), &domain).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
    assert_absent(&world, &domain).await;
}

async fn throttled(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let fault = json!({ "operation": "DeleteEmailIdentity", "error": "Throttling", "times": null });
    world.control_ses(json!({ "faults": [fault] })).await;
    for _ in 0..2 {
        let answer = delete(&world, world.client_admin(), &domain).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
        assert_absent(&world, &domain).await;
    }
    assert_eq!(staff_status(&world, &domain).await, "removing");
    world.control_ses(json!({ "faults": [] })).await;
    finished(&world, &domain).await;
}

/// Killed while SES delays the response; the domain is then added again.
async fn killed(world: Shared) {
    for added_again in [false, true] {
        let domain = world.fresh_domain();
        world.add(world.client_admin(), &domain).await;
        let slow = json!({ "latency_ms": { "DeleteEmailIdentity": 3_000 } });
        world.control_ses(slow).await;
        let request = {
            let (world, domain) = (world.clone(), domain.clone());
            tokio::spawn(async move { delete(&world, world.client_admin(), &domain).await })
        };
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        kill_functions(&world);
        let answer = request.await.expect("an answer");
        assert!(answer.status.is_server_error(), "{answer:?}");
        world.control_ses(json!({ "latency_ms": 0 })).await;
        assert_absent(&world, &domain).await;
        if added_again {
            let again = world.add(world.client_admin(), &domain).await;
            assert_eq!(again.status, StatusCode::ACCEPTED, "{again:?}");
            assert_eq!(again.body["status"], "provisioning");
            world
                .until("it is made again", async || {
                    world.make_due(&domain).await;
                    world.run_poller().await;
                    world.status(&domain).await == "pending"
                })
                .await;
            assert!(world.identity_exists(&domain).await);
        } else {
            finished(&world, &domain).await;
        }
    }
}

/// Runs the poller until nothing is left of the domain.
async fn finished(world: &Shared, domain: &str) {
    world
        .until("the poller has finished the removal", async || {
            world.make_due(domain).await;
            world.run_poller().await;
            staff_status(world, domain).await.is_empty()
        })
        .await;
    assert!(!world.identity_exists(domain).await, "gone from SES");
}

async fn assert_absent(world: &Shared, domain: &str) {
    let path = format!("/domains/{domain}");
    let history = world
        .get(world.client_admin(), &format!("{path}/history"))
        .await;
    let newest = &history.body["items"][0];
    assert_eq!(newest["action"], "removed", "{history:?}");
    for path in [path.clone(), format!("{path}/records?format=json")] {
        let answer = world.get(world.client_admin(), &path).await;
        assert_problem(&answer, 404, "not_found");
    }
    let list = world.get(world.client_admin(), "/domains?limit=100").await;
    assert!(!list.body.to_string().contains(&format!("\"{domain}\"")));
    let sender = format!("/senders/sales@{domain}");
    let sender = world.get(world.client_admin(), &sender).await;
    assert_eq!(sender.body["reason"], "not_initiated", "{sender:?}");
}

/// Empty if the table does not have it.
async fn staff_status(world: &Shared, domain: &str) -> String {
    let client = &world.info.clients.client_admin;
    let path = format!("/staff/clients/{client}/domains/{domain}");
    let answer = world.get(world.support(), &path).await;
    text(&answer.body["status"]).to_owned()
}

pub(crate) async fn delete(world: &Shared, token: &str, domain: &str) -> Answer {
    let path = format!("/domains/{domain}");
    answer_to(world.request(Method::DELETE, &path, Some(token))).await
}
