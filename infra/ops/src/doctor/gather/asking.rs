//! How SES is asked, and what a finding says about an error.

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::result::SdkError;
use domain_auth_aws::SystemClock;

use crate::commands::patience;
use crate::sentence::sentence;

/// Calls SES until it does not throttle.
pub(super) async fn patiently<T, E, R>(
    call: impl AsyncFn() -> Result<T, SdkError<E, R>>,
) -> Result<T, SdkError<E, R>>
where
    E: ProvideErrorMetadata,
{
    let throttles = |error: &SdkError<E, R>| {
        matches!(
            error.code(),
            Some("Throttling" | "ThrottlingException" | "TooManyRequestsException")
        )
    };
    patience::while_it(throttles, &SystemClock, call).await
}

pub(super) fn why<E>(error: &E) -> String
where
    E: std::error::Error + 'static,
{
    sentence(error)
}
