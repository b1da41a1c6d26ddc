//! DNS look-ups at the authoritative servers and at the recursive resolver: the implementation of
//! the port [`domain_auth::dns::Lookup`].
//!
//! A resolver library hides what this service has to show: which server said what, whether it spoke
//! for the zone (the AA bit), whether it delegated, whether it was silent. So hickory-proto reads
//! and writes the messages, and the client around it is our own and thin: one query, one socket, one
//! server. See `README.md` for the rules that it keeps.

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
