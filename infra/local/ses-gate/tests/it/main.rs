//! The gate as its callers see it: the real SDK clients in front, a real DNS server and an emulator's
//! stand-in behind.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod behaviour;
mod bench;
mod byodkim;
mod calls;
mod control;
mod emulator;
mod feedback;
mod foreign;
mod identities;
mod tags;
mod verification;

use bench::Bench;
