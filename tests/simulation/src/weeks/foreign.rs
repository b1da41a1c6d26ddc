//! Identities that others created at SES under names that clients add.

use domain_auth::identity::AxisStatus;
use domain_auth::names::DomainName;
use domain_auth::ports::IdentityOwner;

use crate::chance::Chance;
use crate::dns::{Published, SimDns};
use crate::ses::SimSes;

/// The share of names for which SES has an identity.
const SHARE: f64 = 0.2;

/// Adds identities to SES under some of the names, verified or not: created by hand, by another
/// stack, or by this stack for a former client.
pub(super) fn plant<'a>(
    chance: &Chance,
    ses: &SimSes,
    dns: &SimDns,
    names: impl Iterator<Item = &'a DomainName>,
) {
    for name in names {
        if !chance.happens(SHARE) {
            continue;
        }
        let owner = match chance.below(4) {
            0 | 1 => IdentityOwner::Untagged,
            2 => IdentityOwner::AnotherStack,
            _ => IdentityOwner::Client("gone".to_owned()),
        };
        let verified = chance.happens(0.5);
        let verification = if verified {
            dns.publish(name, Published::Everything);
            AxisStatus::Success
        } else {
            AxisStatus::Pending
        };
        ses.put(name, &owner, verification);
    }
}
