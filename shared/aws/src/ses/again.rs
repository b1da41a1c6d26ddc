//! One more attempt for a call that changes nothing.

use std::time::Duration;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use tokio::time::Instant;

/// Only what fails so soon is sent once more, so that both attempts take hardly longer than one may.
const SOON: Duration = Duration::from_secs(1);

/// Sends a call that only reads, and once more where it failed on its way: a connection that was open
/// before Lambda froze the process may be gone, and only sending shows it. What was throttled, refused or
/// not answered in time is not repeated, and neither is a call that changes something, because it may have
/// arrived.
pub(super) async fn read<T, E, F>(send: impl Fn() -> F) -> Result<T, SdkError<E, Response>>
where
    F: Future<Output = Result<T, SdkError<E, Response>>>,
{
    let started = Instant::now();
    match send().await {
        Err(SdkError::DispatchFailure(failure)) if failure.is_io() && started.elapsed() < SOON => {
            send().await
        }
        outcome => outcome,
    }
}

#[cfg(test)]
#[path = "again_tests.rs"]
mod tests;
