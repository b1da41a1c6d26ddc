//! DNS look-ups at the authoritative servers and at the recursive resolver: the implementation of
//! the port [`domain_auth::dns::Lookup`].
//!
//! A resolver library hides details that this service has to show: the answer of each server,
//! whether it was authoritative (the AA bit), whether it delegated, and whether it was silent. So
//! hickory-proto reads and writes the messages, and the thin client around it is our own: one
//! query, one socket, one server. `README.md` has its rules.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod addresses;
mod asking;
mod authority;
mod config;
mod cut;
mod memory;
mod names;
mod public_address;
mod recursive;
mod reply;
mod resolver;
mod transport;

pub use config::{ConfigError, DnsConfig, Limits, RecursiveServers};
pub use resolver::Resolver;
