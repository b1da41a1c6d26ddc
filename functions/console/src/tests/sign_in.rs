//! Sign-in, sessions and sign-out.

use jiff::SignedDuration;
use serde_json::json;

use super::browser::{Browser, Got};
use super::issuer::{CONSOLE, ISSUER, TokenNonce, Twist, client_admin};
use crate::Endpoints;

pub(super) fn list() -> serde_json::Value {
    json!({ "items": [], "next_cursor": null })
}

fn is_signed_in(browser: &Browser) -> bool {
    browser.cookies.contains_key("__Host-lasso-session-0")
}

async fn with(twist: Twist) -> (Browser, Got) {
    let mut browser = Browser::new();
    *browser.world.twist.lock().unwrap() = twist;
    let got = browser.sign_in().await;
    (browser, got)
}

async fn refused(twist: Twist) {
    let (browser, got) = with(twist.clone()).await;
    assert!(!is_signed_in(&browser), "{twist:?}");
    assert!(got.status >= 400, "{twist:?}: {}", got.status);
    assert!(got.body.contains("You are not signed in"));
}

#[tokio::test]
async fn after_sign_in_the_api_gets_the_persons_token() {
    let mut browser = Browser::of(client_admin()).await;
    browser.answer("GET /domains?limit=50", 200, list());
    let got = browser.get("/").await;
    assert_eq!(got.status, 200);
    assert!(got.body.contains("ADD DOMAIN") && got.body.contains("admin@maplehomes.com"));
    let token = browser.calls()[0].token.clone();
    let token = token.strip_prefix("Bearer ").unwrap();
    assert_eq!(token.split('.').count(), 3);
    assert!(!got.body.contains(token), "no token in a page");
    let shown: String = browser.cookies.values().cloned().collect();
    assert!(
        !shown.contains(token),
        "no token that can be read in a cookie"
    );
}

#[tokio::test]
async fn sign_in_redirects_to_the_requested_page() {
    let mut browser = Browser::new();
    let got = browser.get("/domains/example.com").await;
    assert_eq!(
        got.header("location"),
        "/sign-in?to=%2Fdomains%2Fexample.com"
    );
    let asked = browser.begin("/sign-in?to=%2Fdomains%2Fexample.com").await;
    let callback = browser.consent(&asked);
    let got = browser.get(&callback).await;
    assert_eq!(got.header("location"), "/domains/example.com");
}

#[tokio::test]
async fn sign_in_never_redirects_to_another_site() {
    for to in [
        "https%3A%2F%2Fevil.example",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
    ] {
        let mut browser = Browser::new();
        let asked = browser.begin(&format!("/sign-in?to={to}")).await;
        let callback = browser.consent(&asked);
        assert_eq!(browser.get(&callback).await.header("location"), "/", "{to}");
    }
}

#[tokio::test]
async fn a_callback_with_a_missing_or_different_state_is_refused() {
    let mut browser = Browser::new();
    let asked = browser.begin("/sign-in").await;
    browser.consent(&asked);
    for callback in [
        "/callback?code=the-code",
        "/callback?code=the-code&state=another",
    ] {
        let mut other = Browser::new();
        other.cookies = browser.cookies.clone();
        let got = other.get(callback).await;
        assert_eq!(got.status, 400);
        assert!(!is_signed_in(&other));
    }
}

#[tokio::test]
async fn a_callback_in_a_browser_that_began_no_sign_in_is_refused() {
    let mut browser = Browser::new();
    let asked = browser.begin("/sign-in").await;
    let callback = browser.consent(&asked);
    browser.cookies.clear();
    let got = browser.get(&callback).await;
    assert_eq!(got.status, 400);
    assert!(!is_signed_in(&browser));
}

#[tokio::test]
async fn a_callback_after_a_quarter_of_an_hour_is_refused() {
    let mut browser = Browser::new();
    let asked = browser.begin("/sign-in").await;
    let callback = browser.consent(&asked);
    browser.clock.advance(SignedDuration::from_mins(16));
    assert_eq!(browser.get(&callback).await.status, 400);
}

#[tokio::test]
async fn a_token_with_a_missing_or_different_nonce_is_refused() {
    for nonce in [TokenNonce::Missing, TokenNonce::Another] {
        refused(Twist {
            nonce,
            ..Twist::default()
        })
        .await;
    }
}

/// The simulated issuer returns no token for a code if the verifier does not match its challenge.
#[tokio::test]
async fn a_sign_in_code_without_its_verifier_is_refused() {
    let mut browser = Browser::new();
    let asked = browser.begin("/sign-in").await;
    let mut another = Browser::new();
    let mut stolen = another.begin("/sign-in").await;
    stolen.insert(
        "code_challenge".to_owned(),
        "of-another-verifier".to_owned(),
    );
    stolen.insert("state".to_owned(), asked["state"].clone());
    let callback = browser.consent(&stolen);
    let got = browser.get(&callback).await;
    assert_eq!(got.status, 403);
    assert!(!is_signed_in(&browser));
}

#[tokio::test]
async fn tokens_of_another_issuer_audience_or_signer_and_expired_ones_are_refused() {
    for twist in [
        Twist {
            audience: Some("another-application"),
            ..Twist::default()
        },
        Twist {
            issuer: Some("https://another-issuer.example"),
            ..Twist::default()
        },
        Twist {
            by_a_stranger: true,
            ..Twist::default()
        },
        Twist {
            has_expired: true,
            ..Twist::default()
        },
    ] {
        refused(twist).await;
    }
}

#[tokio::test]
async fn a_sign_in_code_is_used_once() {
    let mut browser = Browser::new();
    let asked = browser.begin("/sign-in").await;
    let callback = browser.consent(&asked);
    let kept = browser.cookies.clone();
    assert_eq!(browser.get(&callback).await.status, 303);
    let mut replayed = Browser::new();
    replayed.cookies = kept;
    assert!(replayed.get(&callback).await.status >= 400);
}

#[tokio::test]
async fn sign_in_fails_if_the_issuer_refuses_or_fails() {
    let mut browser = Browser::new();
    let asked = browser.begin("/sign-in").await;
    let callback = format!("/callback?error=access_denied&state={}", asked["state"]);
    let got = browser.get(&callback).await;
    assert_eq!(got.status, 403);
    let mut browser = Browser::new();
    *browser.world.issuer_fails.lock().unwrap() = true;
    assert_eq!(browser.get("/sign-in").await.status, 502);
}

#[tokio::test]
async fn endpoints_set_in_the_template_need_no_discovery() {
    let mut browser = Browser::with(Some(Endpoints {
        authorization: format!("{ISSUER}/authorize"),
        token: format!("{ISSUER}/token"),
        jwks: format!("{ISSUER}/keys"),
    }));
    browser.sign_in().await;
    assert!(is_signed_in(&browser));
    let fetched = browser.world.fetched.lock().unwrap().clone();
    assert!(
        !fetched.iter().any(|url| url.contains("well-known")),
        "{fetched:?}"
    );
}

#[tokio::test]
async fn a_token_is_refreshed_before_it_expires_and_open_forms_stay_valid() {
    let mut browser = Browser::of(client_admin()).await;
    browser.answer("GET /domains?limit=50", 200, list());
    let page = browser.get("/").await.body;
    let before = browser.cookies.clone();
    let token = browser.calls()[0].token.clone();
    browser
        .clock
        .advance(SignedDuration::from_mins(59) + SignedDuration::from_secs(30));
    assert_eq!(browser.get("/").await.status, 200);
    assert_ne!(browser.cookies, before);
    assert_ne!(browser.calls()[0].token, token);
    let form = Browser::form_in(&page, "/domains");
    browser.answer(
        "POST /domains",
        201,
        json!({ "domain": "a.com", "domain_unicode": "a.com" }),
    );
    let got = browser
        .post("/domains", &[("form", &form), ("domain", "a.com")])
        .await;
    assert_eq!(got.header("location"), "/domains/a.com");
}

#[tokio::test]
async fn a_session_ends_when_its_token_expires_or_after_a_working_day() {
    let (mut browser, _) = with(Twist {
        no_refresh_token: true,
        ..Twist::default()
    })
    .await;
    browser.answer("GET /domains?limit=50", 200, list());
    assert_eq!(browser.get("/").await.status, 200);
    browser.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(browser.get("/").await.header("location"), "/sign-in?to=%2F");
    assert!(!is_signed_in(&browser));

    let mut browser = Browser::of(client_admin()).await;
    browser.answer("GET /domains?limit=50", 200, list());
    for hour in 0..12 {
        assert_eq!(browser.get("/").await.status, 200, "{hour}");
        browser.clock.advance(SignedDuration::from_hours(1));
    }
    assert_eq!(browser.get("/").await.status, 303);
}

#[tokio::test]
async fn a_refreshed_token_of_another_person_ends_the_session() {
    let mut browser = Browser::of(client_admin()).await;
    browser.world.twist.lock().unwrap().subject = Some("person-2");
    browser.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(browser.get("/").await.header("location"), "/sign-in?to=%2F");
}

#[tokio::test]
async fn a_token_that_the_api_refuses_ends_the_session() {
    let mut browser = Browser::of(client_admin()).await;
    browser.answer(
        "GET /domains?limit=50",
        401,
        json!({ "message": "Unauthorized" }),
    );
    assert_eq!(browser.get("/").await.header("location"), "/sign-in?to=%2F");
    assert!(!is_signed_in(&browser));
}

#[tokio::test]
async fn an_altered_or_foreign_cookie_gives_no_session() {
    let browser = Browser::of(client_admin()).await;
    let name = "__Host-lasso-session-0";
    let real = browser.cookies[name].clone();
    let mut altered = real.clone().into_bytes();
    altered[20] = if altered[20] == b'A' { b'B' } else { b'A' };
    let mut begun = Browser::new();
    begun.begin("/sign-in").await;
    let mut cookies = begun.cookies.iter();
    let sign_in = cookies.find(|(name, _)| name.starts_with("__Host-lasso-sign-in-"));
    let sign_in = sign_in.unwrap().1.clone();
    for value in [
        String::from_utf8(altered).unwrap(),
        real[..real.len() - 4].to_owned(),
        sign_in,
        "e30".to_owned(),
        String::new(),
    ] {
        let mut other = Browser::new();
        other.cookies.insert(name.to_owned(), value);
        assert_eq!(other.get("/").await.status, 303);
        assert!(other.calls().is_empty());
    }
}

/// If an attacker plants the attacker's own session in another person's browser, the sign-in
/// replaces it.
#[tokio::test]
async fn sign_in_replaces_an_earlier_session() {
    let mut browser = Browser::of(client_admin()).await;
    let planted = browser.cookies["__Host-lasso-session-0"].clone();
    browser.sign_in().await;
    assert_ne!(browser.cookies["__Host-lasso-session-0"], planted);
}

#[tokio::test]
async fn sign_out_ends_the_session_here_and_at_the_issuer() {
    let mut browser = Browser::of(client_admin()).await;
    browser.answer("GET /domains?limit=50", 200, list());
    let page = browser.get("/").await.body;
    let form = Browser::form_in(&page, "/sign-out");
    let got = browser.post("/sign-out", &[("form", &form)]).await;
    assert_eq!(got.status, 200);
    assert!(!is_signed_in(&browser));
    let refresh = got.header("refresh");
    assert!(refresh.starts_with(&format!("0; url={ISSUER}/logout?client_id=the-console")));
    assert!(!refresh.contains("id_token"));
    assert_eq!(browser.get("/").await.status, 303);
    let fetched = browser.world.fetched.lock().unwrap().clone();
    assert!(
        fetched.contains(&format!("{ISSUER}/revoke")),
        "a copy of the session is not renewed"
    );
}

#[tokio::test]
async fn all_cookies_have_the_host_prefix_secure_and_httponly() {
    let mut browser = Browser::new();
    let asked = browser.begin("/sign-in").await;
    let callback = browser.consent(&asked);
    let got = browser.get(&callback).await;
    let set: Vec<&str> = got
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|line| line.to_str().unwrap())
        .collect();
    assert!(!set.is_empty());
    for line in set {
        assert!(line.starts_with("__Host-"), "{line}");
        for attribute in ["Path=/", "HttpOnly", "Secure", "SameSite=Lax"] {
            assert!(line.contains(attribute), "{line}");
        }
        assert!(!line.contains("Domain"), "{line}");
    }
    assert!(CONSOLE.starts_with("https"));
}
