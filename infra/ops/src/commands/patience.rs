//! Waiting while SES throttles: its identity calls have a quota of one per second, for the whole account.

use std::time::Duration;

use domain_auth::ports::{Clock, SesError};

/// A little more than the second after which SES takes a call again.
pub const PACE: Duration = Duration::from_millis(1_100);
/// How often a call is made.
const ATTEMPTS: u32 = 10;

/// Whether the cause of the error ends by itself.
pub fn ends(error: &SesError) -> bool {
    match error {
        SesError::Throttled { .. } | SesError::Unavailable { .. } => true,
        SesError::Refused { .. } => false,
    }
}

/// Makes a call that can be repeated until SES answers it.
pub async fn patiently<T>(
    clock: &impl Clock,
    call: impl AsyncFn() -> Result<T, SesError>,
) -> Result<T, SesError> {
    while_it(ends, clock, call).await
}

/// Makes a call again while its failure is of this kind, [`PACE`] apart, and not for ever.
pub async fn while_it<T, E>(
    ends: impl Fn(&E) -> bool,
    clock: &impl Clock,
    call: impl AsyncFn() -> Result<T, E>,
) -> Result<T, E> {
    for _ in 1..ATTEMPTS {
        match call().await {
            Err(error) if ends(&error) => clock.sleep(PACE).await,
            answer => return answer,
        }
    }
    call().await
}
