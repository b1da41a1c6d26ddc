//! Whether the table is in use by a stack with another name: identities at SES carry the name as a tag.

use domain_auth::names::DomainName;
use domain_auth::ports::{Clock, Identities, IdentityOwner, SesError};
use domain_auth::state::Status;

use super::patience::patiently;

/// States in which a domain has an identity at SES.
pub const WITH_IDENTITY: [Status; 5] = [
    Status::Pending,
    Status::Verified,
    Status::Authenticated,
    Status::AtRisk,
    Status::Rejected,
];
/// Identities whose tags are read at most, a second each.
const TAGS_READ: usize = 5;

/// One of these domains whose identity carries the tag of another stack. A few are asked about, from all over the list.
pub async fn of_another_stack(
    ses: &impl Identities,
    clock: &impl Clock,
    domains: &[&DomainName],
) -> Result<Option<DomainName>, SesError> {
    let step = domains.len().div_ceil(TAGS_READ).max(1);
    for name in domains.iter().step_by(step) {
        let described = patiently(clock, async || ses.describe(name).await).await?;
        let owner = described.map(|identity| identity.owner);
        if owner == Some(IdentityOwner::AnotherStack) {
            return Ok(Some((*name).clone()));
        }
    }
    Ok(None)
}

/// What it means.
pub fn told(domain: &str) -> String {
    format!(
        "The identity of {domain} at SES carries the tag of another stack, and perhaps others do. This stack changes and deletes no such identity: it has the table of a stack with another name"
    )
}

#[cfg(test)]
mod tests {
    use domain_auth_testkit::{ANOTHER_STACK, domain_name};
    use futures::FutureExt;

    use super::super::import::tests::World;
    use super::*;

    #[test]
    fn a_few_identities_of_many_are_asked_about() {
        let world = World::new();
        let names: Vec<_> = (0..1_000)
            .map(|number| domain_name(&format!("d{number}.com")))
            .collect();
        for (number, name) in names.iter().enumerate() {
            let owner = (number >= 800).then_some(ANOTHER_STACK);
            world.ses.add_foreign(name, owner, true);
        }
        let look = |names: &[&DomainName]| {
            let found = of_another_stack(&world.ses, &world.clock, names);
            found.now_or_never().unwrap().unwrap()
        };
        let names: Vec<&DomainName> = names.iter().collect();
        assert_eq!(look(&names).as_ref(), Some(names[800]));
        assert_eq!(world.ses.calls("GetEmailIdentity"), TAGS_READ);
        assert_eq!(look(&names[..3]), None);
        assert_eq!(look(&[]), None);
    }
}
