//! Wiring only.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use domain_auth_aws::{
    AwsPorts, Clients, EventTopic, HttpTimeouts, MetricLines, SesIdentities, SystemClock,
    SystemIds, Table,
};
use domain_auth_dns::Resolver;
use domain_auth_logs::failed;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};
use verification_poller::{App, Config};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    domain_auth_logs::init();
    let config = Config::from_env()?;
    let clients = Clients::from_env(HttpTimeouts {
        ses: Duration::from_secs(5),
        other: Duration::from_secs(5),
    })
    .await;
    let stack = config.stack.clone();
    let (v1, v2, region) = (clients.ses_v1(), clients.ses_v2(), clients.region());
    let app = &App::<AwsPorts<Resolver>> {
        store: Table::new(clients.dynamodb(), config.table).with_meter(Arc::new(MetricLines::new(
            stack.clone(),
            env!("CARGO_PKG_NAME"),
            std::io::stdout(),
        ))),
        ses: SesIdentities::new(v1, v2, region, config.stack).adopting(config.identity_arn_prefix),
        publisher: EventTopic::new(clients.sns(), config.topic_arn),
        clock: SystemClock,
        ids: SystemIds,
        dns: Resolver::new(config.dns)?,
        meter: MetricLines::new(stack, env!("CARGO_PKG_NAME"), std::io::stdout()),
        settings: config.settings,
        final_step: config.final_step,
    };
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async move {
        let run = async {
            let deadline = i64::try_from(event.context.deadline)?;
            let report = Box::pin(app.run(Timestamp::from_millisecond(deadline)?)).await?;
            // For a person who invokes it by hand.
            Ok::<_, Error>(json!({ "skipped": report.skipped }))
        };
        let outcome = run.await;
        outcome.map_err(|error| Error::from(failed("a run of the poller failed", &*error)))
    }))
    .await
}
