//! Simulated time: a clock that jumps to the next time for which a task waits, and the loop that
//! moves it. The poller's own concurrency is real; only waits take no time.
//!
//! Tokio's paused clock is similar, but counts whole milliseconds and needs the crate feature
//! `test-util`, which would also be active in the functions if the whole workspace is built
//! together.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use domain_auth::ports::Clock;
use jiff::{SignedDuration, Timestamp};

/// 1 June 2026, noon, as in the other tests.
const EPOCH: i64 = 1_780_315_200;

/// A clock that moves when all tasks wait.
#[derive(Debug, Clone, Default)]
pub(crate) struct SimClock {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Time since the start.
    elapsed: Duration,
    /// The error of the wall clock.
    skew: SignedDuration,
    next_id: u64,
    waiting: BinaryHeap<Reverse<(Duration, u64)>>,
    wakers: HashMap<u64, Waker>,
}

impl SimClock {
    /// Time since the start, independent of the wall clock.
    pub(crate) fn elapsed(&self) -> Duration {
        self.inner().elapsed
    }

    /// Increases the error of the wall clock.
    pub(crate) fn jump(&self, by: SignedDuration) {
        self.inner().skew += by;
    }

    /// Waits until a time since the start.
    pub(crate) async fn until(&self, moment: Duration) {
        let left = moment.saturating_sub(self.elapsed());
        self.sleep(left).await;
    }

    /// Runs a future, moving the clock whenever it waits for time.
    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let ready = Arc::new(Ready(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&ready));
        let mut context = Context::from_waker(&waker);
        loop {
            while ready.0.swap(false, Ordering::Relaxed) {
                if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                    return output;
                }
            }
            assert!(self.advance(), "everything waits, and nothing for time");
        }
    }

    /// Moves to the next time for which a task waits, and wakes the task.
    fn advance(&self) -> bool {
        let mut inner = self.inner();
        while let Some(Reverse((moment, id))) = inner.waiting.pop() {
            // A waker is gone when its sleep was dropped.
            if let Some(waker) = inner.wakers.remove(&id) {
                inner.elapsed = inner.elapsed.max(moment);
                drop(inner);
                waker.wake();
                return true;
            }
        }
        false
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let inner = self.inner();
        let elapsed = SignedDuration::try_from(inner.elapsed).unwrap_or(SignedDuration::MAX);
        Timestamp::constant(EPOCH, 0) + elapsed + inner.skew
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        let mut inner = self.inner();
        inner.next_id += 1;
        Sleep {
            clock: self.clone(),
            id: inner.next_id,
            until: inner.elapsed + duration,
        }
    }
}

struct Sleep {
    clock: SimClock,
    id: u64,
    until: Duration,
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.clock.inner();
        if inner.elapsed >= self.until {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        if inner.wakers.insert(self.id, waker).is_none() {
            inner.waiting.push(Reverse((self.until, self.id)));
        }
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.clock.inner().wakers.remove(&self.id);
    }
}

struct Ready(AtomicBool);

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures::future::{join, select};

    use super::*;

    #[test]
    fn simulated_waits_take_no_real_time_and_end_in_order() {
        let clock = SimClock::default();
        let start = clock.now();
        let hour = Duration::from_hours(1);
        let order = Mutex::new(Vec::new());
        clock.run(async {
            let first = async {
                clock.sleep(hour).await;
                order.lock().unwrap().push("first");
            };
            let second = async {
                clock.sleep(hour * 2).await;
                order.lock().unwrap().push("second");
            };
            join(second, first).await;
        });
        assert_eq!(*order.lock().unwrap(), ["first", "second"]);
        assert_eq!(clock.now().duration_since(start).as_hours(), 2);
    }

    #[test]
    fn a_cancelled_wait_does_not_advance_the_clock() {
        let clock = SimClock::default();
        let day = Duration::from_hours(24);
        clock.run(async {
            select(
                pin!(clock.sleep(day)),
                pin!(clock.sleep(Duration::from_secs(1))),
            )
            .await;
            clock.sleep(Duration::from_secs(1)).await;
        });
        assert_eq!(clock.elapsed(), Duration::from_secs(2));
    }
}
