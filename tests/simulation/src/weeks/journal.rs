//! Watches every write: what must never happen is noticed when it happens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain_auth::domain::{Change, Domain, Fate};
use domain_auth::event::{Event, EventType};
use domain_auth::history::{Action, HistoryEntry};
use domain_auth::names::{ClientId, DomainName, EventId};
use domain_auth::ports::Clock;
use domain_auth::state::{FailureReason, State, Status, Trigger};
use domain_auth_testkit::identity;

use crate::store::Observe;
use crate::time::SimClock;

/// For how long a look may be due while nothing is wrong: a minute until the next run, the patience
/// with a domain whose name servers are dead, and the calls.
const LONGEST_WAIT: Duration = Duration::from_secs(100);

/// What was written, and what was wrong with it. Copies share it.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    clock: SimClock,
    state: Arc<Mutex<Entries>>,
}

#[derive(Debug, Default)]
struct Entries {
    written: Vec<Event>,
    marked: HashMap<EventId, Duration>,
    published: HashMap<EventId, usize>,
    /// What each domain's events said last.
    last: HashMap<(ClientId, DomainName), EventType>,
    /// Since when nothing is wrong, if so.
    calm_since: Option<Duration>,
    wrong: Vec<String>,
    commits: usize,
}

impl Journal {
    pub(crate) fn new(clock: SimClock) -> Self {
        Self {
            clock,
            state: Arc::default(),
        }
    }

    /// Something happened that must not.
    pub(crate) fn wrong(&self, what: &str) {
        let at = self.clock.elapsed();
        let hours = at.as_secs() / 3600;
        self.entries()
            .wrong
            .push(format!("after {hours} h {} s: {what}", at.as_secs() % 3600));
    }

    /// Everything that happened and must not.
    pub(crate) fn all_wrong(&self) -> Vec<String> {
        self.entries().wrong.clone()
    }

    /// Since when nothing disturbs the service; none while something does.
    pub(crate) fn set_calm(&self, since: Option<Duration>) {
        self.entries().calm_since = since;
    }

    /// An event went out, from somebody who began at `started`.
    pub(crate) fn published(&self, event: &Event, started: Duration) {
        let mut entries = self.entries();
        *entries.published.entry(event.event_id).or_default() += 1;
        let marked = entries.marked.get(&event.event_id).copied();
        drop(entries);
        if marked.is_some_and(|marked| marked < started) {
            self.wrong(&format!("{event:?} was published after it was marked"));
        }
    }

    /// Events that were written, and in the end not published.
    pub(crate) fn lost(&self) -> Vec<Event> {
        let entries = self.entries();
        let lost = |event: &&Event| !entries.published.contains_key(&event.event_id);
        entries.written.iter().filter(lost).cloned().collect()
    }

    /// How much was written, and how many events were published, copies included.
    pub(crate) fn figures(&self) -> (usize, usize) {
        let entries = self.entries();
        (entries.commits, entries.published.values().sum())
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Each event says something else than the one before: one alert when a domain breaks, and one
    /// when it recovers.
    fn event(&self, event: &Event) {
        let key = (event.client.clone(), event.domain.clone());
        let mut entries = self.entries();
        entries.written.push(event.clone());
        let before = entries.last.insert(key, event.event_type);
        drop(entries);
        let repeats = match event.event_type {
            // A person may say so more than once, in different states.
            EventType::Ready => false,
            EventType::Added
            | EventType::Contested
            | EventType::Verified
            | EventType::Authenticated
            | EventType::AtRisk
            | EventType::Recovered
            | EventType::Failed
            | EventType::Rejected
            | EventType::Removed
            | EventType::Stuck => before == Some(event.event_type),
        };
        let recovers_alone =
            event.event_type == EventType::Recovered && before != Some(EventType::AtRisk);
        if repeats || recovers_alone {
            self.wrong(&format!(
                "{} came after {before:?}: {event:?}",
                event.event_type.as_str()
            ));
        }
    }

    /// After some transitions that are no events, the same may be said again.
    fn begins_anew(&self, entry: &HistoryEntry, domain: &Domain) {
        let anew = match entry.action {
            Action::Restarted | Action::Reopened | Action::Provisioned => true,
            Action::Added | Action::Readded | Action::ProofFound | Action::Verified => false,
            Action::Failed | Action::Completed | Action::Rejected | Action::RecordsBroken => false,
            Action::RecordsRecovered | Action::Displaced | Action::Removed | Action::Stuck => false,
            Action::Ready | Action::InstructionsSent | Action::Challenged => false,
            Action::Checked => false,
        };
        if anew {
            let key = (domain.client.clone(), domain.name.clone());
            self.entries().last.remove(&key);
        }
    }

    fn wait(&self, before: &Domain, after: &Domain) {
        let calm_since = self.entries().calm_since;
        let now = self.clock.now();
        let wait = Duration::try_from(now.duration_since(before.next_check)).unwrap_or_default();
        let (Some(calm_since), true) = (calm_since, after.next_check > before.next_check) else {
            return;
        };
        let due = self.clock.elapsed().saturating_sub(wait);
        if due >= calm_since && wait > LONGEST_WAIT {
            self.wrong(&format!("{} was due for {wait:?}", before.name));
        }
    }
}

impl Observe for Journal {
    fn committed(&self, before: &[Option<Domain>], changes: &[&Change]) {
        self.entries().commits += 1;
        for (before, change) in before.iter().zip(changes) {
            if let Err(what) = steps(before.as_ref(), change) {
                self.wrong(&format!("{}: {what}", change.domain.name));
            }
            for entry in &change.history {
                self.begins_anew(entry, &change.domain);
            }
            if let Some(before) = before {
                self.wait(before, &change.domain);
            }
            if let Some(event) = &change.event {
                self.event(event);
            }
        }
    }

    fn marked(&self, event: &Event) {
        let now = self.clock.elapsed();
        self.entries().marked.entry(event.event_id).or_insert(now);
    }
}

/// Whether a change is made of transitions that the state machine has, each with its line of history.
fn steps(before: Option<&Domain>, change: &Change) -> Result<(), String> {
    let after = &change.domain;
    let mut state = before.map(|before| before.state.clone());
    if after.version != before.map_or(0, |before| before.version) + 1 {
        return Err("a version was left out".to_owned());
    }
    for entry in &change.history {
        if entry.sequence != after.version {
            return Err(format!("{entry:?} names another version"));
        }
        if entry.from != state.as_ref().map(State::status) {
            return Err(format!("{entry:?} came from {state:?}"));
        }
        state = Some(step(state, entry, after)?);
    }
    let expected = state.map(|state| state.status());
    let found = Some(after.state.status());
    if change.fate == Fate::Stored && expected != found {
        return Err(format!(
            "{found:?} without a line of history, where {expected:?} was"
        ));
    }
    Ok(())
}

fn step(state: Option<State>, entry: &HistoryEntry, after: &Domain) -> Result<State, String> {
    let Some(trigger) = trigger_of(entry, after) else {
        return Ok(state.unwrap_or_else(|| after.state.clone()));
    };
    let state = state.ok_or_else(|| format!("{entry:?} of a domain that was not there"))?;
    let next = state
        .apply(trigger, entry.at)
        .map_err(|error| error.to_string())?;
    if next.status() != entry.to {
        return Err(format!("{entry:?} should lead to {}", next.status()));
    }
    Ok(next)
}

/// A trigger as the action names it; its data does not matter here. None where an action is no
/// transition.
fn trigger_of(entry: &HistoryEntry, domain: &Domain) -> Option<Trigger> {
    let text = || "seen in the simulation".to_owned();
    Some(match entry.action {
        Action::Added | Action::Stuck => return None,
        Action::Ready | Action::InstructionsSent | Action::Challenged => return None,
        Action::Checked => return None,
        // Proven, and Lasso support has to decide.
        Action::ProofFound if entry.to == Status::Contested => return None,
        Action::Readded if entry.to == Status::Contested => Trigger::ReaddedContested {
            ownership_secret: text(),
        },
        Action::Readded => Trigger::Readded,
        Action::ProofFound => Trigger::ProofFound,
        Action::Provisioned => Trigger::Provisioned(identity(&domain.name)),
        Action::Verified => Trigger::SesVerified,
        Action::Failed => Trigger::SesFailed(FailureReason::SesGaveUp),
        Action::Restarted => Trigger::Restarted,
        Action::Completed => Trigger::Completed,
        Action::Rejected => Trigger::Refused { reason: text() },
        Action::Reopened => Trigger::Reopened,
        Action::RecordsBroken => Trigger::RecordsBroken { reason: text() },
        Action::RecordsRecovered => Trigger::RecordsRecovered,
        Action::Displaced => Trigger::Displaced {
            ownership_secret: text(),
        },
        Action::Removed => Trigger::Removed,
    })
}
