//! The only sources of time and randomness.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

use crate::names::EventId;

/// The only source of time.
///
/// # Examples
///
/// ```
/// # use domain_auth_testkit::TestClock;
/// use domain_auth::ports::Clock;
/// use jiff::SignedDuration;
///
/// // The clock of a test stands still until the test moves it.
/// let clock = TestClock::default();
/// let before = clock.now();
/// clock.advance(SignedDuration::from_hours(72));
/// assert_eq!(clock.now().duration_since(before), SignedDuration::from_hours(72));
/// ```
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Waits.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

/// The only source of randomness.
///
/// # Examples
///
/// ```
/// # use domain_auth_testkit::{SequentialIds, TestClock};
/// use domain_auth::ports::{Clock, Ids};
///
/// let (ids, now) = (SequentialIds::default(), TestClock::default().now());
/// assert_ne!(ids.event_id(now), ids.event_id(now));
/// assert_ne!(ids.secret(), ids.secret());
/// ```
pub trait Ids: Send + Sync {
    /// An identifier that no other event has, and that sorts by time.
    fn event_id(&self, now: Timestamp) -> EventId;
    /// A secret of at least 128 random bits, in letters and digits.
    fn secret(&self) -> String;
    /// 256 random bits.
    fn bits(&self) -> [u8; 32];
}
