//! The pace of identity calls: SES allows one per second for each operation, in the whole account.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::ports::{Clock, SesError};

/// Operations with a quota of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names of the API operations")]
pub enum Operation {
    CreateEmailIdentity,
    GetEmailIdentity,
    DeleteEmailIdentity,
    VerifyDomainIdentity,
    VerifyDomainDkim,
    PutEmailIdentityMailFromAttributes,
    PutEmailIdentityConfigurationSetAttributes,
    GetIdentityVerificationAttributes,
    GetIdentityDkimAttributes,
    GetIdentityMailFromDomainAttributes,
}

/// How long an operation rests after SES throttled it: somebody else in the account uses the quota.
const REST: SignedDuration = SignedDuration::from_secs(2);

/// Spaces the calls of one run, operation by operation.
#[derive(Debug)]
pub struct SesBudget {
    interval: SignedDuration,
    next: Mutex<HashMap<Operation, Timestamp>>,
    tally: Mutex<BTreeMap<Operation, Tally>>,
}

/// What came of the calls of one operation.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Calls made, throttled ones included.
    pub calls: usize,
    /// Calls that SES throttled.
    pub throttled: usize,
}

impl Operation {
    /// The operation's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateEmailIdentity => "CreateEmailIdentity",
            Self::GetEmailIdentity => "GetEmailIdentity",
            Self::DeleteEmailIdentity => "DeleteEmailIdentity",
            Self::VerifyDomainIdentity => "VerifyDomainIdentity",
            Self::VerifyDomainDkim => "VerifyDomainDkim",
            Self::PutEmailIdentityMailFromAttributes => "PutEmailIdentityMailFromAttributes",
            Self::PutEmailIdentityConfigurationSetAttributes => {
                "PutEmailIdentityConfigurationSetAttributes"
            }
            Self::GetIdentityVerificationAttributes => "GetIdentityVerificationAttributes",
            Self::GetIdentityDkimAttributes => "GetIdentityDkimAttributes",
            Self::GetIdentityMailFromDomainAttributes => "GetIdentityMailFromDomainAttributes",
        }
    }
}

impl SesBudget {
    /// A budget of so many calls per second for each operation.
    pub fn per_second(calls: u32) -> Self {
        Self {
            interval: SignedDuration::from_secs(1)
                / i32::try_from(calls.max(1)).unwrap_or(i32::MAX),
            next: Mutex::default(),
            tally: Mutex::default(),
        }
    }

    /// No spacing: for a request that somebody waits for, which would rather be throttled.
    pub fn unlimited() -> Self {
        Self {
            interval: SignedDuration::ZERO,
            next: Mutex::default(),
            tally: Mutex::default(),
        }
    }

    /// What has been called so far.
    pub fn tally(&self) -> Vec<(Operation, Tally)> {
        let tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.iter().map(|(op, tally)| (*op, *tally)).collect()
    }

    /// Counts a call.
    pub(super) fn count<T>(&self, operation: Operation, answer: &Result<T, SesError>) {
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = tally.entry(operation).or_default();
        tally.calls += 1;
        tally.throttled += usize::from(matches!(answer, Err(SesError::Throttled { .. })));
    }

    /// Waits until `operation` may be called.
    pub async fn wait(&self, operation: Operation, clock: &impl Clock) {
        let now = clock.now();
        let slot = self.reserve(operation, now);
        if let Ok(wait) = Duration::try_from(slot.duration_since(now))
            && !wait.is_zero()
        {
            clock.sleep(wait).await;
        }
    }

    /// Notes that SES throttled `operation`.
    pub(super) fn throttled(&self, operation: Operation, now: Timestamp) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = next.entry(operation).or_insert(now);
        *slot = (*slot).max(now + REST);
    }

    fn reserve(&self, operation: Operation, now: Timestamp) -> Timestamp {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = next.get(&operation).map_or(now, |next| (*next).max(now));
        next.insert(operation, slot + self.interval);
        slot
    }
}

/// Calls SES when the budget allows it. A throttled call is tried once more where there is a pace.
pub(super) async fn paced<T, F>(
    budget: &SesBudget,
    clock: &impl Clock,
    operation: Operation,
    call: impl Fn() -> F,
) -> Result<T, SesError>
where
    F: Future<Output = Result<T, SesError>>,
{
    let counted = async || {
        let answer = call().await;
        budget.count(operation, &answer);
        answer
    };
    budget.wait(operation, clock).await;
    match counted().await {
        Err(SesError::Throttled { .. }) if !budget.interval.is_zero() => {
            budget.throttled(operation, clock.now());
            budget.wait(operation, clock).await;
            counted().await
        }
        answer => answer,
    }
}
