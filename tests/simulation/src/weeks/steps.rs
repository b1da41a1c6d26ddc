//! Checks that a change consists of steps that the state machine has.

use domain_auth::domain::{Change, Domain, Fate};
use domain_auth::history::{Action, HistoryEntry};
use domain_auth::state::{DisplacedBy, Failed, FailureReason, State, Status, Trigger};
use domain_auth_testkit::identity;

/// Whether a change consists of transitions of the state machine, each with its line of history.
pub(super) fn steps(before: Option<&Domain>, change: &Change) -> Result<(), String> {
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
    let next = as_found(state, entry)
        .apply(trigger, entry.at)
        .map_err(|error| error.to_string())?;
    if next.status() != entry.to {
        return Err(format!("{entry:?} should lead to {}", next.status()));
    }
    Ok(next)
}

/// A restart calls SES first: the identity may be gone, or belong to others, whatever the reason of
/// the failure.
fn as_found(state: State, entry: &HistoryEntry) -> State {
    match state {
        State::Failed(failed)
            if entry.action == Action::Restarted && entry.to == Status::Provisioning =>
        {
            State::Failed(Failed {
                reason: FailureReason::IdentityGone,
                ..failed
            })
        }
        other => other,
    }
}

/// The trigger of an action; its data does not matter here. `None` if the action is not a
/// transition.
fn trigger_of(entry: &HistoryEntry, domain: &Domain) -> Option<Trigger> {
    let text = || "seen in the simulation".to_owned();
    Some(match entry.action {
        Action::Added | Action::Stuck => return None,
        Action::Ready | Action::InstructionsSent => return None,
        Action::Challenged | Action::Unchallenged => return None,
        Action::Checked | Action::Changed => return None,
        Action::EmailRefused | Action::LinkMade | Action::LinkWithdrawn => return None,
        // Proven, and Lasso support has to decide.
        Action::ProofFound if entry.to == Status::Contested => return None,
        Action::Readded if entry.to == Status::Contested => Trigger::ReaddedContested {
            ownership_secret: text(),
        },
        Action::Readded => Trigger::Readded,
        Action::ProofFound => Trigger::ProofFound { displaced: None },
        Action::Adopted => Trigger::Adopted,
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
            why: DisplacedBy::ProvenByAnotherClient,
        },
        Action::Removed => Trigger::Removed,
    })
}
