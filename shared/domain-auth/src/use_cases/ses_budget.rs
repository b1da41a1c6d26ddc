//! The rate of identity calls: SES allows one per second for each operation, in the whole account.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::ports::{Clock, Operation, SesError, Tally};

/// The longest interval of an operation, as a multiple of the quota's interval. Not longer, because
/// a throttled call costs nothing, and a person may be waiting for it.
const SLOWEST: i32 = 2;

/// How much faster each accepted call makes a slowed operation, in percent of the quota's rate.
const RECOVERY_PERCENT: i32 = 10;

/// Spaces the calls of one run, with a token bucket of one token for each operation. Clones share
/// the buckets.
///
/// If SES still throttles a call, something else in the account uses the quota. The rate of that
/// operation is then halved, and returns to the full rate step by step with each accepted call.
#[derive(Debug, Clone)]
pub struct SesBudget {
    interval: SignedDuration,
    urgency: Urgency,
    buckets: Arc<Mutex<BTreeMap<Operation, Bucket>>>,
}

/// Whether a person waits for the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Urgency {
    /// A person does.
    Awaited,
    /// It can wait until no awaited call of the same operation is left.
    Background,
}

/// The state of one operation.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// When the next call may be made.
    next: Timestamp,
    /// Percent of the quota's rate.
    rate: i32,
    /// Awaited calls that have reserved a slot.
    waiting: usize,
    tally: Tally,
}

impl SesBudget {
    /// A budget of `calls` per second for each operation.
    pub fn per_second(calls: u32) -> Self {
        Self::with_interval(
            SignedDuration::from_secs(1) / i32::try_from(calls.max(1)).unwrap_or(i32::MAX),
        )
    }

    /// No spacing: for a request that a person waits for. Throttling is preferred to waiting.
    pub fn unlimited() -> Self {
        Self::with_interval(SignedDuration::ZERO)
    }

    fn with_interval(interval: SignedDuration) -> Self {
        Self {
            interval,
            urgency: Urgency::Awaited,
            buckets: Arc::default(),
        }
    }

    /// The same budget for background calls, which yield to calls that a person waits for.
    #[must_use]
    pub fn in_background(&self) -> Self {
        Self {
            urgency: Urgency::Background,
            ..self.clone()
        }
    }

    /// The number of calls so far, by operation.
    pub fn tally(&self) -> Vec<(Operation, Tally)> {
        let buckets = self.buckets();
        let called = buckets.iter().filter(|(_, bucket)| bucket.tally.calls > 0);
        called.map(|(op, bucket)| (*op, bucket.tally)).collect()
    }

    /// Waits until `operation` may be called.
    pub async fn wait(&self, operation: Operation, clock: &impl Clock) {
        match self.urgency {
            Urgency::Awaited => {
                let now = clock.now();
                let slot = self.reserve(operation, now);
                let _waiting = Waiting(self, operation);
                sleep_until(slot, now, clock).await;
            }
            Urgency::Background => loop {
                let now = clock.now();
                match self.reserve_if_free(operation, now) {
                    Ok(()) => return,
                    Err(again) => sleep_until(again, now, clock).await,
                }
            },
        }
    }

    /// Whether calls are spaced.
    pub(super) fn has_pace(&self) -> bool {
        !self.interval.is_zero()
    }

    /// The time between two calls of an operation at the full quota.
    pub(super) fn interval(&self) -> SignedDuration {
        self.interval
    }

    /// When an operation may next be called, if nothing else calls it before. Reserves nothing.
    pub(super) fn free_at(&self, operation: Operation, now: Timestamp) -> Timestamp {
        let mut buckets = self.buckets();
        bucket(&mut buckets, operation, now).next.max(now)
    }

    fn reserve(&self, operation: Operation, now: Timestamp) -> Timestamp {
        let mut buckets = self.buckets();
        let bucket = bucket(&mut buckets, operation, now);
        let slot = bucket.next.max(now);
        bucket.next = slot + self.interval_at(bucket.rate);
        bucket.waiting += 1;
        slot
    }

    /// Takes a slot that is free now and that no awaited call needs. Otherwise returns when to try
    /// again.
    fn reserve_if_free(&self, operation: Operation, now: Timestamp) -> Result<(), Timestamp> {
        let mut buckets = self.buckets();
        let bucket = bucket(&mut buckets, operation, now);
        if bucket.waiting > 0 || bucket.next > now {
            return Err(bucket.next.max(now + SignedDuration::from_millis(10)));
        }
        bucket.next = now + self.interval_at(bucket.rate);
        Ok(())
    }

    /// Records the result of a call.
    pub(super) fn note<T>(
        &self,
        operation: Operation,
        answer: &Result<T, SesError>,
        now: Timestamp,
    ) {
        let mut buckets = self.buckets();
        let bucket = bucket(&mut buckets, operation, now);
        bucket.tally.calls += 1;
        if let Err(SesError::Throttled { .. }) = answer {
            bucket.tally.throttled += 1;
            bucket.rate = (bucket.rate / 2).max(100 / SLOWEST);
            // An immediate retry would be throttled again.
            bucket.next = bucket.next.max(now + self.interval_at(bucket.rate));
        } else {
            bucket.rate = (bucket.rate + RECOVERY_PERCENT).min(100);
        }
    }

    fn interval_at(&self, rate: i32) -> SignedDuration {
        self.interval * 100 / rate
    }

    fn buckets(&self) -> MutexGuard<'_, BTreeMap<Operation, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An awaited call that has a slot, until it is made or dropped.
struct Waiting<'a>(&'a SesBudget, Operation);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(bucket) = self.0.buckets().get_mut(&self.1) {
            bucket.waiting = bucket.waiting.saturating_sub(1);
        }
    }
}

fn bucket(
    buckets: &mut BTreeMap<Operation, Bucket>,
    operation: Operation,
    now: Timestamp,
) -> &mut Bucket {
    buckets.entry(operation).or_insert(Bucket {
        next: now,
        rate: 100,
        waiting: 0,
        tally: Tally::default(),
    })
}

async fn sleep_until(at: Timestamp, now: Timestamp, clock: &impl Clock) {
    if let Ok(wait) = Duration::try_from(at.duration_since(now))
        && !wait.is_zero()
    {
        clock.sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::names::EventId;
    use crate::ports::{Ids, Ports};
    use crate::use_cases::StoreTools;

    #[derive(Default)]
    struct Seconds(AtomicI64);

    struct OnlyTime;

    impl Ports for OnlyTime {
        type Store = ();
        type Ses = ();
        type Dns = ();
        type Publisher = ();
        type Mail = ();
        type Queue = ();
        type Meter = ();
        type Clock = Seconds;
        type Ids = Never;
    }

    struct Never;

    impl Ids for Never {
        fn event_id(&self, _: Timestamp) -> EventId {
            unreachable!("a budget needs no randomness")
        }

        fn secret(&self) -> String {
            unreachable!("a budget needs no randomness")
        }

        fn bits(&self) -> [u8; 32] {
            unreachable!("a budget needs no randomness")
        }
    }

    impl Clock for Seconds {
        fn now(&self) -> Timestamp {
            Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
        }

        async fn sleep(&self, duration: Duration) {
            let millis = i64::try_from(duration.as_millis()).unwrap();
            self.0.fetch_add(millis, Ordering::SeqCst);
        }
    }

    const OPERATION: Operation = Operation::ListEmailIdentities;

    fn call(budget: &SesBudget, clock: &Seconds, throttle: bool) {
        let answer = || async move {
            if throttle {
                return Err(SesError::Throttled { operation: "x" });
            }
            Ok(())
        };
        let tools = StoreTools::<OnlyTime> {
            store: &(),
            clock,
            ids: &Never,
        };
        let tools = tools.with_ses(&(), budget);
        let answer = tools.paced(OPERATION, answer).now_or_never();
        assert_eq!(answer.unwrap().is_err(), throttle);
    }

    #[test]
    fn one_call_per_second_for_each_operation() {
        let (budget, clock) = (SesBudget::per_second(1), Seconds::default());
        for _ in 0..10 {
            call(&budget, &clock, false);
        }
        assert_eq!(clock.0.load(Ordering::SeqCst), 9_000);
    }

    #[test]
    fn throttling_from_elsewhere_slows_an_operation_down_and_it_recovers() {
        let (budget, clock) = (SesBudget::per_second(1), Seconds::default());
        for _ in 0..4 {
            call(&budget, &clock, true);
        }
        let rate = || budget.buckets()[&OPERATION].rate;
        assert_eq!(rate(), 100 / SLOWEST, "no slower than this");
        for _ in 0..10 {
            call(&budget, &clock, false);
        }
        assert_eq!(rate(), 100);
        let tally = budget.tally();
        let expected = Tally {
            calls: 18,
            throttled: 8,
        };
        assert_eq!(tally, [(OPERATION, expected)]);
    }

    #[test]
    fn background_calls_yield_to_awaited_calls() {
        let (budget, clock) = (SesBudget::per_second(1), Seconds::default());
        let awaited = budget.reserve(OPERATION, clock.now());
        let background = budget.in_background();
        assert!(background.reserve_if_free(OPERATION, awaited).is_err());
        drop(Waiting(&budget, OPERATION));
        let later = awaited + SignedDuration::from_secs(1);
        assert!(background.reserve_if_free(OPERATION, awaited).is_err());
        assert!(background.reserve_if_free(OPERATION, later).is_ok());
        assert!(
            budget.reserve(OPERATION, later) > later,
            "the bucket is the same one"
        );
    }
}
