//! The domain of sending-domain authentication; no I/O.

pub mod claims;
pub mod diagnosis;
pub mod dns;
pub mod domain;
pub mod email_auth;
pub mod event;
pub mod figures;
pub mod handoff;
pub mod history;
pub mod idempotency;
pub mod identity;
pub mod instructions;
pub mod mail_from;
pub mod missing;
pub mod names;
pub mod pace;
pub mod plain_text;
pub mod ports;
pub mod providers;
pub mod readiness;
pub mod reconciliation;
pub mod records;
pub mod run_memory;
pub mod state;
pub mod use_cases;
pub mod watching;
