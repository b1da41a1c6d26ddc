//! A look that a person asked for: now, and not more often than every 30 seconds.

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

/// How old what SES said may be so that it is not asked again: as old as an answer of SES is anyway,
/// which looks at DNS itself only now and then.
const FRESH: SignedDuration = SignedDuration::from_secs(5);

/// The shortest time between two checks of a domain.
pub const CHECK_INTERVAL: SignedDuration = SignedDuration::from_secs(30);

/// How long the final step may wait for a second look at DNS and for its turn at SES.
const FINAL_STEP_PATIENCE: SignedDuration = SignedDuration::from_secs(8);

/// How long after its beginning a check begins nothing that takes time: the function is cut off
/// after 28 s.
const LAST_BEGINNING: SignedDuration = SignedDuration::from_secs(20);

/// How long a takeover may go on while a person waits for the answer to a check, after a look at DNS and
/// the calls to SES. The poller goes on with what is left.
const TAKEOVER: SignedDuration = SignedDuration::from_secs(5);

/// A domain after a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What was written: the domain, and the event if its state moved. Where another process moved the
    /// domain during the check, nothing was, and this is the domain as it is now.
    pub change: Change,
    /// What DNS said; none for a domain without records.
    pub look: Option<DnsLook>,
}

/// How much checks may take, by the operator's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckLimits {
    /// Calls per second of each operation that SES takes, of which requests get a part.
    pub ses_calls_per_second: u32,
    /// Checks that a client may make in a minute.
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

/// Why it was not done.
pub type CheckError = Failure<CheckRefusal>;

/// Looks at a domain now, at SES and in DNS. Where SES does not answer, or others have its quota, what
/// it said last stands, and the next run of the poller asks it. Where the domain has moved meanwhile (it
/// was removed and added again, restarted, taken over), what was seen is about another visit of another
/// state, and is dropped.
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
        // DNS shows what SES may have seen since.
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
        // What is stored may have changed since, and then it counts.
        let ses = remembered.map_or(ses, |_| fresh(&domain, asked_at));
        let mut seen = after_look(&domain, ses, look.clone(), now, tools.ids);
        proof.note(&mut seen);
        if remembered.is_some() {
            // SES has said nothing new.
            seen.domain.ses = domain.ses;
        }
        let until = last.min(now + FINAL_STEP_PATIENCE);
        let completed = final_step.after_look(tools, seen, until).await;
        let change = completed.unwrap_or_else(|| {
            // The poller takes the final step; until then the domain stands where it stood.
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

/// What a check answers that was overtaken: the domain as it is, with the look that is stored. Who
/// moved it has also seen to its next look.
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

/// What SES has said of the domain as it is, if that is only seconds old.
fn fresh(domain: &Domain, now: Timestamp) -> Option<SesStatus> {
    let look = domain.ses?;
    let said_at = look.details_at?;
    // What it said before the domain came into its state would move it back.
    let of_this_state = said_at > domain.state_since;
    let is_fresh = now.duration_since(said_at) < FRESH;
    (of_this_state && is_fresh).then_some(look.status)
}

/// What SES says of the domain. None where it has no identity, where SES did not answer, and where it
/// is not asked because others have its quota.
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
            // Where it takes a second question to SES before the domain may fail, the poller asks it.
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

/// Writes down that the domain is being checked, so that a second request is told to wait, and who
/// asked, so that the poller answers should this be all that comes of it. Before that, the check is
/// counted.
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
        // One that died, and that no look of the poller has answered since.
        change.answer_check(&domain, || evidence::of_look(None, None), now);
        change.domain.check_asked_by = Some(actor.clone());
        if is_written(tools.store.commit(&change).await)? {
            return Ok(change.domain);
        }
    }
    Err(Failure::Busy)
}
