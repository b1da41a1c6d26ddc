//! Wiring only.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use domain_auth_aws::{AwsPorts, Clients, HttpTimeouts, MetricLines, SystemClock, Table};
use domain_auth_dns::Resolver;
use read_domains::{App, Config};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let config = Config::from_env()?;
    let clients = Clients::from_env(HttpTimeouts {
        ses: Duration::from_secs(3),
        other: Duration::from_secs(3),
    })
    .await;
    let meter = MetricLines::new(config.stack, env!("CARGO_PKG_NAME"), std::io::stdout());
    let app = App::<AwsPorts<Resolver>> {
        store: Table::new(clients.dynamodb(), config.table).with_meter(Arc::new(meter)),
        dns: Resolver::new(config.dns)?,
        clock: SystemClock,
        eligibility: config.eligibility,
        cursors: config.cursors,
    };
    domain_auth_http::run(Some(config.claims), |request| app.handle(request)).await
}
