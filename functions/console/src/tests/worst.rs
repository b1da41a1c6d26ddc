//! The longest pages: of clients with everything that the API accepts, in characters that are longest in HTML.

use domain_auth::names::MAX_COMMUNITIES;
use domain_auth::state::Status;
use serde_json::{Value, json};

use super::browser::{Browser, noon};
use super::issuer::{client_admin, support};
use super::pages::in_state;

/// The maximum size, in octets, of a page.
const LONGEST_PAGE: usize = 50_000;

/// A name of 253 characters.
fn name(number: usize) -> String {
    let label = "a".repeat(60);
    format!("{number:04}{label}.{label}.{label}.{}.com", "b".repeat(61))
}

/// A text of the API's longest kind: five octets for each character in HTML.
fn text(length: usize) -> String {
    "\"".repeat(length)
}

fn domain(number: usize, status: Status) -> Value {
    let mut domain = in_state(status);
    domain["domain"] = json!(name(number));
    domain["domain_unicode"] = json!(name(number).replace('a', "ä"));
    let communities = (0..MAX_COMMUNITIES).map(|it| format!("{it}{}", text(98)));
    domain["communities"] = communities.collect();
    if status == Status::Rejected {
        domain["status_detail"] = json!(text(1_000));
    }
    domain["client"] = json!("c".repeat(128));
    domain["ready_note"] = json!(text(1_000));
    domain["imitates"] = json!(true);
    domain["waiting"] = json!({ "since": noon(), "why": "It waits for Lasso.".repeat(10) });
    domain["contact_email"] = json!(format!("{}@example.com", "x".repeat(60)));
    let other = json!({ "client": "d".repeat(128), "domain": name(0) });
    domain["claim"] = json!({
        "standing": "contested", "holder": "d".repeat(128), "proven_at": noon(),
        "in_the_way": [{ "sentence": "Another client holds it.".repeat(9) }],
        "against": vec![other.clone(); 100], "challengers": vec![other; 100],
    });
    domain["look"] = json!({ "answers": vec![text(200); 100] });
    publish_much(&mut domain);
    domain
}

/// Much at the names of all records: five values of the API's longest kind, sentences that repeat them, and a name of 253
/// characters in all of it.
fn publish_much(domain: &mut Value) {
    for record in domain["records"].as_array_mut().unwrap() {
        record["state"] = json!("wrong");
        record["code"] = json!("wrong_value");
        record["observed"] = json!(vec![text(160); 5]);
        record["message"] = json!(format!("At {} is {}.", name(0), text(800)));
        record["fix"] = json!({
            "text": format!("Change {} from {}.", name(0), text(1_000)), "field": null,
            "value": "v".repeat(160),
        });
        record["name"] = json!(name(0));
        record["host"] = json!(name(0));
    }
}

fn entry(length: usize) -> Value {
    json!({
        "at": noon(), "sentence": format!("The client changed it: {}", text(length)),
        "actor": { "kind": "client_admin", "subject": "s".repeat(128) },
        "from": null, "to": "pending",
        "evidence": { "before": vec![text(98); 50], "after": vec![text(98); 50] },
    })
}

/// Answers a list of the API with as many of these entries as are asked for.
fn answer_list(browser: &Browser, path: &str, entry: impl Fn(usize) -> Value) {
    let (path, filter) = path.split_once('?').unwrap_or((path, ""));
    let filter = if filter.is_empty() {
        String::new()
    } else {
        format!("&{filter}")
    };
    for limit in 1..=50 {
        let items: Vec<Value> = (0..limit).map(&entry).collect();
        let orphan = json!({
            "identity": name(1), "verified": true, "made_by_this_stack": true,
            "tagged_client": "c".repeat(128),
        });
        let list = json!({
            "items": items, "next_cursor": "n".repeat(300),
            "reconciliation": {
                "checked_at": noon(), "orphans": 100, "missing": 100,
                "orphan_identities": vec![orphan; 100],
                "missing_identities": vec![json!({ "client": "c".repeat(128), "domain": name(2) }); 100],
            },
        });
        browser.answer(&format!("GET {path}?limit={limit}{filter}"), 200, list);
    }
}

async fn is_short(browser: &mut Browser, path: &str) {
    let got = browser.get(path).await;
    assert_eq!(got.status, 200, "{path}: {}", got.body);
    assert!(
        got.body.len() < LONGEST_PAGE,
        "{path}: {} octets",
        got.body.len()
    );
}

#[tokio::test]
async fn no_page_is_longer_than_50_kb() {
    let mut browser = Browser::of(client_admin()).await;
    answer_list(&browser, "/domains", |number| {
        domain(number, Status::Pending)
    });
    is_short(&mut browser, "/").await;
    let place = format!("/domains/{}", name(0));
    answer_list(&browser, &format!("{place}/history"), |_| entry(1_000));
    let link = json!({ "id": "0198f3a2-6d5e-7c41-9a37-2f1d8c5b6e70", "made_at": noon(), "ends_at": noon() });
    let links = json!({ "items": vec![link; 30] });
    browser.answer(&format!("GET {place}/links"), 200, links);
    for status in [Status::Contested, Status::Pending, Status::Rejected] {
        browser.answer(&format!("GET {place}"), 200, domain(0, status));
        for below in ["", "/history", "/hand-over", "/settings", "/remove"] {
            is_short(&mut browser, &format!("{place}{below}")).await;
        }
    }

    let mut browser = Browser::of(support()).await;
    for waiting in ["lasso", "client"] {
        let path = format!("/staff/domains?waiting_for={waiting}");
        answer_list(&browser, &path, |number| domain(number, Status::Verified));
        is_short(&mut browser, &format!("/staff?waiting_for={waiting}")).await;
    }
    let client = "/staff/clients/maple-homes";
    answer_list(&browser, &format!("{client}/domains"), |number| {
        domain(number, Status::Authenticated)
    });
    is_short(&mut browser, client).await;
    let other = format!("/staff/clients/{}/domains/{}", "d".repeat(128), name(0));
    browser.answer(&format!("GET {other}"), 200, domain(0, Status::Verified));
    let place = format!("{client}/domains/{}", name(0));
    answer_list(&browser, &format!("{place}/history"), |_| entry(1_000));
    for status in [Status::Contested, Status::Verified, Status::Rejected] {
        browser.answer(&format!("GET {place}"), 200, domain(0, status));
        for below in ["", "/history"] {
            is_short(&mut browser, &format!("{place}{below}")).await;
        }
    }
}

#[tokio::test]
async fn a_page_lists_twenty_claims_and_says_how_many_more_there_are() {
    let mut browser = Browser::of(support()).await;
    let place = "/staff/clients/maple-homes/domains/example.com";
    let mut contested = in_state(Status::Contested);
    let against = (0..50)
        .map(|number| json!({ "client": "cedar", "domain": format!("n{number}.example.com") }));
    contested["claim"] = json!({
        "standing": "contested", "holder": null, "proven_at": noon(), "in_the_way": [],
        "against": against.collect::<Vec<_>>(), "challengers": [],
    });
    for number in 0..50 {
        let mut side = in_state(Status::Pending);
        side["domain_unicode"] = json!(format!("n{number}.example.com"));
        let at = format!("GET /staff/clients/cedar/domains/n{number}.example.com");
        browser.answer(&at, 200, side);
    }
    browser.answer(&format!("GET {place}"), 200, contested);
    let history = format!("GET {place}/history?limit=10");
    browser.answer(&history, 200, json!({ "items": [] }));
    let page = browser.get(place).await.body;
    assert_eq!(page.matches("Conflicting claim").count(), 21, "{page}");
    assert!(page.contains("<td>and 30 more</td>"), "{page}");
    // Each landmark has a name of its own.
    for number in 1..=5 {
        let label = format!("aria-labelledby=\"side-{number}\"");
        let heading = format!("<h3 id=\"side-{number}\">");
        assert_eq!(page.matches(&label).count(), 1, "{page}");
        assert_eq!(page.matches(&heading).count(), 1, "{page}");
    }
}

#[tokio::test]
async fn a_short_history_is_one_page_and_its_full_evidence_can_be_downloaded() {
    let mut browser = Browser::of(support()).await;
    let place = "/staff/clients/maple-homes/domains/example.com";
    let history = json!({ "items": [entry(10)], "next_cursor": null });
    browser.answer(
        &format!("GET {place}/history?limit=50"),
        200,
        history.clone(),
    );
    let page = browser.get(&format!("{place}/history")).await.body;
    assert!(page.contains("\n…</pre>"), "it is cut: {page}");
    let file = format!("{place}/history/file");
    assert!(
        page.contains(&format!("href=\"{file}\" download")),
        "{page}"
    );
    let got = browser.get(&file).await;
    assert_eq!(got.body, history.to_string());
    let name = "attachment; filename=\"example.com-history.json\"";
    assert_eq!(got.header("content-disposition"), name);
    let mut client = Browser::of(client_admin()).await;
    let foreign = "/domains/example.com/history/file";
    assert_eq!(client.get(foreign).await.status, 404);
}
