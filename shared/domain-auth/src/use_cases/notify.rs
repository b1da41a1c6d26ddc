//! The client's message "we are ready for the final step". Lasso support is told once for each time
//! the domain enters a state, with a list of what is still missing. The client's note is kept in
//! the history in every state, even if something else has to be done first.

use jiff::{SignedDuration, Timestamp};

use super::StoreTools;
use super::failure::{Failure, stored};
use crate::attempts::{Attempts, is_written};
use crate::dns::DnsLook;
use crate::domain::{Change, Domain, Situation};
use crate::event::{Event, EventType, MissingPiece};
use crate::evidence::{self, Evidence};
use crate::history::{Action, Actor};
use crate::missing::{missing_pieces, standings};
use crate::names::{ClientId, DomainName, Note};
use crate::ports::{Clock, CommitChanges, Ids, Ports, ReadDomains};
use crate::state::{Status, Trigger};

/// A repeated message within this time is not stored: the domain is looked at this often anyway.
const HURRY_INTERVAL: SignedDuration = SignedDuration::from_mins(1);

/// The text of an event if Lasso support sent the message for the client.
const BY_SUPPORT: &str =
    "Lasso support says on the client's behalf that it is ready for the final step.";

/// What Lasso support is told when it asks about a name that Amazon SES does not accept.
const ASKED_BY_SUPPORT: &str = "Lasso support asks on the client's behalf about the name, which Amazon SES does \
                                not accept.";

/// A domain whose client has said that it is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notified {
    /// As it is stored.
    pub domain: Domain,
    /// The last look at its DNS.
    pub look: Option<DnsLook>,
    /// What is still missing.
    pub missing: Vec<MissingPiece>,
    /// The event to publish; `None` if Lasso support was told before, or has nothing to do.
    pub event: Option<Event>,
    /// Whether the client wrote a note, which is now in the history.
    pub is_noted: bool,
}

/// Why Lasso support was not told. Nothing was written, except a note in the history.
#[derive(Debug, thiserror::Error)]
pub enum NotifyRefusal {
    /// Something else has to be done first.
    #[error("the domain is {} and cannot be ready", situation.status)]
    CannotBeReady {
        /// What the domain waits for instead.
        situation: Situation,
        /// The client's note is in the history.
        is_noted: bool,
    },
}

/// Why the message was not stored.
pub type NotifyError = Failure<NotifyRefusal>;

/// What to do with the client's message.
enum Step {
    /// Nothing: the message came a moment ago.
    Nothing,
    /// The domain changes, with an event or without.
    Change(Box<Change>),
    /// Something else has to be done first. The client's note is kept if it is new.
    Refuse(Option<Box<Change>>),
}

/// Stores that the client is ready, tells Lasso support once, and makes looks frequent again. A
/// rejected domain becomes open for the final step again. `emails` is whether another event is
/// within the client's limit of emails to Lasso support.
pub async fn notify<P>(
    tools: &StoreTools<'_, P>,
    (client, name): (&ClientId, &DomainName),
    note: Option<&Note>,
    actor: &Actor,
    emails: bool,
) -> Result<Notified, NotifyError>
where
    P: Ports<Store: ReadDomains + CommitChanges>,
{
    let StoreTools { store, clock, ids } = *tools;
    let look = store.look(client, name).await?;
    let mut attempts = Attempts::default();
    while attempts.again(clock, ids).await {
        let domain = stored(store, client, name).await?;
        let missing = missing_pieces(&domain, look.as_ref());
        let said = Said {
            note,
            evidence: evidence::of_call(note, &missing),
            actor,
            emails,
            now: clock.now(),
        };
        let (mut change, is_refused) = match step(&domain, said, ids)? {
            Step::Nothing => return Ok(answer(domain, look, note, None)),
            Step::Refuse(None) => return Err(cannot(&domain, note)),
            Step::Refuse(Some(change)) => (change, true),
            Step::Change(change) => (change, false),
        };
        if let Some(event) = &mut change.event {
            if let Actor::LassoSupport { .. } = actor {
                let said = if domain.state.is_refused_by_ses() {
                    ASKED_BY_SUPPORT
                } else {
                    BY_SUPPORT
                };
                said.clone_into(&mut event.summary);
            }
            event.missing = missing_pieces(&change.domain, look.as_ref());
            event.records = standings(&change.domain.records(), look.as_ref());
        }
        if is_written(store.commit(&change).await)? {
            if is_refused {
                return Err(cannot(&domain, note));
            }
            return Ok(answer(change.domain, look, note, change.event));
        }
    }
    Err(Failure::Busy)
}

fn answer(
    domain: Domain,
    look: Option<DnsLook>,
    note: Option<&Note>,
    event: Option<Event>,
) -> Notified {
    Notified {
        missing: missing_pieces(&domain, look.as_ref()),
        domain,
        look,
        event,
        is_noted: note.is_some(),
    }
}

/// The client's message.
struct Said<'a> {
    note: Option<&'a Note>,
    evidence: Evidence,
    actor: &'a Actor,
    emails: bool,
    now: Timestamp,
}

fn step(domain: &Domain, said: Said<'_>, ids: &impl Ids) -> Result<Step, NotifyError> {
    let status = domain.state.status();
    let Said {
        note, emails, now, ..
    } = said;
    match status {
        Status::Provisioning | Status::Pending | Status::Verified if domain.has_said_ready() => {
            Ok(noted_and_hurried(domain, said))
        }
        Status::Provisioning | Status::Pending | Status::Verified => Ok(told(domain, said, ids)),
        // Nothing that the client can do helps, so it asks Lasso support.
        Status::Failed if domain.state.is_refused_by_ses() => {
            if domain.has_said_ready() {
                return Ok(noted(domain, said).map_or(Step::Nothing, changed));
            }
            Ok(told(domain, said, ids))
        }
        Status::Rejected => {
            let (said_by, evidence) = (said.actor.clone(), Some(said.evidence));
            let actor = said_by.clone();
            let mut change = domain
                .transition(Trigger::Reopened, actor, evidence, now, ids)
                .map_err(|_| cannot(domain, note))?;
            say_ready(&mut change.domain, &said_by, note, emails, now);
            change.domain.hurry(now);
            if let (Some(event), Some(call)) = (&mut change.event, change.domain.ready_call()) {
                event.note.clone_from(&call.note);
                event.note_by.clone_from(&call.note_by);
                event.ready_at = Some(now);
                event.ready_by.clone_from(&call.by);
            }
            Ok(Step::Change(Box::new(change)))
        }
        // The final step is done; frequent looks notice repaired records sooner.
        Status::AtRisk => Ok(noted_and_hurried(domain, said)),
        Status::Authenticated => Ok(noted(domain, said).map_or(Step::Nothing, changed)),
        Status::Contested | Status::Failed => Ok(Step::Refuse(noted(domain, said).map(Box::new))),
        Status::Removing => Err(Failure::NotFound),
    }
}

fn changed(change: Change) -> Step {
    Step::Change(Box::new(change))
}

/// Stores that the client is ready, and who said so.
fn say_ready(
    domain: &mut Domain,
    actor: &Actor,
    note: Option<&Note>,
    emails: bool,
    now: Timestamp,
) {
    domain.say_ready(now, note, emails);
    domain.name_who_is_ready(actor);
    if note.is_some() {
        domain.name_who_wrote(actor);
    }
}

/// Lasso support is told, for the first time in this visit of the state.
fn told(domain: &Domain, said: Said<'_>, ids: &impl Ids) -> Step {
    let Said {
        note, emails, now, ..
    } = said;
    let status = domain.state.status();
    let (actor, evidence) = (said.actor.clone(), Some(said.evidence));
    let mut change = domain.acted(Action::Ready, actor, evidence, now, |domain| {
        say_ready(domain, said.actor, note, emails, now);
        domain.hurry(now);
    });
    let ready = Some(EventType::Ready);
    change.event = change.domain.event(ready, Some(status), now, ids);
    changed(change)
}

/// Makes looks frequent again, with the client's note in the history, and without an alert.
fn noted_and_hurried(domain: &Domain, said: Said<'_>) -> Step {
    let now = said.now;
    match noted(domain, said) {
        Some(mut change) => {
            change.domain.hurry(now);
            Step::Change(Box::new(change))
        }
        None => hurried(domain, now),
    }
}

/// Adds the client's note to the history. `None` without a note, or if it is the same as before.
fn noted(domain: &Domain, said: Said<'_>) -> Option<Change> {
    let last = domain.ready_call().and_then(|call| call.note.as_deref());
    let note = said.note.filter(|note| last != Some(note.as_str()))?;
    let (actor, now) = (said.actor.clone(), said.now);
    let write = |domain: &mut Domain| {
        domain.write_note(now, note);
        domain.name_who_wrote(said.actor);
    };
    Some(domain.acted(Action::Ready, actor, Some(said.evidence), now, write))
}

fn cannot(domain: &Domain, note: Option<&Note>) -> NotifyError {
    Failure::Refused(NotifyRefusal::CannotBeReady {
        situation: Situation::of(domain),
        is_noted: note.is_some(),
    })
}

/// Makes looks frequent again, without an alert.
fn hurried(domain: &Domain, now: Timestamp) -> Step {
    let recent = |hurried: Timestamp| now.duration_since(hurried) < HURRY_INTERVAL;
    if domain.hurried_at.is_some_and(recent) {
        return Step::Nothing;
    }
    Step::Change(Box::new(domain.updated(|domain| domain.hurry(now))))
}
