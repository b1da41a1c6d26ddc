//! The domain of sending-domain authentication; no I/O.

pub mod names;
