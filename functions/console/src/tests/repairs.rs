//! Records that are wrong: before the required record is there, and after the verification.

use domain_auth::state::Status;
use serde_json::{Value, json};

use super::browser::{Browser, noon};
use super::issuer::{client_admin, support};
use super::pages::in_state;

/// A domain whose records are all in this state, except those with these numbers.
fn with_records(status: Status, all: &str, others: &[(usize, &str)]) -> Value {
    let mut domain = in_state(status);
    for record in domain["records"].as_array_mut().unwrap() {
        record["state"] = json!(all);
        record["last_found_at"] = json!(noon());
    }
    for (number, state) in others {
        domain["records"][number]["state"] = json!(state);
    }
    domain
}

async fn page(domain: &Value) -> String {
    let mut browser = Browser::of(client_admin()).await;
    browser.answer("GET /domains/example.com", 200, domain.clone());
    browser.get("/domains/example.com").await.body
}

async fn page_for_staff(domain: &Value) -> String {
    let mut browser = Browser::of(support()).await;
    let path = "/staff/clients/maple-homes/domains/example.com";
    browser.answer(&format!("GET {path}"), 200, domain.clone());
    let history = json!({ "items": [], "next_cursor": null });
    browser.answer(&format!("GET {path}/history?limit=10"), 200, history);
    browser.get(path).await.body
}

#[tokio::test]
async fn the_required_record_comes_before_a_policy_that_is_wrong() {
    let mut domain = with_records(Status::Pending, "missing", &[]);
    let records = domain["records"].as_array_mut().unwrap();
    let wrong = records.iter_mut().filter(|it| it["id"] == "dmarc");
    wrong.for_each(|it| it["state"] = json!("wrong"));
    let shown = page(&domain).await;
    let headline = "<h1>Publish the records of example.com: the TXT record is missing</h1>";
    assert!(shown.contains(headline), "{shown}");
    let step = "<strong>Publish the DNS records of the domain. Another record has to be changed.";
    assert!(shown.contains(step), "{shown}");

    domain["records"][0]["state"] = json!("wrong");
    let shown = page(&domain).await;
    assert!(
        shown.contains("<h1>Correct the records of example.com</h1>"),
        "{shown}"
    );
    assert!(shown.contains("2 records have to be changed."), "{shown}");
}

#[tokio::test]
async fn a_policy_that_is_wrong_does_not_hide_that_cname_records_are_missing() {
    let missing = [(1, "missing"), (2, "missing"), (3, "missing")];
    let mut domain = with_records(Status::Authenticated, "found", &missing);
    domain["next_step"] = json!({
        "code": "publish_recommended_records", "call": null, "sentence": "Publish the CNAME records.",
    });
    let last = domain["records"].as_array().unwrap().len() - 1;
    domain["records"][last]["state"] = json!("wrong");
    let shown = page(&domain).await;
    assert!(
        shown.contains("<strong>Publish the CNAME records. Another record has to be changed."),
        "{shown}"
    );
}

#[tokio::test]
async fn records_that_are_wrong_after_the_verification_are_to_be_corrected() {
    for status in [Status::Verified, Status::Authenticated, Status::Rejected] {
        let wrong = with_records(status, "wrong", &[]);
        let shown = page(&wrong).await;
        assert!(
            shown.contains("<h1>Correct the records of example.com</h1>"),
            "{shown}"
        );
        assert!(
            shown.contains("Correct the records that are wrong: each one says how."),
            "{shown}"
        );
        assert!(!shown.contains("again: they are missing"), "{shown}");
        let support = page_for_staff(&wrong).await;
        assert!(
            support.contains("<h1>maple-homes has to correct the records of example.com</h1>"),
            "{support}"
        );
        let mixed = with_records(status, "wrong", &[(0, "missing")]);
        let shown = page(&mixed).await;
        assert!(
            shown.contains("of example.com: some are missing, and some are wrong</h1>"),
            "{shown}"
        );
        if status != Status::Rejected {
            let pill = "<span class=\"state bad\">Records wrong</span>";
            assert!(support.contains(pill), "{support}");
            assert!(page(&wrong).await.contains(pill));
        }
    }
}
