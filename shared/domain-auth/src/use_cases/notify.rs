//! "We are ready for the final step": the client says so, and Lasso support is told once for each
//! visit of a state, with what is still missing.

use jiff::{SignedDuration, Timestamp};

use super::StoreTools;
use super::failure::{Failure, stored};
use crate::attempts::{Attempts, is_written};
use crate::dns::DnsLook;
use crate::domain::{Change, Domain};
use crate::event::{Event, EventType, MissingPiece};
use crate::evidence::{self, Evidence};
use crate::history::{Action, Actor};
use crate::missing::{missing_pieces, standings};
use crate::names::{ClientId, DomainName, Note};
use crate::ports::{Clock, CommitChanges, Ids, Ports, ReadDomains};
use crate::state::{Status, Trigger};

/// Who says it again within this time is not written down again: the domain is looked at as often
/// as that anyway.
const HURRY_INTERVAL: SignedDuration = SignedDuration::from_mins(1);

/// What an event says where Lasso support has said it for the client.
const BY_SUPPORT: &str =
    "Lasso support says on the client's behalf that it is ready for the final step.";

/// A domain whose client has said that it is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notified {
    /// As it is stored.
    pub domain: Domain,
    /// The last look at its DNS.
    pub look: Option<DnsLook>,
    /// What is still missing.
    pub missing: Vec<MissingPiece>,
    /// What to publish; none where Lasso support has been told before, or has nothing to do.
    pub event: Option<Event>,
}

/// Why nobody was told. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum NotifyRefusal {
    /// Something else comes first.
    #[error("the domain is {status} and cannot be ready")]
    CannotBeReady {
        /// Where it stands.
        status: Status,
        /// It is proven, and Lasso support has to decide.
        proven: bool,
    },
}

/// Why it was not done.
pub type NotifyError = Failure<NotifyRefusal>;

/// What there is to do when a client says so.
enum Step {
    /// Nothing: it was said a moment ago.
    Nothing,
    /// The domain changes, with an event or without.
    Change(Box<Change>),
}

/// Notes that the client is ready, tells Lasso support once, and brings the domain back to the fast
/// pace. A domain that was rejected is open for the final step again.
pub async fn notify<P>(
    tools: &StoreTools<'_, P>,
    (client, name): (&ClientId, &DomainName),
    note: Option<&Note>,
    actor: &Actor,
) -> Result<Notified, NotifyError>
where
    P: Ports<Store: ReadDomains + CommitChanges>,
{
    let StoreTools { store, clock, ids } = *tools;
    let look = store.look(client, name).await?;
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let domain = stored(store, client, name).await?;
        let now = clock.now();
        let missing = missing_pieces(&domain, look.as_ref());
        let evidence = evidence::of_call(note, &missing);
        let mut change = match step(&domain, evidence, actor, now, ids)? {
            Step::Nothing => return Ok(answer(domain, look, None)),
            Step::Change(change) => change,
        };
        if let Some(event) = &mut change.event {
            if let Actor::LassoSupport { .. } = actor {
                BY_SUPPORT.clone_into(&mut event.summary);
            }
            event.note = note.map(|note| note.as_str().to_owned());
            event.missing = missing_pieces(&change.domain, look.as_ref());
            event.records = standings(look.as_ref());
        }
        if is_written(store.commit(&change).await)? {
            return Ok(answer(change.domain, look, change.event));
        }
    }
    Err(Failure::Busy)
}

fn answer(domain: Domain, look: Option<DnsLook>, event: Option<Event>) -> Notified {
    Notified {
        missing: missing_pieces(&domain, look.as_ref()),
        domain,
        look,
        event,
    }
}

fn step(
    domain: &Domain,
    evidence: Evidence,
    actor: &Actor,
    now: Timestamp,
    ids: &impl Ids,
) -> Result<Step, NotifyError> {
    let evidence = Some(evidence);
    let status = domain.state.status();
    match status {
        Status::Provisioning | Status::Pending | Status::Verified if domain.has_said_ready() => {
            Ok(hurried(domain, now))
        }
        Status::Provisioning | Status::Pending | Status::Verified => {
            let actor = actor.clone();
            let mut change = domain.acted(Action::Ready, actor, evidence, now, |domain| {
                domain.say_ready(now);
                domain.hurry(now);
            });
            let ready = Some(EventType::Ready);
            change.event = change.domain.event(ready, Some(status), now, ids);
            Ok(Step::Change(Box::new(change)))
        }
        Status::Rejected => {
            let mut change = domain
                .transition(Trigger::Reopened, actor.clone(), evidence, now, ids)
                .map_err(|_| cannot(domain))?;
            change.domain.say_ready(now);
            change.domain.hurry(now);
            Ok(Step::Change(Box::new(change)))
        }
        // The final step is done; records that are back are noticed sooner.
        Status::AtRisk => Ok(hurried(domain, now)),
        Status::Authenticated => Ok(Step::Nothing),
        Status::Contested | Status::Failed => Err(cannot(domain)),
        Status::Removing => Err(Failure::NotFound),
    }
}

fn cannot(domain: &Domain) -> NotifyError {
    Failure::Refused(NotifyRefusal::CannotBeReady {
        status: domain.state.status(),
        proven: domain.state.is_proven_claim(),
    })
}

/// The fast pace again, without telling anybody.
fn hurried(domain: &Domain, now: Timestamp) -> Step {
    let recent = |hurried: Timestamp| now.duration_since(hurried) < HURRY_INTERVAL;
    if domain.hurried_at.is_some_and(recent) {
        return Step::Nothing;
    }
    Step::Change(Box::new(domain.updated(|domain| domain.hurry(now))))
}
