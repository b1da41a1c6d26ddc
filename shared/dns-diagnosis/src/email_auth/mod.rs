//! SPF (RFC 7208) and DMARC (RFC 7489) records, read the way that a receiver reads them.
//!
//! Own parsers, because the crates that have them bring a message parser and cryptography along,
//! and because a diagnosis needs what a verifier throws away: which term is wrong, how many
//! look-ups the record costs by itself, and what the record looks like with ours added to it.

mod dmarc;
mod spf;
mod spf_macro;

pub use dmarc::{Alignment, Dmarc, DmarcError, Policy, is_dmarc};
pub use spf::{
    MAX_SPF_LOOKUPS, Mechanism, Modifier, Qualifier, Spf, SpfError, SpfTerm, is_spf, with_include,
};
