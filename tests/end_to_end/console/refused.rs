//! Requests that the console refuses: forged and replayed forms, other people's cookies, and
//! incomplete sign-ins.

use reqwest::{Method, StatusCode, Url};
use serde_json::json;

use super::browser::{Browser, Origin, Page};
use crate::world::{Shared, answer_to, text};

/// The hidden fields of a form, and the fields that a person types.
fn filled(page: &Page, action: &str, typed: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut form = page.fields_of(action);
    form.extend(
        typed
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    form
}

/// How often this action is in the history of a domain of the first client.
async fn times(world: &Shared, domain: &str, action: &str) -> usize {
    let path = format!("/domains/{domain}/history");
    let history = world.get(world.client_admin(), &path).await.body;
    let lines = history["items"].as_array().unwrap().iter();
    lines.filter(|line| text(&line["action"]) == action).count()
}

pub(super) async fn forged(world: Shared) {
    let domain = world.fresh_domain();
    let typed = [("domain", domain.as_str())];
    let mut admin = Browser::new(&world.info.console_url);
    let list = admin.sign_in(&world.info.users.client_admin).await;
    let mut other = Browser::new(&world.info.console_url);
    let of_other = other.sign_in(&world.info.users.other_client_admin).await;
    let good = filled(&list, "/domains", &typed);
    let without_its_field = vec![("domain".to_owned(), domain.clone())];
    let altered = vec![
        ("form".to_owned(), good[0].1.to_uppercase()),
        good[1].clone(),
    ];
    let forms = [
        (Origin::Left, good.clone()),
        (Origin::Other("https://evil.example"), good.clone()),
        (Origin::Other("null"), good.clone()),
        (Origin::Same, without_its_field),
        (Origin::Same, altered),
        (Origin::Same, filled(&list, "/sign-out", &typed)),
        (Origin::Same, filled(&of_other, "/domains", &typed)),
    ];
    for (origin, form) in forms {
        admin.origin = origin.clone();
        let refused = admin.send("/domains", form).await;
        assert_eq!(refused.status, 403, "{origin:?} {}", refused.html);
    }
    let path = format!("/domains/{domain}");
    let answer = world.get(world.client_admin(), &path).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND, "nothing was added");

    // The form itself is valid, and sending it again has no further effect.
    admin.origin = Origin::Same;
    for _ in 0..3 {
        let added = admin.send("/domains", good.clone()).await;
        assert_eq!((added.status, added.path.as_str()), (200, path.as_str()));
    }
    assert_eq!(times(&world, &domain, "added").await, 1);
    let page = admin.open(&path).await;
    let ready = filled(&page, &format!("{path}/ready"), &[]);
    for _ in 0..3 {
        admin.send(&format!("{path}/ready"), ready.clone()).await;
    }
    assert_eq!(times(&world, &domain, "ready").await, 1);
    only_once(&world, &mut admin, &domain).await;
}

/// Forms that change, remove and share a domain.
async fn only_once(world: &Shared, admin: &mut Browser, domain: &str) {
    let path = format!("/domains/{domain}");
    let page = admin.open(&format!("{path}/hand-over")).await;
    let link = filled(&page, &format!("{path}/links"), &[]);
    for _ in 0..2 {
        admin.send(&format!("{path}/links"), link.clone()).await;
    }
    assert_eq!(times(world, domain, "link_made").await, 1);

    let settings = format!("{path}/settings");
    let page = admin.open(&settings).await;
    let old = filled(&page, &settings, &[("communities", "Old")]);
    admin.send(&settings, old.clone()).await;
    let new = json!({ "communities": ["New"] });
    let changed = world.request(Method::PATCH, &path, Some(world.client_admin()));
    answer_to(changed.json(&new)).await;
    let again = admin.send(&settings, old).await;
    assert!(
        again.contains("This form was sent before"),
        "{}",
        again.html
    );
    assert_eq!(world.domain(domain).await["communities"], json!(["New"]));

    let remove = format!("{path}/remove");
    let page = admin.open(&remove).await;
    let form = filled(&page, &remove, &[("confirm", domain)]);
    admin.send(&remove, form.clone()).await;
    world.add(world.client_admin(), domain).await;
    let again = admin.send(&remove, form).await;
    assert!(
        again.contains("This form was sent before"),
        "{}",
        again.html
    );
    let answer = world.get(world.client_admin(), &path).await;
    assert_eq!(answer.status, StatusCode::OK, "it is still there");
}

pub(super) async fn of_another_client(world: Shared) {
    let domain = world.fresh_domain();
    let own = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    world.add(world.other_client_admin(), &own).await;
    let before = world.domain(&domain).await;
    let mut other = Browser::new(&world.info.console_url);
    other.sign_in(&world.info.users.other_client_admin).await;
    let page = other.open(&format!("/domains/{own}")).await;
    let form = filled(
        &page,
        &format!("/domains/{own}/ready"),
        &[
            ("confirm", domain.as_str()),
            ("reason", "Because"),
            ("email", "dns@evil.example"),
        ],
    );
    let client = &world.info.clients.client_admin;
    let staff = format!("/staff/clients/{client}/domains/{domain}");
    for place in [&format!("/domains/{domain}"), &staff] {
        for action in [
            "check",
            "recheck",
            "ready",
            "restart",
            "instructions",
            "links",
            "links/one",
            "remove",
            "settings",
            "complete",
            "reject",
            "adopt",
            "grant",
            "release",
        ] {
            let refused = other.send(&format!("{place}/{action}"), form.clone()).await;
            assert_eq!(refused.status, 403, "{place}/{action}");
        }
        for below in [
            "",
            "/hand-over",
            "/history",
            "/records?format=zone",
            "/remove",
            "/settings",
        ] {
            let foreign = other.open(&format!("{place}{below}")).await;
            assert_eq!(foreign.status, 404, "{place}{below}");
            assert!(!foreign.html.contains("Maple Ridge"), "{}", foreign.html);
        }
    }
    for staff in [
        "/staff",
        "/staff?domain=example.com",
        &format!("/staff/clients/{client}"),
    ] {
        assert_eq!(other.open(staff).await.status, 404, "{staff}");
    }
    let after = world.domain(&domain).await;
    assert_eq!(before["status_since"], after["status_since"]);
    assert_eq!(times(&world, &domain, "added").await, 1);
    assert_eq!(times(&world, &domain, "ready").await, 0);
}

pub(super) async fn cookies(world: Shared) {
    let mut admin = Browser::new(&world.info.console_url);
    admin.sign_in(&world.info.users.client_admin).await;
    let real = admin.cookies.clone();
    let name = real.keys().find(|name| name.contains("session")).unwrap();
    // One character of the sealed text is changed.
    let mut altered = real[name].clone().into_bytes();
    let middle = altered.len() / 2;
    altered[middle] = if altered[middle] == b'A' { b'B' } else { b'A' };
    for value in [
        String::from_utf8(altered).unwrap(),
        real[name][..middle].to_owned(),
        String::new(),
    ] {
        let mut stranger = Browser::new(&world.info.console_url);
        stranger.cookies = real.clone();
        stranger.cookies.insert(name.clone(), value);
        let page = stranger.open("/").await;
        assert!(page.contains("Password"), "the sign-in: {}", page.html);
    }

    // An attacker who plants the attacker's own session in a victim's browser cannot sign the victim
    // in to that session.
    let mut attacker = Browser::new(&world.info.console_url);
    attacker.sign_in(&world.info.users.other_client_admin).await;
    let mut victim = Browser::new(&world.info.console_url);
    victim.cookies = attacker.cookies.clone();
    let start = victim.address("/sign-in");
    let page = victim
        .sign_in_from(start, &world.info.users.client_admin)
        .await;
    assert!(page.contains("Sign out"), "{}", page.html);
    assert_ne!(victim.cookies, attacker.cookies);
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let place = format!("/domains/{domain}");
    assert_eq!(victim.open(&place).await.status, 200);
    assert_eq!(attacker.open(&place).await.status, 404);
}

pub(super) async fn sign_in(world: Shared) {
    let user = &world.info.users.client_admin;
    // It does not lead to another site.
    for to in ["https://evil.example/", "//evil.example", "/\\evil.example"] {
        let mut browser = Browser::new(&world.info.console_url);
        let mut start = browser.address("/sign-in");
        start.query_pairs_mut().append_pair("to", to);
        let page = browser.sign_in_from(start, user).await;
        assert_eq!((page.status, page.path.as_str()), (200, "/"), "{to}");
        let visited = json!(browser.visited()).to_string();
        assert!(
            !visited.contains("//evil") && !visited.contains("\\\\evil"),
            "{visited}"
        );
    }
    // Each parameter is left out of the request to the issuer, and of its response.
    let left_out = |url: &Url, part: &str| {
        let mut shorter = url.clone();
        let kept = url.query_pairs().filter(|(name, _)| name != part);
        shorter.query_pairs_mut().clear().extend_pairs(kept);
        shorter
    };
    for part in ["state", "nonce"] {
        let mut browser = Browser::new(&world.info.console_url);
        let asks = browser.leads_to("/sign-in").await;
        assert!(asks.query_pairs().any(|(name, _)| name == part), "{asks}");
        let refused = browser.sign_in_from(left_out(&asks, part), user).await;
        assert!(refused.status >= 400, "{part}: {}", refused.html);
        assert!(
            refused.contains("You are not signed in"),
            "{}",
            refused.html
        );
        assert!(browser.open("/").await.contains("Password"), "{part}");
    }
    // A verifier is worth nothing without the challenge that belongs to it.
    let mut browser = Browser::new(&world.info.console_url);
    let asks = browser.leads_to("/sign-in").await;
    let without = left_out(&left_out(&asks, "code_challenge"), "code_challenge_method");
    let refused = browser.sign_in_from(without, user).await;
    assert!(refused.status >= 400, "PKCE left out: {}", refused.html);
    assert!(
        refused.contains("You are not signed in"),
        "{}",
        refused.html
    );
    assert!(browser.open("/").await.contains("Password"));
    // The code of another sign-in is useless, because its challenge belongs to another verifier.
    let mut browser = Browser::new(&world.info.console_url);
    let asks = browser.leads_to("/sign-in").await;
    let mut stolen = left_out(&asks, "code_challenge");
    stolen.query_pairs_mut().append_pair(
        "code_challenge",
        "bm90LXRoZS1oYXNoLW9mLWFueS12ZXJpZmllci1hdC1h",
    );
    let refused = browser.sign_in_from(stolen, user).await;
    assert!(refused.status >= 400, "PKCE: {}", refused.html);
    assert!(browser.open("/").await.contains("Password"));
    // A sign-in cannot end in a browser that has not begun it.
    let mut another = Browser::new(&world.info.console_url);
    let asks = browser.leads_to("/sign-in").await;
    let refused = another.sign_in_from(asks, user).await;
    assert!(refused.status >= 400, "{}", refused.html);
}
