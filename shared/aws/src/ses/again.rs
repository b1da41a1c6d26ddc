//! A second attempt for calls that change nothing.

use std::time::Duration;

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use tokio::time::Instant;

/// Only a call that fails within this time is repeated, so that both attempts take little longer
/// than one may.
const SOON: Duration = Duration::from_secs(1);

/// Sends a call that only reads, and repeats it once if the connection failed: Lambda freezes the
/// process between invocations, and only sending shows that an open connection is gone. A call that
/// was throttled, refused or timed out is not repeated. Neither is a call that changes something,
/// because it may have arrived.
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
