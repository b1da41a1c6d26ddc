//! What Lasso support sees and does, and that nobody else can.

use reqwest::StatusCode;
use serde_json::Value;

use crate::Suite;
use crate::requests::assert_problem;
use crate::world::{Shared, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared("staff_see_the_domains_of_all_clients_in_a_queue", queue);
    suite.shared("staff_routes_are_for_lasso_support_alone", support_alone);
}

async fn queue(world: Shared) {
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await;
    assert!(
        in_queue(&world, "/staff/domains?waiting_for=client&limit=3", &domain)
            .await
            .is_some()
    );
    world.publish(&domain, &added.body, &["verification"]);
    world.poll_until(&domain, "verified").await;
    let queued = in_queue(&world, "/staff/domains?limit=2", &domain).await;
    let queued = queued.expect("a domain in the queue");
    assert_eq!(queued["client"], world.info.clients.client_admin);
    let one = world.get(world.support(), text(&queued["path"])).await;
    assert_eq!(one.status, StatusCode::OK, "{one:?}");
    assert_eq!(one.body["claim"]["standing"], "held");
    let history = format!("{}/history", text(&queued["path"]));
    let history = world.get(world.support(), &history).await;
    assert_eq!(
        history.body["items"][0]["action"], "verified",
        "{history:?}"
    );
}

async fn support_alone(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let one = path_of(&world, &domain);
    for path in ["/staff/domains", &one, &format!("{one}/history")] {
        for token in [world.client_admin(), &world.info.tokens.no_role] {
            assert_problem(&world.get(token, path).await, 403, "forbidden");
        }
    }
}

/// The entry of a domain in a list, looked for on all its pages.
async fn in_queue(world: &Shared, list: &str, domain: &str) -> Option<Value> {
    let mut path = list.to_owned();
    loop {
        let page = world.get(world.support(), &path).await;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        let items = page.body["items"].as_array().expect("a list");
        if let Some(found) = items.iter().find(|item| item["domain"] == domain) {
            return Some(found.clone());
        }
        let cursor = page.body["next_cursor"].as_str()?;
        path = format!("{list}&cursor={cursor}");
    }
}

fn path_of(world: &Shared, domain: &str) -> String {
    let client = &world.info.clients.client_admin;
    format!("/staff/clients/{client}/domains/{domain}")
}
