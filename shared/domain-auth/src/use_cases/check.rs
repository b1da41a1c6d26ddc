//! A look that a person requested. It starts immediately, at most once every 30 seconds.

use jiff::{SignedDuration, Timestamp};

use super::claim::{self, Ground};
use super::confirm::Proof;
use super::failure::{Failure, existing};
use super::look::{after_look, look_at_dns, statuses};
use super::sending_status;
use super::turn::wait_for_turn;
use super::{SesTools, StoreTools, Tools};
use crate::attempts::{Attempts, is_written};
use crate::check_limit::{self, CheckCount, CheckLimit, CountChecks};
use crate::dns::{DnsLook, Lookup};
use crate::domain::{Change, Domain};
use crate::evidence;
use crate::final_step::FinalStepPolicy;
use crate::history::Actor;
use crate::identity::SesStatus;
use crate::names::{ClientId, DomainName};
use crate::ports::{
    ClaimStore, Clock, CommitChanges, CommitError, Identities, IdentityStatuses, Ports, ReadDomains,
};
use crate::ses_share::{RequestCalls, SesTurns};
use crate::watching;

/// The greatest age of an SES answer for which SES is not asked again. SES itself looks at DNS only
/// now and then, so its answers are never fresher.
const FRESH: SignedDuration = SignedDuration::from_secs(5);

/// The shortest time between two checks of a domain.
pub const CHECK_INTERVAL: SignedDuration = SignedDuration::from_secs(30);

/// How long the final step may wait for a second DNS look and for its turn at SES.
const FINAL_STEP_PATIENCE: SignedDuration = SignedDuration::from_secs(8);

/// The last time after its beginning at which a check starts anything that takes time: the function
/// is cut off after 28 s.
const LAST_BEGINNING: SignedDuration = SignedDuration::from_secs(20);

/// How long a takeover may run while a person waits for the result of a check, after the DNS look
/// and the calls to SES. The poller does the rest.
const TAKEOVER: SignedDuration = SignedDuration::from_secs(5);

/// A domain after a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The written change: the domain, and the event if its state changed. If another process
    /// changed the domain during the check, nothing was written, and this is the domain as it is
    /// now.
    pub change: Change,
    /// The DNS look; `None` for a domain without records.
    pub look: Option<DnsLook>,
}

/// The limits of checks, from the operator's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckLimits {
    /// Calls per second that SES accepts for each operation. Requests get a part of them.
    pub ses_calls_per_second: u32,
    /// Checks that a client may make per minute.
    pub checks_per_minute: u32,
}

impl Default for CheckLimits {
    /// The defaults of the template.
    fn default() -> Self {
        Self {
            ses_calls_per_second: 1,
            checks_per_minute: 30,
        }
    }
}

/// Why a domain was not checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckRefusal {
    /// It was checked less than 30 seconds ago.
    #[error("the domain was checked a moment ago")]
    TooSoon {
        /// How long to wait.
        wait: SignedDuration,
    },
    /// The client, or the person at Lasso support, had too many domains checked in the last minute.
    #[error("too many domains were checked in the last minute")]
    TooMany {
        /// How long to wait.
        wait: SignedDuration,
    },
}

/// Why the domain was not checked.
pub type CheckError = Failure<CheckRefusal>;

/// Looks at a domain now, at SES and in DNS. If SES does not answer, or others use its quota, the
/// stored status remains, and the next run of the poller asks SES. If the domain has changed
/// meanwhile (it was removed and added again, restarted or taken over), the result is about its
/// former state, and is discarded.
pub async fn check<P>(
    tools: &Tools<'_, P>,
    final_step: &FinalStepPolicy,
    (client, name): (&ClientId, &DomainName),
    actor: &Actor,
    limits: CheckLimits,
) -> Result<Checked, CheckError>
where
    P: Ports<
            Store: ClaimStore + CountChecks + SesTurns,
            Ses: Identities + IdentityStatuses,
            Dns: Lookup,
        >,
{
    let started = tools.clock.now();
    let mut domain = reserve(tools, client, name, actor, limits).await?;
    let asked_at = tools.clock.now();
    let mut remembered = fresh(&domain, asked_at);
    let mut ses = match remembered {
        Some(status) => Some(status),
        None => ask_ses(tools, &domain, actor, limits).await,
    };
    let known = ses.or_else(|| domain.ses.map(|look| look.status));
    let look = look_at_dns(tools.dns, tools.clock, &domain, known).await;
    if remembered.is_some()
        && let Some(look) = &look
        && watching::wants_ses_at_once(&domain, look)
    {
        // DNS shows what SES may have seen since then.
        remembered = None;
        ses = ask_ses(tools, &domain, actor, limits).await;
    }
    let last = started + LAST_BEGINNING;
    let proof = Proof::of(tools.dns, tools.clock, &domain, look.as_ref(), last).await;
    let until = tools.clock.now() + TAKEOVER;
    let mut attempts = Attempts::default();
    while attempts.again(tools.clock, tools.ids).await {
        if let Some(ground) = Ground::of(&domain, proof.confirmed()) {
            let taken = claim::take_over(tools, &domain, look.as_ref(), &ground, until).await;
            match taken.map(|taken| taken.change) {
                Ok(change) => return Ok(Checked { change, look }),
                Err(CommitError::Conflict) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
            let fresh = existing(tools.store, client, name).await?;
            if !domain.is_same_visit(&fresh) {
                return overtaken(tools.store, fresh).await;
            }
            domain = fresh;
            continue;
        }
        let now = tools.clock.now();
        // The stored status may have changed since; then the stored one counts.
        let ses = remembered.map_or(ses, |_| fresh(&domain, asked_at));
        let mut seen = after_look(&domain, ses, look.clone(), now, tools.ids);
        proof.note(&mut seen);
        if remembered.is_some() {
            // SES returned nothing new.
            seen.domain.ses = domain.ses;
        }
        let until = last.min(now + FINAL_STEP_PATIENCE);
        let completed = final_step.after_look(tools, seen, until).await;
        let change = completed.unwrap_or_else(|| {
            // The poller takes the final step; until then the domain keeps its state.
            let mut change = after_look(&domain, None, look.clone(), now, tools.ids);
            change.domain.hurry(now);
            change
        });
        if is_written(tools.store.commit(&change).await)? {
            return Ok(Checked { change, look });
        }
        let fresh = existing(tools.store, client, name).await?;
        if !domain.is_same_visit(&fresh) {
            return overtaken(tools.store, fresh).await;
        }
        domain = fresh;
    }
    Err(Failure::Busy)
}

/// The result of a check that was overtaken: the stored domain and the stored look. The process
/// that changed the domain has also scheduled its next look.
async fn overtaken(store: &impl ReadDomains, fresh: Domain) -> Result<Checked, CheckError> {
    tracing::info!(
        domain = %fresh.name,
        "the domain has moved during a check; what the check has seen is dropped"
    );
    let look = store.look(&fresh.client, &fresh.name).await?;
    let mut change = fresh.updated(|_| {});
    change.domain = fresh;
    Ok(Checked { change, look })
}

/// The stored SES status of the domain, if it is only seconds old.
fn fresh(domain: &Domain, now: Timestamp) -> Option<SesStatus> {
    let look = domain.ses?;
    let said_at = look.details_at?;
    // A status from before the domain came into its state would change it back.
    let of_this_state = said_at > domain.state_since;
    let is_fresh = now.duration_since(said_at) < FRESH;
    (of_this_state && is_fresh).then_some(look.status)
}

/// The SES status of the domain. `None` if it has no identity, if SES did not answer, or if SES was
/// not asked because others use its quota.
async fn ask_ses<P>(
    tools: &SesTools<'_, P>,
    domain: &Domain,
    actor: &Actor,
    limits: CheckLimits,
) -> Option<SesStatus>
where
    P: Ports<Store: SesTurns, Ses: IdentityStatuses>,
{
    domain.state.identity()?;
    if domain.state.is_without_identity() {
        return None;
    }
    let asker = check_limit::asker(&domain.client, actor);
    let (store, clock, quota) = (tools.store, tools.clock, limits.ses_calls_per_second);
    if !wait_for_turn(store, clock, quota, RequestCalls::Check, asker).await {
        return None;
    }
    match statuses(tools, std::slice::from_ref(&domain.name)).await {
        Ok(statuses) => {
            let status = statuses.get(&domain.name).copied();
            // If the domain may fail only after a second call to SES, the poller makes that call.
            status.filter(|status| !sending_status::would_fail(domain, *status, clock.now()))
        }
        Err(error) => {
            tracing::info!(
                error = &error as &dyn std::error::Error,
                "SES did not say how the domain stands; what it said last is shown"
            );
            None
        }
    }
}

/// Stores that the domain is being checked, so that a second request has to wait, and who requested
/// it, so that the poller answers if this process crashes. The check is counted first.
async fn reserve<P>(
    tools: &StoreTools<'_, P>,
    client: &ClientId,
    name: &DomainName,
    actor: &Actor,
    limits: CheckLimits,
) -> Result<Domain, CheckError>
where
    P: Ports<Store: ReadDomains + CommitChanges + CountChecks>,
{
    let mut counted = false;
    let mut attempts = Attempts::default();
    while attempts.again(tools.clock, tools.ids).await {
        let domain = existing(tools.store, client, name).await?;
        let now = tools.clock.now();
        if let Some(checked_at) = domain.checked_at {
            let wait = (checked_at + CHECK_INTERVAL).duration_since(now);
            if wait.is_positive() {
                return Err(Failure::Refused(CheckRefusal::TooSoon { wait }));
            }
        }
        if !counted {
            let asker = check_limit::asker(client, actor);
            let limit = CheckLimit::of(&asker, limits.checks_per_minute);
            if let CheckCount::TooMany(wait) = tools.store.count_check(&asker, limit, now).await? {
                return Err(Failure::Refused(CheckRefusal::TooMany { wait }));
            }
            counted = true;
        }
        let mut change = domain.updated(|domain| {
            domain.checked_at = Some(now);
            domain.hurried_at = Some(now);
            domain.next_check = domain.next_check.min(now + CHECK_INTERVAL);
        });
        // A check that crashed, and that no look of the poller has answered since.
        change.answer_check(&domain, || evidence::of_look(None, None), now);
        change.domain.check_asked_by = Some(actor.clone());
        if is_written(tools.store.commit(&change).await)? {
            return Ok(change.domain);
        }
    }
    Err(Failure::Busy)
}
