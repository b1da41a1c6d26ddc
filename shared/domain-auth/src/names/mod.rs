//! Parsed names: what reaches the domain has been checked once, at the edge.

mod domain_name;
mod eligibility;
mod identifiers;
mod sender;
mod suffixes;

pub use domain_name::{DomainName, DomainNameError, InvalidReason, MAX_SENDING_DOMAIN};
pub use eligibility::{Eligibility, IneligibleReason, OwnDomainError};
pub use identifiers::{ClientId, Community, EmailAddress, EventId, IdentifierError, Note};
pub use sender::{SenderDomain, SenderError};
pub use suffixes::SuffixList;
