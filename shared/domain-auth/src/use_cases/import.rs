//! Importing a domain that a client already sends from: its identity was created at SES before this
//! service existed, and is verified. The identity is adopted: it is tagged, and nothing else about
//! it changes. The domain is `verified` or `authenticated` immediately.
//!
//! An operator uses it to import all existing clients, so no event is published and no email sent.
//! The history says who did it. The import can stop at any await and can be repeated: the claim and
//! the domain are written before anything changes at SES, and a repeated import continues from
//! there.

use jiff::{SignedDuration, Timestamp};

use super::SesTools;
use super::add::taken;
use super::change_details::{DetailsRefusal, lacks, with_what_it_lacks};
use super::failure::Failure;
use super::provision::adopted;
use super::registers::{self, Registers, register_of};
use crate::attempts::{Attempts, is_written};
use crate::claims::NAMES_PER_CLIENT;
use crate::domain::{Change, Domain, NewDomain};
use crate::evidence;
use crate::final_step::FinalStep;
use crate::history::Actor;
use crate::identity::SesIdentity;
use crate::limits::ReadClientRecord;
use crate::names::{ClientId, DomainName, Eligibility, IneligibleReason, Note};
use crate::ports::{
    ClaimStore, Clock, CommitChanges, ExistingIdentity, Identities, IdentityOwner, Ids, Operation,
    Ports, ReadClaims, ReadDomains, SesError, StoreError,
};
use crate::state::{Provisioning, State, Status, TransitionError, Trigger, TriggerKind};

/// How long the poller ignores a domain whose import has begun. If the import has not finished by
/// then, the poller finishes it as it does after an adoption, and tells Lasso support.
pub const IMPORT_LEASE: SignedDuration = SignedDuration::from_mins(30);

/// The state of imported domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportAs {
    /// Verified: Lasso support still takes the final step.
    Verified,
    /// Authenticated: Lasso sends for them.
    Authenticated,
}

/// The result of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// The client has the domain now, in the requested state.
    Done(Box<Domain>),
    /// The client already had it in this state; nothing was written.
    Already(Box<Domain>),
}

/// Why a domain was not imported. Nothing was changed at SES.
#[derive(Debug, thiserror::Error)]
pub enum ImportRefusal {
    /// No client may have it.
    #[error(transparent)]
    Ineligible(#[from] IneligibleReason),
    /// Another client has a claim on the name, or on a name above or below it.
    #[error("{client} holds {name}")]
    HeldByAnother {
        /// That client.
        client: ClientId,
        /// The claimed name.
        name: DomainName,
    },
    /// Another client held the name, and proof is needed.
    #[error("another client held the name until lately")]
    HeldBefore,
    /// The client already has the largest allowed number of names under this organizational domain.
    #[error("the client has too many names under {0}")]
    TooManyNames(String),
    /// The client is being erased.
    #[error("the client is being erased")]
    BeingErased,
    /// SES has no identity with this name.
    #[error("Amazon SES has no such identity in this Region")]
    NoIdentity,
    /// SES has not verified it.
    #[error("Amazon SES has not verified the identity")]
    NotVerified,
    /// Its tags name another client of this stack.
    #[error("the identity carries the tag of the client {0}")]
    OfAnotherClient(String),
    /// Its tags name another stack.
    #[error("the identity carries the tag of another stack")]
    OfAnotherStack,
    /// The client has the domain, in a state about which a person has to decide.
    #[error("the client has the domain, and it is {0}")]
    InState(Status),
    /// The client has the domain with its own identity, and SES has a different one.
    #[error("the identity at Amazon SES does not carry the tags that it was given")]
    IdentityNotOurs,
    /// The client has the domain, with the largest allowed number of communities.
    #[error(transparent)]
    Details(#[from] DetailsRefusal),
    /// SES did not answer. The call can be repeated.
    #[error(transparent)]
    Ses(#[from] SesError),
}

/// Why the domain was not imported.
pub type ImportError = Failure<ImportRefusal>;

impl ImportAs {
    fn is_reached_by(self, status: Status) -> bool {
        match status {
            Status::Authenticated | Status::AtRisk => true,
            Status::Verified => self == Self::Verified,
            Status::Contested | Status::Provisioning | Status::Pending => false,
            Status::Failed | Status::Rejected | Status::Removing => false,
        }
    }
}

/// Gives `new.client` the domain, with the identity that SES has for it. The client's limits do not
/// apply. A contact that the domain has is kept: the caller compares it with that of `new`.
pub async fn import<P>(
    tools: &SesTools<'_, P>,
    eligibility: &Eligibility,
    new: &NewDomain,
    wanted: ImportAs,
    actor: &Actor,
) -> Result<Imported, ImportError>
where
    P: Ports<Store: ClaimStore + ReadClientRecord, Ses: Identities>,
{
    let checked = eligibility.check(&new.name);
    checked.map_err(|reason| Failure::Refused(reason.into()))?;
    let (store, clock, ids) = (tools.store, tools.clock, tools.ids);
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let before = store.domain(&new.client, &new.name).await?;
        if let Some(domain) = &before
            && wanted.is_reached_by(domain.state.status())
        {
            let Some(change) = for_one_more(domain, new, actor, clock)? else {
                return Ok(Imported::Already(Box::new(domain.clone())));
            };
            if is_written(store.commit(&change).await)? {
                return Ok(Imported::Done(Box::new(change.domain)));
            }
            continue;
        }
        let begun = begun(tools, eligibility, new, before, actor).await?;
        // Read before the claim is written, so that a name without a suitable identity changes
        // nothing.
        let found = fit_identity(tools, new).await?;
        let begun = match begun {
            Begun::Written(domain) => *domain,
            Begun::ToWrite(change) => {
                if !is_written(store.commit(&change).await)? {
                    continue;
                }
                change.domain
            }
        };
        let found = taken_up(tools, &begun, found).await?;
        let change = finished(&begun, found, wanted, actor, clock.now(), ids);
        let change = change.map_err(|error| refused(ImportRefusal::InState(error.status)))?;
        if !is_written(store.commit(&change).await)? {
            continue;
        }
        // A domain that the client had before may lack what the row has.
        let Some(more) = for_one_more(&change.domain, new, actor, clock)? else {
            return Ok(Imported::Done(Box::new(change.domain)));
        };
        if is_written(store.commit(&more).await)? {
            return Ok(Imported::Done(Box::new(more.domain)));
        }
    }
    Err(Failure::Busy)
}

fn refused(refusal: ImportRefusal) -> ImportError {
    Failure::Refused(refusal)
}

/// The change that adds the row's community, and its contact if the domain has none; `None` if the
/// domain lacks neither.
fn for_one_more(
    domain: &Domain,
    new: &NewDomain,
    actor: &Actor,
    clock: &impl Clock,
) -> Result<Option<Change>, ImportError> {
    let change = with_what_it_lacks(domain, new, actor, clock);
    let change = change.map_err(|refusal| refused(refusal.into()))?;
    Ok(change.map(|change| Change {
        event: None,
        ..change
    }))
}

/// A domain whose claim is the client's.
enum Begun {
    /// It is stored.
    Written(Box<Domain>),
    /// This change has to be written.
    ToWrite(Box<Change>),
}

/// The domain with its claim: from an earlier attempt, from the client, or new.
async fn begun<P>(
    tools: &SesTools<'_, P>,
    eligibility: &Eligibility,
    new: &NewDomain,
    before: Option<Domain>,
    actor: &Actor,
) -> Result<Begun, ImportError>
where
    P: Ports<Store: ClaimStore + ReadClientRecord, Ses: Identities>,
{
    let Some(before) = before else {
        let record = tools.store.client_record(&new.client).await?;
        if record.erasure.is_some() {
            return Err(refused(ImportRefusal::BeingErased));
        }
        let organizational = eligibility.suffixes().organizational(&new.name);
        let claims = registers::find(tools.store, &new.name, organizational).await?;
        return added(new, &claims, actor, tools.clock.now(), tools.ids).map(Begun::ToWrite);
    };
    match &before.state {
        State::Provisioning(provisioning)
            if !provisioning.replace_identity && provisioning.deleting_until.is_none() =>
        {
            Ok(Begun::Written(Box::new(before)))
        }
        State::Pending(_) | State::Verified(_) => Ok(Begun::Written(Box::new(before))),
        State::Contested(contested)
            if contested.granted.is_none() && contested.taking_over_since.is_none() =>
        {
            given(tools, &before, actor).await.map(Begun::ToWrite)
        }
        State::Contested(_) | State::Provisioning(_) | State::Authenticated(_) => {
            Err(refused(ImportRefusal::InState(before.state.status())))
        }
        State::AtRisk(_) | State::Failed(_) | State::Rejected(_) | State::Removing(_) => {
            Err(refused(ImportRefusal::InState(before.state.status())))
        }
    }
}

/// A new domain, which adopts the identity at SES.
fn added(
    new: &NewDomain,
    claims: &Registers,
    actor: &Actor,
    now: Timestamp,
    ids: &impl Ids,
) -> Result<Box<Change>, ImportError> {
    let register = &claims.register;
    if register.names_beside(&new.name, &new.client) >= NAMES_PER_CLIENT {
        let organizational = register.organizational.clone();
        return Err(refused(ImportRefusal::TooManyNames(organizational)));
    }
    let Some(taken) = taken(claims, new, now) else {
        return Err(refused(in_the_way(claims, new)));
    };
    let organizational = taken.organizational.clone();
    let state = State::Provisioning(Provisioning {
        may_adopt: true,
        ..Provisioning::default()
    });
    let mut change = Domain::add(new.clone(), state, Some(taken), actor.clone(), now, ids);
    change.domain.organizational = Some(organizational);
    Ok(Box::new(silent(change, now)))
}

/// Which claim prevents the client from having the name.
fn in_the_way(claims: &Registers, new: &NewDomain) -> ImportRefusal {
    let registers = std::iter::once(&claims.register).chain(&claims.others);
    let mut touching = registers.flat_map(|register| register.touching(&new.name));
    let other = touching.find(|(_, holder)| **holder != new.client);
    other.map_or(ImportRefusal::HeldBefore, |(name, client)| {
        ImportRefusal::HeldByAnother {
            client: client.clone(),
            name: name.clone(),
        }
    })
}

/// The change that gives a contested domain its name. The client had added it, and it was contested
/// because of the identity that is now imported.
async fn given<P>(
    tools: &SesTools<'_, P>,
    domain: &Domain,
    actor: &Actor,
) -> Result<Box<Change>, ImportError>
where
    P: Ports<Store: ReadClaims, Ses: Identities>,
{
    let (name, client) = (&domain.name, &domain.client);
    let claims = register_of(tools.store, domain).await?;
    if let Some((name, client)) = claims.in_the_way(name, client).next() {
        return Err(refused(ImportRefusal::HeldByAnother {
            client: client.clone(),
            name: name.clone(),
        }));
    }
    let now = tools.clock.now();
    let reason = Note::parse("Imported by the operator.").ok();
    let evidence = reason.map(|reason| evidence::of_adoption(&reason));
    let change = domain.transition(Trigger::Adopted, actor.clone(), evidence, now, tools.ids);
    let mut change = change.map_err(|error| refused(ImportRefusal::InState(error.status)))?;
    change.domain.organizational = Some(claims.organizational.clone());
    change.claims = Some(claims.taken(name, client, now));
    Ok(Box::new(silent(change, now)))
}

/// A change without an event, on a domain that the poller ignores for a while.
fn silent(mut change: Change, now: Timestamp) -> Change {
    change.event = None;
    change.domain.next_check = now + IMPORT_LEASE;
    change
}

/// The identity at SES, if it may be the client's and is verified.
async fn fit_identity<P>(
    tools: &SesTools<'_, P>,
    new: &NewDomain,
) -> Result<ExistingIdentity, ImportError>
where
    P: Ports<Ses: Identities>,
{
    let describe = || tools.ses.describe(&new.name);
    let described = tools.paced(Operation::GetEmailIdentity, describe).await?;
    let found = described.ok_or_else(|| refused(ImportRefusal::NoIdentity))?;
    match &found.owner {
        IdentityOwner::Untagged => {}
        IdentityOwner::Client(owner) if owner == new.client.as_str() => {}
        IdentityOwner::Client(owner) => {
            return Err(refused(ImportRefusal::OfAnotherClient(owner.clone())));
        }
        IdentityOwner::AnotherStack => return Err(refused(ImportRefusal::OfAnotherStack)),
    }
    if !found.verified {
        return Err(refused(ImportRefusal::NotVerified));
    }
    Ok(found)
}

/// The values for the records. An identity that is not the client's yet is tagged; tagging it again
/// succeeds.
async fn taken_up<P>(
    tools: &SesTools<'_, P>,
    domain: &Domain,
    found: ExistingIdentity,
) -> Result<SesIdentity, ImportError>
where
    P: Ports<Ses: Identities>,
{
    if let Some(identity) = domain.state.identity() {
        return if found.belongs_to(&domain.client) {
            Ok(identity.clone())
        } else {
            Err(refused(ImportRefusal::IdentityNotOurs))
        };
    }
    let was_ours = found.belongs_to(&domain.client) && !found.adopted;
    if !found.belongs_to(&domain.client) {
        let adopt = || tools.ses.adopt(&domain.name, &domain.client);
        tools.paced(Operation::TagResource, adopt).await?;
    }
    let identity = adopted(tools, &domain.name, found).await?;
    Ok(if was_ours {
        SesIdentity {
            adopted: None,
            ..identity
        }
    } else {
        identity
    })
}

/// The last change: to the requested state, in one transaction.
fn finished(
    begun: &Domain,
    identity: SesIdentity,
    wanted: ImportAs,
    actor: &Actor,
    now: Timestamp,
    ids: &impl Ids,
) -> Result<Change, TransitionError> {
    let provisioned = evidence::of_identity(&begun.name, &identity);
    let verified = evidence::of_look(None, None);
    let completed = evidence::of_final_step(FinalStep::Manual, None, None, None);
    let mut steps = match begun.state.status() {
        Status::Provisioning => vec![
            (Trigger::Provisioned(identity), provisioned),
            (Trigger::SesVerified, verified),
        ],
        Status::Pending => vec![(Trigger::SesVerified, verified)],
        Status::Contested | Status::Verified | Status::Authenticated | Status::AtRisk => vec![],
        Status::Failed | Status::Rejected | Status::Removing => vec![],
    };
    if wanted == ImportAs::Authenticated {
        steps.push((Trigger::Completed, completed));
    }
    let mut steps = steps.into_iter();
    let Some((trigger, evidence)) = steps.next() else {
        return Err(TransitionError {
            status: begun.state.status(),
            trigger: TriggerKind::SesVerified,
        });
    };
    let mut change = begun.transition(trigger, actor.clone(), Some(evidence), now, ids)?;
    for (trigger, evidence) in steps {
        change = change.then(trigger, actor.clone(), Some(evidence), now, ids)?;
    }
    change.event = None;
    // The poller looks at its DNS and its SES status soon, because neither has been seen yet.
    change.domain.next_check = now;
    Ok(change)
}

/// Why an import would be refused, judged by the table only and not by SES. `None` if it would be
/// tried.
pub async fn would_refuse<P>(
    tools: &super::StoreTools<'_, P>,
    eligibility: &Eligibility,
    new: &NewDomain,
    wanted: ImportAs,
) -> Result<Result<Expected, ImportRefusal>, StoreError>
where
    P: Ports<Store: ReadDomains + ReadClaims>,
{
    if let Err(reason) = eligibility.check(&new.name) {
        return Ok(Err(reason.into()));
    }
    let before = tools.store.domain(&new.client, &new.name).await?;
    if let Some(before) = before {
        let status = before.state.status();
        return Ok(match status {
            _ if wanted.is_reached_by(status) => match lacks(&before, new) {
                Ok(true) => Ok(Expected::Add),
                Ok(false) => Ok(Expected::Already),
                Err(refusal) => Err(refusal.into()),
            },
            Status::Contested | Status::Provisioning | Status::Pending | Status::Verified => {
                Ok(Expected::Import)
            }
            Status::Authenticated | Status::AtRisk | Status::Failed => {
                Err(ImportRefusal::InState(status))
            }
            Status::Rejected | Status::Removing => Err(ImportRefusal::InState(status)),
        });
    }
    let organizational = eligibility.suffixes().organizational(&new.name);
    let claims = registers::find(tools.store, &new.name, organizational).await?;
    if taken(&claims, new, tools.clock.now()).is_none() {
        return Ok(Err(in_the_way(&claims, new)));
    }
    Ok(Ok(Expected::Import))
}

/// What an import would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// It would be imported, if SES has a verified identity that may be the client's.
    Import,
    /// The domain is already in the requested state, and would get the row's community, or its contact.
    Add,
    /// The domain is already in the requested state, and has all that the row has.
    Already,
}
