//! The gate as its callers see it: with the real SDK clients, a real DNS server, and a stand-in for
//! the emulator.

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
