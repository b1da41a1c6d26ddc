//! The names at which only a wildcard answers.

use crate::names::DomainName;
use crate::records::{Record, RecordData};

/// A label that nobody has: whatever answers for it is a wildcard (RFC 4592).
pub(crate) const NOBODYS_LABEL: &str = "lasso-wildcard-check";

/// Names at which only a wildcard answers. The records of DKIM have one of their own: where `_domainkey`
/// exists, a wildcard above it does not reach below it (RFC 4592).
pub(super) struct NobodysNames {
    below_domain: String,
    below_domainkey: String,
}

impl NobodysNames {
    pub(super) fn below(domain: &DomainName) -> Self {
        Self {
            below_domain: format!("{NOBODYS_LABEL}.{domain}"),
            below_domainkey: format!("{NOBODYS_LABEL}._domainkey.{domain}"),
        }
    }

    /// The one beside a record.
    pub(super) fn beside(&self, record: &Record) -> &str {
        match record.data {
            RecordData::Cname { .. } => &self.below_domainkey,
            RecordData::Txt { .. } | RecordData::Mx { .. } => &self.below_domain,
        }
    }
}
