//! Forms, and the requests that they make to the API.

use domain_auth::state::Status;
use serde_json::{Value, json};

use super::browser::Browser;
use super::issuer::{client_admin, support};
use super::pages::in_state;

fn list() -> Value {
    json!({ "items": [], "next_cursor": null })
}

fn added(domain: &str) -> Value {
    json!({ "domain": domain, "domain_unicode": domain })
}

pub(super) async fn at_the_list() -> (Browser, String) {
    let mut browser = Browser::of(client_admin()).await;
    browser.answer("GET /domains?limit=50", 200, list());
    browser.answer("POST /domains", 201, added("example.com"));
    let page = browser.get("/").await.body;
    let form = Browser::form_in(&page, "/domains");
    browser.calls();
    (browser, form)
}

#[tokio::test]
async fn a_domain_is_added_and_its_page_says_so_once() {
    let (mut browser, form) = at_the_list().await;
    let got = browser
        .post(
            "/domains",
            &[
                ("form", &form),
                ("domain", " example.com "),
                ("community", "Maple Ridge"),
            ],
        )
        .await;
    assert_eq!(
        (got.status, got.header("location")),
        (303, "/domains/example.com")
    );
    let call = &browser.calls()[0];
    assert_eq!(
        call.body,
        json!({ "domain": "example.com", "community": "Maple Ridge" })
    );
    let domain = in_state(Status::Pending);
    browser.answer("GET /domains/example.com", 200, domain);
    let elsewhere = browser.get("/").await.body;
    assert!(!elsewhere.contains("was added"), "it is for another page");
    let page = "/domains/example.com";
    let told = browser.get(page).await.body;
    assert!(told.contains("example.com was added."));
    assert!(!browser.get(page).await.body.contains("was added"));
}

#[tokio::test]
async fn a_space_in_a_name_adds_no_domain_and_the_form_keeps_it() {
    let (mut browser, form) = at_the_list().await;
    let fields = [("form", form.as_str()), ("domain", "maple homes.com")];
    let got = browser.post("/domains", &fields).await;
    assert_eq!(got.status, 422);
    assert!(
        got.body
            .contains("Nothing was added: “maple” is not a domain, because")
    );
    assert!(
        got.body.contains("value=\"maple homes.com\""),
        "{}",
        got.body
    );
    assert!(!browser.calls().iter().any(|call| call.method == "POST"));
}

#[tokio::test]
async fn all_pages_of_a_session_carry_its_own_marker() {
    let mark = |page: &str| {
        let (_, rest) = page.split_once("data-session=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    let mut browser = Browser::of(client_admin()).await;
    browser.answer("GET /domains?limit=50", 200, list());
    let first = mark(&browser.get("/").await.body);
    assert_eq!(mark(&browser.get("/").await.body), first);
    browser.sign_in().await;
    assert_ne!(mark(&browser.get("/").await.body), first);
}

#[tokio::test]
async fn a_form_sent_from_another_origin_changes_nothing() {
    for origin in [
        None,
        Some("https://evil.example"),
        Some("null"),
        Some("https://console.lasso.example.evil.example"),
    ] {
        let (mut browser, form) = at_the_list().await;
        browser.origin = origin.map(str::to_owned);
        let got = browser
            .post("/domains", &[("form", &form), ("domain", "a.com")])
            .await;
        assert_eq!(got.status, 403, "{origin:?}");
        assert!(browser.calls().is_empty());
    }
}

#[tokio::test]
async fn a_form_made_for_another_session_or_path_changes_nothing() {
    let (mut browser, form) = at_the_list().await;
    let page = browser.get("/").await.body;
    let of_another_address = Browser::form_in(&page, "/sign-out");
    let mut other = Browser::of(json!({
        "custom:client_id": "cedar-homes", "cognito:groups": "client-admin"
    }))
    .await;
    other.sign_in().await;
    other.answer("GET /domains?limit=50", 200, list());
    let of_another_session = Browser::form_in(&other.get("/").await.body, "/domains");
    browser.calls();
    let altered = format!("{}A", &form[..form.len() - 1]);
    for value in ["", "x", &of_another_address, &of_another_session, &altered] {
        let got = browser
            .post("/domains", &[("form", value), ("domain", "a.com")])
            .await;
        assert_eq!(got.status, 403, "{value}");
        assert!(browser.calls().is_empty());
    }
    let got = browser.post("/domains", &[("domain", "a.com")]).await;
    assert_eq!(got.status, 403);
}

#[tokio::test]
async fn a_form_sent_without_a_session_returns_401_and_changes_nothing() {
    let (mut browser, form) = at_the_list().await;
    browser.cookies.clear();
    let got = browser
        .post("/domains", &[("form", &form), ("domain", "a.com")])
        .await;
    assert_eq!((got.status, got.header("location")), (401, ""));
    assert!(browser.calls().is_empty());
}

#[tokio::test]
async fn the_domain_is_taken_from_pasted_text() {
    let (mut browser, form) = at_the_list().await;
    browser.answer(
        "POST /domains",
        422,
        json!({ "code": "invalid_domain", "title": "t", "detail": "This is a web address.", "suggestion": "example.com" }),
    );
    let pasted = "https://www.example.com/contact";
    let got = browser
        .post("/domains", &[("form", &form), ("domain", pasted)])
        .await;
    assert_eq!(got.status, 422);
    assert!(!got.body.contains("data-refresh"), "it has no address");
    let calls = browser.calls();
    let bodies: Vec<_> = calls
        .iter()
        .filter(|call| call.method == "POST")
        .map(|call| call.body["domain"].clone())
        .collect();
    assert_eq!(bodies, [json!(pasted), json!("example.com")]);
    assert!(got.body.contains("This is a web address."));
    assert!(
        got.body
            .contains("value=\"https://www.example.com/contact\""),
        "what was typed stays"
    );
}

#[tokio::test]
async fn several_names_are_added_and_each_refusal_is_shown() {
    let (mut browser, form) = at_the_list().await;
    let got = browser
        .post(
            "/domains",
            &[("form", &form), ("domain", "a.com, b.com\nc.com")],
        )
        .await;
    assert_eq!(got.header("location"), "/");
    assert_eq!(browser.calls().len(), 3);
    assert!(browser.get("/").await.body.contains("were added"));
}

#[tokio::test]
async fn names_beyond_twenty_are_shown_as_not_added() {
    let (mut browser, form) = at_the_list().await;
    browser.answer("POST /domains", 201, added("d0.com"));
    let many: Vec<String> = (0..22).map(|number| format!("d{number}.com")).collect();
    let fields = [("form", form.as_str()), ("domain", &many.join(" "))];
    let told = browser.post("/domains", &fields).await.body;
    let calls = browser.calls();
    assert_eq!(calls.iter().filter(|it| it.method == "POST").count(), 20);
    assert!(
        told.contains("Not added: d20.com, d21.com: Only 20 domains"),
        "{told}"
    );
    assert!(told.contains("value=\"d20.com, d21.com\""), "{told}");
    assert!(!told.contains("data-refresh"), "it has no address");
}

#[tokio::test]
async fn a_domain_that_the_client_already_has_is_not_said_to_be_added() {
    let (mut browser, form) = at_the_list().await;
    let mut known = in_state(Status::Pending);
    browser.answer("GET /domains/example.com", 200, known.clone());
    let fields = [("form", form.as_str()), ("domain", "example.com")];
    browser.answer("POST /domains", 200, known.clone());
    let got = browser.post("/domains", &fields).await;
    assert_eq!(got.header("location"), "/domains/example.com");
    let page = browser.get("/domains/example.com").await.body;
    assert!(page.contains("You already have example.com."), "{page}");
    assert!(!page.contains("was added"), "{page}");
    known["community_added"] = json!("Oak Hills");
    known["contact_email_not_taken"] = json!("new@example.com");
    browser.answer("POST /domains", 200, known);
    browser.post("/domains", &fields).await;
    let page = browser.get("/domains/example.com").await.body;
    assert!(
        page.contains("Oak Hills was added to example.com, which you already have."),
        "{page}"
    );
    assert!(page.contains("new@example.com was not stored"), "{page}");
}

#[tokio::test]
async fn a_flash_message_about_many_names_fits_into_a_cookie() {
    let (mut browser, form) = at_the_list().await;
    let detail = "ü".repeat(500);
    let problem = json!({ "status": 409, "code": "limit", "title": "No", "detail": detail });
    browser.answer("POST /domains", 409, problem);
    let fields = [("form", form.as_str()), ("domain", "a.com b.com c.com")];
    let refused = browser.post("/domains", &fields).await;
    assert_eq!(refused.status, 422, "on the page itself");
    // The reason appears once.
    assert_eq!(refused.body.matches(&detail).count(), 1);
    assert!(refused.body.contains("a.com, b.com, c.com: üü"));
    browser.answer("POST /domains", 201, added(&"ü".repeat(3_000)));
    let got = browser.post("/domains", &fields).await;
    assert_eq!(got.status, 303);
    let set: usize = got
        .headers
        .get_all("set-cookie")
        .iter()
        .map(http::HeaderValue::len)
        .sum();
    assert!(set < 5_000, "{set}");
    assert!(browser.get("/").await.body.contains("üüü…"));
}

#[tokio::test]
async fn only_lasso_support_may_open_the_staff_pages() {
    let mut browser = Browser::of(client_admin()).await;
    for path in ["/staff", "/staff/clients/maple-homes/domains/example.com"] {
        assert_eq!(browser.get(path).await.status, 404);
        assert!(browser.calls().is_empty());
    }
    let mut browser = Browser::of(support()).await;
    assert_eq!(browser.get("/").await.header("location"), "/staff");
}

#[tokio::test]
async fn the_page_of_an_unknown_domain_returns_404() {
    let mut browser = Browser::of(client_admin()).await;
    let unknown = browser.get("/domains/unknown.example").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.body.contains("There is no such page"));
}

#[tokio::test]
async fn a_new_link_is_shown_once_and_can_be_withdrawn() {
    let mut browser = Browser::of(client_admin()).await;
    let snapshot = include_str!(
        "../../../check-domain/src/snapshots/check_domain__tests__a_check_returns_the_state_of_every_record.snap"
    );
    let (_, domain) = snapshot.split_once("\n---\n").unwrap();
    let domain: Value = serde_json::from_str(domain).unwrap();
    browser.answer("GET /domains/example.com", 200, domain["body"].clone());
    let link = json!({
        "id": "one", "made_at": "2026-06-01T12:00:00Z", "ends_at": "2026-06-15T12:00:00Z",
        "emailed": false, "url": "https://api.example/handoff/secret",
    });
    browser.answer(
        "GET /domains/example.com/links",
        200,
        json!({ "items": [link] }),
    );
    browser.answer("POST /domains/example.com/links", 201, link);
    browser.answer("DELETE /domains/example.com/links/one", 204, Value::Null);
    let page = browser.get("/domains/example.com/hand-over").await.body;
    let form = Browser::form_in(&page, "/domains/example.com/links");
    let made = browser
        .post("/domains/example.com/links", &[("form", &form)])
        .await;
    let to = made.header("location").to_owned();
    let page = browser.get(&to).await.body;
    assert!(page.contains("https://api.example/handoff/secret"));
    assert!(!browser.get(&to).await.body.contains("handoff/secret"));
    let path = "/domains/example.com/links/one";
    let form = Browser::form_in(&page, path);
    browser.calls();
    let withdrawn = browser.post(path, &[("form", &form)]).await;
    assert_eq!(withdrawn.status, 303);
    let call = &browser.calls()[0];
    assert_eq!((call.method.as_str(), call.path.as_str()), ("DELETE", path));
}

#[tokio::test]
async fn lasso_support_restarts_a_domain_on_behalf_of_a_client() {
    let mut browser = Browser::of(support()).await;
    let path = "/staff/clients/maple-homes/domains/example.com";
    let failed = super::pages::in_state(domain_auth::state::Status::Failed);
    browser.answer(&format!("GET {path}"), 200, failed.clone());
    let history = format!("GET {path}/history?limit=10");
    browser.answer(&history, 200, json!({ "items": [] }));
    let page = browser.get(path).await.body;
    let restart = format!("{path}/restart");
    browser.answer(&format!("POST {restart}"), 200, failed);
    browser.calls();
    let form = Browser::form_in(&page, &restart);
    let got = browser.post(&restart, &[("form", &form)]).await;
    assert_eq!(got.header("location"), path);
    let calls = browser.calls();
    assert_eq!(
        (calls[0].method.as_str(), calls[0].path.as_str()),
        ("POST", restart.as_str())
    );
}
