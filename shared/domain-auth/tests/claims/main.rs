//! Claims on names, with fakes: removing, adding again, proving, being displaced. With failures of
//! SES, with crashes between any two steps, and with slow processes.

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
mod stuck;
mod suffixes;
mod takeover;
mod world;
