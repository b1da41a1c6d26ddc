//! A look that somebody asked for: now, and not more often than every 30 seconds.

use jiff::SignedDuration;

use super::claim::{self, Ground};
use super::final_step::FinalStepPolicy;
use super::look::{after_look, look_at_dns, statuses};
use super::provision::Tools;
use crate::dns::{DnsLook, Lookup};
use crate::domain::{Change, Domain};
use crate::evidence;
use crate::history::Actor;
use crate::names::{ClientId, DomainName};
use crate::ports::{
    Clock, CommitChanges, CommitError, Identities, IdentityStatuses, Ids, ReadClaims, ReadDomains,
    StoreError,
};

/// The shortest time between two checks of a domain.
pub const CHECK_INTERVAL: SignedDuration = SignedDuration::from_secs(30);

/// How long the final step may wait for its turn at SES.
const FINAL_STEP_PATIENCE: SignedDuration = SignedDuration::from_secs(3);

/// How long a takeover may go on while somebody waits for the answer to a check, after a look at DNS and
/// the calls to SES. The poller goes on with what is left.
const TAKEOVER: SignedDuration = SignedDuration::from_secs(5);

/// How often a write is tried again when the poller looks at the same domain at the same time.
const ATTEMPTS: usize = 4;

/// A domain after a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What was written: the domain, and the event if its state moved.
    pub change: Change,
    /// What DNS said; none for a domain without records.
    pub look: Option<DnsLook>,
}

/// Why a domain was not checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The client has no such domain.
    #[error("there is no such domain")]
    NotFound,
    /// It was checked less than 30 seconds ago.
    #[error("the domain was checked a moment ago")]
    TooSoon {
        /// How long to wait.
        wait: SignedDuration,
    },
    /// Somebody else kept changing the domain.
    #[error("too many changes of the domain at once")]
    Busy,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Looks at a domain now, at SES and in DNS. Where SES does not answer, what it said last stands.
pub async fn check<S, I, C, D, L>(
    tools: &Tools<'_, S, I, C, D, L>,
    final_step: &FinalStepPolicy,
    (client, name): (&ClientId, &DomainName),
    actor: &Actor,
) -> Result<Checked, CheckError>
where
    S: ReadDomains + ReadClaims + CommitChanges,
    I: Identities + IdentityStatuses,
    C: Clock,
    D: Ids,
    L: Lookup,
{
    let mut domain = reserve(tools, client, name, actor).await?;
    let names: Vec<DomainName> = domain
        .state
        .identity()
        .map(|_| name.clone())
        .into_iter()
        .collect();
    let ses = statuses(tools, &names).await.unwrap_or_else(|error| {
        tracing::info!(
            error = &error as &dyn std::error::Error,
            "SES did not say how the domain stands; what it said last is shown"
        );
        std::collections::HashMap::new()
    });
    let ses = ses.get(name).copied();
    let known = ses.or_else(|| domain.ses.map(|look| look.status));
    let look = look_at_dns(tools.dns, tools.clock, &domain, known).await;
    let until = tools.clock.now() + TAKEOVER;
    for _ in 0..ATTEMPTS {
        if let Some(evidence) = claim::proof(&domain, look.as_ref()) {
            let (store, clock, ids) = (tools.store, tools.clock, tools.ids);
            let ground = Ground::Proof(evidence);
            let look_seen = look.as_ref();
            match claim::take_over(store, clock, ids, &domain, look_seen, &ground, until).await {
                Ok(change) => return Ok(Checked { change, look }),
                Err(CommitError::Conflict) => domain = existing(tools.store, client, name).await?,
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
            continue;
        }
        let now = tools.clock.now();
        let seen = after_look(&domain, ses, look.clone(), now, tools.ids);
        let until = now + FINAL_STEP_PATIENCE;
        let completed = final_step.after_look(tools, seen, until).await;
        let change = completed.unwrap_or_else(|| {
            // The poller takes the final step; until then the domain stands where it stood.
            let mut change = after_look(&domain, None, look.clone(), now, tools.ids);
            change.domain.hurry(now);
            change
        });
        match tools.store.commit(&change).await {
            Ok(()) => return Ok(Checked { change, look }),
            Err(CommitError::Conflict) => domain = existing(tools.store, client, name).await?,
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(CheckError::Busy)
}

/// Writes down that the domain is being checked, so that a second request is told to wait, and who
/// asked, so that the poller answers should this be all that comes of it.
async fn reserve<S, I, C, D, L>(
    tools: &Tools<'_, S, I, C, D, L>,
    client: &ClientId,
    name: &DomainName,
    actor: &Actor,
) -> Result<Domain, CheckError>
where
    S: ReadDomains + CommitChanges,
    C: Clock,
{
    for _ in 0..ATTEMPTS {
        let domain = existing(tools.store, client, name).await?;
        let now = tools.clock.now();
        if let Some(checked_at) = domain.checked_at {
            let wait = (checked_at + CHECK_INTERVAL).duration_since(now);
            if wait.is_positive() {
                return Err(CheckError::TooSoon { wait });
            }
        }
        let mut change = domain.updated(|domain| {
            domain.checked_at = Some(now);
            domain.hurried_at = Some(now);
            domain.next_check = domain.next_check.min(now + CHECK_INTERVAL);
        });
        // One that died, and that no look of the poller has answered since.
        change.answer_check(&domain, || evidence::of_look(None, None), now);
        change.domain.check_asked_by = Some(actor.clone());
        match tools.store.commit(&change).await {
            Ok(()) => return Ok(change.domain),
            Err(CommitError::Conflict) => {}
            Err(CommitError::Store(error)) => return Err(error.into()),
        }
    }
    Err(CheckError::Busy)
}

async fn existing(
    store: &impl ReadDomains,
    client: &ClientId,
    name: &DomainName,
) -> Result<Domain, CheckError> {
    let domain = store.domain(client, name).await?;
    domain.filter(Domain::is_there).ok_or(CheckError::NotFound)
}
