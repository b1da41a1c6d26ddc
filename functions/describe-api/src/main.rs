//! Wiring only.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

use describe_api::describe;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    domain_auth_http::run(None, async |request| describe(&request)).await
}
