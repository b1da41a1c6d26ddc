//! Actions of a test on the stack: those of a user or an email administrator, and failures.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_config::SdkConfig;
use domain_auth::history::Actor;
use domain_auth::ports::{Clock, CommitChanges, CommitError, ReadDomains, Runs};
use domain_auth::run_memory::RunMemory;
use domain_auth::state::{FailureReason, Trigger};
use domain_auth_aws::{SystemClock, SystemIds};
use domain_auth_testkit::{client, domain_name};
use jiff::{SignedDuration, Timestamp};
use lasso_local::{LocalStack, StackInfo};
use reqwest::{Client, Method, RequestBuilder, StatusCode, redirect};
use serde_json::{Value, json};
use tokio::sync::{Mutex, OnceCell};
use tokio::time::Instant;

use crate::contract::{Exchange, assert_described};

mod emulator;

/// A response of the API.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: String,
    pub(crate) retry_after: Option<u32>,
    pub(crate) body: Value,
    /// The body as it came.
    pub(crate) text: String,
}

/// The stack, with its clients.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) info: StackInfo,
    stack: Arc<LocalStack>,
    http: Client,
    /// Root's configuration for SDK clients, created only once.
    aws: OnceCell<SdkConfig>,
    domains: AtomicUsize,
    /// How many runs of the poller the tests have started.
    runs: AtomicUsize,
    /// The last of them that has ended. The test that runs the poller holds the lock.
    last_run: Mutex<usize>,
}

impl World {
    pub(crate) fn new(stack: &Arc<LocalStack>) -> Self {
        Self {
            info: stack.info().clone(),
            stack: Arc::clone(stack),
            // Like a program: a redirect is returned and not followed.
            http: Client::builder()
                .redirect(redirect::Policy::none())
                .build()
                .expect("a client"),
            aws: OnceCell::new(),
            domains: AtomicUsize::new(0),
            runs: AtomicUsize::new(0),
            last_run: Mutex::default(),
        }
    }

    /// The stack after it was deployed with this table.
    pub(crate) fn with_table(&self, table: &str) -> Self {
        let mut world = Self::new(&self.stack);
        table.clone_into(&mut world.info.table);
        // Domain names that this test has not used.
        world.domains.store(5_000, Ordering::SeqCst);
        world
    }

    /// A domain that no other test uses, with an empty zone.
    pub(crate) fn fresh_domain(&self) -> String {
        let number = self.domains.fetch_add(1, Ordering::SeqCst);
        let domain = format!("client{number}-homes.com");
        self.create_zone(&domain);
        domain
    }

    // ── The API ─────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn client_admin(&self) -> &str {
        &self.info.tokens.client_admin
    }

    pub(crate) fn other_client_admin(&self) -> &str {
        &self.info.tokens.other_client_admin
    }

    pub(crate) fn mass_mail(&self) -> &str {
        &self.info.tokens.mass_mail
    }

    pub(crate) fn support(&self) -> &str {
        &self.info.tokens.support
    }

    pub(crate) fn request(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
    ) -> RequestBuilder {
        let request = self
            .http
            .request(method, format!("{}{path}", self.info.api_url));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn add(&self, token: &str, domain: &str) -> Answer {
        self.post_domains(token, json!({ "domain": domain }).to_string())
            .await
    }

    pub(crate) async fn post_domains(&self, token: &str, body: String) -> Answer {
        let request = self
            .request(Method::POST, "/domains", Some(token))
            .header("content-type", "application/json")
            .body(body);
        answer_to(request).await
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Answer {
        answer_to(self.request(Method::GET, path, Some(token))).await
    }

    /// The domain as its own client sees it.
    pub(crate) async fn domain(&self, domain: &str) -> Value {
        let answer = self
            .get(self.client_admin(), &format!("/domains/{domain}"))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.body
    }

    pub(crate) async fn status(&self, domain: &str) -> String {
        self.domain(domain).await["status"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Runs the poller until the domain is in this state.
    pub(crate) async fn poll_until(&self, domain: &str, status: &str) {
        self.until(&format!("{domain} is {status}"), async || {
            self.make_due(domain).await;
            self.run_poller().await;
            self.status(domain).await == status
        })
        .await;
    }

    /// Makes the next look due now.
    pub(crate) async fn make_due(&self, domain: &str) {
        self.make_due_of(&self.info.clients.client_admin, domain)
            .await;
    }

    /// Makes the next look at a client's domain due now.
    pub(crate) async fn make_due_of(&self, client_id: &str, domain: &str) {
        // If this is refused, a run of the poller has just looked at it.
        self.due_at(client_id, domain, Timestamp::UNIX_EPOCH).await;
    }

    /// Makes the next look due long after the test, so that the poller does not change the domain.
    pub(crate) async fn put_off(&self, domain: &str) {
        let client = &self.info.clients.client_admin;
        self.until("no other process writes the domain", async || {
            let later = SystemClock.now() + SignedDuration::from_hours(1);
            self.due_at(client, domain, later).await
        })
        .await;
    }

    /// Whether no other process wrote the domain meanwhile. If it is gone, there is nothing to
    /// write.
    async fn due_at(&self, client_id: &str, domain: &str, at: Timestamp) -> bool {
        let table = self.table().await;
        let client = client(client_id);
        let stored = table
            .domain(&client, &domain_name(domain))
            .await
            .expect("a read");
        let Some(stored) = stored else {
            return true;
        };
        let mut change = stored.looked_at(|_| {}, at);
        change.domain.next_check = at;
        match table.commit(&change).await {
            Ok(()) => true,
            Err(CommitError::Conflict) => false,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Makes the verification fail, as if SES had not found the records.
    pub(crate) async fn fail(&self, domain: &str) {
        let table = self.table().await;
        let client = client(&self.info.clients.client_admin);
        self.until(&format!("{domain} has failed"), async || {
            let stored = table.domain(&client, &domain_name(domain)).await;
            let stored = stored.expect("a read").expect("a domain");
            let trigger = Trigger::SesFailed(FailureReason::DeadlinePassed);
            let now = stored.state_since;
            let change = stored.transition(trigger, Actor::Service, None, now, &SystemIds);
            let change = change.expect("a domain that can fail");
            table.commit(&change).await.is_ok()
        })
        .await;
    }

    // ── DNS ─────────────────────────────────────────────────────────────────────────────────────

    pub(crate) fn create_zone(&self, zone: &str) {
        let file = self.info.zones_dir.join(format!("{zone}.zone"));
        std::fs::write(file, "").expect("a zone file");
    }

    /// How many queries the DNS server has received.
    pub(crate) fn dns_questions(&self) -> u64 {
        self.stack.dns().queries().total()
    }

    /// Publishes the records with these ids, as an email administrator would.
    pub(crate) fn publish(&self, zone: &str, domain: &Value, ids: &[&str]) {
        let records = domain["records"].as_array().expect("a domain with records");
        let mut lines = String::new();
        for record in records
            .iter()
            .filter(|record| ids.contains(&text(&record["id"])))
        {
            let (name, value) = (text(&record["name"]), text(&record["value"]));
            let data = match text(&record["type"]) {
                "TXT" => format!("TXT \"{value}\""),
                other => format!("{other} {value}."),
            };
            writeln!(lines, "{name}. 60 IN {data}").expect("text in memory");
        }
        assert_eq!(lines.lines().count(), ids.len(), "all of {ids:?}");
        self.append_to_zone(zone, &lines);
    }

    pub(crate) fn append_to_zone(&self, zone: &str, lines: &str) {
        let file = self.info.zones_dir.join(format!("{zone}.zone"));
        let mut file = OpenOptions::new()
            .append(true)
            .open(file)
            .expect("a zone file");
        file.write_all(lines.as_bytes())
            .expect("a zone file that takes records");
        // The DNS server checks its folder only at intervals. `block_on` needs a thread without a
        // tokio task: a blocked task with a used-up budget (`tokio::task::coop`) gets no answer.
        let reload = || futures::executor::block_on(self.stack.dns().reload());
        std::thread::scope(|scope| {
            scope.spawn(reload);
        });
    }

    // ── AWS ─────────────────────────────────────────────────────────────────────────────────────

    /// A run of the poller after the one that is active, if there is one. Tests that request a run
    /// meanwhile share the next run: it begins after all of their requests.
    pub(crate) async fn run_poller(&self) {
        let begun_before = self.runs.load(Ordering::SeqCst);
        let mut done = self.last_run.lock().await;
        if *done > begun_before {
            return;
        }
        let run = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
        self.until("no other run of the poller is under way", async || {
            let answer = self.invoke("verification-poller", &scheduled()).await;
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            answer.body["skipped"] != json!(true)
        })
        .await;
        *done = run;
    }

    /// Makes the poller forget its runs: it reads SES's list of identities, and compares it with
    /// all domains.
    pub(crate) async fn forget_runs(&self) {
        let table = self.table().await;
        self.until("no run of the poller is under way", async || {
            let now = SystemClock.now();
            let until = now + SignedDuration::from_secs(1);
            let begun = table.begin_run(now, until).await.expect("an answer");
            if begun.is_some() {
                let nothing = RunMemory::default();
                table.end_run(until, &nothing).await.expect("a write");
            }
            begun.is_some()
        })
        .await;
    }

    /// Does something between two runs of the poller, within a minute.
    pub(crate) async fn without_poller<T>(&self, work: impl Future<Output = T>) -> T {
        let table = self.table().await;
        let mut begun = None;
        self.until("no run of the poller is under way", async || {
            let now = SystemClock.now();
            let until = now + SignedDuration::from_mins(1);
            let memory = table.begin_run(now, until).await.expect("an answer");
            begun = memory.map(|memory| (until, memory));
            begun.is_some()
        })
        .await;
        let done = work.await;
        if let Some((until, memory)) = begun {
            table.end_run(until, &memory).await.expect("a write");
        }
        done
    }

    pub(crate) async fn invoke(&self, function: &str, event: &Value) -> Answer {
        let name = &self.info.functions[function];
        let url = format!(
            "{}/2015-03-31/functions/{name}/invocations",
            self.info.aws_endpoint_url
        );
        let request = self.http.post(url).header("authorization", root("lambda"));
        answer_to(request.body(event.to_string())).await
    }

    /// Adds a domain and takes it to the state in which Lasso sends for it.
    pub(crate) async fn authenticate(&self, domain: &str) {
        let added = self.add(self.client_admin(), domain).await.body;
        self.publish(domain, &added, &["verification"]);
        self.poll_until(domain, "verified").await;
        let client = &self.info.clients.client_admin;
        let path = format!("/staff/clients/{client}/domains/{domain}/complete");
        let answer = answer_to(self.request(Method::POST, &path, Some(self.support()))).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }

    // ── Waiting ─────────────────────────────────────────────────────────────────────────────────

    /// Tries until it is true, for up to eight minutes.
    pub(crate) async fn until(&self, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
        // A run of the poller may take a minute if many domains are due.
        let deadline = Instant::now() + Duration::from_mins(8);
        while !is_so().await {
            assert!(Instant::now() < deadline, "waited in vain until {what}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// The path of the emulator's HTTP APIs. Responses below it are checked against the document.
const API: &str = "/_aws/execute-api/";

pub(crate) async fn answer_to(request: RequestBuilder) -> Answer {
    let (client, request) = request.build_split();
    let request = request.expect("a request");
    let method = request.method().clone();
    let path = request.url().path().to_owned();
    let answer = client.execute(request).await.expect("an answer");
    let headers = answer.headers().clone();
    let content_type = answer.headers().get("content-type");
    let content_type = content_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let content_type = content_type.to_owned();
    let retry_after = answer.headers().get("retry-after");
    let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    let status = answer.status();
    let text = answer.text().await.expect("a body");
    if let Some(below) = path.strip_prefix(API) {
        // After the identifier of the API.
        let path = below.split_once('/').map_or("", |(_, path)| path);
        assert_described(&Exchange {
            method: method.as_str(),
            path: &format!("/{path}"),
            status: status.as_u16(),
            headers: &headers,
            body: &text,
        });
    }
    Answer {
        status,
        content_type,
        retry_after,
        body: serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.clone())),
        text,
    }
}

/// The text between two marks.
pub(crate) fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("{start} in {text}"));
    rest.split_once(end).map_or(rest, |(inner, _)| inner)
}

/// Every octet except letters and digits (RFC 3986 section 2.1).
pub(crate) fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("text in memory");
        }
        encoded
    })
}

/// The event that EventBridge Scheduler sends.
pub(crate) fn scheduled() -> Value {
    let file = "/../events/verification-poller/scheduled.json";
    let path = env!("CARGO_MANIFEST_DIR").to_owned() + file;
    let text = std::fs::read_to_string(path).expect("an event file");
    serde_json::from_str(&text).expect("an event in JSON")
}

/// A text in JSON; empty if the value is not a text.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Runs an action several times at the same time.
pub(crate) async fn at_once<T, F>(times: usize, act: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..times).map(|n| tokio::spawn(act(n))).collect();
    let mut answers = Vec::with_capacity(times);
    for task in tasks {
        answers.push(task.await.expect("a task that ends"));
    }
    answers
}

/// The emulator checks who signs, but not the signature.
fn root(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=0"
    )
}

/// A world that a task can own.
pub(crate) type Shared = Arc<World>;
