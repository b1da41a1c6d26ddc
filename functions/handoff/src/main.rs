//! Wiring only.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

use std::time::Duration;

use domain_auth_aws::{AwsPorts, Clients, HttpTimeouts, SystemClock, Table};
use handoff::{App, Config};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let config = Config::from_env()?;
    let clients = Clients::from_env(HttpTimeouts {
        ses: Duration::from_secs(3),
        other: Duration::from_secs(3),
    })
    .await;
    let app = App::<AwsPorts> {
        store: Table::new(clients.dynamodb(), config.table),
        clock: SystemClock,
    };
    domain_auth_http::run(None, |request| app.handle(request)).await
}
