//! Chromium, driven by the WebDriver protocol (W3C WebDriver, section 6): a request for each command, an
//! answer in JSON.
//!
//! It does not use `thirtyfour`, which turns on `serde_json/preserve_order` for the whole
//! workspace: the tests would compile functions that write JSON in another order than the deployed
//! ones. It does not use `fantoccini` either: its protocol crate has a licence that `deny.toml`
//! refuses, and depends on an old `http` and old ICU crates.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};

/// Names the program, if it is not to be searched on `PATH`.
const PROGRAM: &str = "CHROMEDRIVER";

/// The member of an answer that identifies an element (W3C WebDriver, section 12.2).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How long a command may take, in milliseconds: as long as other waits of the tests.
const PATIENCE_MS: u64 = 480_000;

/// Whether the pages' scripts run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    On,
    Off,
}

/// A separate browser: a profile without history, cookies and cache.
#[derive(Debug)]
pub(crate) struct Driver {
    process: Child,
    http: Client,
    port: u16,
    session: String,
}

/// An element of the page, by the browser's identifier.
#[derive(Debug, Clone)]
pub(crate) struct Element(String);

/// A refused command.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The error code (W3C WebDriver, section 6.6), such as `no such element`.
    pub(crate) error: String,
    message: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.error, self.message)
    }
}

/// The program that drives the browser, if this machine has it.
pub(crate) fn program() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(PROGRAM) {
        return Some(PathBuf::from(named));
    }
    let path = std::env::var_os("PATH")?;
    let programs = std::env::split_paths(&path).map(|folder| folder.join("chromedriver"));
    programs.into_iter().find(|program| program.is_file())
}

impl Driver {
    /// Starts a browser.
    pub(crate) async fn start(scripts: Scripts) -> Self {
        let program = program().expect("chromedriver");
        let (process, port) = listening(&program);
        let http = Client::builder()
            .no_proxy()
            .timeout(Duration::from_millis(PATIENCE_MS))
            .build()
            .unwrap();
        let mut driver = Self {
            process,
            http,
            port,
            session: String::new(),
        };
        let mut arguments = vec![
            "--headless=new",
            "--disable-dev-shm-usage",
            "--force-device-scale-factor=1",
            "--hide-scrollbars",
            "--lang=en-US",
        ];
        if scripts == Scripts::Off {
            arguments.push("--blink-settings=scriptEnabled=false");
        }
        // Chromium has no sandbox for root.
        if rustix::process::geteuid().is_root() {
            arguments.push("--no-sandbox");
        }
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "script": PATIENCE_MS, "pageLoad": PATIENCE_MS, "implicit": 0 },
        } } });
        let made = driver.send(Method::POST, "/session", Some(&wanted)).await;
        let made = made.unwrap_or_else(|refusal| panic!("no browser: {refusal}"));
        made["sessionId"]
            .as_str()
            .unwrap()
            .clone_into(&mut driver.session);
        driver
    }

    /// Sends a command of the session, with its parameters.
    pub(crate) async fn command(&self, name: &str, parameters: Value) -> Result<Value, Refusal> {
        let path = format!("/session/{}/{name}", self.session);
        self.send(Method::POST, &path, Some(&parameters)).await
    }

    /// Reads something from the session.
    pub(crate) async fn ask(&self, name: &str) -> Result<Value, Refusal> {
        let path = format!("/session/{}/{name}", self.session);
        self.send(Method::GET, &path, None).await
    }

    /// A command of the Chrome DevTools Protocol.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let parameters = json!({ "cmd": command, "params": parameters });
        let done = self.command("goog/cdp/execute", parameters).await;
        done.unwrap_or_else(|refusal| panic!("{command}: {refusal}"))
    }

    /// The first element that an XPath expression selects.
    pub(crate) async fn find(&self, xpath: &str) -> Result<Element, Refusal> {
        let wanted = json!({ "using": "xpath", "value": xpath });
        let found = self.command("element", wanted).await?;
        Ok(Element(found[ELEMENT].as_str().unwrap().to_owned()))
    }

    /// A command about an element.
    pub(crate) async fn act(
        &self,
        element: &Element,
        action: &str,
        parameters: Value,
    ) -> Result<Value, Refusal> {
        let Element(id) = element;
        self.command(&format!("element/{id}/{action}"), parameters)
            .await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Refusal> {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let request = self.http.request(method, url);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        let answer = request.send().await.expect("an answer of chromedriver");
        let is_done = answer.status().is_success();
        let mut answer: Value = answer.json().await.expect("JSON of chromedriver");
        let value = answer["value"].take();
        if is_done {
            return Ok(value);
        }
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Err(Refusal {
            error: text("error"),
            message: text("message"),
        })
    }

    /// Ends the browser, also while a test panics, so it awaits nothing.
    fn end_session(&self) -> std::io::Result<()> {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port))?;
        connection.set_read_timeout(Some(Duration::from_secs(20)))?;
        write!(
            connection,
            "DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n",
            self.session, self.port
        )?;
        // Its response begins when the browser has ended.
        connection.read_exact(&mut [0; 12])
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.end_session().ok();
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Starts the program, and returns it with its port. It chooses a free port of IPv4 and needs the same one of
/// IPv6. If another process has that one, it ends, and is started again.
fn listening(program: &Path) -> (Child, u16) {
    for _ in 0..5 {
        let mut process = Command::new(program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        if let Some(port) = port_of(&mut process) {
            return (process, port);
        }
        process.wait().expect("chromedriver has ended");
    }
    panic!("chromedriver has ended five times before it listened");
}

/// The port on which it reports to listen; none if it has ended. Its output stays open, so that it can continue to
/// write.
fn port_of(process: &mut Child) -> Option<u16> {
    let mut output = BufReader::new(process.stdout.take().unwrap());
    let mut line = String::new();
    while output.read_line(&mut line).unwrap() > 0 {
        if let Some((_, port)) = line.split_once("successfully on port ") {
            let port = port.trim().trim_end_matches('.').parse().unwrap();
            process.stdout = Some(output.into_inner());
            return Some(port);
        }
        line.clear();
    }
    None
}
