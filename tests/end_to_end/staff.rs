//! The data and actions of Lasso support that no other role has.

use domain_auth::domain::{Domain, NewDomain};
use domain_auth::history::Actor;
use domain_auth::ports::{Clock, CommitChanges, Ids};
use domain_auth::state::State;
use domain_auth_aws::{SystemClock, SystemIds};
use domain_auth_testkit::{client, domain_name};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::requests::assert_problem;
use crate::world::{Answer, Shared, answer_to, text};
use crate::{CONFIGURATION_SET, Suite};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared("staff_see_the_domains_of_all_clients_in_a_queue", queue);
    suite.shared("staff_can_complete_only_a_verified_domain", complete);
    suite.shared("staff_reject_with_a_reason_that_the_client_sees", reject);
    suite.shared(
        "staff_actions_on_behalf_of_a_client_are_in_its_history",
        on_behalf,
    );
    suite.shared("staff_routes_accept_only_lasso_support", support_alone);
    suite.shared(
        "staff_can_open_a_client_whose_identifier_is_encoded_in_the_path",
        awkward_clients,
    );
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

async fn complete(world: Shared) {
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await;
    let path = format!("{}/complete", path_of(&world, &domain));
    let too_soon = post(&world, world.support(), &path, "").await;
    assert_problem(&too_soon, 409, "not_verified");
    world.publish(&domain, &added.body, &["verification"]);
    world.poll_until(&domain, "verified").await;
    let refused = post(&world, world.client_admin(), &path, "").await;
    assert_problem(&refused, 403, "forbidden");
    let done = post(&world, world.support(), &path, "").await;
    assert_eq!(done.status, StatusCode::OK, "{done:?}");
    assert_eq!(done.body["status"], "authenticated");
    let identity = world.identity(&domain).await.body;
    assert_eq!(identity["ConfigurationSetName"], CONFIGURATION_SET);
    let sender = format!("/senders/sales@news.{domain}");
    let sender = world.get(world.client_admin(), &sender).await;
    assert_eq!(sender.body["allowed"], true, "{sender:?}");
}

async fn reject(world: Shared) {
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await;
    world.publish(&domain, &added.body, &["verification"]);
    world.poll_until(&domain, "verified").await;
    let path = format!("{}/reject", path_of(&world, &domain));
    let body = r#"{"reason": "Not your brand."}"#;
    let done = post(&world, world.support(), &path, body).await;
    assert_eq!(done.status, StatusCode::OK, "{done:?}");
    let seen = world.domain(&domain).await;
    assert_eq!(seen["status"], "rejected");
    assert_eq!(
        seen["status_detail"],
        "Lasso support refused the final step: “Not your brand.”"
    );
}

async fn on_behalf(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let one = path_of(&world, &domain);
    let told = post(&world, world.support(), &format!("{one}/notify"), "").await;
    assert_eq!(told.status, StatusCode::OK, "{told:?}");
    let request = world.request(Method::PATCH, &one, Some(world.support()));
    let changed = request.body(r#"{"communities": ["Maple Ridge", "Oak Park"]}"#);
    let changed = answer_to(changed).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    let records = format!("{one}/records?format=zone");
    let records = world.get(world.support(), &records).await;
    assert_eq!(records.status, StatusCode::OK, "{records:?}");
    let oak = "/domains?community=Oak%20Park&limit=100";
    let listed = world.get(world.client_admin(), oak).await;
    assert!(listed.text.contains(&domain), "{listed:?}");
    let history = format!("/domains/{domain}/history");
    let history = world.get(world.client_admin(), &history).await;
    for (line, action) in ["changed", "ready"].into_iter().enumerate() {
        let line = &history.body["items"][line];
        assert_eq!(line["action"], action, "{history:?}");
        assert_eq!(line["actor"]["kind"], "lasso_support", "{history:?}");
        assert!(!line.to_string().contains("Sam Field"), "{line}");
        let sentence = line["sentence"].as_str().unwrap();
        assert!(sentence.starts_with("Lasso support "), "{sentence}");
    }
    let theirs = world.get(world.support(), &format!("{one}/history")).await;
    assert_eq!(
        theirs.body["items"][0]["sentence"],
        "Sam Field (Lasso support) set the domain's communities to Maple Ridge, Oak Park.",
        "{theirs:?}"
    );
    let found = format!("/staff/domains?domain=news.{domain}");
    let found = world.get(world.support(), &found).await;
    assert_eq!(found.body["items"][0]["domain"], domain, "{found:?}");
    let client = &world.info.clients.client_admin;
    let mine = format!("/staff/clients/{client}/domains?limit=100");
    let mine = world.get(world.support(), &mine).await;
    assert!(mine.text.contains(&domain), "{mine:?}");
    let request = world.request(Method::DELETE, &one, Some(world.support()));
    let removed = answer_to(request).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{removed:?}");
    let path = format!("/domains/{domain}");
    let gone = world.get(world.client_admin(), &path).await;
    assert_problem(&gone, 404, "not_found");
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
    for token in [world.client_admin(), &world.info.tokens.no_role] {
        let body = r#"{"reason": "Mine."}"#;
        let refused = post(&world, token, &format!("{one}/release"), body).await;
        assert_problem(&refused, 403, "forbidden");
    }
    let seen = world.get(world.support(), &one).await;
    assert_eq!(
        seen.body["claim"]["standing"], "held",
        "nothing was released"
    );
}

/// As stored by an earlier version, and as a token may still name them.
async fn awkward_clients(world: Shared) {
    for (identifier, segment) in [
        ("acme/north", "acme~2Fnorth"),
        ("..", "~2E~2E"),
        ("../../domains", "..~2F..~2Fdomains"),
        ("auth0:7+1@acme=", "auth0~3A7~2B1~40acme~3D"),
    ] {
        let domain = world.fresh_domain();
        let new = NewDomain {
            name: domain_name(&domain),
            client: client(identifier),
            community: None,
            contact_email: None,
        };
        let (now, ids) = (SystemClock.now(), SystemIds);
        let state = State::contested(ids.secret(), now);
        let change = Domain::add(new, state, None, Actor::Service, now, &ids);
        world.table().await.commit(&change).await.expect("a write");
        let queued = in_queue(&world, "/staff/domains?waiting_for=client", &domain).await;
        let queued = queued.expect("a domain in the queue");
        assert_eq!(queued["client"], identifier);
        let path = text(&queued["path"]);
        assert_eq!(path, format!("/staff/clients/{segment}/domains/{domain}"));
        let one = world.get(world.support(), path).await;
        assert_eq!(one.status, StatusCode::OK, "{one:?}");
        assert_eq!(one.body["client"], identifier);
        let history = world.get(world.support(), &format!("{path}/history")).await;
        assert_eq!(history.body["items"][0]["action"], "added", "{history:?}");
        world.make_due_of(identifier, &domain).await;
        world.run_poller().await;
        let why = r#"{"reason": "It is not proven."}"#;
        let path = format!("{path}/release");
        let released = post(&world, world.support(), &path, why).await;
        assert_eq!(released.status, StatusCode::OK, "{released:?}");
    }
}

/// The entry of a domain in a list, searched on all pages.
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

async fn post(world: &Shared, token: &str, path: &str, body: &'static str) -> Answer {
    let request = world.request(Method::POST, path, Some(token));
    answer_to(request.body(body)).await
}

fn path_of(world: &Shared, domain: &str) -> String {
    let client = &world.info.clients.client_admin;
    format!("/staff/clients/{client}/domains/{domain}")
}
