//! Texts of people stay texts in a real browser: on the pages of the client, of Lasso support, and
//! of the person with a link.

use reqwest::Method;
use serde_json::json;

use super::webdriver::Scripts;
use super::window::Window;
use crate::links;
use crate::world::{Shared, answer_to, text};

const HOSTILE: &str = "\"'></textarea></title><script>window.hacked=1</script><img src=x onerror=\"window.hacked=1\">";

/// Elements that only the hostile text could have created, and a variable that it would have set.
const TRACES: &str = "return { elements: document.querySelectorAll('main script, main img').length, \
                      ran: window.hacked === undefined ? 0 : 1, cookies: document.cookie };";

pub(super) async fn text_is_text(world: Shared) {
    let domain = world.fresh_domain();
    let body = json!({ "domain": domain, "community": HOSTILE });
    let added = world
        .post_domains(world.client_admin(), body.to_string())
        .await;
    assert!(added.status.is_success(), "{added:?}");
    let told = world.request(
        Method::POST,
        &format!("/domains/{domain}/notify"),
        Some(world.client_admin()),
    );
    let told = answer_to(told.json(&json!({ "note": HOSTILE }))).await;
    assert!(told.status.is_success(), "{told:?}");
    // Data from a zone is shown, too.
    let zone = "\\\"><script>window.hacked=1</script>";
    world.append_to_zone(
        &domain,
        &format!("_amazonses.{domain}. 60 IN TXT \"{zone}\"\n"),
    );
    world
        .until("the records are looked at", async || {
            let check = format!("/domains/{domain}/check");
            let check = world.request(Method::POST, &check, Some(world.client_admin()));
            answer_to(check).await.status.is_success()
        })
        .await;
    let link = links::made(&world, &domain).await.body;

    let console = &world.info.console_url;
    let client = &world.info.clients.client_admin;
    let staff = format!("{console}/staff/clients/{client}/domains/{domain}");
    let own = format!("{console}/domains/{domain}");
    let admin = Window::open(Scripts::On).await;
    admin.go(console).await;
    admin.sign_in(&world.info.users.client_admin).await;
    let support = Window::open(Scripts::On).await;
    support.go(console).await;
    support.sign_in(&world.info.users.support).await;
    let stranger = Window::open(Scripts::On).await;
    let below = |place: &str| ["", "/settings", "/history"].map(|page| format!("{place}{page}"));
    let searched = format!("{console}/staff?domain={domain}");
    let visits = [
        (
            &admin,
            [vec![console.clone()], below(&own).to_vec()].concat(),
        ),
        (&support, [vec![searched], below(&staff).to_vec()].concat()),
        (&stranger, vec![text(&link["url"]).to_owned()]),
    ];
    for (window, pages) in visits {
        for page in pages {
            window.go(&page).await;
            let traces = window.run(TRACES, json!([])).await;
            let none = json!({ "elements": 0, "ran": 0, "cookies": "" });
            assert_eq!(traces, none, "{page}");
            // Scripts cannot read a token either (every JWT begins like this).
            assert!(!window.source().await.contains("eyJ"), "{page}");
            let kept = "return localStorage.length + sessionStorage.length";
            assert_eq!(window.run(kept, json!([])).await, json!(0), "{page}");
        }
    }
    admin.go(&own).await;
    admin.reads("window.hacked=1").await;
    stranger.reads("window.hacked=1").await;
}
