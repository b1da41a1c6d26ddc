#![expect(
    clippy::result_large_err,
    reason = "the error is that of the SDK, as in the code"
)]

use std::cell::Cell;
use std::io;

use aws_smithy_runtime_api::client::result::ConnectorError;

use super::*;

type Sent = Result<u32, SdkError<io::Error, Response>>;

fn gone() -> Sent {
    let reset = io::Error::from(io::ErrorKind::ConnectionReset);
    Err(SdkError::dispatch_failure(ConnectorError::io(reset.into())))
}

/// The result of a call whose attempts end in this way, and the number of attempts.
async fn outcome_of(attempts: &[fn() -> Sent], each_takes: Duration) -> (Sent, usize) {
    let made = Cell::new(0);
    let send = || {
        let attempt = attempts[made.get()];
        made.set(made.get() + 1);
        async move {
            tokio::time::sleep(each_takes).await;
            attempt()
        }
    };
    (read(send).await, made.get())
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn a_call_on_a_lost_connection_is_repeated_once() {
    let now = Duration::ZERO;
    let (answer, made) = outcome_of(&[gone, || Ok(7)], now).await;
    assert_eq!((answer.unwrap(), made), (7, 2));

    let (answer, made) = outcome_of(&[gone, gone, || Ok(7)], now).await;
    assert!(matches!(answer, Err(SdkError::DispatchFailure(_))));
    assert_eq!(made, 2);
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn a_call_that_timed_out_is_not_repeated() {
    let timed_out: fn() -> Sent = || Err(SdkError::timeout_error("the time is over"));
    let (answer, made) = outcome_of(&[timed_out], Duration::ZERO).await;
    assert!(matches!(answer, Err(SdkError::TimeoutError(_))));
    assert_eq!(made, 1);

    let (answer, made) = outcome_of(&[gone], SOON).await;
    assert!(matches!(answer, Err(SdkError::DispatchFailure(_))));
    assert_eq!(made, 1);
}
