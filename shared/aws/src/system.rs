//! The system's clock and randomness, behind the ports.

use std::time::Duration;

use domain_auth::names::EventId;
use domain_auth::ports::{Clock, Ids};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::{NoContext, Uuid};

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// The system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the system"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

impl Ids for SystemIds {
    fn event_id(&self, now: Timestamp) -> EventId {
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        EventId::new(Uuid::new_v7(uuid::Timestamp::from_unix(
            NoContext,
            seconds,
            nanoseconds,
        )))
    }

    /// 244 random bits: a version 4 UUID has 122 (RFC 9562 section 5.4).
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the system"
    )]
    fn secret(&self) -> String {
        format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
    }

    /// SHA-256 of 366 random bits, which is as hard to guess as 256 random bits.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the system"
    )]
    fn bits(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for _ in 0..3 {
            digest.update(Uuid::new_v4().as_bytes());
        }
        digest.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_ids_sort_by_time_and_secrets_differ() {
        let ids = SystemIds;
        let early = ids.event_id(Timestamp::UNIX_EPOCH);
        let late = ids.event_id(Timestamp::from_second(1).unwrap());
        assert!(early < late);
        assert_eq!(ids.secret().len(), 64);
        assert_ne!(ids.secret(), ids.secret());
        assert_ne!(ids.bits(), ids.bits());
    }
}
