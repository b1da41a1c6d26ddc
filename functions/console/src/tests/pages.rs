//! The pages in every state, from the API's responses (its own snapshots).

use domain_auth::state::Status;
use serde_json::{Value, json};

use super::browser::{Browser, noon};
use super::issuer::{client_admin, support};

/// The body in a snapshot of a function's tests.
fn answered(file: &str) -> Value {
    let path = format!("{}/../{file}.snap", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let (_, json) = text.split_once("\n---\n").unwrap();
    let answer: Value = serde_json::from_str(json).unwrap();
    answer["body"].clone()
}

fn history_of_one() -> Value {
    answered(
        "read-domains/src/snapshots/read_domains__tests__every_event_is_answered_as_its_snapshot_says@history-displaced.json",
    )
}

fn checked() -> Value {
    answered(
        "check-domain/src/snapshots/check_domain__tests__a_check_returns_the_state_of_every_record",
    )
}

fn contested() -> Value {
    answered(
        "read-domains/src/snapshots/read_domains__tests__every_event_is_answered_as_its_snapshot_says@one-displaced-proven.json",
    )
}

pub(super) fn in_state(status: Status) -> Value {
    let mut domain = match status {
        Status::Contested => contested(),
        _other => checked(),
    };
    domain["status"] = json!(status);
    let (code, sentence) = match status {
        Status::Contested => (
            "wait_for_lasso",
            "Nothing to do now: Lasso support decides.",
        ),
        Status::Provisioning => ("wait_for_service", "Nothing to do now."),
        Status::Pending => ("publish_records", "Publish the DNS records of the domain."),
        Status::Verified => (
            "wait_for_lasso",
            "Nothing to do now: Lasso support completes it.",
        ),
        Status::Authenticated => ("nothing", "Nothing to do: you can send from this domain."),
        Status::AtRisk => (
            "repair_records",
            "Repair the DNS records: each one says what is wrong with it, \
            and how to repair it.",
        ),
        Status::Failed => (
            "restart",
            "Publish the records, and restart the verification.",
        ),
        Status::Rejected => (
            "tell_lasso",
            "Solve the problem that Lasso support described, and then tell \
            Lasso that you are ready again.",
        ),
        Status::Removing => (
            "wait_for_service",
            "Nothing to do: Lasso is removing the domain.",
        ),
    };
    domain["next_step"] = json!({ "code": code, "sentence": sentence, "call": null });
    match status {
        Status::Provisioning => domain["records"] = json!([]),
        Status::AtRisk => domain["status_detail"] = json!("The TXT record of example.com is gone."),
        Status::Rejected => domain["status_detail"] = json!("<b>Not yours</b>, says the register."),
        _other => {}
    }
    domain
}

const STATES: [Status; 9] = [
    Status::Contested,
    Status::Provisioning,
    Status::Pending,
    Status::Verified,
    Status::Authenticated,
    Status::AtRisk,
    Status::Failed,
    Status::Rejected,
    Status::Removing,
];

/// The content, without the parts that every page has and the values that differ each time.
fn content(page: &str) -> String {
    let (_, rest) = page.split_once("<main").unwrap();
    let (main, _) = rest.split_once("</main>").unwrap();
    let mut shown = String::new();
    let mut rest = main;
    while let Some((before, after)) = rest.split_once("name=\"form\" value=\"") {
        shown.push_str(before);
        shown.push_str("name=\"form\" value=\"…");
        rest = &after[after.find('"').unwrap()..];
    }
    shown + rest
}

fn tells_in_one_headline(page: &str) {
    assert_eq!(page.matches("<h1>").count(), 1);
    assert!(page.len() < 50_000, "{} octets", page.len());
    assert!(!page.contains("unsafe") && !page.contains("http:"));
}

#[tokio::test]
async fn every_state_has_its_page() {
    for status in STATES {
        let mut browser = Browser::of(client_admin()).await;
        browser.answer("GET /domains/example.com", 200, in_state(status));
        let got = browser.get("/domains/example.com").await;
        assert_eq!(got.status, 200, "{status:?}: {}", got.body);
        tells_in_one_headline(&got.body);
        insta::assert_snapshot!(format!("domain-{}", status.as_str()), content(&got.body));
    }
}

#[tokio::test]
async fn the_texts_of_a_page_agree_on_the_next_step() {
    let page = async |domain: Value| {
        let mut browser = Browser::of(client_admin()).await;
        browser.answer("GET /domains/example.com", 200, domain);
        browser.get("/domains/example.com").await.body
    };
    let mut wrong = in_state(Status::Pending);
    wrong["records"][0]["state"] = json!("wrong");
    let one = page(wrong.clone()).await;
    assert!(one.contains("One record has to be changed."), "{one}");
    wrong["records"][1]["state"] = json!("wrong");
    let two = page(wrong).await;
    assert!(two.contains("2 records have to be changed."), "{two}");

    let mut found = in_state(Status::Pending);
    found["next_step"]["code"] = json!("wait_for_ses");
    let waits = page(found.clone()).await;
    assert!(
        waits.contains("example.com waits for Amazon SES")
            && !waits.contains("Publish the records of"),
        "{waits}"
    );
    found["next_step"]["code"] = json!("tell_lasso");
    let tells = page(found).await;
    assert!(
        tells.contains("Tell Lasso that example.com is ready"),
        "{tells}"
    );
    assert_eq!(tells.matches("id=\"ready\"").count(), 1, "{tells}");

    let mut refused = in_state(Status::Failed);
    refused["next_step"]["code"] = json!("ask_lasso");
    let asks = page(refused).await;
    assert!(
        asks.contains("check the name") && !asks.contains("Start again"),
        "{asks}"
    );
    assert!(asks.contains("Ask Lasso support</button>"), "{asks}");

    let mut hidden = in_state(Status::Pending);
    hidden["next_step"]["code"] = json!("repair_domain");
    let repairs = page(hidden).await;
    assert!(
        repairs.contains("repair the domain first") && !repairs.contains("Show the records"),
        "{repairs}"
    );

    // A step that only a later release has.
    let mut later = in_state(Status::Pending);
    later["next_step"]["code"] = json!("plant_a_tree");
    assert!(page(later).await.contains("Show the records"));

    let ask = "click “We are ready”.";
    let mut verified = in_state(Status::Verified);
    verified["next_step"]["sentence"] = json!("Nothing to do now.");
    let asks = page(verified.clone()).await;
    assert!(
        asks.contains(ask) && !asks.contains("Nothing to do"),
        "{asks}"
    );
    verified["ready_at"] = json!(noon());
    let told = page(verified).await;
    assert!(
        told.contains("Lasso was told on") && !told.contains(ask),
        "{told}"
    );
}

#[tokio::test]
async fn an_undelivered_email_is_shown_on_the_page() {
    let mut domain = in_state(Status::Pending);
    let message = "The address d…@it-partner.example refused <the> email with the records.";
    domain["undelivered"] = json!([{
        "email": "instructions",
        "reason": "bounced",
        "to": "d…@it-partner.example",
        "status": "5.1.1",
        "at": "2026-06-01T12:00:00.000Z",
        "message": message,
    }]);
    let mut browser = Browser::of(client_admin()).await;
    browser.answer("GET /domains/example.com", 200, domain.clone());
    let page = browser.get("/domains/example.com").await.body;
    assert!(
        page.contains("refused &#60;the&#62; email with the records."),
        "{page}"
    );
    assert!(page.contains("1 June 2026, 12:00"), "{page}");
    let path = "/staff/clients/maple-homes/domains/example.com";
    domain["client"] = json!("maple-homes");
    let mut browser = Browser::of(support()).await;
    browser.answer(&format!("GET {path}"), 200, domain);
    let history = format!("GET {path}/history?limit=10");
    browser.answer(&history, 200, history_of_one());
    let page = browser.get(path).await.body;
    assert!(page.contains("class=\"notice bad undelivered\""), "{page}");
}

#[tokio::test]
async fn every_state_has_its_page_for_lasso_support() {
    for status in [
        Status::Contested,
        Status::Verified,
        Status::Authenticated,
        Status::Failed,
    ] {
        let mut browser = Browser::of(support()).await;
        let mut domain = in_state(status);
        domain["client"] = json!("maple-homes");
        domain["claim"] = json!({
            "standing": "contested", "holder": "oak-homes", "proven_at": noon(),
            "in_the_way": [{ "sentence": "oak-homes holds example.com." }],
            "against": [{ "client": "oak-homes", "domain": "example.com" }],
            "challengers": [{ "client": "cedar/homes", "domain": "mail.example.com" }],
        });
        domain["look"] = json!({ "zone": "<script>alert(1)</script>" });
        let path = "/staff/clients/maple-homes/domains/example.com";
        // The holder has a page; the other client's domain no longer exists.
        let mut holder = in_state(Status::Verified);
        holder["contact_email"] = json!("dns@oak.example");
        holder["ready_note"] = json!("<i>Ours</i> since 1998.");
        let other = "GET /staff/clients/oak-homes/domains/example.com";
        browser.answer(other, 200, holder);
        if status == Status::Contested {
            domain["next_step"]["code"] = json!("decide_claim");
        }
        domain["ready_note"] = json!("We are in a hurry, <b>please</b>.");
        browser.answer(&format!("GET {path}"), 200, domain);
        let history = format!("GET {path}/history?limit=10");
        browser.answer(&history, 200, history_of_one());
        let got = browser.get(path).await;
        assert_eq!(got.status, 200, "{}", got.body);
        tells_in_one_headline(&got.body);
        insta::assert_snapshot!(format!("staff-{}", status.as_str()), content(&got.body));
    }
}

#[tokio::test]
async fn lasso_support_reopens_a_refused_domain_for_its_client() {
    let path = "/staff/clients/maple-homes/domains/example.com";
    for (status, says) in [(Status::Rejected, true), (Status::Failed, false)] {
        let mut browser = Browser::of(support()).await;
        browser.answer(&format!("GET {path}"), 200, in_state(status));
        let history = format!("GET {path}/history?limit=10");
        browser.answer(&history, 200, history_of_one());
        let page = browser.get(path).await.body;
        let form = format!("action=\"{path}/ready\"");
        assert_eq!(page.contains(&form), says, "{page}");
    }
}

#[tokio::test]
async fn the_list_and_history_pages_match_their_snapshots() {
    let snapshots = "read-domains/src/snapshots/read_domains__tests__every_event_is_answered_as_its_snapshot_says";
    let mut browser = Browser::of(client_admin()).await;
    browser.answer(
        "GET /domains?limit=50",
        200,
        answered(&format!("{snapshots}@list.json")),
    );
    let list = browser.get("/").await;
    let by_an_email = browser.get("/domains").await;
    assert_eq!(by_an_email.status, 200);
    assert_eq!(content(&by_an_email.body), content(&list.body));
    insta::assert_snapshot!("list", content(&list.body));
    browser.answer(
        "GET /domains/example.com/history?limit=50",
        200,
        history_of_one(),
    );
    insta::assert_snapshot!(
        "history",
        content(&browser.get("/domains/example.com/history").await.body)
    );
    browser.answer("GET /domains/example.com", 200, checked());
    browser.answer(
        "GET /domains/example.com/links",
        200,
        json!({ "items": [{
            "id": "one", "made_at": noon(), "ends_at": "2026-06-15T12:00:00Z", "emailed": false,
        }] }),
    );
    for page in ["hand-over", "remove", "settings"] {
        let got = browser.get(&format!("/domains/example.com/{page}")).await;
        tells_in_one_headline(&got.body);
        insta::assert_snapshot!(page, content(&got.body));
    }
    let mut browser = Browser::of(support()).await;
    browser.answer(
        "GET /staff/domains?limit=50&waiting_for=lasso",
        200,
        answered("read-staff/src/snapshots/read_staff__tests__every_event_is_answered_as_its_snapshot_says@queue.json"),
    );
    insta::assert_snapshot!("queue", content(&browser.get("/staff").await.body));
}

#[tokio::test]
async fn hostile_text_is_escaped_on_every_page() {
    let mut browser = Browser::of(json!({
        "custom:client_id": "maple-homes", "cognito:groups": "client-admin",
        "name": "<img src=x onerror=alert(1)>",
    }))
    .await;
    let mut domain = checked();
    for member in ["status_detail", "contact_email", "domain_unicode"] {
        domain[member] = json!("\"><script>alert(1)</script>");
    }
    domain["communities"] = json!(["\"></textarea><script>alert(1)</script>"]);
    browser.answer("GET /domains/example.com", 200, domain);
    browser.answer(
        "GET /domains/example.com/links",
        200,
        json!({ "items": [] }),
    );
    for page in ["", "/hand-over", "/remove", "/settings"] {
        let got = browser.get(&format!("/domains/example.com{page}")).await;
        assert!(!got.body.contains("<script>alert"), "{page}");
        assert!(!got.body.contains("<img src"), "{page}");
    }
}

#[tokio::test]
async fn pages_forbid_caching_and_framing() {
    let mut browser = Browser::of(client_admin()).await;
    browser.answer("GET /domains/example.com", 200, checked());
    let got = browser.get("/domains/example.com").await;
    assert_eq!(got.header("cache-control"), "no-store");
    let policy = got.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(!policy.contains("unsafe"));
}

#[tokio::test]
async fn a_download_is_an_attachment_in_a_sandbox() {
    let mut browser = Browser::of(client_admin()).await;
    browser.answer(
        "GET /domains/example.com/records?format=html",
        200,
        json!("<script>"),
    );
    let got = browser
        .get("/domains/example.com/records?format=html")
        .await;
    assert_eq!(
        got.header("content-disposition"),
        "attachment; filename=\"example.com-dns-records.html\""
    );
    assert!(got.header("content-security-policy").contains("sandbox"));
    assert_eq!(
        browser
            .get("/domains/example.com/records?format=exe")
            .await
            .status,
        404
    );
}
