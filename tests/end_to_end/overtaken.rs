//! A check with slow name servers while the domain changes: the late result has no effect.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::Suite;
use crate::removal::delete;
use crate::world::{Answer, Shared, answer_to, text};

/// With this delay a check takes about 5 s, and no answer times out.
const DELAY_MS: u64 = 850;
/// By then a check has asked SES.
const SES_ASKED: Duration = Duration::from_millis(1_200);

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone(
        "a_slow_check_changes_nothing_in_a_domain_that_is_removed_and_added_again",
        removed_and_added,
    );
    suite.alone(
        "a_slow_check_changes_nothing_in_a_domain_that_is_restarted",
        restarted,
    );
}

async fn post(world: &Shared, domain: &str, operation: &str) -> Answer {
    let path = format!("/domains/{domain}/{operation}");
    answer_to(world.request(Method::POST, &path, Some(world.client_admin()))).await
}

/// A running check that has asked SES.
async fn slow_check(world: &Shared, domain: &str) -> tokio::task::JoinHandle<Answer> {
    let delay = json!({ "fault": "delay", "delay_ms": DELAY_MS, "name": domain });
    world.control_dns(json!({ "faults": [delay] })).await;
    let (shared, name) = (world.clone(), domain.to_owned());
    let check = tokio::spawn(async move { post(&shared, &name, "check").await });
    tokio::time::sleep(SES_ASKED).await;
    assert!(!check.is_finished(), "the check is slow");
    check
}

async fn actions(world: &Shared, domain: &str) -> Vec<String> {
    let path = format!("/domains/{domain}/history");
    let history = world.get(world.client_admin(), &path).await.body;
    let items = history["items"].as_array().expect("a history").iter();
    items.map(|line| text(&line["action"]).to_owned()).collect()
}

async fn removed_and_added(world: Shared) {
    for round in 0..3 {
        let domain = world.fresh_domain();
        let added = world.add(world.client_admin(), &domain).await.body;
        let everything = ["verification", "dkim-1", "dkim-2", "dkim-3"];
        world.publish(&domain, &added, &everything);
        world.poll_until(&domain, "verified").await;
        let check = slow_check(&world, &domain).await;
        // The records are removed with the domain, so SES returns `Pending` for the domain that is
        // added again.
        world.create_zone(&domain);
        let gone = delete(&world, world.client_admin(), &domain).await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{gone:?}");
        let again = world.add(world.client_admin(), &domain).await;
        assert!(again.status.is_success(), "{again:?}");
        let since = again.body["added_at"].clone();
        let checked = check.await.expect("a check that ends");
        assert_eq!(checked.status, StatusCode::OK, "round {round}: {checked:?}");
        assert_unmoved(&checked.body, &since, round);
        assert_unmoved(&world.domain(&domain).await, &since, round);
        let verified = actions(&world, &domain).await;
        let verified = verified.iter().filter(|action| *action == "verified");
        assert_eq!(verified.count(), 1, "in the life before");
    }
}

fn assert_unmoved(domain: &Value, added_at: &Value, round: usize) {
    let status = text(&domain["status"]);
    let unmoved = ["provisioning", "pending"].contains(&status);
    assert!(unmoved, "round {round}: {domain}");
    assert_eq!(domain["added_at"], *added_at, "round {round}");
}

async fn restarted(world: Shared) {
    for round in 0..3 {
        let domain = world.fresh_domain();
        world.add(world.client_admin(), &domain).await;
        world.control_ses(json!({ "window_seconds": 0.1 })).await;
        world.poll_until(&domain, "failed").await;
        let check = slow_check(&world, &domain).await;
        world
            .control_ses(json!({ "window_seconds": 259_200 }))
            .await;
        let restarted = post(&world, &domain, "restart").await;
        assert_eq!(restarted.status, StatusCode::OK, "{restarted:?}");
        let since = restarted.body["status_since"].clone();
        let checked = check.await.expect("a check that ends");
        assert_eq!(checked.status, StatusCode::OK, "round {round}: {checked:?}");
        for domain in [&checked.body, &world.domain(&domain).await] {
            assert_eq!(domain["status"], "pending", "round {round}: {domain}");
            assert_eq!(domain["status_since"], since, "round {round}");
        }
        let failed = actions(&world, &domain).await;
        let failed = failed.iter().filter(|action| *action == "failed");
        assert_eq!(failed.count(), 1, "one alert");
    }
}
