//! The proof of a claim is queried again over TCP, at two name servers, before the claim takes
//! anything.

use serde_json::{Value, json};

use crate::Suite;
use crate::world::{Shared, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.alone("an_answer_forged_over_udp_changes_nothing", forged);
}

/// Makes the claim due and lets the poller look at it.
async fn look(world: &Shared, domain: &str) -> Value {
    for _ in 0..2 {
        world
            .make_due_of(&world.info.clients.client_admin, domain)
            .await;
        world.run_poller().await;
    }
    world.domain(domain).await
}

async fn forged(world: Shared) {
    let domain = world.fresh_domain();
    let servers = json!({ domain.as_str(): ["127.0.0.2", "127.0.0.3"] });
    world.control_dns(json!({ "servers": servers })).await;
    world.add(world.other_client_admin(), &domain).await;
    let claimed = world.add(world.client_admin(), &domain).await.body;
    assert_eq!(claimed["status"], "contested");
    world.publish(&domain, &claimed, &["ownership"]);
    // The record is forged over UDP: over TCP it is missing, first at both servers and then at one.
    let name = format!("_lasso-challenge.{domain}");
    let truth = json!({ "fault": "nxdomain", "name": name, "transport": "tcp" });
    let mut at_one = truth.clone();
    at_one["server"] = json!("127.0.0.3");
    let mut silent = at_one.clone();
    silent["fault"] = json!("drop");
    for (faults, seen) in [(truth, "0 of 2"), (at_one, "1 of 2"), (silent, "1 of 2")] {
        world.control_dns(json!({ "faults": [faults] })).await;
        let looked = look(&world, &domain).await;
        assert_eq!(looked["status"], "contested", "{looked}");
        let detail = text(&looked["status_detail"]);
        assert!(detail.contains(seen), "{detail}");
        let found = &looked["records"][0]["state"];
        assert_eq!(found, "found", "a record's state is from its own look-up");
    }
    let holder = world.other_client_admin();
    let held = world.get(holder, &format!("/domains/{domain}")).await;
    assert_eq!(held.body["status"], "pending", "nothing has moved");

    world
        .control_dns(json!({ "faults": [], "reset_counts": true }))
        .await;
    world
        .until("the claim is taken over", async || {
            let looked = look(&world, &domain).await;
            looked["status"] == "pending"
        })
        .await;
    let asked = world.control_dns(json!({})).await;
    for server in ["127.0.0.2", "127.0.0.3"] {
        let over_tcp = &asked["questions"]["by_server"][server]["tcp"];
        assert!(over_tcp.as_u64() > Some(0), "{server}: {asked}");
    }
    let held = world.get(holder, &format!("/domains/{domain}")).await;
    assert_eq!(held.body["status"], "contested", "it has lost the name");
}
