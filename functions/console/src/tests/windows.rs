//! Sign-ins in several windows, and the pages that they lead to.

use jiff::SignedDuration;

use super::browser::Browser;
use super::issuer::client_admin;
use super::sign_in::list;

#[tokio::test]
async fn two_windows_can_sign_in_at_once_and_each_returns_to_its_page() {
    let mut browser = Browser::new();
    *browser.world.claims.lock().unwrap() = client_admin();
    let first = browser.begin("/sign-in?to=/domains/a.example").await;
    let second = browser.begin("/sign-in?to=/domains/b.example").await;
    for (asked, to) in [
        (second, "/domains/b.example"),
        (first, "/domains/a.example"),
    ] {
        let callback = browser.consent(&asked);
        let got = browser.get(&callback).await;
        assert_eq!((got.status, got.header("location")), (303, to));
    }
}

#[tokio::test]
async fn of_many_unfinished_sign_ins_the_newest_stay_valid() {
    let mut browser = Browser::new();
    let mut begun = Vec::new();
    for _ in 0..12 {
        begun.push(browser.begin("/sign-in?to=/domains/a.example").await);
        browser.clock.advance(SignedDuration::from_secs(1));
    }
    let octets: usize = browser
        .cookies
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    assert!(octets < 4_500, "{octets}");
    let callback = browser.consent(&begun[0]);
    assert_eq!(browser.get(&callback).await.status, 400);
    for asked in begun.iter().rev().take(6) {
        let callback = browser.consent(asked);
        assert_eq!(browser.get(&callback).await.status, 303);
    }
}

#[tokio::test]
async fn a_failed_sign_in_can_be_repeated_for_the_same_page() {
    let mut browser = Browser::new();
    let asked = browser.begin("/sign-in?to=%2Fdomains%2Fa.example").await;
    let callback = browser.consent(&asked);
    browser.clock.advance(SignedDuration::from_mins(16));
    let got = browser.get(&callback).await;
    let again = "href=\"/sign-in?to=%2Fdomains%2Fa.example\"";
    assert!(
        got.status == 400 && got.body.contains(again),
        "{}",
        got.body
    );
}

#[tokio::test]
async fn sign_in_restores_the_requested_search() {
    let mut browser = Browser::new();
    let got = browser.get("/staff?domain=oak%20fight.com").await;
    assert_eq!(
        got.header("location"),
        "/sign-in?to=%2Fstaff%3Fdomain%3Doak%2520fight.com"
    );
    let asked = browser.begin(got.header("location")).await;
    let callback = browser.consent(&asked);
    let got = browser.get(&callback).await;
    assert_eq!(got.header("location"), "/staff?domain=oak%20fight.com");
}

#[tokio::test]
async fn a_script_fetch_without_a_session_returns_401_and_begins_no_sign_in() {
    let mut browser = Browser::new();
    browser.destination = Some("empty");
    let got = browser.get("/domains/example.com").await;
    assert_eq!((got.status, got.header("location")), (401, ""));
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn a_head_response_has_only_the_headers_of_the_page() {
    let mut browser = Browser::of(client_admin()).await;
    browser.answer("GET /domains?limit=50", 200, list());
    let got = browser.request(http::Method::HEAD, "/", &[]).await;
    assert_eq!((got.status, got.body.as_str()), (200, ""));
    assert_eq!(got.header("content-type"), "text/html; charset=utf-8");
}
