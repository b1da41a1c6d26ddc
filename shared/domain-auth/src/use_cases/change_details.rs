//! Changing the details of a domain: its communities and its contact.

use super::StoreTools;
use super::failure::{Failure, existing};
use crate::attempts::{Attempts, is_written};
use crate::domain::{Change, Domain, NewDomain};
use crate::evidence;
use crate::history::{Action, Actor};
use crate::names::{ClientId, Community, DomainName, EmailAddress, MAX_COMMUNITIES};
use crate::ports::{Clock, CommitChanges, Ports, ReadDomains};

/// The changes. `None` keeps the value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewDetails {
    /// All communities that the domain is for, at most [`MAX_COMMUNITIES`].
    pub communities: Option<Vec<Community>>,
    /// The email address of a contact at the client; an inner `None` removes it.
    pub contact_email: Option<Option<EmailAddress>>,
}

/// Why nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DetailsRefusal {
    /// A domain has at most [`MAX_COMMUNITIES`].
    #[error("a domain has at most {MAX_COMMUNITIES} communities")]
    TooManyCommunities,
}

/// Why the details were not changed.
pub type DetailsError = Failure<DetailsRefusal>;

/// Changes the details of a domain, and returns it as stored. If nothing differs, nothing is
/// written.
pub async fn change_details<P>(
    tools: &StoreTools<'_, P>,
    (client, name): (&ClientId, &DomainName),
    new: &NewDetails,
    actor: &Actor,
) -> Result<Domain, DetailsError>
where
    P: Ports<Store: ReadDomains + CommitChanges>,
{
    let StoreTools { store, clock, ids } = *tools;
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let domain = existing(store, client, name).await?;
        let changed = changed(&domain, actor, clock, |domain| {
            if let Some(communities) = &new.communities {
                domain.set_communities(communities.clone());
            }
            if let Some(contact) = &new.contact_email {
                domain.contact_email.clone_from(contact);
            }
        })?;
        let Some(change) = changed else {
            return Ok(domain);
        };
        if is_written(store.commit(&change).await)? {
            return Ok(change.domain);
        }
    }
    Err(Failure::Busy)
}

/// The change that adds a community to a domain; `None` if the domain already has it.
pub(super) fn with_community(
    domain: &Domain,
    community: &Community,
    actor: &Actor,
    clock: &impl Clock,
) -> Result<Option<Change>, DetailsRefusal> {
    changed(domain, actor, clock, |domain| {
        domain.add_community(community.clone());
    })
}

/// The change that adds what an import has and the domain lacks: its community, and its contact if the domain
/// has none. `None` if the domain lacks nothing.
pub(super) fn with_what_it_lacks(
    domain: &Domain,
    new: &NewDomain,
    actor: &Actor,
    clock: &impl Clock,
) -> Result<Option<Change>, DetailsRefusal> {
    changed(domain, actor, clock, |domain| {
        add_what_it_lacks(domain, new);
    })
}

/// Whether [`with_what_it_lacks`] would change the domain.
pub(super) fn lacks(domain: &Domain, new: &NewDomain) -> Result<bool, DetailsRefusal> {
    let after = with(domain, |domain| {
        add_what_it_lacks(domain, new);
    })?;
    Ok(evidence::of_details(domain, &after).is_some())
}

fn add_what_it_lacks(domain: &mut Domain, new: &NewDomain) {
    if let Some(community) = &new.community {
        domain.add_community(community.clone());
    }
    if domain.contact_email.is_none() {
        domain.contact_email.clone_from(&new.contact_email);
    }
}

/// The domain after an update, if it may be so.
fn with(before: &Domain, update: impl FnOnce(&mut Domain)) -> Result<Domain, DetailsRefusal> {
    let mut after = before.clone();
    update(&mut after);
    if after.communities().count() > MAX_COMMUNITIES {
        return Err(DetailsRefusal::TooManyCommunities);
    }
    Ok(after)
}

fn changed(
    before: &Domain,
    actor: &Actor,
    clock: &impl Clock,
    update: impl FnOnce(&mut Domain),
) -> Result<Option<Change>, DetailsRefusal> {
    let after = with(before, update)?;
    let Some(evidence) = evidence::of_details(before, &after) else {
        return Ok(None);
    };
    let (actor, evidence) = (actor.clone(), Some(evidence));
    Ok(Some(before.acted(
        Action::Changed,
        actor,
        evidence,
        clock.now(),
        |domain| {
            domain.community = after.community;
            domain.other_communities = after.other_communities;
            if domain.contact_email != after.contact_email {
                domain.contact_changed();
            }
            domain.contact_email = after.contact_email;
        },
    )))
}

impl From<DetailsRefusal> for DetailsError {
    fn from(refusal: DetailsRefusal) -> Self {
        Self::Refused(refusal)
    }
}
