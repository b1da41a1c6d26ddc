//! The console on the local stack, with its real sign-in: in a browser that supports only links,
//! forms and cookies, and in Chromium.
//!
//! The tests in Chromium run if `chromedriver` is on `PATH` or `CHROMEDRIVER` names it; `.ci/run`
//! installs it on Debian. Otherwise they are shown as ignored, but under `CI=true` they fail.

mod browser;
mod clicked;
mod hostile;
mod keyboard;
mod refused;
mod seen;
mod states;
mod webdriver;
mod window;

use serde_json::{Value, json};

use crate::Suite;
use crate::console::browser::{Browser, Page};
use crate::world::{Shared, text};

pub(crate) fn tests(suite: &mut Suite) {
    suite.shared(
        "the_whole_path_is_walked_in_the_console_without_javascript",
        whole_path,
    );
    suite.shared("a_session_of_one_client_shows_nothing_of_another", tenancy);
    suite.shared("the_console_never_shows_a_token", no_token);
    suite.shared(
        "a_person_without_a_role_has_nothing_in_the_console",
        without_a_role,
    );
    suite.shared(
        "forms_that_are_forged_or_replayed_change_nothing_in_the_console",
        refused::forged,
    );
    suite.shared(
        "no_page_and_no_form_of_the_console_reaches_a_domain_of_another_client",
        refused::of_another_client,
    );
    suite.shared(
        "altered_or_planted_cookies_do_not_open_a_console_session",
        refused::cookies,
    );
    suite.shared(
        "a_console_sign_in_with_a_missing_part_or_foreign_target_is_refused",
        refused::sign_in,
    );
    let possible = is_wanted(webdriver::program().is_some(), "chromedriver");
    suite.shared_if(
        possible,
        "the_whole_path_is_clicked_in_a_browser",
        clicked::with_scripts,
    );
    suite.shared_if(
        possible,
        "the_whole_path_is_clicked_in_a_browser_without_javascript",
        clicked::without_scripts,
    );
    suite.shared_if(
        possible,
        "every_action_of_a_client_is_done_with_the_keyboard_alone_in_a_browser",
        keyboard::of_a_client,
    );
    suite.shared_if(
        possible,
        "every_action_of_lasso_support_is_done_with_the_keyboard_alone_in_a_browser",
        keyboard::of_lasso_support,
    );
    suite.shared_if(
        possible,
        "claims_are_decided_with_the_keyboard_alone_in_a_browser",
        keyboard::of_lasso_support_about_claims,
    );
    suite.shared_if(
        possible,
        "a_link_is_used_with_the_keyboard_alone_in_a_browser",
        keyboard::of_a_person_with_a_link,
    );
    suite.shared_if(
        possible,
        "hostile_text_is_shown_as_text_in_a_browser",
        hostile::text_is_text,
    );
    let possible = possible && is_wanted(seen::axe().is_some(), "axe-core (AXE_CORE)");
    suite.alone_if(
        possible,
        "every_page_is_accessible_and_fits_every_window_in_a_browser",
        seen::pages,
    );
}

/// Whether tests that need a tool run: if the tool exists, and always in CI.
#[expect(clippy::print_stdout, reason = "where the other lines about tests are")]
fn is_wanted(is_there: bool, tool: &str) -> bool {
    let is_ci = std::env::var_os("CI").is_some_and(|ci| ci == "true");
    if !is_there && !is_ci {
        println!("Without {tool}: tests of the console in a browser are ignored.");
    }
    is_there || is_ci
}

/// Both people, with links and forms only.
async fn whole_path(world: Shared) {
    let domain = world.fresh_domain();
    let mut admin = Browser::new(&world.info.console_url);
    let list = admin.sign_in(&world.info.users.client_admin).await;
    assert!(list.contains("ADD DOMAIN"), "{}", list.html);

    // Pasted as a web address, with a community.
    let typed = format!("https://www.{domain}/contact");
    let form = [("domain", typed.as_str()), ("community", "Maple Ridge")];
    let page = admin.submit(&list, "/domains", &form).await;
    assert_eq!(page.path, format!("/domains/{domain}"));
    assert!(
        page.contains(&format!("was read as {domain}")),
        "{}",
        page.html
    );
    assert!(page.contains(&format!("Publish the records of {domain}")));
    let shown = world.domain(&domain).await;
    for record in shown["records"].as_array().unwrap() {
        assert!(page.contains(text(&record["name"])), "{record}");
    }
    assert!(page.contains("TXT record") && page.contains("via amazonses.com"));

    // Handed over as a zone file, which the email administrator appends.
    let handed = admin.follow(&page, "hand-over").await;
    let zone = admin.download(&handed, "format=zone").await;
    world.append_to_zone(&domain, &zone);

    // Too early: the page lists what is missing.
    let told = admin
        .submit(&page, &format!("{}/ready", page.path), &[])
        .await;
    assert!(told.contains("was told on"), "{}", told.html);

    world.poll_until(&domain, "verified").await;
    let verified = admin.open(&page.path).await;
    assert!(verified.contains("Verified"), "{}", verified.html);
    let ready = format!("{}/ready", page.path);
    let told = if verified.has_form(&ready) {
        admin.submit(&verified, &ready, &[]).await
    } else {
        verified
    };
    assert!(told.contains("was told on"), "{}", told.html);
    world
        .until("support has mail", async || {
            !world.emails_about(&domain).await.is_empty()
        })
        .await;

    let client = &world.info.clients.client_admin;
    let mut support = Browser::new(&world.info.console_url);
    support.sign_in(&world.info.users.support).await;
    let queue = support.open("/staff").await;
    assert!(queue.contains("Waiting for Lasso"), "{}", queue.html);
    let path = format!("/staff/clients/{client}/domains/{domain}");
    let decides = support.open(&path).await;
    let completed = support
        .submit(&decides, &format!("{path}/complete"), &[])
        .await;
    assert!(
        completed.contains(&format!("Lasso sends for {domain} now.")),
        "{}",
        completed.html
    );

    let sends = admin.open(&page.path).await;
    assert!(sends.contains(&format!("Lasso sends for {domain}")));
    let history = admin.open(&format!("{}/history", page.path)).await;
    assert!(
        history.contains("completed the final step, so that Lasso can send"),
        "{}",
        history.html
    );
    let refused = admin
        .submit(
            &admin.clone().open(&format!("{}/remove", page.path)).await,
            &format!("{}/remove", page.path),
            &[("confirm", "another.example")],
        )
        .await;
    assert_eq!(refused.path, format!("{}/remove", page.path));
    let asked = admin.open(&format!("{}/remove", page.path)).await;
    let removed = admin
        .submit(
            &asked,
            &format!("{}/remove", page.path),
            &[("confirm", &domain)],
        )
        .await;
    assert!(removed.contains("was removed"), "{}", removed.html);
    let gone = world.get(world.client_admin(), &page.path).await;
    assert_eq!(gone.status.as_u16(), 404);

    let out = admin.submit(&removed, "/sign-out", &[]).await;
    assert!(out.contains("You are signed out"));
    assert!(
        admin.open("/").await.contains("Password"),
        "the sign-in again"
    );
}

async fn tenancy(world: Shared) {
    let domain = world.fresh_domain();
    world.add(world.client_admin(), &domain).await;
    let mut other = Browser::new(&world.info.console_url);
    let list = other.sign_in(&world.info.users.other_client_admin).await;
    assert!(!list.contains(&domain));
    let unknown = world.fresh_domain();
    let page = |name: &str, page: Page| page.main().replace(name, "…");
    let unknown = page(&unknown, other.open(&format!("/domains/{unknown}")).await);
    for below in ["", "/history", "/hand-over", "/remove", "/settings"] {
        let foreign = other.open(&format!("/domains/{domain}{below}")).await;
        assert_eq!(foreign.status, 404);
        assert_eq!(page(&domain, foreign), unknown, "{below}");
    }
    let client = &world.info.clients.client_admin;
    let staff = other
        .open(&format!("/staff/clients/{client}/domains/{domain}"))
        .await;
    assert_eq!(staff.status, 404);
}

async fn no_token(world: Shared) {
    let mut admin = Browser::new(&world.info.console_url);
    let list = admin.sign_in(&world.info.users.client_admin).await;
    let seen: Value = json!([list.html, admin.visited()]);
    // The beginning of every token of the emulator: the header of a JWT.
    assert!(!seen.to_string().contains("eyJ"), "{seen}");
    assert!(list.html.len() < 50_000);
}

async fn without_a_role(world: Shared) {
    let mut intern = Browser::new(&world.info.console_url);
    let page = intern.sign_in(&world.info.users.no_role).await;
    assert_eq!(page.status, 403);
    assert!(page.contains("You have no domains here"), "{}", page.html);
}
