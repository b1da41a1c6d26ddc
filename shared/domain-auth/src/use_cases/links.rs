//! Links for people without a login. The client makes and withdraws them, or Lasso support on its
//! behalf. Anyone who has a link can open it.

use jiff::Timestamp;

use super::StoreTools;
use super::failure::{Failure, existing};
use crate::attempts::{Attempts, is_written};
use crate::dns::DnsLook;
use crate::domain::{Change, Domain};
use crate::evidence;
use crate::history::{Action, Actor};
use crate::links::{
    Link, LinkId, LinkTarget, LinkToken, MOST_EMAILED, MOST_LINKS, NewLink, ReadLinks, end_of,
};
use crate::names::{ClientId, DomainName};
use crate::ports::{Clock, CommitChanges, Ids, Ports, ReadDomains, StoreError};

/// A new link. Its token is not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The link as its domain has it.
    pub link: Link,
    /// The secret end of its address.
    pub token: LinkToken,
}

/// Why a link was not made or withdrawn. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum LinkRefusal {
    /// The domain has no such link, or no longer has it.
    #[error("the domain has no such link")]
    NoSuchLink,
    /// The domain has [`MOST_LINKS`] live ones.
    #[error("the domain has as many links as it may")]
    TooMany,
}

/// Why the link was not made or withdrawn.
pub type LinkError = Failure<LinkRefusal>;

/// The data that a link opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The domain.
    pub domain: Domain,
    /// The link.
    pub link: Link,
    /// The last look at the domain's DNS.
    pub look: Option<DnsLook>,
}

/// Makes a link that is valid for `days` days, at least one and at most
/// [`MOST_DAYS`](crate::links::MOST_DAYS).
pub async fn make_link<P>(
    tools: &StoreTools<'_, P>,
    (client, name): (&ClientId, &DomainName),
    days: u32,
    actor: &Actor,
) -> Result<Made, LinkError>
where
    P: Ports<Store: ReadDomains + CommitChanges>,
{
    let StoreTools { store, clock, ids } = *tools;
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let domain = existing(store, client, name).await?;
        let now = clock.now();
        let by_people = |link: &&Link| link.is_live(now) && !link.emailed;
        if domain.links.iter().filter(by_people).count() >= MOST_LINKS {
            return Err(Failure::Refused(LinkRefusal::TooMany));
        }
        let link = new_link(now, days, false, ids);
        let evidence = Some(evidence::of_link(&link));
        let change = domain.acted(Action::LinkMade, actor.clone(), evidence, now, |domain| {
            add(domain, link.clone(), now);
        });
        let (change, made) = with_token(change, link, ids);
        if is_written(store.commit(&change).await)? {
            return Ok(made);
        }
    }
    Err(Failure::Busy)
}

/// Withdraws a link: it can no longer be opened.
pub async fn withdraw_link<P>(
    tools: &StoreTools<'_, P>,
    (client, name): (&ClientId, &DomainName),
    id: &str,
    actor: &Actor,
) -> Result<(), LinkError>
where
    P: Ports<Store: ReadDomains + CommitChanges>,
{
    let StoreTools { store, clock, ids } = *tools;
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let domain = existing(store, client, name).await?;
        let now = clock.now();
        let link = live_link(&domain, id, now);
        let link = link.ok_or(Failure::Refused(LinkRefusal::NoSuchLink))?;
        let evidence = Some(evidence::of_link(link));
        let actor = actor.clone();
        let change = domain.acted(Action::LinkWithdrawn, actor, evidence, now, |domain| {
            domain
                .links
                .retain(|link| link.is_live(now) && link.id.as_str() != id);
        });
        if is_written(store.commit(&change).await)? {
            return Ok(());
        }
    }
    Err(Failure::Busy)
}

/// The data behind the link with this token; `None` if there is no such link or it has ended. The
/// function writes nothing. It makes the same reads if the link never existed, has expired, was
/// withdrawn, or its domain is gone, so the time of a refusal reveals nothing.
pub async fn open_link<S>(
    store: &S,
    clock: &impl Clock,
    token: &LinkToken,
) -> Result<Option<Opened>, StoreError>
where
    S: ReadLinks + ReadDomains,
{
    let Some((domain, link)) = linked_domain(store, clock, token).await? else {
        return Ok(None);
    };
    let look = store.look(&domain.client, &domain.name).await?;
    Ok(Some(Opened { domain, link, look }))
}

/// The domain and the link with this token, found as by [`open_link`].
pub async fn linked_domain<S>(
    store: &S,
    clock: &impl Clock,
    token: &LinkToken,
) -> Result<Option<(Domain, Link)>, StoreError>
where
    S: ReadLinks + ReadDomains,
{
    let target = store.link(token).await?;
    let domain = match &target {
        Some(target) => store.domain(&target.client, &target.name).await?,
        None => nothing(store).await?,
    };
    let (Some(LinkTarget { id, .. }), Some(domain)) = (target, domain) else {
        return Ok(None);
    };
    let link = live_link(&domain, id.as_str(), clock.now()).cloned();
    Ok(link
        .filter(|_| domain.is_there())
        .map(|link| (domain, link)))
}

/// Reads a domain that no client has: `invalid` is reserved (RFC 6761, section 6.4).
async fn nothing<S: ReadDomains>(store: &S) -> Result<Option<Domain>, StoreError> {
    let (Ok(client), Ok(name)) = (
        ClientId::parse("no-client"),
        DomainName::parse_held("no-such-link.invalid"),
    ) else {
        return Ok(None);
    };
    store.domain(&client, &name).await
}

/// A link of the domain that has not expired.
fn live_link<'a>(domain: &'a Domain, id: &str, now: Timestamp) -> Option<&'a Link> {
    let mut links = domain.links.iter();
    links.find(|link| link.id.as_str() == id && link.is_live(now))
}

/// A change of the domain that adds a link for an email. It adds no line of history, because the
/// email has one. If there are more than [`MOST_EMAILED`] links, the oldest ends.
pub(super) fn emailed_link(domain: &Domain, now: Timestamp, ids: &impl Ids) -> (Change, Made) {
    let link = new_link(now, crate::links::MOST_DAYS, true, ids);
    let change = domain.updated(|domain| {
        add(domain, link.clone(), now);
        let emailed = domain.links.iter().filter(|link| link.emailed).count();
        let mut too_many = emailed.saturating_sub(MOST_EMAILED);
        domain.links.retain(|link| {
            let ends = link.emailed && too_many > 0;
            too_many -= usize::from(ends);
            !ends
        });
    });
    with_token(change, link, ids)
}

/// Ends a link whose email was certainly not sent. It adds no line of history, because the link was
/// never sent.
pub(super) async fn end_unsent<P>(
    tools: &StoreTools<'_, P>,
    (client, name): (&ClientId, &DomainName),
    id: &LinkId,
) -> Result<(), StoreError>
where
    P: Ports<Store: ReadDomains + CommitChanges>,
{
    let StoreTools { store, clock, ids } = *tools;
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let Some(domain) = store.domain(client, name).await? else {
            return Ok(());
        };
        let has_it = domain.links.iter().any(|link| link.id == *id);
        let change = domain.updated(|domain| domain.links.retain(|link| link.id != *id));
        if !has_it || is_written(store.commit(&change).await)? {
            return Ok(());
        }
    }
    // It expires.
    Ok(())
}

/// The identifier comes from an event id: it sorts by time and is unique.
fn new_link(now: Timestamp, days: u32, emailed: bool, ids: &impl Ids) -> Link {
    Link {
        id: LinkId::of_event(ids.event_id(now)),
        made_at: now,
        ends_at: end_of(now, days),
        emailed,
    }
}

/// Adds a link after the others, and drops expired ones.
fn add(domain: &mut Domain, link: Link, now: Timestamp) {
    domain.links.retain(|link| link.is_live(now));
    domain.links.push(link);
}

fn with_token(mut change: Change, link: Link, ids: &impl Ids) -> (Change, Made) {
    let token = LinkToken::of_bits(&ids.bits());
    change.link = Some(NewLink {
        token: token.clone(),
        target: LinkTarget {
            client: change.domain.client.clone(),
            name: change.domain.name.clone(),
            id: link.id.clone(),
            ends_at: link.ends_at,
        },
    });
    (change, Made { link, token })
}
