//! Optimistic concurrency: read, decide, write, and repeat all three after a conflict.

use std::time::Duration;

use crate::fnv::fnv1a_64;
use crate::ports::{Clock, CommitError, Ids, StoreError};

/// How many times a change is tried before the caller gets an error because of too many
/// simultaneous changes. With their pauses, the attempts take 1.4 s on average and 2.8 s at most,
/// without the reads and writes.
const ATTEMPTS: u32 = 12;

/// The attempts at one change.
///
/// ```ignore
/// let mut attempts = Attempts::default();
/// while attempts.again(clock, ids).await {
///     let domain = store.domain(client, name).await?;
///     let change = decide(&domain);
///     if is_written(store.commit(&change).await)? {
///         return Ok(change);
///     }
/// }
/// Err(Busy)
/// ```
#[derive(Debug, Default)]
pub struct Attempts {
    begun: u32,
}

impl Attempts {
    /// Begins an attempt: the first one immediately, each further one after a pause. Returns false
    /// after the last.
    pub async fn again(&mut self, clock: &impl Clock, ids: &impl Ids) -> bool {
        if self.begun > 0 && self.begun < ATTEMPTS {
            self.pause(clock, ids).await;
        }
        self.at_once()
    }

    /// Begins an attempt without a pause. Returns false after the last.
    pub fn at_once(&mut self) -> bool {
        self.begun += 1;
        self.begun <= ATTEMPTS
    }

    /// Waits for a random time between zero and 20 ms × 2^attempts, at most 320 ms.
    pub async fn pause(&self, clock: &impl Clock, ids: &impl Ids) {
        let ceiling = 20_u64 << self.begun.min(4);
        let random = fnv1a_64(ids.secret().into_bytes());
        clock.sleep(Duration::from_millis(random % ceiling)).await;
    }
}

/// Whether a change was written. Returns false if another process has changed the same items since
/// they were read.
pub fn is_written(outcome: Result<(), CommitError>) -> Result<bool, StoreError> {
    match outcome {
        Ok(()) => Ok(true),
        Err(CommitError::Conflict) => Ok(false),
        Err(CommitError::Store(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures::FutureExt;
    use jiff::Timestamp;

    use super::*;
    use crate::names::EventId;

    /// Records the pauses, and returns secrets from a counter.
    #[derive(Default)]
    struct Pauses(Mutex<Vec<Duration>>);

    impl Clock for Pauses {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }

        async fn sleep(&self, duration: Duration) {
            self.0.lock().unwrap().push(duration);
        }
    }

    impl Ids for Pauses {
        fn event_id(&self, _: Timestamp) -> EventId {
            unreachable!("an attempt is not an event")
        }

        fn secret(&self) -> String {
            format!("secret{}", self.0.lock().unwrap().len())
        }

        fn bits(&self) -> [u8; 32] {
            unreachable!("an attempt is no link")
        }
    }

    #[test]
    fn twelve_attempts_have_bounded_pauses_between_them() {
        let (pauses, mut attempts, mut made) = (Pauses::default(), Attempts::default(), 0);
        while attempts.again(&pauses, &pauses).now_or_never().unwrap() {
            assert_eq!(pauses.0.lock().unwrap().len(), made, "attempt {made}");
            made += 1;
        }
        assert_eq!(made, 12);
        let pauses = pauses.0.into_inner().unwrap();
        assert_eq!(pauses.len(), 11, "none after the last");
        for (n, pause) in pauses.iter().enumerate() {
            let ceiling = Duration::from_millis([40, 80, 160, 320][n.min(3)]);
            assert!(*pause < ceiling, "{pauses:?}");
        }
    }
}
