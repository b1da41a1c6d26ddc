//! The actions of a person in a window of a real browser: reading, clicking, typing, pressing keys.

use std::time::Duration;

use lasso_local::User;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::webdriver::{Driver, Refusal, Scripts};

/// The tabulator key (W3C WebDriver, section 17.4.2).
pub(crate) const TAB: char = '\u{E004}';
/// The Enter key.
pub(crate) const ENTER: char = '\u{E007}';

/// The maximum number of elements of a page that the tabulator key reaches.
const MOST_STOPS: usize = 200;

/// A window of a separate browser.
#[derive(Debug)]
pub(crate) struct Window {
    driver: Driver,
}

impl Window {
    pub(crate) async fn open(scripts: Scripts) -> Self {
        let driver = Driver::start(scripts).await;
        let window = Self { driver };
        window.resize(1280).await;
        window
    }

    pub(crate) fn driver(&self) -> &Driver {
        &self.driver
    }

    /// Sets the width of the window, in CSS pixels. The height does not matter.
    pub(crate) async fn resize(&self, width: u32) {
        let metrics =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.driver
            .devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    pub(crate) async fn go(&self, url: &str) {
        let gone = self.driver.command("url", json!({ "url": url })).await;
        gone.unwrap_or_else(|refusal| panic!("{url}: {refusal}"));
    }

    pub(crate) async fn reload(&self) {
        self.driver.command("refresh", json!({})).await.unwrap();
    }

    /// Its address.
    pub(crate) async fn address(&self) -> String {
        let url = self.driver.ask("url").await.unwrap();
        url.as_str().unwrap().to_owned()
    }

    /// Runs a function body in the page, even if the page's own scripts are disabled.
    pub(crate) async fn run(&self, body: &str, arguments: Value) -> Value {
        let script = json!({ "script": body, "args": arguments });
        let done = self.driver.command("execute/sync", script).await;
        done.unwrap_or_else(|refusal| panic!("{refusal} in {body:.200}"))
    }

    /// Runs a function body that calls its last argument when it is done.
    pub(crate) async fn run_until_done(&self, body: &str, arguments: Value) -> Value {
        let script = json!({ "script": body, "args": arguments });
        let done = self.driver.command("execute/async", script).await;
        done.unwrap_or_else(|refusal| panic!("{refusal} in {body:.200}"))
    }

    /// The source of the page as it is now.
    pub(crate) async fn source(&self) -> String {
        let source = self.driver.ask("source").await.unwrap();
        source.as_str().unwrap().to_owned()
    }

    /// The visible text of the page.
    pub(crate) async fn text(&self) -> String {
        let text = self.run("return document.body.innerText", json!([])).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page contains this text.
    pub(crate) async fn reads(&self, wanted: &str) {
        self.until(wanted, async || Ok(self.text().await.contains(wanted)))
            .await;
    }

    /// Clicks the link or button with this label, as soon as it exists.
    pub(crate) async fn click(&self, label: &str) {
        self.click_at(&labelled(label)).await;
    }

    /// Clicks the element of an XPath expression, as soon as it exists.
    pub(crate) async fn click_at(&self, xpath: &str) {
        self.until(xpath, async || {
            let element = self.driver.find(xpath).await?;
            self.driver.act(&element, "click", json!({})).await?;
            Ok(true)
        })
        .await;
    }

    /// Types into the field with this name, and replaces its content.
    pub(crate) async fn fill(&self, name: &str, typed: &str) {
        let xpath = format!("//*[@name='{name}'][not(@type='hidden')]");
        self.until(&xpath, async || {
            let field = self.driver.find(&xpath).await?;
            self.driver.act(&field, "clear", json!({})).await?;
            let keys = json!({ "text": typed });
            self.driver.act(&field, "value", keys).await?;
            Ok(true)
        })
        .await;
    }

    /// Signs in with the issuer's form, from any address of the console to the requested page.
    pub(crate) async fn sign_in(&self, user: &User) {
        self.fill("username", &user.username).await;
        self.fill("password", &user.password).await;
        self.click_at("//form//*[@type='submit' or self::button]")
            .await;
        self.reads("Sign out").await;
    }

    /// Presses keys, one after the other, where the focus is.
    pub(crate) async fn press(&self, keys: impl IntoIterator<Item = char>) {
        let press = |key| {
            let change = |kind: &str| json!({ "type": kind, "value": key });
            [change("keyDown"), change("keyUp")]
        };
        let strokes: Vec<Value> = keys.into_iter().flat_map(press).collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        let pressed = self
            .driver
            .command("actions", json!({ "actions": [keyboard] }));
        pressed.await.unwrap();
    }

    /// Uses only the tabulator key to get to the first link, button or field of an XPath
    /// expression.
    pub(crate) async fn tab_to(&self, xpath: &str) {
        self.until(xpath, async || {
            self.driver.find(xpath).await?;
            for _stop in 0..MOST_STOPS {
                if self.has_focus(xpath).await {
                    return Ok(true);
                }
                self.press([TAB]).await;
            }
            Ok(false)
        })
        .await;
    }

    async fn has_focus(&self, xpath: &str) -> bool {
        let body = "const all = document.evaluate(arguments[0], document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);\
                    return all.snapshotLength > 0 && all.snapshotItem(0) === document.activeElement;";
        self.run(body, json!([xpath])).await == json!(true)
    }

    /// Tries until it succeeds, for up to eight minutes, as other waits of the tests. Errors while
    /// the page is being replaced are retried.
    pub(crate) async fn until(
        &self,
        what: &str,
        mut attempt: impl AsyncFnMut() -> Result<bool, Refusal>,
    ) {
        const PASSING: [&str; 5] = [
            "no such element",
            "stale element reference",
            "element not interactable",
            "element click intercepted",
            "invalid element state",
        ];
        let deadline = Instant::now() + Duration::from_mins(8);
        loop {
            let refusal = match attempt().await {
                Ok(true) => return,
                Ok(false) => None,
                Err(refusal) => Some(refusal),
            };
            if let Some(refusal) = &refusal {
                let passes = PASSING.contains(&refusal.error.as_str());
                assert!(passes, "{what}: {refusal}");
            }
            if Instant::now() > deadline {
                let address = self.address().await;
                let text = self.text().await;
                panic!("waited in vain for {what} ({refusal:?}) at {address}:\n{text}");
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
}

/// The link, button or summary with this label.
pub(crate) fn labelled(label: &str) -> String {
    format!("//*[self::a or self::button or self::summary][normalize-space()='{label}']")
}
