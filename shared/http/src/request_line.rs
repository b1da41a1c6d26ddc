//! One log line for each request: the operation, the client and the domain, and the response.
//! `docs/logs.md` has its fields.
//!
//! It contains no token, and nothing from bodies except the domain of `POST /domains`.

use std::borrow::Cow;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use domain_auth::names::{ClientId, DomainName};
use domain_auth::plain_text::one_line;
use lambda_http::Context;
use serde::Deserialize;

use crate::operations::Operation;
use crate::reply::Reply;
use crate::request::{Named, ParsedRequest};

/// How long before Lambda ends the function an unanswered request is logged as timed out.
const BEFORE_THE_END: Duration = Duration::from_millis(100);
/// The maximum number of characters that are logged of an invalid name. A name has at most 253.
const LONGEST: usize = 253;

/// The request that this execution environment has under way: Lambda gives it one at a time.
static UNDER_WAY: Mutex<Option<RequestLine>> = Mutex::new(None);

/// What is known of a request before it is answered.
#[derive(Debug, Clone)]
pub(crate) struct RequestLine {
    operation: Option<&'static str>,
    client: Option<String>,
    domain: Option<String>,
    request_id: Option<String>,
    api_request_id: Option<String>,
    began: Instant,
}

/// The fields of a line; `$level` is a macro of `tracing`.
macro_rules! line {
    ($level:ident, $line:ident, $status:expr, $code:expr, $message:literal) => {
        tracing::$level!(
            operation = $line.operation,
            client = $line.client,
            domain = $line.domain,
            status = $status,
            code = $code,
            duration_ms = $line.duration_ms(),
            request_id = $line.request_id,
            api_request_id = $line.api_request_id,
            $message
        )
    };
}

impl RequestLine {
    /// The client and the domain that the request is about, also if the caller may not make it.
    pub(crate) fn of(request: &ParsedRequest) -> Self {
        let (client, domain) = (request.client_as_sent(), request.domain_as_sent());
        Self {
            operation: request.operation().ok().map(Operation::id),
            client: client.map(|client| shown(client, ClientId::as_str)),
            domain: domain.map(|domain| shown(domain, DomainName::as_str)),
            request_id: request.id().map(str::to_owned),
            api_request_id: request.api_id().map(str::to_owned),
            began: Instant::now(),
        }
    }

    /// Waits for the answer to a request, and logs it. If the deadline in `context` comes first, this
    /// is logged just before the deadline, because nothing can be logged later.
    pub(crate) async fn observe(
        self,
        context: Option<&Context>,
        answer: impl Future<Output = Reply>,
    ) -> Reply {
        let patience = context.map(time_left);
        remember(Some(self.clone()));
        let mut answer = pin!(answer);
        let reply = tokio::select! {
            biased;
            reply = &mut answer => reply,
            () = end_of(patience) => {
                self.timed_out();
                answer.await
            }
        };
        remember(None);
        self.answered(&reply);
        reply
    }

    fn answered(&self, reply: &Reply) {
        let status = reply.status();
        let code = code_in(reply);
        if status.is_server_error() {
            line!(warn, self, status.as_u16(), code, "a request was answered");
        } else {
            line!(info, self, status.as_u16(), code, "a request was answered");
        }
    }

    fn timed_out(&self) {
        let (status, code) = (None::<u16>, "timed_out");
        line!(
            warn,
            self,
            status,
            code,
            "the function ends before the request is answered"
        );
    }

    fn panicked(&self) {
        let (status, code) = (None::<u16>, "panicked");
        line!(
            warn,
            self,
            status,
            code,
            "the function ended before the request was answered"
        );
    }

    fn duration_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Logs the request that is under way as unanswered. In a release build a panic aborts the process, so
/// only the panic hook can log it.
pub(crate) fn log_panicked() {
    let line = UNDER_WAY
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some(line) = line {
        line.panicked();
    }
}

fn remember(line: Option<RequestLine>) {
    *UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner) = line;
}

#[expect(
    clippy::disallowed_methods,
    reason = "Lambda's deadline is a time of the day, and no decision rests on it"
)]
fn time_left(context: &Context) -> Duration {
    let left = context.deadline().duration_since(SystemTime::now());
    left.unwrap_or_default().saturating_sub(BEFORE_THE_END)
}

async fn end_of(patience: Option<Duration>) {
    match patience {
        Some(patience) => tokio::time::sleep(patience).await,
        None => std::future::pending().await,
    }
}

/// The code of a problem. For a replayed answer it is only in the body.
fn code_in(reply: &Reply) -> Option<String> {
    #[derive(Deserialize)]
    struct Problem<'a> {
        #[serde(borrow)]
        code: Cow<'a, str>,
    }

    let status = reply.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let problem: Problem<'_> = serde_json::from_str(reply.body()).ok()?;
    Some(problem.code.into_owned())
}

/// A name as the service writes it. Of an invalid name, what can be shown: without hidden characters,
/// and without what follows the host in a URL, which may be a secret.
fn shown<T>(named: &Named<T>, name: fn(&T) -> &str) -> String {
    if let Some(parsed) = &named.parsed {
        return name(parsed).to_owned();
    }
    let sent = one_line(&named.sent);
    let end = sent.find(['?', '#']).unwrap_or(sent.len());
    let shown: String = sent[..end].chars().take(LONGEST).collect();
    if shown.len() < sent.len() {
        shown + "…"
    } else {
        shown
    }
}

#[cfg(test)]
#[path = "request_line_tests.rs"]
mod tests;
