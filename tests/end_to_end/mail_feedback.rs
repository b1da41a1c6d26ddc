//! Emails of the service that are not delivered or are reported as spam, as the client sees them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::Suite;
use crate::requests::assert_problem;
use crate::world::{Shared, answer_to, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "an_address_that_refuses_the_instructions_is_shown_at_the_domain",
        refused_instructions,
    );
    suite.shared(
        "a_contact_that_refuses_an_alert_is_shown_at_the_domain",
        refused_notice,
    );
    suite.shared(
        "nothing_is_sent_to_an_address_on_the_suppression_list",
        suppressed,
    );
}

async fn send(world: &Shared, domain: &str, to: &str) -> crate::world::Answer {
    let path = format!("/domains/{domain}/instructions");
    let request = world.request(Method::POST, &path, Some(world.client_admin()));
    answer_to(request.json(&json!({ "email": to }))).await
}

async fn undelivered(world: &Shared, domain: &str) -> Vec<Value> {
    let domain = world.domain(domain).await;
    let undelivered = domain["undelivered"].as_array();
    undelivered.cloned().unwrap_or_default()
}

async fn refused_instructions(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let address = format!("dns@{domain}");
    world
        .control_ses(json!({ "recipients": { &address: "bounce" } }))
        .await;
    let sent = send(&world, &domain, &address).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{sent:?}");
    world
        .until("the bounce is at the domain", async || {
            !undelivered(&world, &domain).await.is_empty()
        })
        .await;
    let shown = undelivered(&world, &domain).await;
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0]["email"], "instructions");
    assert_eq!(shown[0]["reason"], "bounced");
    assert_eq!(shown[0]["to"], format!("d…@{domain}"));
    assert!(text(&shown[0]["message"]).contains("refused the email with the records"));
    let path = format!("/domains/{domain}/history");
    let history = world.get(world.client_admin(), &path).await.body;
    let lines = history["items"].as_array().unwrap();
    let refused: Vec<&Value> = lines
        .iter()
        .filter(|line| line["action"] == "email_refused")
        .collect();
    assert_eq!(refused.len(), 1);
    // SES has suppressed the address meanwhile. The attempt counts, like the one that bounced.
    let again = send(&world, &domain, &address).await;
    assert_problem(&again, 422, "recipient_suppressed");
    let other = send(&world, &domain, &format!("other@{domain}")).await;
    assert_eq!(other.status, StatusCode::ACCEPTED, "{other:?}");
    assert_eq!(other.body["left_today"]["domain"], 2);
    assert!(undelivered(&world, &domain).await.is_empty());
}

async fn refused_notice(world: Shared) {
    let domain = world.fresh_domain();
    let contact = format!("kim@{domain}");
    world
        .control_ses(json!({ "recipients": { &contact: "complaint" } }))
        .await;
    let body = json!({ "domain": domain, "contact_email": contact });
    world
        .post_domains(world.client_admin(), body.to_string())
        .await;
    let added = world.domain(&domain).await;
    world.publish(&domain, &added, &["verification"]);
    world.poll_until(&domain, "verified").await;
    let client = &world.info.clients.client_admin;
    let path = format!("/staff/clients/{client}/domains/{domain}");
    let reject = format!("{path}/reject");
    let request = world.request(Method::POST, &reject, Some(world.support()));
    let rejected = answer_to(request.json(&json!({ "reason": "We do not know you." }))).await;
    assert_eq!(rejected.status, StatusCode::OK, "{rejected:?}");
    world
        .until("the complaint is at the domain", async || {
            !undelivered(&world, &domain).await.is_empty()
        })
        .await;
    let shown = world.get(world.support(), &path).await.body;
    assert_eq!(shown["undelivered"][0]["email"], "notice");
    assert_eq!(shown["undelivered"][0]["reason"], "complained");
}

async fn suppressed(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let address = format!("dns@{domain}");
    world.control_ses(json!({ "suppressed": [address] })).await;
    let refused = send(&world, &domain, &address).await;
    assert_problem(&refused, 422, "recipient_suppressed");
    let emails = world.emails().await;
    assert!(emails.iter().all(|email| email["To"] != json!([address])));
}
