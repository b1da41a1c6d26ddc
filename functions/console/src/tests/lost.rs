//! Domains that were verified and whose records, or which themselves, have vanished since.

use domain_auth::state::Status;
use serde_json::{Value, json};

use super::browser::{Browser, noon};
use super::issuer::{client_admin, support};
use super::pages::in_state;

const VERIFIED_ONCE: [Status; 3] = [Status::Verified, Status::Authenticated, Status::Rejected];

/// No record is there, and some were.
fn emptied(status: Status) -> Value {
    let mut domain = in_state(status);
    for record in domain["records"].as_array_mut().unwrap() {
        record["state"] = json!("missing");
        record["code"] = json!("not_found");
        record["last_found_at"] = json!(noon());
    }
    domain
}

/// The domain does not exist any more.
fn gone(status: Status) -> Value {
    let mut domain = emptied(status);
    domain["diagnoses"] = json!([{
        "code": "domain_does_not_exist", "message": "example.com does not exist.", "fix": null,
    }]);
    domain
}

async fn page(domain: Value) -> String {
    let mut browser = Browser::of(client_admin()).await;
    browser.answer("GET /domains/example.com", 200, domain);
    browser.get("/domains/example.com").await.body
}

async fn page_for_staff(domain: Value) -> String {
    let mut browser = Browser::of(support()).await;
    let path = "/staff/clients/maple-homes/domains/example.com";
    browser.answer(&format!("GET {path}"), 200, domain);
    let history = json!({ "items": [], "next_cursor": null });
    browser.answer(&format!("GET {path}/history?limit=10"), 200, history);
    browser.get(path).await.body
}

#[tokio::test]
async fn the_next_step_is_to_publish_vanished_records_again() {
    for status in VERIFIED_ONCE {
        for told in [json!(null), json!(noon())] {
            let mut domain = emptied(status);
            domain["ready_at"] = told;
            let page = page(domain).await;
            assert!(
                page.contains(
                    "<h1>Publish the records of example.com again: they are missing</h1>"
                ),
                "{page}"
            );
            assert!(page.contains("Show the records</a>"), "{page}");
            assert!(
                page.contains("Publish the missing records again."),
                "{page}"
            );
            assert!(page.contains("class=\"notice bad\""), "{page}");
            assert!(
                !page.contains("id=\"ready\"") && !page.contains("nothing more to do"),
                "{page}"
            );
        }
    }
}

#[tokio::test]
async fn the_next_step_is_to_repair_a_domain_that_vanished_from_dns() {
    for status in VERIFIED_ONCE {
        let page = page(gone(status)).await;
        assert!(
            page.contains("<h1>example.com does not work in DNS: repair the domain first</h1>"),
            "{page}"
        );
        assert!(!page.contains("id=\"ready\""), "{page}");
    }
}

#[tokio::test]
async fn a_repair_step_of_the_api_is_shown_on_the_page_and_in_the_list() {
    let mut domain = in_state(Status::Verified);
    domain["next_step"]["code"] = json!("repair_records");
    domain["next_step"]["sentence"] = json!("Repair them, please.");
    let page = page(domain.clone()).await;
    assert!(page.contains("Repair them, please."), "{page}");
    let mut browser = Browser::of(client_admin()).await;
    let list = json!({ "items": [domain], "next_cursor": null });
    browser.answer("GET /domains?limit=50", 200, list);
    let list = browser.get("/").await.body;
    assert!(list.contains("Repair them, please."), "{list}");
    assert!(
        list.contains("Repair needed") && !list.contains("click “We are ready”"),
        "{list}"
    );
}

#[tokio::test]
async fn a_domain_with_its_cname_records_needs_no_repair_without_the_txt_record() {
    let mut domain = emptied(Status::Authenticated);
    for number in 1..=3 {
        domain["records"][number]["state"] = json!("found");
    }
    let page = page(domain).await;
    assert!(
        page.contains("<h1>Lasso sends for example.com</h1>"),
        "{page}"
    );
}

#[tokio::test]
async fn the_staff_page_says_what_vanished_and_who_has_to_repair_it() {
    for status in VERIFIED_ONCE {
        let page = page_for_staff(emptied(status)).await;
        let headline = "<h1>maple-homes has to publish the records of example.com again</h1>";
        assert!(page.contains(headline), "{page}");
    }
    for status in [Status::Pending, Status::AtRisk]
        .iter()
        .chain(&VERIFIED_ONCE)
    {
        let page = page_for_staff(gone(*status)).await;
        let headline =
            "<h1>maple-homes has to repair example.com first: it does not work in DNS</h1>";
        assert!(page.contains(headline), "{page}");
    }
}

#[tokio::test]
async fn the_404_page_of_a_removed_domain_links_to_its_history() {
    let mut browser = Browser::of(client_admin()).await;
    let place = "/domains/ended.example";
    let history = json!({ "items": [], "next_cursor": null });
    browser.answer(&format!("GET {place}/history?limit=1"), 200, history);
    let got = browser.get(place).await;
    assert_eq!(got.status, 404);
    assert!(
        got.body.contains("ended.example is not here any more"),
        "{}",
        got.body
    );
    assert!(
        got.body.contains("href=\"/domains/ended.example/history\""),
        "{}",
        got.body
    );
    let never = browser.get("/domains/never.example").await;
    assert_eq!(never.status, 404);
    assert!(
        never.body.contains("There is no such page"),
        "{}",
        never.body
    );
}

#[tokio::test]
async fn clients_read_your_organization_instead_of_their_identifier() {
    let mut domain = in_state(Status::Contested);
    domain["next_step"] = json!({
        "code": "publish_ownership_record", "call": null,
        "sentence": "Publish it. When Lasso finds it, the domain goes to the-identifier.",
    });
    let page = page(domain).await;
    assert!(page.contains("goes to your organization"), "{page}");
    assert!(!page.contains("the-identifier"), "{page}");
}
