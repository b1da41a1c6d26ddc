//! Parsed names: input is checked once, at the edge, before it reaches the domain logic.
//!
//! ```
//! use domain_auth_names::{DomainName, InvalidReason};
//!
//! let name = DomainName::parse(" BÜCHER.example. ")?;
//! assert_eq!(name.as_str(), "xn--bcher-kva.example");
//!
//! let Err(refused) = DomainName::parse("https://example.com/contact") else {
//!     panic!("a web address is refused");
//! };
//! assert_eq!(refused.reason, InvalidReason::Url);
//! assert_eq!(refused.suggestion, Some(DomainName::parse("example.com")?));
//! # Ok::<(), domain_auth_names::DomainNameError>(())
//! ```

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod communities;
mod display_name;
mod domain_name;
mod eligibility;
mod ending;
mod identifiers;
mod idna2008;
mod ineligible;
pub mod plain_text;
mod public_suffix;
mod refusal;
mod sender;
mod suffixes;
mod typed;

pub use communities::{MAX_COMMUNITIES, listed};
pub use display_name::DisplayName;
pub use domain_name::{DomainName, MAX_SENDING_DOMAIN};
pub use eligibility::{Eligibility, OwnDomainError};
pub use identifiers::{ClientId, Community, EmailAddress, EventId, IdentifierError, Note};
pub use ineligible::IneligibleReason;
pub use refusal::{DomainNameError, InvalidReason};
pub use sender::{SenderDomain, SenderError};
pub use suffixes::SuffixList;
