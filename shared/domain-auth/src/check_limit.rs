//! How often a client may have its domains checked. A check costs calls to SES, whose quota all
//! clients share, and DNS queries for up to a minute.

use jiff::{SignedDuration, Timestamp};

use crate::history::Actor;
use crate::idempotency::KeyOwner;
use crate::names::ClientId;
use crate::ports::StoreError;

/// The limit of a person at Lasso support, who works for many clients, as a multiple of a client's
/// limit.
const OF_A_SUPPORTER: u32 = 4;

/// A number of checks for each minute, in a burst or spread over the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckLimit {
    per_minute: u32,
}

/// Whether another check may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckCount {
    /// It is counted.
    Counted,
    /// Nothing was written. The value is the time to wait.
    TooMany(SignedDuration),
}

/// Counts checks before they are made.
pub trait CountChecks: Send + Sync {
    /// Counts a check, if the limit allows it.
    fn count_check(
        &self,
        asker: &KeyOwner,
        limit: CheckLimit,
        now: Timestamp,
    ) -> impl Future<Output = Result<CheckCount, StoreError>> + Send;
}

impl CheckLimit {
    /// The limit of an asker, if a client may check `per_minute` times per minute.
    pub fn of(asker: &KeyOwner, per_minute: u32) -> Self {
        let per_minute = per_minute.max(1);
        Self {
            per_minute: match asker {
                KeyOwner::Client(_) => per_minute,
                KeyOwner::Supporter(_) => per_minute.saturating_mul(OF_A_SUPPORTER),
            },
        }
    }

    /// How far each check moves the time at which all checks are forgotten.
    pub fn interval(self) -> SignedDuration {
        SignedDuration::from_mins(1) / i32::try_from(self.per_minute).unwrap_or(i32::MAX)
    }

    /// How far ahead that time may be before another check.
    pub fn most_ahead(self) -> SignedDuration {
        SignedDuration::from_mins(1) - self.interval()
    }

    /// A stored time later than this was written by a wrong clock.
    pub fn absurd(self, now: Timestamp) -> Timestamp {
        now + SignedDuration::from_mins(2)
    }

    /// Counts another check (generic cell rate algorithm). `forgotten_at` is the time at which all
    /// earlier checks are forgotten. Returns its new value, or the time to wait.
    pub fn count(
        self,
        forgotten_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Timestamp, SignedDuration> {
        let counted = forgotten_at.filter(|at| *at < self.absurd(now));
        let from = counted.map_or(now, |at| at.max(now));
        let wait = from.duration_since(now) - self.most_ahead();
        if wait.is_positive() {
            return Err(wait);
        }
        Ok(from + self.interval())
    }
}

/// Who a check is counted for: a person at Lasso support, or the client.
pub fn asker(client: &ClientId, actor: &Actor) -> KeyOwner {
    match actor {
        Actor::LassoSupport { subject, .. } => KeyOwner::Supporter(subject.clone()),
        Actor::ClientAdmin { .. } | Actor::LinkHolder { .. } | Actor::Service => {
            KeyOwner::Client(client.clone())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::constant(1_780_315_200, 0);

    #[test]
    fn a_client_may_check_in_a_burst_and_then_every_two_seconds() {
        let client = KeyOwner::Client(ClientId::parse("maple").unwrap());
        let limit = CheckLimit::of(&client, 30);
        let mut forgotten_at = None;
        for _ in 0..30 {
            forgotten_at = Some(limit.count(forgotten_at, T0).unwrap());
        }
        let two_seconds = SignedDuration::from_secs(2);
        assert_eq!(limit.count(forgotten_at, T0), Err(two_seconds));
        assert!(limit.count(forgotten_at, T0 + two_seconds).is_ok());
        assert!(
            limit
                .count(forgotten_at, T0 + SignedDuration::from_secs(1))
                .is_err()
        );
    }

    #[test]
    fn a_person_at_support_may_check_more_often() {
        let supporter = KeyOwner::Supporter("7".to_owned());
        let limit = CheckLimit::of(&supporter, 30);
        assert_eq!(limit.interval(), SignedDuration::from_millis(500));
    }
}
