//! Behaviour that the documentation of SES leaves open, in this variant: v1 gives up on the TXT
//! record of a domain that its DKIM records verified, and a domain below a verified one has its own
//! status.

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::Suite;
use crate::world::{Shared, answer_to};

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone(
        "a_domain_that_may_send_stays_verified_although_its_v1_status_failed",
        stays,
    );
}

/// After this many seconds SES has given up: 72 hours and one more.
const GIVEN_UP: u64 = 73 * 3_600;

async fn stays(world: Shared) {
    let behaviour = json!({ "text_missing": "failed", "inheritance": "sending_only" });
    world.control_ses(json!({ "behaviour": behaviour })).await;
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await;
    assert_eq!(added.status, StatusCode::CREATED, "{added:?}");
    world.publish(&domain, &added.body, &["dkim-1", "dkim-2", "dkim-3"]);
    world.poll_until(&domain, "verified").await;
    let below = format!("mail.{domain}");
    let added = world.add(world.client_admin(), &below).await;
    assert_eq!(added.body["status"], "pending", "{added:?}");

    world
        .control_ses(json!({ "advance_seconds": GIVEN_UP }))
        .await;
    let at_gate = world.seen_at_gate(&domain).await;
    assert_eq!(at_gate["text_status"], "Failed", "{at_gate}");
    // By v1's status, which is `Failed` for both, the state would be `failed`.
    world.poll_until(&below, "verified").await;
    for name in [&domain, &below] {
        // Then the poller asks SES about it, too.
        let check = world.request(
            Method::POST,
            &format!("/domains/{name}/check"),
            Some(world.client_admin()),
        );
        let checked = answer_to(check).await;
        assert_eq!(checked.body["status"], "verified", "{checked:?}");
        world.make_due(name).await;
        world.run_poller().await;
        let known = world.domain(name).await;
        assert_eq!(known["status"], "verified", "{known}");
        assert_eq!(known["ses"]["status"]["verification"], "success", "{known}");
    }
    let behaviour = json!({ "text_missing": "success", "inheritance": "success" });
    world.control_ses(json!({ "behaviour": behaviour })).await;
}
