//! The effect of the last DNS look beyond a domain's own page: warnings about senders, and a failed
//! domain whose records are right now.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::Suite;
use crate::world::{Shared, answer_to, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "a_sender_below_a_domain_with_a_strict_policy_is_warned_of_and_the_domain_itself_is_not",
        warned,
    );
    suite.alone(
        "a_failed_domain_is_restarted_automatically_when_its_records_are_correct",
        restarted_by_itself,
    );
}

async fn warned(world: Shared) {
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await.body;
    world.publish(&domain, &added, &["dkim-1", "dkim-2", "dkim-3"]);
    let policy = "_dmarc TXT \"v=DMARC1; p=reject; adkim=s; aspf=s\"\n";
    world.append_to_zone(&domain, policy);
    world.authenticate(&domain).await;
    let check = format!("/domains/{domain}/check");
    world
        .until("the policy and SES's view of DKIM are stored", async || {
            let check = world.request(Method::POST, &check, Some(world.client_admin()));
            let checked = answer_to(check).await;
            checked.status == StatusCode::OK && checked.body["ses"]["status"]["dkim"] == "success"
        })
        .await;
    let sender = async |address: &str| {
        let path = format!("/senders/{address}");
        world.get(world.client_admin(), &path).await.body
    };
    let own = sender(&format!("sales@{domain}")).await;
    assert_eq!(own["allowed"], true, "{own}");
    let is_refused = |sender: &serde_json::Value| {
        let warnings = sender["warnings"].as_array();
        let mut warnings = warnings.expect("a list of warnings").iter();
        warnings.any(|warning| warning["code"] == "refused_by_dmarc")
    };
    assert!(!is_refused(&own), "DKIM is aligned: {own}");
    let below = sender(&format!("sales@news.{domain}")).await;
    assert_eq!(below["allowed"], true, "a warning forbids nothing: {below}");
    assert!(is_refused(&below), "{below}");
}

async fn restarted_by_itself(world: Shared) {
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await.body;
    world.control_ses(json!({ "window_seconds": 0.1 })).await;
    world.poll_until(&domain, "failed").await;
    let window = json!({ "window_seconds": 259_200 });
    world.control_ses(window).await;
    world.publish(&domain, &added, &["verification"]);
    // SES has stopped looking, and looks again only after a call.
    world.poll_until(&domain, "verified").await;
    let path = format!("/domains/{domain}/history?limit=100");
    let history = world.get(world.client_admin(), &path).await.body;
    let items = history["items"].as_array().expect("a history");
    let by = |action: &str| -> Vec<&str> {
        let of_action = items.iter().filter(|item| item["action"] == action);
        of_action.map(|item| text(&item["actor"]["kind"])).collect()
    };
    assert_eq!(by("restarted"), ["service"], "{history}");
    assert_eq!(by("failed").len(), 1, "{history}");
}
