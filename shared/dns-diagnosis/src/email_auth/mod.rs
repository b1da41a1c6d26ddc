//! SPF (RFC 7208) and DMARC (RFC 9989) records, evaluated as by a receiver.
//!
//! The parsers are our own for two reasons. The crates that have one depend on a message parser and
//! cryptography. And a diagnosis needs details that a verifier drops: which term is wrong, how many
//! look-ups the record itself costs, and the record with our term added to it.

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
pub(crate) use dmarc::is_void as is_void_tag;
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
