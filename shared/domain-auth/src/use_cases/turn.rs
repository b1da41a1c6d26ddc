//! The turn of a request at SES, which leaves the poller its part of the quota.

use std::time::Duration;

use crate::idempotency::KeyOwner;
use crate::ports::Clock;
use crate::ses_share::{RequestCalls, SesTurns, Turn, TurnRequest};

/// Waits until a request may make these calls, for at most two seconds (a restart: six), if SES
/// accepts `ses_calls_per_second` for each operation. Returns false if the request may not make
/// them.
///
/// Returns true if the store does not answer: an error must not fail the request, and SES throttles
/// excess calls anyway.
pub async fn wait_for_turn(
    store: &impl SesTurns,
    clock: &impl Clock,
    ses_calls_per_second: u32,
    calls: RequestCalls,
    asker: KeyOwner,
) -> bool {
    let now = clock.now();
    let request = TurnRequest::new(calls, asker, now, ses_calls_per_second);
    match store.turn(&request).await {
        Ok(Turn::At(turn)) => {
            if let Ok(wait) = Duration::try_from(turn.duration_since(clock.now()))
                && !wait.is_zero()
            {
                clock.sleep(wait).await;
            }
            true
        }
        Ok(Turn::Refused) => {
            tracing::info!(?calls, "others have the quota of SES; the poller goes on");
            false
        }
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the store gave no turn at SES; it is asked without one"
            );
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use jiff::Timestamp;

    use super::*;
    use crate::names::ClientId;
    use crate::ports::StoreError;

    struct Down;

    impl SesTurns for Down {
        async fn turn(&self, _: &TurnRequest) -> Result<Turn, StoreError> {
            Err(StoreError {
                action: "give a turn",
                failure: crate::ports::StoreFailure::Unavailable,
                source: "it is down".into(),
            })
        }

        async fn keep_for_poller(&self, _: Timestamp) -> Result<(), StoreError> {
            Ok(())
        }
    }

    impl Clock for Down {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        async fn sleep(&self, _: Duration) {}
    }

    #[test]
    fn a_store_that_is_down_fails_no_request() {
        let asker = KeyOwner::Client(ClientId::parse("maple").unwrap());
        let turn = wait_for_turn(&Down, &Down, 1, RequestCalls::Register, asker);
        assert_eq!(turn.now_or_never(), Some(true));
    }
}
