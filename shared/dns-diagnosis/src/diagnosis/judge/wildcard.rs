//! The names at which only a wildcard answers.

use crate::names::DomainName;
use crate::records::{Record, RecordData};

/// A label that no domain has: what answers for it is a wildcard (RFC 4592).
pub(crate) const WILDCARD_PROBE: &str = "lasso-wildcard-check";

/// Whether a name is one at which only a wildcard answers.
pub fn is_wildcard_probe(name: &str) -> bool {
    let label = name.split('.').next().unwrap_or(name);
    label == WILDCARD_PROBE
}

/// Names at which only a wildcard answers. The records of DKIM have one of their own: where `_domainkey`
/// exists, a wildcard above it does not reach below it (RFC 4592).
pub(super) struct WildcardProbes {
    below_domain: String,
    below_domainkey: String,
}

impl WildcardProbes {
    pub(super) fn below(domain: &DomainName) -> Self {
        Self {
            below_domain: format!("{WILDCARD_PROBE}.{domain}"),
            below_domainkey: format!("{WILDCARD_PROBE}._domainkey.{domain}"),
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> [&str; 2] {
        [&self.below_domain, &self.below_domainkey]
    }

    /// The one beside a record.
    pub(super) fn beside(&self, record: &Record) -> &str {
        match record.data {
            RecordData::Cname { .. } => &self.below_domainkey,
            RecordData::Txt { .. } | RecordData::Mx { .. } => &self.below_domain,
        }
    }
}
