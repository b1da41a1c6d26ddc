//! The problems for refusals that all use cases share. Refusals of one use case are in the file of
//! its operation.

use domain_auth::handoff::HandoffError;
use domain_auth::ports::StoreError;
use domain_auth::use_cases::Failure;
use jiff::SignedDuration;

use crate::problem::ApiError;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl<R: Into<ApiError>> From<Failure<R>> for ApiError {
    fn from(failure: Failure<R>) -> Self {
        match failure {
            Failure::NotFound => Self::NotFound,
            Failure::Busy => Self::Busy,
            Failure::Store(error) => Self::Store(error),
            Failure::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<HandoffError> for ApiError {
    fn from(error: HandoffError) -> Self {
        Self::Unrendered(error)
    }
}

/// Rounded up, so that a caller who waits as long as told is not told to wait again.
pub(crate) fn seconds_up(wait: SignedDuration) -> u32 {
    u32::try_from(wait.as_secs()).unwrap_or(0).saturating_add(1)
}
