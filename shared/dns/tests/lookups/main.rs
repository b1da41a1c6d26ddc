//! Look-ups over the network, against DNS servers inside the test: a small internet on loopback
//! addresses with one port, in which 127.0.0.1 is the resolver.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod again;
mod diagnosis;
mod edns;
mod harmless;
mod hostile;
mod ipv6;
mod net;
mod odd_server;
mod sight;
mod unknown;
mod zone_cut;
