//! Wiring only.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

use std::time::Duration;

use advance_domain::{App, Config};
use domain_auth_aws::{
    AwsPorts, Clients, EventTopic, HttpTimeouts, SesIdentities, SystemClock, SystemIds, Table,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let config = Config::from_env()?;
    let clients = Clients::from_env(HttpTimeouts {
        ses: Duration::from_secs(3),
        other: Duration::from_secs(3),
    })
    .await;
    let (v1, v2, region) = (clients.ses_v1(), clients.ses_v2(), clients.region());
    let app = App::<AwsPorts> {
        store: Table::new(clients.dynamodb(), config.table),
        ses: SesIdentities::new(v1, v2, region, config.stack),
        publisher: EventTopic::new(clients.sns(), config.topic_arn),
        clock: SystemClock,
        ids: SystemIds,
        ses_calls_per_second: config.ses_calls_per_second,
        support_emails: config.support_emails,
    };
    domain_auth_http::run(Some(config.claims), |request| app.handle(request)).await
}
