//! Wiring only.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

use std::time::Duration;

use aws_lambda_events::event::sqs::SqsEvent;
use domain_auth_aws::{
    AwsPorts, Clients, EventTopic, HttpTimeouts, MessageQueue, MetricLines, SupportMail,
    SystemClock, SystemIds, Table,
};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use support_notifier::{App, Config};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    domain_auth_logs::init();
    let config = Config::from_env()?;
    let clients = Clients::from_env(HttpTimeouts {
        ses: Duration::from_secs(10),
        other: Duration::from_secs(5),
    })
    .await;
    let (from, to) = (config.sender_email, config.support_email);
    let queue =
        |url, dead_letters: &String| MessageQueue::new(clients.sqs(), url, dead_letters.clone());
    let (dead_letters, first_dead_letters) = (
        &config.dead_letter_queue_url,
        &config.first_dead_letter_queue_url,
    );
    let app = &App::<AwsPorts<(), SupportMail>> {
        store: Table::new(clients.dynamodb(), config.table),
        mail: SupportMail::new(clients.ses_v2(), from, to, config.configuration_set),
        clock: SystemClock,
        ids: SystemIds,
        meter: MetricLines::new(config.stack, env!("CARGO_PKG_NAME"), std::io::stdout()),
        limits: config.limits,
        notify_clients: config.notify_clients,
        queue: queue(config.queue_url, dead_letters),
        first_queue: (
            queue(config.first_queue_url, first_dead_letters),
            config.first_queue_arn,
        ),
        carried_queue: (
            queue(config.carried_queue_url, dead_letters),
            config.carried_queue_arn,
        ),
        console: config.console,
        chat: config
            .chat_topic
            .map(|topic| EventTopic::new(clients.sns(), topic)),
    };
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        let deadline = i64::try_from(event.context.deadline)?;
        let deadline = Timestamp::from_millisecond(deadline)?;
        // In a box, because the compiler cannot handle futures nested this deeply.
        Ok::<_, Error>(Box::pin(app.notify(event.payload, deadline)).await)
    }))
    .await
}
