//! Wiring only.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

use std::time::Duration;

use domain_auth_aws::{AwsPorts, Clients, HttpTimeouts, LetterMail, SystemClock, SystemIds, Table};
use send_instructions::{App, Config};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    let config = Config::from_env()?;
    let clients = Clients::from_env(HttpTimeouts {
        ses: Duration::from_secs(10),
        other: Duration::from_secs(3),
    })
    .await;
    let app = App::<AwsPorts<(), LetterMail>> {
        store: Table::new(clients.dynamodb(), config.table),
        mail: LetterMail::new(
            clients.ses_v2(),
            config.sender_email,
            config.configuration_set,
        ),
        clock: SystemClock,
        ids: SystemIds,
        public_url: config.public_url,
    };
    domain_auth_http::run(Some(config.claims), |request| app.handle(request)).await
}
