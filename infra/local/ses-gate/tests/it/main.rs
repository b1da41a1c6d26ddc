//! The gate as its callers see it: the real SDK clients in front, a real DNS server and an emulator's
//! stand-in behind.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bench;
mod calls;
mod control;
mod emulator;
mod identities;
mod verification;

use bench::Bench;
