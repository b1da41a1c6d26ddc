//! Wiring only.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

use std::time::Duration;

use console::{App, Config, Network};
use domain_auth_aws::{SystemClock, SystemIds};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    domain_auth_logs::init();
    let config = Config::from_env()?;
    // A check may take the API 28 seconds; API Gateway waits 30 seconds for this function.
    let network = Network::new(Duration::from_secs(28))?;
    console::run(App::new(config, network, SystemClock, SystemIds)).await
}
