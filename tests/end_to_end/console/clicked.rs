//! The whole path of both people in a real browser, by clicking: with scripts, and without.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::webdriver::Scripts;
use super::window::{ENTER, Window};
use crate::world::{Shared, between, text};

/// The records on a page: the fields of each, as they are shown.
const RECORDS: &str = "
    return [...document.querySelectorAll('article.record')].map((record) => {
      const fields = {};
      for (const code of record.querySelectorAll('dl code')) fields[code.dataset.field] = code.textContent;
      return { id: record.dataset.record, heading: record.querySelector('h3').textContent, fields };
    });";

pub(super) async fn with_scripts(world: Shared) {
    whole_path(&world, Scripts::On).await;
}

pub(super) async fn without_scripts(world: Shared) {
    whole_path(&world, Scripts::Off).await;
}

async fn whole_path(world: &Shared, scripts: Scripts) {
    let domain = world.fresh_domain();
    let admin = Window::open(scripts).await;
    admin.go(&world.info.console_url).await;
    admin.sign_in(&world.info.users.client_admin).await;
    let runs = admin.run("return document.documentElement.className", json!([]));
    let expected = if scripts == Scripts::On { "js" } else { "" };
    assert_eq!(
        runs.await,
        json!(expected),
        "whether scripts of the page run"
    );

    // Adds a domain, with its community.
    admin.click("Community and contact (optional)").await;
    admin.fill("community", "Maple Ridge").await;
    admin.fill("domain", &domain).await;
    admin.click("ADD DOMAIN").await;
    admin
        .reads(&format!("Publish the records of {domain}"))
        .await;
    let page = format!("{}/domains/{domain}", world.info.console_url);
    assert_eq!(admin.address().await, page);

    // The email administrator opens a link, without a login, and copies the records from the page.
    admin.click("Hand them to your email administrator").await;
    admin.click("Make a link").await;
    admin.reads("Copy this link now").await;
    let said = admin.text().await;
    let link = said
        .split_whitespace()
        .find(|word| word.contains("/handoff/"));
    let dns_person = Window::open(scripts).await;
    dns_person.go(link.expect("a link")).await;
    dns_person.reads(&format!("DNS records for {domain}")).await;
    let records = match scripts {
        Scripts::On => copied(&dns_person).await,
        Scripts::Off => dns_person.run(RECORDS, json!([])).await,
    };
    let zone = zone_of(&records, &domain);
    admin.click(&domain).await;
    admin
        .reads(&format!("Publish the records of {domain}"))
        .await;
    world.append_to_zone(&domain, &zone);

    // The page updates without a click. Without scripts it is loaded again.
    world.poll_until(&domain, "verified").await;
    turns(
        &admin,
        &format!("{domain} is verified: tell Lasso that you are ready"),
    )
    .await;
    if scripts == Scripts::On {
        dns_person.reads("verified").await;
    }

    admin.click("We are ready").await;
    admin.reads("was told on").await;
    admin.reads("There is nothing more to do").await;
    world
        .until("support has mail", async || {
            !world.emails_about(&domain).await.is_empty()
        })
        .await;

    // Lasso support, in a separate browser, follows the link in the email.
    let support = Window::open(scripts).await;
    support.go(&place_of(world, &domain).await).await;
    support.sign_in(&world.info.users.support).await;
    support.reads("For Lasso support").await;
    support.reads(&domain).await;
    support
        .click(&format!("Complete: Lasso sends for {domain}"))
        .await;
    support
        .reads(&format!("Lasso sends for {domain} now."))
        .await;
    support.click("Lasso support").await;
    support.reads("Waiting for Lasso").await;
    support.fill("domain", &domain).await;
    support.press([ENTER]).await;
    support
        .reads(&format!("Domains at, above and below {domain}"))
        .await;
    support.click(&domain).await;
    support.reads("End the claim of").await;

    turns(&admin, &format!("Lasso sends for {domain}")).await;
    admin.click("History").await;
    admin
        .reads("completed the final step, so that Lasso can send")
        .await;
    admin.click("Sign out").await;
    // The issuer ends its session, too, and asks for the password again.
    admin.reads("Password").await;
    admin.go(&page).await;
    let address = admin.address().await;
    assert!(!address.starts_with(&page), "the sign-in, at {address}");
}

/// The target of the button in the alert email, from the mailbox.
async fn place_of(world: &Shared, domain: &str) -> String {
    let emails = world.emails_about(domain).await;
    let email = emails.last().expect("an email to Lasso support");
    let html = text(&email["BodyHtml"]);
    let address = between(html, "<a href=\"", "\"").replace("&amp;", "&");
    // The text of the email has the same address.
    let plain = text(&email["BodyText"]);
    assert!(
        plain.split_whitespace().any(|word| word == address),
        "{address} in {plain}"
    );
    address
}

/// Waits until the page shows this: automatically with scripts, and after loading it again without.
async fn turns(window: &Window, wanted: &str) {
    let mark = "const was = document.marked; document.marked = true; return was === true";
    window.run(mark, json!([])).await;
    window
        .until(wanted, async || {
            let scripts = window.run("return document.documentElement.className", json!([]));
            if scripts.await != json!("js") {
                window.reload().await;
            }
            Ok(window.text().await.contains(wanted))
        })
        .await;
    let same = window.run(mark, json!([])).await;
    let scripts = window.run("return document.documentElement.className", json!([]));
    let runs = scripts.await == json!("js");
    assert_eq!(
        same,
        json!(runs),
        "it is the same document where scripts run"
    );
}

/// Each record with the texts that its copy buttons put on the clipboard.
async fn copied(window: &Window) -> Value {
    let allow = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
    window
        .driver()
        .devtools("Browser.grantPermissions", allow)
        .await;
    let mut records = window.run(RECORDS, json!([])).await;
    for record in records.as_array_mut().unwrap() {
        let id = text(&record["id"]).to_owned();
        let fields = record["fields"].as_object_mut().unwrap();
        for (name, value) in fields {
            let button =
                format!("//article[@id='record-{id}']//code[@data-field='{name}']/..//button");
            if window.driver().find(&button).await.is_err() {
                continue;
            }
            window.click_at(&button).await;
            window.reads("Copied").await;
            let read = "const done = arguments[0]; navigator.clipboard.readText().then(done, (e) => done(String(e)));";
            let copied = window.run_until_done(read, json!([])).await;
            assert_eq!(copied, *value, "{name} of {id}");
            *value = copied;
        }
    }
    records
}

/// The lines that an email administrator adds to the zone file.
fn zone_of(records: &Value, domain: &str) -> String {
    let mut zone = String::new();
    for record in records.as_array().unwrap() {
        let field = |name: &str| text(&record["fields"][name]);
        let heading = text(&record["heading"]);
        // The page also shows the full name if the DNS provider's form needs a relative one.
        let name = match (field("name"), field("host")) {
            ("", "@") => domain,
            ("", host) => host,
            (name, _) => name,
        };
        let name = if name.ends_with(domain) {
            format!("{name}.")
        } else {
            format!("{name}.{domain}.")
        };
        let absolute = |name: &str| format!("{}.", name.trim_end_matches('.'));
        let data = if heading.contains("CNAME") {
            format!("CNAME {}", absolute(field("value")))
        } else if heading.contains("MX") {
            let priority_apart = format!("{} {}", field("priority"), field("value"));
            format!("MX {}", absolute(priority_apart.trim()))
        } else {
            format!("TXT \"{}\"", field("value").trim_matches('"'))
        };
        writeln!(zone, "{name} 60 IN {data}").unwrap();
    }
    assert!(zone.lines().count() >= 4, "{records:#}");
    zone
}
