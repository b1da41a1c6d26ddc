//! Forms that are refused and shown again, and forms that are sent again.

use domain_auth::state::Status;
use serde_json::json;

use super::browser::Browser;
use super::forms::at_the_list;
use super::issuer::{client_admin, support};
use super::pages::in_state;

#[tokio::test]
async fn a_refused_form_keeps_the_entered_values() {
    let mut browser = Browser::of(client_admin()).await;
    let domain = in_state(Status::Pending);
    browser.answer("GET /domains/example.com", 200, domain);
    browser.answer(
        "GET /domains/example.com/links",
        200,
        json!({ "items": [] }),
    );
    let problem = json!({ "code": "validation_failed", "title": "Invalid", "detail": "“email” is not an email address.", "status": 422 });
    browser.answer("POST /domains/example.com/instructions", 422, problem);
    let page = "/domains/example.com/hand-over";
    let form = Browser::form_in(
        &browser.get(page).await.body,
        "/domains/example.com/instructions",
    );
    let fields = [
        ("form", form.as_str()),
        ("email", "a@b"),
        ("note", "For <Dana>"),
    ];
    let refused = browser
        .post("/domains/example.com/instructions", &fields)
        .await;
    assert_eq!(refused.status, 422);
    let again = refused.body;
    assert!(
        again.contains("The email address is not an email address."),
        "{again}"
    );
    assert!(
        again.contains("value=\"a@b\"") && again.contains("For &#60;Dana&#62;</textarea>"),
        "{again}"
    );
    assert!(!browser.get(page).await.body.contains("a@b"), "once");
}

/// A note of 1,000 characters may have 4,000 octets, which no cookie has room for.
#[tokio::test]
async fn a_refused_form_keeps_values_in_any_script() {
    let mut browser = Browser::of(support()).await;
    let path = "/staff/clients/maple-homes/domains/example.com";
    browser.answer(&format!("GET {path}"), 200, in_state(Status::Verified));
    let history = format!("GET {path}/history?limit=10");
    browser.answer(&history, 200, json!({ "items": [] }));
    let page = browser.get(path).await.body;
    let reject = format!("{path}/reject");
    let problem =
        json!({ "code": "not_verified", "title": "No", "detail": "It waits.", "status": 409 });
    browser.answer(&format!("POST {reject}"), 409, problem);
    let form = Browser::form_in(&page, &reject);
    let reason = "説明".repeat(500);
    let fields = [("form", form.as_str()), ("reason", &reason)];
    let refused = browser.post(&reject, &fields).await;
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("It waits."), "{}", refused.body);
    assert!(refused.body.contains(&format!(">{reason}</textarea>")));
    assert!(!refused.body.contains("data-refresh"), "it has no address");
}

#[tokio::test]
async fn fifty_communities_in_any_script_are_saved_and_a_longer_form_is_refused() {
    let mut browser = Browser::of(client_admin()).await;
    browser.answer("GET /domains/example.com", 200, in_state(Status::Pending));
    browser.answer("PATCH /domains/example.com", 200, json!({}));
    let page = browser.get("/domains/example.com/settings").await.body;
    let path = "/domains/example.com/settings";
    let form = Browser::form_in(&page, path);
    let communities: Vec<String> = (10..60).map(|n| format!("{}{n}", "ü".repeat(58))).collect();
    let typed = communities.join("\r\n");
    browser.calls();
    let saved = browser
        .post(path, &[("form", &form), ("communities", &typed)])
        .await;
    assert_eq!(saved.status, 303);
    assert_eq!(browser.calls()[0].body["communities"], json!(communities));
    let typed = "ü".repeat(6_000);
    let refused = browser
        .post(path, &[("form", &form), ("communities", &typed)])
        .await;
    assert_eq!(refused.status, 413);
    assert!(refused.body.contains("This form is too long"));
    assert!(browser.calls().is_empty());
}

/// The tests of the API cover what it does with a repeated key.
#[tokio::test]
async fn a_form_sent_twice_has_the_same_idempotency_key() {
    let mut browser = Browser::of(client_admin()).await;
    let place = "/domains/example.com";
    browser.answer(&format!("GET {place}"), 200, in_state(Status::Pending));
    browser.answer(&format!("GET {place}/links"), 200, json!({ "items": [] }));
    for (page, action, method) in [
        ("remove", "remove", "DELETE"),
        ("settings", "settings", "PATCH"),
        ("hand-over", "links", "POST"),
    ] {
        let page = browser.get(&format!("{place}/{page}")).await.body;
        let action = format!("{place}/{action}");
        let form = Browser::form_in(&page, &action);
        browser.calls();
        for _ in 0..2 {
            browser
                .post(&action, &[("form", &form), ("confirm", "example.com")])
                .await;
        }
        let calls = browser.calls();
        let keys: Vec<_> = calls
            .iter()
            .filter(|call| call.method == method)
            .map(|call| call.key.clone().expect("a key"))
            .collect();
        assert_eq!((keys.len(), &keys[0]), (2, &keys[1]), "{action}");
    }
}

#[tokio::test]
async fn an_add_form_sent_twice_has_the_same_idempotency_key() {
    let (mut browser, form) = at_the_list().await;
    for _ in 0..2 {
        browser
            .post("/domains", &[("form", &form), ("domain", "a.com")])
            .await;
    }
    let page = browser.get("/").await.body;
    let another = Browser::form_in(&page, "/domains");
    browser
        .post("/domains", &[("form", &another), ("domain", "a.com")])
        .await;
    let calls = browser.calls();
    let keys: Vec<_> = calls
        .iter()
        .filter(|call| call.method == "POST")
        .map(|call| call.key.clone().unwrap())
        .collect();
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[0], keys[2]);
    assert!(keys.iter().all(|key| key.len() <= 255));
}
