//! The domain logic of sending-domain authentication; no I/O.
//!
//! The crate is a facade: it re-exports `dns-diagnosis` and `domain-auth-names`, because its own
//! public types contain theirs. A dependent names one crate and cannot mix two versions of a type.
//! `dns` and `identity` add the stored types to their modules. If you need only the diagnosis,
//! depend on `dns-diagnosis` itself.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

pub mod action;
pub mod actor;
pub mod alerts;
pub mod attempts;
pub mod audience;
pub mod check_limit;
pub mod claims;
pub mod dns_look;
pub mod domain;
pub mod email_thread;
pub mod erasure;
pub mod event;
pub mod evidence;
pub mod figures;
pub mod final_step;
pub mod fnv;
pub mod history;
pub mod idempotency;
pub mod instructions;
pub mod limits;
pub mod links;
pub mod listing;
pub mod mail_limits;
pub mod mail_refusal;
pub mod missing;
pub mod pace;
pub mod ports;
pub mod reconciliation;
pub mod run_memory;
pub mod ses_look;
pub mod ses_share;
pub mod state;
pub mod turns;
pub mod use_cases;
pub mod watching;

pub use dns_diagnosis::{
    delivery, diagnosis, email_auth, handoff, mail_from, providers, readiness, records,
};
pub use domain_auth_names::{self as names, plain_text};

/// DNS queries and their results, and the last look as it is stored.
pub mod dns {
    pub use dns_diagnosis::dns::*;

    pub use crate::dns_look::{DnsLook, MAX_LOOK};
}

/// A domain's identity at Amazon SES, and what is stored of its state.
pub mod identity {
    pub use dns_diagnosis::identity::*;

    pub use crate::ses_look::{ConfigurationSet, NotAConfigurationSet, SesLook};
}
