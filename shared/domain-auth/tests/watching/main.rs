//! Verified domains over many runs: broken records, dead name servers, a blind resolver, lost
//! identities, and a topic that is down.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

mod failed;
mod list;
mod looks;
mod runs;
mod sending_status;
mod world;
