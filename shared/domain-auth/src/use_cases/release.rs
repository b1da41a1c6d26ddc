//! Lasso support decides about a claim: it ends the claim, or grants a proven claimant the name
//! that verified holders keep. Each decision has a reason, which the client that loses can read. A
//! decision that ends sending needs the domain's name as a confirmation.

use jiff::{SignedDuration, Timestamp};

use super::claim::{self, Ground, TakenOver};
use super::failure::{Failure, stored};
use super::registers::register_of;
use super::{StoreTools, remove};
use crate::attempts::Attempts;
use crate::domain::{Change, Domain, Situation};
use crate::event::{Event, Severity};
use crate::evidence;
use crate::history::Actor;
use crate::names::{ClientId, DomainName, Note};
use crate::plain_text::quotation;
use crate::ports::{
    ClaimStore, Clock, CommitChanges, CommitError, Ports, ReadClaims, ReadDomains, StoreError,
};
use crate::state::{DisplacedBy, Grant, Status};

/// How long the takeover of a granted name may run in a request. The poller continues a longer one.
const TAKEOVER: SignedDuration = SignedDuration::from_secs(5);

/// The kind of decision about a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verdict {
    /// End the claim: a holder loses the name, and a contested claim is dropped. If Lasso support has
    /// already ended the claim with the same reason, and it has not been proven since, nothing changes.
    #[default]
    End,
    /// Give the name to the claimant, which has proven it. A holder of exactly this name loses it; holders
    /// of names above and below keep theirs.
    Grant,
}

/// A decision of Lasso support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The kind of decision.
    pub verdict: Verdict,
    /// Why. Shown to the client that loses the name.
    pub reason: Note,
    /// Whether the domain's name was given, as confirmation that sending may end.
    pub confirmed: bool,
}

/// A domain after the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// As it is stored.
    pub domain: Domain,
    /// What to publish, what stops mail first; empty where nothing was left to do.
    pub events: Vec<Event>,
    /// The name is being taken over, and the poller goes on with that: claims of others give way in steps,
    /// or a holder is just being removed.
    pub goes_on: bool,
}

/// Why nothing was released. Nothing was written, with two exceptions: for `NoRoom`, and if a grant
/// becomes `Unconfirmed` while it is carried out, claims that SES has not verified may have ended.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseRefusal {
    /// Lasso sends for the holder that would lose the name, and this was not confirmed.
    #[error("a holder that Lasso sends for loses its name only with a confirmation")]
    Unconfirmed {
        /// The name.
        name: DomainName,
        /// Its holder.
        holder: ClientId,
    },
    /// Only a contested and proven claim can be granted.
    #[error("the claim waits for no decision")]
    NothingToGrant(Situation),
    /// The client has already lost the name, for another reason, and has not proven it since.
    #[error("the client has already lost the name")]
    AlreadyLost,
    /// The name is already being given up.
    #[error("the domain is being removed")]
    Removing,
    /// The proven names of other clients under this organizational domain leave no room for another
    /// name.
    #[error("there is no room for more names under {0}")]
    NoRoom(String),
}

/// Why the decision was not carried out.
pub type ReleaseError = Failure<ReleaseRefusal>;

/// Releases the claim of a client.
pub async fn release<P>(
    tools: &StoreTools<'_, P>,
    (client, name): (&ClientId, &DomainName),
    order: &Order,
    actor: &Actor,
) -> Result<Released, ReleaseError>
where
    P: Ports<Store: ClaimStore>,
{
    let StoreTools { store, clock, ids } = *tools;
    let until = clock.now() + TAKEOVER;
    let grant = Grant {
        actor: actor.clone(),
        reason: order.reason.as_str().to_owned(),
        confirmed: order.confirmed,
    };
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let domain = stored(store, client, name).await?;
        let status = domain.state.status();
        let outcome = match (order.verdict, status) {
            (_, Status::Removing) => return Err(Failure::Refused(ReleaseRefusal::Removing)),
            (Verdict::Grant, _) if !domain.state.is_proven_claim() => {
                let situation = Situation::of(&domain);
                return Err(Failure::Refused(ReleaseRefusal::NothingToGrant(situation)));
            }
            (Verdict::Grant, _) => match granted(tools, &domain, &grant, until).await {
                Err(Failure::Busy) => continue,
                answer => return answer,
            },
            (Verdict::End, Status::Contested) if Situation::of(&domain).lost => {
                return repeated(domain, order);
            }
            (Verdict::End, Status::Contested) => dropped(tools, &domain, (order, actor)).await,
            (Verdict::End, _) if status.sends() && !order.confirmed => {
                return Err(unconfirmed(name, client));
            }
            (Verdict::End, _) => released(tools, &domain, (order, actor)).await,
        };
        match outcome {
            Ok(Change { domain, event, .. }) => return Ok(Released::of(domain, event)),
            Err(CommitError::Conflict) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    // Steps that were written before the last conflict are kept, together with the decision.
    let stored = store.domain(client, name).await?;
    match stored.filter(|domain| domain.state.grant() == Some(&grant)) {
        Some(domain) => Ok(Released::going_on(domain)),
        None => Err(Failure::Busy),
    }
}

/// The claimant has its name, or gets it after more steps, which are stored with the claim. `Busy`
/// after a conflict: then the caller reads again.
async fn granted<P>(
    tools: &StoreTools<'_, P>,
    claimant: &Domain,
    grant: &Grant,
    until: Timestamp,
) -> Result<Released, ReleaseError>
where
    P: Ports<Store: ClaimStore>,
{
    let store = tools.store;
    if let (false, Some(holder)) = (grant.confirmed, sender(store, claimant).await?) {
        return Err(unconfirmed(&claimant.name, &holder));
    }
    let ground = Ground::Decision(grant.clone());
    let taken = claim::take_over(tools, claimant, None, &ground, until).await;
    let TakenOver { change, stopped } = match taken {
        Ok(taken) => taken,
        Err(CommitError::Conflict) => return Err(Failure::Busy),
        Err(CommitError::Store(error)) => return Err(error.into()),
    };
    let Change { domain, event, .. } = change;
    if domain.state.status() != Status::Contested {
        return Ok(Released {
            events: stopped.into_iter().chain(event).collect(),
            ..Released::of(domain, None)
        });
    }
    if domain.state.grant() == Some(grant) {
        return Ok(Released {
            events: stopped,
            ..Released::going_on(domain)
        });
    }
    match sender(store, &domain).await? {
        Some(holder) if !grant.confirmed => Err(unconfirmed(&domain.name, &holder)),
        Some(_) | None => Err(Failure::Refused(ReleaseRefusal::NoRoom(
            domain.organizational().to_owned(),
        ))),
    }
}

fn unconfirmed(name: &DomainName, holder: &ClientId) -> ReleaseError {
    Failure::Refused(ReleaseRefusal::Unconfirmed {
        name: name.clone(),
        holder: holder.clone(),
    })
}

impl Released {
    fn of(domain: Domain, event: Option<Event>) -> Self {
        Self {
            domain,
            events: event.into_iter().collect(),
            goes_on: false,
        }
    }

    fn going_on(domain: Domain) -> Self {
        Self {
            goes_on: true,
            ..Self::of(domain, None)
        }
    }
}

impl Order {
    fn why(&self) -> DisplacedBy {
        DisplacedBy::ReleasedByLassoSupport {
            reason: self.reason.as_str().to_owned(),
        }
    }
}

/// The client that holds exactly this name, if Lasso sends for it.
async fn sender<S>(store: &S, claimant: &Domain) -> Result<Option<ClientId>, StoreError>
where
    S: ReadDomains + ReadClaims,
{
    let (claims, name) = (register_of(store, claimant).await?, &claimant.name);
    let Some(holder) = claims.holder(name) else {
        return Ok(None);
    };
    let domain = store.domain(holder, name).await?;
    let sends = domain.is_some_and(|domain| domain.state.status().sends());
    Ok(sends.then(|| holder.clone()))
}

/// The claim has already ended. Only the same reason again is a repetition: the client would not see
/// another one.
fn repeated(domain: Domain, order: &Order) -> Result<Released, ReleaseError> {
    let why = domain
        .state
        .displacement()
        .map(|displacement| &displacement.why);
    if why == Some(&order.why()) {
        Ok(Released::of(domain, None))
    } else {
        Err(Failure::Refused(ReleaseRefusal::AlreadyLost))
    }
}

/// Removes a contested claim. Nothing is left to decide about holders that it competed with.
async fn dropped<P>(
    tools: &StoreTools<'_, P>,
    domain: &Domain,
    (order, actor): (&Order, &Actor),
) -> Result<Change, CommitError>
where
    P: Ports<Store: ClaimStore>,
{
    let StoreTools { store, clock, ids } = *tools;
    let claims = register_of(store, domain).await?;
    let holders = claim::unchallenged_by(store, &claims, domain, clock.now()).await?;
    let evidence = evidence::of_displacement(&order.why());
    let change = remove::marked(domain, claims, actor, evidence, clock.now(), ids);
    let mut change = change.ok_or(CommitError::Conflict)?;
    if let Some(event) = &mut change.event {
        // So its contact is told: the domain is not in the client's list any more.
        event.severity = Severity::Warning;
        event.summary = format!(
            "Lasso support ended the claim to this domain and gave this reason: {}",
            quotation(order.reason.as_str())
        );
    }
    let written: Vec<&Change> = [&change].into_iter().chain(&holders).collect();
    store.commit_all(&written).await?;
    Ok(change)
}

/// A holder loses its name, and sending stops. A claimant that has proven the name meanwhile is due
/// immediately, and gets it at the next look.
async fn released<P>(
    tools: &StoreTools<'_, P>,
    holder: &Domain,
    (order, actor): (&Order, &Actor),
) -> Result<Change, CommitError>
where
    P: Ports<Store: ClaimStore>,
{
    let StoreTools { store, clock, ids } = *tools;
    let now = clock.now();
    if holder
        .state
        .deleting_until()
        .is_some_and(|until| now < until)
    {
        return Err(CommitError::Conflict);
    }
    let claims = register_of(store, holder).await?;
    let mut change = claim::displaced(holder, None, order.why(), actor.clone(), now, ids)?;
    if claims.holder(&holder.name) == Some(&holder.client) {
        change.claims = Some(claims.lost(std::slice::from_ref(&holder.name), now));
    }
    let mut changes = vec![change];
    for challenger in &holder.challengers {
        let claimant = store.domain(&challenger.client, &challenger.name).await?;
        let waits = |domain: &Domain| domain.state.status() == Status::Contested;
        if let Some(claimant) = claimant.filter(waits) {
            changes.push(claimant.updated(|domain| domain.next_check = now));
        }
    }
    let written: Vec<&Change> = changes.iter().collect();
    store.commit_all(&written).await?;
    Ok(changes.swap_remove(0))
}
