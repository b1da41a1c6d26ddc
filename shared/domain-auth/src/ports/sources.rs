//! The only sources of time and randomness.

use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

use crate::names::EventId;

/// The only source of time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Waits.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

/// The only source of randomness.
pub trait Ids: Send + Sync {
    /// An identifier that no other event has, and that sorts by time.
    fn event_id(&self, now: Timestamp) -> EventId;
    /// A secret of at least 128 random bits, in letters and digits.
    fn secret(&self) -> String;
    /// 256 random bits.
    fn bits(&self) -> [u8; 32];
}
