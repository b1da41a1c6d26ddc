//! Links for people without a login: made and withdrawn by the client, or by Lasso support on its
//! behalf, and opened by anyone who has one.

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

/// A link that was made. Its token is nowhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The link as its domain has it.
    pub link: Link,
    /// What its address ends in.
    pub token: LinkToken,
}

/// Why a link was not made or withdrawn. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum LinkRefusal {
    /// The domain has no such link, or has it no more.
    #[error("the domain has no such link")]
    NoSuchLink,
    /// The domain has [`MOST_LINKS`] live ones.
    #[error("the domain has as many links as it may")]
    TooMany,
}

/// Why it was not done.
pub type LinkError = Failure<LinkRefusal>;

/// What a link opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The domain.
    pub domain: Domain,
    /// The link.
    pub link: Link,
    /// The last look at the domain's DNS.
    pub look: Option<DnsLook>,
}

/// Makes a link that lives for so many days, at least one and at most
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

/// Takes a link back: from now on it leads nowhere.
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

/// What the link with this token opens; none where there is none, or no more. It writes
/// nothing, and asks the store for the same things whether there never was such a link, it has ended, it
/// was withdrawn, or the domain is gone: how long a refusal takes tells nothing.
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

/// The domain that the link with this token leads to, and the link, as [`open_link`] finds them.
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

/// A link of the domain that has not ended.
fn live_link<'a>(domain: &'a Domain, id: &str, now: Timestamp) -> Option<&'a Link> {
    let mut links = domain.links.iter();
    links.find(|link| link.id.as_str() == id && link.is_live(now))
}

/// A change of the domain that adds a link for an email, without a line of history: the email has one.
/// Of more than [`MOST_EMAILED`] the oldest ends.
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

/// Ends a link whose email was certainly not sent, without a line of history: its address was never sent.
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
    // It ends by itself.
    Ok(())
}

/// The identifier is an event's: it sorts by time, and no two are the same.
fn new_link(now: Timestamp, days: u32, emailed: bool, ids: &impl Ids) -> Link {
    Link {
        id: LinkId::of_event(ids.event_id(now)),
        made_at: now,
        ends_at: end_of(now, days),
        emailed,
    }
}

/// Puts a link behind the others, of which those that have ended go.
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
