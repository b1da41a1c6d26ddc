//! Pages of domains with which something is wrong, and searches of Lasso support.

use domain_auth::state::Status;
use serde_json::{Value, json};

use super::browser::Browser;
use super::issuer::{client_admin, support};
use super::pages::in_state;

fn with_step(status: Status, code: &str) -> Value {
    let mut domain = in_state(status);
    domain["next_step"]["code"] = json!(code);
    domain["next_step"]["sentence"] = json!("The sentence of the API.");
    domain
}

#[tokio::test]
async fn the_page_of_a_sending_domain_shows_that_its_records_vanished() {
    let mut browser = Browser::of(client_admin()).await;
    let domain = with_step(Status::Authenticated, "repair_records");
    browser.answer("GET /domains/example.com", 200, domain.clone());
    let page = browser.get("/domains/example.com").await.body;
    assert!(
        page.contains("<h1>Publish the records of example.com again"),
        "{page}"
    );
    assert!(page.contains("class=\"notice bad\"><p>"), "{page}");
    assert!(
        !page.contains("<span class=\"state good\">Lasso sends"),
        "{page}"
    );
    assert!(
        page.contains("Show the records</a>") && page.contains("data-refresh"),
        "{page}"
    );
    let list = json!({ "items": [domain], "next_cursor": null });
    browser.answer("GET /domains?limit=50", 200, list);
    let page = browser.get("/").await.body;
    assert!(
        page.contains("<span class=\"state bad\">Repair needed</span>"),
        "{page}"
    );
}

#[tokio::test]
async fn the_list_asks_to_publish_or_correct_records() {
    let mut browser = Browser::of(client_admin()).await;
    let list = json!({ "items": [with_step(Status::Pending, "publish_records")] });
    browser.answer("GET /domains?limit=50", 200, list);
    let page = browser.get("/").await.body;
    assert!(
        page.contains("<p>Publish or correct the DNS records:"),
        "{page}"
    );
}

#[tokio::test]
async fn a_list_names_the_first_communities_and_counts_the_others() {
    let mut browser = Browser::of(client_admin()).await;
    let mut domain = in_state(Status::Pending);
    let communities: Vec<String> = (10..40).map(|it| format!("Maple Ridge {it}")).collect();
    domain["communities"] = json!(communities);
    let list = json!({ "items": [domain], "next_cursor": null });
    browser.answer("GET /domains?limit=50", 200, list);
    let page = browser.get("/").await.body;
    assert!(page.contains("Maple Ridge 10, Maple Ridge 11"), "{page}");
    assert!(page.contains("Maple Ridge 16 and 23 more"), "{page}");
}

#[tokio::test]
async fn the_holders_staff_page_links_to_the_challengers_page() {
    let mut browser = Browser::of(support()).await;
    let mut domain = with_step(Status::Authenticated, "decide_claim");
    domain["claim"] = json!({
        "standing": "held", "holder": "cedar-homes", "proven_at": null, "in_the_way": [],
        "against": [], "challengers": [{ "client": "maple-homes", "domain": "example.com" }],
    });
    let place = "/staff/clients/cedar-homes/domains/example.com";
    browser.answer(&format!("GET {place}"), 200, domain);
    let history = format!("GET {place}/history?limit=10");
    browser.answer(&history, 200, json!({ "items": [] }));
    let page = browser.get(place).await.body;
    let there =
        "<a class=\"button\" href=\"/staff/clients/maple-homes/domains/example.com\">Decide about";
    assert!(page.contains(there), "{page}");
    assert!(
        page.contains("End the claim of cedar-homes, which holds the name"),
        "{page}"
    );
}

#[tokio::test]
async fn support_can_end_a_claim_only_until_its_name_is_lost() {
    let mut browser = Browser::of(support()).await;
    let place = "/staff/clients/maple-homes/domains/example.com";
    for (lost_at, offered) in [(Value::Null, true), (json!("2026-11-20T10:00:00Z"), false)] {
        let mut domain = with_step(Status::Contested, "prove_ownership");
        domain["claim"] = json!({
            "standing": "contested", "holder": null, "proven_at": null, "lost_at": lost_at,
            "in_the_way": [], "against": [], "challengers": [],
        });
        browser.answer(&format!("GET {place}"), 200, domain);
        let history = format!("GET {place}/history?limit=10");
        browser.answer(&history, 200, json!({ "items": [] }));
        let page = browser.get(place).await.body;
        assert_eq!(page.contains("id=\"release\""), offered, "{page}");
        assert!(page.contains("/remove\""), "{page}");
    }
}

#[tokio::test]
async fn the_staff_search_finds_the_domain_of_a_pasted_web_address() {
    let mut browser = Browser::of(support()).await;
    for pasted in [
        "https%3A%2F%2Foak-fight.com%2F",
        "sales%40oak-fight.com",
        "www.oak-fight.com",
        "Anna+%3Csales%40oak-fight.com%3E",
    ] {
        let read = browser.get(&format!("/staff?domain={pasted}")).await;
        let to = "/staff?domain=oak-fight.com";
        assert_eq!(read.header("location"), to, "{pasted}");
    }
    let found = "GET /staff/domains?limit=50&domain=oak-fight.com";
    browser.answer(found, 200, json!({ "items": [], "next_cursor": null }));
    let page = browser.get("/staff?domain=oak-fight.com").await.body;
    assert!(page.contains("was read as oak-fight.com."), "{page}");

    let problem = json!({
        "code": "validation_failed", "title": "The request is not valid", "status": 422,
        "detail": "“domain” is not a domain: there is no dot in it.",
    });
    browser.answer("GET /staff/domains?limit=50&domain=oak", 422, problem);
    let refused = browser.get("/staff?domain=oak").await;
    assert_eq!(refused.header("location"), "/staff");
    let queue = "GET /staff/domains?limit=50&waiting_for=lasso";
    browser.answer(queue, 200, json!({ "items": [], "next_cursor": null }));
    let page = browser.get("/staff").await.body;
    assert!(
        page.contains("“oak” was not looked for: there is no dot in it."),
        "{page}"
    );
    assert!(page.contains("id=\"search\""), "{page}");

    let unknown = browser.get("/staff/clients/Maple~20Homes").await;
    assert_eq!(unknown.header("location"), "/staff");
    let page = browser.get("/staff").await.body;
    assert!(
        page.contains("“Maple Homes”. A client is found by its identifier"),
        "{page}"
    );
    let none = "GET /staff/clients/nope/domains?limit=50";
    browser.answer(none, 200, json!({ "items": [], "next_cursor": null }));
    let page = browser.get("/staff/clients/nope").await.body;
    assert!(page.contains("This client has no domain."), "{page}");
}
