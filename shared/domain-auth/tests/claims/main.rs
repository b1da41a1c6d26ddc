//! Who has a name, on fakes: removing, adding again, proving, being displaced; with SES on a bad day,
//! with processes that die between any two of their steps, and with processes that are slow.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

mod client_limits;
mod displacement;
mod erasure;
mod find;
mod grants;
mod identities;
mod late_calls;
mod limits;
mod release;
mod removal;
mod restarts;
mod steps;
mod suffixes;
mod takeover;
mod world;
