//! What becomes of a call: it takes its time, is throttled above the quota, and now and then nobody
//! answers it.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use domain_auth::ports::{Clock, SesError};

use super::{SimSes, State};

/// How long SES takes to answer.
const ANSWER: (Duration, Duration) = (Duration::from_millis(40), Duration::from_millis(40));
/// Of the calls of a second, those of one operation that SES takes at once: all, and the twentieth on
/// top that forgives calls that come a little early, as in the local stack's SES gate.
const BURST: f64 = 1.05;

/// The account's quota, and how much of it is used.
#[derive(Debug, Default)]
pub(super) struct Quota {
    buckets: HashMap<&'static str, Bucket>,
    pub(super) calls: BTreeMap<&'static str, Calls>,
    pub(super) trouble: Trouble,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled_at: Duration,
}

/// Calls of an operation.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Calls {
    /// Those that SES took.
    pub(crate) taken: usize,
    /// Those that it throttled.
    pub(crate) throttled: usize,
}

/// How SES fails now and then: probabilities.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Trouble {
    /// Somebody else in the account has used the quota.
    pub(crate) throttled: f64,
    /// No answer; in half of the cases it was done all the same.
    pub(crate) unanswered: f64,
}

impl SimSes {
    pub(super) async fn call<T>(
        &self,
        operation: &'static str,
        effect: impl FnOnce(&mut State) -> T + Send,
    ) -> Result<T, SesError> {
        let (least, mean) = ANSWER;
        self.setting
            .clock
            .sleep(self.setting.chance.latency(least, mean) / 2)
            .await;
        let answer = self.setting.apart.take(|| self.take(operation, effect));
        self.setting
            .clock
            .sleep(self.setting.chance.latency(least, mean) / 2)
            .await;
        answer
    }

    fn take<T>(
        &self,
        operation: &'static str,
        effect: impl FnOnce(&mut State) -> T,
    ) -> Result<T, SesError> {
        let now = self.setting.clock.elapsed();
        let mut state = self.state();
        let trouble = state.quota.trouble;
        let admitted = state.quota.admit(operation, self.calls_per_second, now)
            && !self.setting.chance.happens(trouble.throttled);
        let calls = state.quota.calls.entry(operation).or_default();
        if !admitted {
            calls.throttled += 1;
            return Err(SesError::Throttled { operation });
        }
        calls.taken += 1;
        if self.setting.chance.happens(trouble.unanswered) {
            if self.setting.chance.happens(0.5) {
                effect(&mut state);
            }
            let source = "no answer".into();
            return Err(SesError::Unavailable { operation, source });
        }
        Ok(effect(&mut state))
    }
}

impl Quota {
    fn admit(&mut self, operation: &'static str, per_second: f64, now: Duration) -> bool {
        let most = per_second * BURST;
        let bucket = self.buckets.entry(operation).or_insert(Bucket {
            tokens: most,
            filled_at: now,
        });
        let passed = now.saturating_sub(bucket.filled_at).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * per_second).min(most);
        bucket.filled_at = now;
        let admitted = bucket.tokens >= 1.0;
        if admitted {
            bucket.tokens -= 1.0;
        }
        admitted
    }
}
