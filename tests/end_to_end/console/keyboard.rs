//! Every action with the keyboard only: of a Client Administrator, of Lasso support, and of a
//! person with a link.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::webdriver::Scripts;
use super::window::{ENTER, Window, labelled};
use crate::links;
use crate::world::{Shared, text};

/// The arrow key that goes down a list (W3C WebDriver, section 17.4.2).
const DOWN: char = '\u{E015}';

/// A window of a person without a mouse.
struct Keyboard {
    window: Window,
}

impl Keyboard {
    /// A person who is signed in, at the page with this path.
    async fn of(world: &Shared, user: &lasso_local::User, path: &str) -> Self {
        let window = Window::open(Scripts::On).await;
        let console = &world.info.console_url;
        window.go(&format!("{console}{path}")).await;
        // The form belongs to the issuer.
        window.sign_in(user).await;
        Self { window }
    }

    async fn reads(&self, wanted: &str) {
        self.window.reads(wanted).await;
    }

    /// Moves the focus to the element of an XPath expression, and presses Enter.
    async fn push_at(&self, xpath: &str) {
        self.window.tab_to(xpath).await;
        self.window.press([ENTER]).await;
    }

    /// Moves the focus to the link, button or summary with this label, and presses Enter.
    async fn push(&self, label: &str) {
        self.push_at(&labelled(label)).await;
    }

    /// Moves the focus to the field with this identifier, and types.
    async fn write(&self, id: &str, typed: &str) {
        self.window.tab_to(&format!("//*[@id='{id}']")).await;
        self.window.press(typed.chars()).await;
    }

    /// Copies with the button that has this name, and reads the clipboard.
    async fn copied(&self, button: &str) -> String {
        let allow = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
        let driver = self.window.driver();
        driver.devtools("Browser.grantPermissions", allow).await;
        self.push_at(&format!("//button[@aria-label='{button}']"))
            .await;
        self.reads("Copied").await;
        let read = "const done = arguments[0]; navigator.clipboard.readText().then(done, (e) => done(String(e)));";
        let copied = self.window.run_until_done(read, json!([])).await;
        text(&copied).to_owned()
    }

    /// The only file that the link with this label downloads.
    async fn downloaded(&self, label: &str, folder: &Path) -> String {
        let behavior = json!({ "behavior": "allow", "downloadPath": folder });
        let driver = self.window.driver();
        driver
            .devtools("Browser.setDownloadBehavior", behavior)
            .await;
        self.push(label).await;
        let mut content = String::new();
        self.window
            .until(label, async || {
                let files = fs::read_dir(folder).unwrap();
                let mut files = files.map(|file| file.unwrap().path());
                // A file that is still being written has another extension.
                let whole =
                    files.find(|file| file.extension().is_some_and(|ending| ending == "zone"));
                if let Some(file) = whole {
                    content = fs::read_to_string(file).unwrap();
                }
                Ok(!content.is_empty())
            })
            .await;
        fs::remove_dir_all(folder).unwrap();
        content
    }
}

/// An empty folder for the downloads of a test.
fn empty_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("downloads-{name}"));
    fs::create_dir_all(&folder).unwrap();
    folder.canonicalize().unwrap()
}

fn value_of(domain: &Value, record: &str) -> String {
    let records = domain["records"].as_array().unwrap();
    let found = records.iter().find(|it| it["id"] == json!(record));
    text(&found.unwrap()["value"]).to_owned()
}

pub(super) async fn of_a_client(world: Shared) {
    let domain = world.fresh_domain();
    let admin = Keyboard::of(&world, &world.info.users.client_admin, "/").await;
    admin.write("domain", &domain).await;
    admin.push("Community and contact (optional)").await;
    admin.write("community", "Maple Ridge").await;
    admin.push("ADD DOMAIN").await;
    let headline = format!("Publish the records of {domain}");
    admin.reads(&headline).await;

    let added = world.domain(&domain).await;
    let copied = admin.copied("Copy Value of record 1").await;
    assert_eq!(copied, value_of(&added, "verification"));

    admin.push("Hand them to your email administrator").await;
    admin.write("email", &format!("dns@{domain}")).await;
    admin.write("note", "Thank you!").await;
    admin.push("Send the instructions").await;
    admin.reads("The instructions were sent to").await;
    admin.push("Make a link").await;
    admin.reads("Copy this link now").await;
    let said = admin.window.text().await;
    let mut words = said.split_whitespace();
    let link = words.find(|word| word.contains("/handoff/"));
    let link = json!(link.expect("a link"));
    assert_eq!(links::open(&world, &link).await.status, 200);
    admin
        .push_at("//form[contains(@action,'/links/')]//button")
        .await;
    admin.reads("The link no longer works.").await;
    let zone = admin.downloaded("Zone file", &empty_folder(&domain)).await;
    assert!(zone.contains(&format!("_amazonses.{domain}")), "{zone}");
    admin.push(&domain).await;
    admin.reads("Communities and contact: Maple Ridge").await;

    admin.push("Communities and contact").await;
    admin.write("contact", &format!("it@{domain}")).await;
    admin.push("Save").await;
    admin.reads("Saved.").await;
    admin.reads(&format!("it@{domain}")).await;

    world.publish(&domain, &added, &["verification"]);
    // After the thirty seconds.
    admin.push("Check now").await;
    admin.reads("DNS and Amazon SES were asked just now.").await;

    world.fail(&domain).await;
    admin.push("History").await;
    admin.push(&domain).await;
    admin.push("Start again").await;
    admin
        .reads("Amazon SES looks for the records again, for 72 hours.")
        .await;
    world.poll_until(&domain, "verified").await;
    admin.push("History").await;
    admin.push(&domain).await;
    admin.push("We are ready").await;
    admin.reads("Lasso was told").await;

    admin.push("Remove this domain").await;
    admin.write("confirm", &domain).await;
    admin.push(&format!("Remove {domain}")).await;
    admin.reads("was removed").await;
    admin.push("Sign out").await;
    // The issuer ends its session, too, and asks for the password again.
    admin.reads("Password").await;
}

/// Rejects a domain, hears of it again, completes it, and removes it: the whole life of one domain.
pub(super) async fn of_lasso_support(world: Shared) {
    let client = &world.info.clients.client_admin;
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await.body;
    let support = Keyboard::of(&world, &world.info.users.support, "/staff").await;
    support.write("search", &domain).await;
    support.window.press([ENTER]).await;
    support
        .reads(&format!("Domains at, above and below {domain}"))
        .await;
    support.push("Waiting for clients").await;
    support.write("client", client).await;
    support
        .push_at("//form[@action='/staff/clients']//button")
        .await;
    support.reads(&format!("Domains of {client}")).await;
    let place = format!("/staff/clients/{client}/domains/{domain}");
    let open = async || {
        let console = &world.info.console_url;
        support.window.go(&format!("{console}{place}")).await;
    };

    open().await;
    world.publish(&domain, &added, &["verification"]);
    support.push("Check now").await;
    support
        .reads("DNS and Amazon SES were asked just now.")
        .await;
    world.fail(&domain).await;
    open().await;
    support
        .push(&format!("Restart verification on behalf of {client}"))
        .await;
    support
        .reads("Amazon SES looks for the records again, for 72 hours.")
        .await;
    support.push("We are ready").await;
    support.reads("was told").await;
    support.push("Hand the records over").await;
    support.write("email", &format!("dns@{domain}")).await;
    support.push("Send the instructions").await;
    support.reads("The instructions were sent to").await;
    support.push(&domain).await;
    support.push("Communities and contact").await;
    support.write("communities", "Maple Ridge").await;
    support.push("Save").await;
    support.reads("Saved.").await;

    world.poll_until(&domain, "verified").await;
    open().await;
    support.push("Reject").await;
    // One of the suggested reasons.
    support.window.tab_to("//*[@id='choice']").await;
    support.window.press([DOWN, DOWN]).await;
    support
        .push_at("//button[@class='danger' and text()='Reject']")
        .await;
    support.reads("was rejected").await;
    let shown = world.domain(&domain).await;
    let detail = text(&shown["status_detail"]);
    assert!(
        detail.contains("The CNAME records are missing."),
        "{detail}"
    );

    let admin = Keyboard::of(
        &world,
        &world.info.users.client_admin,
        &format!("/domains/{domain}"),
    )
    .await;
    admin.reads("The CNAME records are missing.").await;
    admin.push("It is solved: we are ready again").await;
    admin.reads("was told on").await;
    open().await;
    support
        .push(&format!("Complete: Lasso sends for {domain}"))
        .await;
    support
        .reads(&format!("Lasso sends for {domain} now."))
        .await;
    support.push("Remove this domain").await;
    support.write("confirm", &domain).await;
    support.push(&format!("Remove {domain}")).await;
    support.reads("was removed").await;
}

/// Adopts an identity, and decides about claims in both ways.
pub(super) async fn of_lasso_support_about_claims(world: Shared) {
    let clients = &world.info.clients;
    let (client, other) = (&clients.client_admin, &clients.other_client_admin);
    let place = |client: &str, domain: &str| format!("/staff/clients/{client}/domains/{domain}");

    let foreign = world.fresh_domain();
    let identity = json!({ "name": foreign, "token": true, "verified": true });
    world.identity_at_gate(identity).await;
    let claimed = world.add(world.client_admin(), &foreign).await.body;
    assert_eq!(claimed["status"], "contested", "{claimed}");
    let support = Keyboard::of(&world, &world.info.users.support, &place(client, &foreign)).await;
    support.push("Adopt the existing Amazon SES identity").await;
    support
        .write("adopt-reason", "Made by hand for them.")
        .await;
    support.push(&format!("Adopt it for {client}")).await;
    support
        .reads(&format!(
            "The identity of {foreign} belongs to {client} now."
        ))
        .await;

    let wanted = world.fresh_domain();
    world.authenticate(&wanted).await;
    let claimed = world.add(world.other_client_admin(), &wanted).await.body;
    world.publish(&wanted, &claimed, &["ownership"]);
    world
        .until("the claim is proven", async || {
            world.make_due_of(other, &wanted).await;
            world.run_poller().await;
            let seen = world.get(world.support(), &place(other, &wanted)).await;
            seen.body["claim"]["proven_at"].is_string()
        })
        .await;
    let console = &world.info.console_url;
    let open = async |path: &str| support.window.go(&format!("{console}{path}")).await;
    open(&place(other, &wanted)).await;
    support.write("grant-reason", "They own the name.").await;
    support.write("grant-confirm", &wanted).await;
    support.push(&format!("Give it to {other}")).await;
    support
        .reads(&format!("{wanted} now goes to {other}."))
        .await;

    let ended = world.fresh_domain();
    world.add(world.client_admin(), &ended).await;
    open(&place(client, &ended)).await;
    support.push(&format!("End the claim of {client}")).await;
    support.write("release-reason", "They asked us to.").await;
    support.push("End the claim").await;
    support
        .reads(&format!("The claim of {client} was ended."))
        .await;
    let seen = world.domain(&ended).await;
    assert_eq!(seen["status"], "contested", "{seen}");
}

pub(super) async fn of_a_person_with_a_link(world: Shared) {
    let domain = world.fresh_domain();
    let added = world.add(world.client_admin(), &domain).await.body;
    let link = links::made(&world, &domain).await.body;
    let window = Window::open(Scripts::On).await;
    window.go(text(&link["url"])).await;
    let person = Keyboard { window };
    person.reads(&format!("DNS records for {domain}")).await;
    let copied = person.copied("Copy Value of record 1").await;
    assert_eq!(copied, value_of(&added, "verification"));
    let zone = person
        .downloaded("Zone file", &empty_folder(&format!("link-{domain}")))
        .await;
    world.append_to_zone(&domain, &zone);
    person.push("Check now").await;
    let found = "//article[@data-record='verification'][@data-state='found']";
    person
        .window
        .until(found, async || {
            person.window.driver().find(found).await.map(|_| true)
        })
        .await;
    let shown = world.domain(&domain).await;
    assert_eq!(shown["records"][0]["state"], "found", "{shown}");
}
