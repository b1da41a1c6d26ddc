//! From a Lambda event to the handler and back, with a line in the log for each request.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use domain_auth::ports::Clock;
use lambda_http::{Error, Request, RequestExt, service_fn};

use crate::App;
use crate::fetch::Fetch;
use crate::request::Incoming;

/// Serves the console until the execution environment ends.
pub async fn run<F, C>(app: App<F, C>) -> Result<(), Error>
where
    F: Fetch + 'static,
    C: Clock + 'static,
{
    let app = Arc::new(app);
    lambda_http::run(service_fn(move |request: Request| {
        let app = Arc::clone(&app);
        async move {
            let began = Instant::now();
            let request_id = request
                .lambda_context_ref()
                .map(|context| context.request_id.clone());
            let incoming = Incoming::of(&request);
            let response = app.handle(&incoming).await;
            // No path: it contains a domain. The API's log line has the domain next to the client.
            tracing::info!(
                operation = page_of(&incoming),
                status = response.status().as_u16(),
                duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
                request_id,
                "a page was answered"
            );
            Ok::<_, Infallible>(response)
        }
    }))
    .await
}

/// Method and kind of page.
fn page_of(request: &Incoming) -> String {
    let parts = request.segments().unwrap_or_default();
    let kind = match parts.as_slice() {
        [] => "home",
        ["staff"] | ["staff", "clients"] => "queue",
        ["staff", "clients", _] => "client",
        ["domains"] => "domains",
        ["domains", _] | ["staff", "clients", _, "domains", _] => "domain",
        ["domains", _, what, ..] | ["staff", "clients", _, "domains", _, what, ..] => known(what),
        [what] => known(what),
        _ => "none",
    };
    format!("{} {kind}", request.method)
}

/// The console's own word, so that no text from a browser gets into the log.
fn known(what: &str) -> &'static str {
    const KNOWN: [&str; 20] = [
        "adopt",
        "callback",
        "check",
        "complete",
        "file",
        "grant",
        "hand-over",
        "history",
        "instructions",
        "links",
        "ready",
        "recheck",
        "records",
        "reject",
        "release",
        "remove",
        "restart",
        "settings",
        "sign-in",
        "sign-out",
    ];
    let found = KNOWN.iter().find(|known| **known == what);
    found.copied().unwrap_or("none")
}
