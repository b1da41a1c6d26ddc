//! The domain of sending-domain authentication; no I/O.

pub mod claims;
pub mod dns;
pub mod domain;
pub mod event;
pub mod history;
pub mod identity;
pub mod names;
pub mod pace;
pub mod ports;
pub mod records;
pub mod state;
pub mod use_cases;
