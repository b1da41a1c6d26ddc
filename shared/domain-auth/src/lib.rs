//! The domain of sending-domain authentication; no I/O.

pub mod dns;
pub mod identity;
pub mod names;
pub mod records;
