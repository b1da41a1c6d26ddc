//! How often a client may have its domains checked. A check costs calls to SES, whose quota all
//! clients share, and up to a minute's worth of DNS questions.

use jiff::{SignedDuration, Timestamp};

use crate::history::Actor;
use crate::idempotency::KeyOwner;
use crate::names::ClientId;
use crate::ports::StoreError;

/// A person at Lasso support works for many clients, so they may check so many times as often as one.
const OF_A_SUPPORTER: u32 = 4;

/// A limit of so many in a minute: all of them at once, or spread over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckLimit {
    per_minute: u32,
}

/// Whether one more check may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckCount {
    /// It is counted.
    Counted,
    /// Nothing was written; how long to wait.
    TooMany(SignedDuration),
}

/// Counts checks before they are made.
pub trait CountChecks: Send + Sync {
    /// Counts one more, if there may be one.
    fn count_check(
        &self,
        asker: &KeyOwner,
        limit: CheckLimit,
        now: Timestamp,
    ) -> impl Future<Output = Result<CheckCount, StoreError>> + Send;
}

impl CheckLimit {
    /// The limit of an asker, where a client may check `per_minute` times in a minute.
    pub fn of(asker: &KeyOwner, per_minute: u32) -> Self {
        let per_minute = per_minute.max(1);
        Self {
            per_minute: match asker {
                KeyOwner::Client(_) => per_minute,
                KeyOwner::Supporter(_) => per_minute.saturating_mul(OF_A_SUPPORTER),
            },
        }
    }

    /// By how much each check moves the moment at which all of them are forgotten.
    pub fn interval(self) -> SignedDuration {
        SignedDuration::from_mins(1) / i32::try_from(self.per_minute).unwrap_or(i32::MAX)
    }

    /// How far ahead that moment may lie before one more check.
    pub fn most_ahead(self) -> SignedDuration {
        SignedDuration::from_mins(1) - self.interval()
    }

    /// From when on that moment is too far ahead to be true: the work of a clock that was wrong.
    pub fn absurd(self, now: Timestamp) -> Timestamp {
        now + SignedDuration::from_mins(2)
    }

    /// Counts one more check, where `forgotten_at` is the moment at which all earlier ones are
    /// forgotten (the generic cell rate algorithm). The moment after it, or how long to wait.
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
    fn a_minutes_checks_may_be_made_at_once_and_then_one_every_two_seconds() {
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
