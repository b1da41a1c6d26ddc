//! SPF (RFC 7208) and DMARC (RFC 9989) records, read the way that a receiver reads them.
//!
//! Own parsers, because the crates that have them bring a message parser and cryptography along,
//! and because a diagnosis needs what a verifier throws away: which term is wrong, how many
//! look-ups the record costs by itself, and what the record looks like with ours added to it.

mod delivery;
mod dmarc;
mod spf;
mod spf_evaluation;
mod spf_macro;
mod spf_result;
mod spf_target;
mod tree_walk;
mod verdict;

pub use delivery::{Delivery, Identifier, Mail, delivery};
pub use dmarc::{Alignment, Dmarc, DmarcError, Policy, Psd, Reach, is_dmarc};
pub use spf::{
    MAX_SPF_LOOKUPS, Mechanism, Modifier, Prefix, Qualifier, Spf, SpfError, SpfTerm, is_spf,
    with_include,
};
pub use spf_evaluation::{MAX_VOID_LOOKUPS, evaluate_spf};
pub use spf_result::{SpfAnswer, SpfAnswers, SpfEvaluation, SpfFault, SpfPass, SpfResult};
pub use tree_walk::{
    Applicable, DmarcAnswer, DmarcRecords, Owner, applicable, organizational, tree_walk,
};
pub use verdict::Verdict;
