//! The proof of a contested claim, and its effect. A holder that SES has not verified loses the
//! name immediately; if SES has verified it, Lasso support decides.

mod ground;
mod holders;
mod in_the_way;
mod steps;
mod stuck;

use futures::stream::TryStreamExt;
use jiff::Timestamp;

use self::holders::{TOLD, holders_in_the_way, side_of};
use self::in_the_way::{CHANGED_AT_ONCE, Known};
use self::steps::{cleared, has_room, taken, taking_over, unchallenged};
use super::StoreTools;
use super::registers::register_of;
use crate::alerts::stops_mail;
use crate::attempts::Attempts;
use crate::claims::ClaimRegister;
use crate::dns::{Data, DnsLook, Outcome, RecordType};
use crate::domain::{Challenger, Change, Domain};
use crate::event::{Event, EventType, Severity};
use crate::evidence::{self, Internal, OwnershipSeen};
use crate::history::{Action, Actor};
use crate::ports::{
    ClaimStore, Clock, CommitChanges, CommitError, Ids, Ports, ReadDomains, StoreError,
};
use crate::records;
use crate::state::{State, Status};

pub use self::ground::Ground;
pub(super) use self::steps::displaced;
pub(super) use self::stuck::stuck;

/// The maximum number of claimants that are stored with a holder, which limits the size of its
/// item. Lasso support is told of each claimant anyway.
const CHALLENGERS: usize = 20;

/// Whether a DNS look of a contested domain proves the claim. The ownership record of this claim
/// must be at every authoritative server that answered, and at least one must have answered. An
/// answer of the recursive resolver is not a proof, and neither is a record behind an alias
/// (CNAME).
pub fn proof(domain: &Domain, look: Option<&DnsLook>) -> Option<OwnershipSeen> {
    let State::Contested(contested) = &domain.state else {
        return None;
    };
    let record = records::ownership_record(&domain.name, &contested.ownership_secret);
    let value = record.data.value();
    let own = |observation: &&crate::dns::Observation| {
        let question = &observation.question;
        question.name == record.name && question.record_type == RecordType::Txt
    };
    let observation = look?.observations.iter().find(own)?;
    let answers = observation.authoritative.iter();
    let answers = answers.filter(|answer| answer.outcome.is_answer());
    let shown: Vec<bool> = answers
        .clone()
        .map(|answer| shows(&answer.outcome, &value))
        .collect();
    let proven = !shown.is_empty() && shown.iter().all(|shown| *shown);
    proven.then(|| OwnershipSeen {
        record: record.name,
        servers: answers.map(|answer| answer.server.host.clone()).collect(),
    })
}

fn shows(outcome: &Outcome, value: &str) -> bool {
    match outcome {
        Outcome::Found { data, .. } => data
            .iter()
            .any(|data| matches!(data, Data::Txt { text } if text == value)),
        Outcome::Alias { .. } | Outcome::NoData { .. } | Outcome::NoSuchName { .. } => false,
        Outcome::Failed { .. } | Outcome::TimedOut | Outcome::NotAsked => false,
    }
}

/// What a takeover has written.
#[derive(Debug)]
pub struct TakenOver {
    /// The change of the claimant.
    pub change: Change,
    /// The events of holders for which Lasso sent until then, in their order.
    pub stopped: Vec<Event>,
}

/// Takes over the name of `claimant`, which is contested and proven. If that is not possible,
/// writes that Lasso support has to decide, or that the claim has to wait.
///
/// The takeover runs in steps, at least one. Steps that are left at `until` are for the next call.
/// Returns the written change of the claimant, which stays `contested` while there are more steps.
/// The decision of Lasso support is stored with the claimant while the takeover is running
/// (`Contested::granted`). A decision that cannot be carried out is removed, and Lasso support
/// decides again.
pub async fn take_over<P>(
    tools: &StoreTools<'_, P>,
    claimant: &Domain,
    look: Option<&DnsLook>,
    ground: &Ground,
    until: Timestamp,
) -> Result<TakenOver, CommitError>
where
    P: Ports<Store: ClaimStore>,
{
    let StoreTools { store, clock, ids } = *tools;
    let mut stopped = Vec::new();
    let mut claimant = claimant.clone();
    let mut known = Known::new();
    let mut claims = register_of(store, &claimant).await?;
    let (mut attempts, mut steps) = (Attempts::default(), 0);
    while attempts.again(clock, ids).await {
        let mut in_the_way =
            in_the_way::read(store, &claims, &claimant, ground, &mut known, clock.now()).await?;
        let now = clock.now();
        // Sending was switched on for a holder since the decision, which did not confirm that
        // sending may end.
        if in_the_way.unconfirmed.is_some() && claimant.state.grant().is_none() {
            // The caller reads again.
            return Err(CommitError::Conflict);
        }
        let late = steps > 0 && now >= until;
        let later = in_the_way.leave_one_step();
        let mut changes = if !in_the_way.verified.is_empty() {
            undecided(&claimant, &in_the_way.verified, ground, now, ids)
        } else if let Some(holder) = &in_the_way.unconfirmed {
            undecided(&claimant, std::slice::from_ref(holder), ground, now, ids)
        } else if late {
            vec![taking_over(&claimant, ground, now)]
        } else if later || in_the_way.busy {
            cleared(&claimant, &claims, &in_the_way, ground, now, ids)?
        } else if has_room(&claimant, &claims, &in_the_way, now) {
            taken(&claimant, &claims, &in_the_way, ground, now, ids)?
        } else {
            undecided(&claimant, &[], ground, now, ids)
        };
        let moves = in_the_way.verified.is_empty() && in_the_way.unconfirmed.is_none();
        let more = later && !late && moves;
        if !more && let Some(change) = changes.first_mut() {
            seen(change, look, now);
            change.answer_check(&claimant, || evidence::of_look(None, look), now);
        }
        let written: Vec<&Change> = changes.iter().collect();
        match store.commit_all(&written).await {
            Ok(()) => {
                let events = changes.iter().filter_map(|change| change.event.as_ref());
                stopped.extend(events.filter(|event| stops_mail(event)).cloned());
                let change = changes.into_iter().next().ok_or(CommitError::Conflict)?;
                if !more {
                    return Ok(TakenOver { change, stopped });
                }
                (attempts, steps) = (Attempts::default(), steps + 1);
                claims = change.claims.unwrap_or(claims);
                claimant = change.domain;
                for holder in &in_the_way.beside {
                    known.remove(&holder.name);
                }
            }
            Err(CommitError::Conflict) => {
                for change in changes.iter().skip(1) {
                    known.remove(&change.domain.name);
                }
                match claimant_now(store, &claimant, ground).await? {
                    Claimant::Waits(domain) => claimant = *domain,
                    Claimant::OfAnotherCall(change) => {
                        let change = *change;
                        return Ok(TakenOver { change, stopped });
                    }
                    Claimant::Changed => return Err(CommitError::Conflict),
                }
                claims = register_of(store, &claimant).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Err(CommitError::Conflict)
}

/// The state of a claimant after a conflict.
enum Claimant {
    /// It still waits.
    Waits(Box<Domain>),
    /// Another call takes over its name, and continues.
    OfAnotherCall(Box<Change>),
    /// It is no longer the claim that was proven.
    Changed,
}

async fn claimant_now<S: ReadDomains>(
    store: &S,
    before: &Domain,
    ground: &Ground,
) -> Result<Claimant, StoreError> {
    let stored = store.domain(&before.client, &before.name).await?;
    let claim = |domain: &Domain| match &domain.state {
        State::Contested(contested) => Some(contested.clone()),
        State::Provisioning(_) | State::Pending(_) | State::Verified(_) => None,
        State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) => None,
        State::Rejected(_) | State::Removing(_) => None,
    };
    let (Some(stored), Some(was)) = (stored, claim(before)) else {
        return Ok(Claimant::Changed);
    };
    let Some(is) = claim(&stored).filter(|is| is.ownership_secret == was.ownership_secret) else {
        return Ok(Claimant::Changed);
    };
    // Only a call that acts on this decision may carry it out.
    let same_ground = ground.grant().is_none() || is.granted.as_ref() == ground.grant();
    if stored.version != before.version && is.taking_over_since.is_some() && same_ground {
        let mut change = stored.updated(|_| {});
        change.domain = stored;
        return Ok(Claimant::OfAnotherCall(Box::new(change)));
    }
    Ok(Claimant::Waits(Box::new(stored)))
}

fn seen(change: &mut Change, look: Option<&DnsLook>, now: Timestamp) {
    // A claim that has the name shows other records from now on.
    if let (Some(look), Status::Contested) = (look, change.domain.state.status()) {
        change.domain.saw_dns(&look.diagnosis, now);
        change.look = Some(look.clone().bounded());
    }
}

/// Changes of holders that a proven claim competed with, if the claim ends now: nothing is left to
/// decide about them. Changes that do not fit into one transaction are written here; repeating them
/// does no harm.
pub(super) async fn unchallenged_by<S: ReadDomains + CommitChanges>(
    store: &S,
    claims: &ClaimRegister,
    claimant: &Domain,
    now: Timestamp,
) -> Result<Vec<Change>, CommitError> {
    if !claimant.state.is_proven_claim() {
        return Ok(Vec::new());
    }
    let mut read = holders_in_the_way(store, claims, claimant);
    let mut changes = Vec::new();
    while let Some(holder) = read.try_next().await? {
        changes.extend(unchallenged(&holder, claimant, now));
    }
    let last = changes.split_off(changes.len().saturating_sub(CHANGED_AT_ONCE));
    for step in changes.chunks(CHANGED_AT_ONCE) {
        let step: Vec<&Change> = step.iter().collect();
        store.commit_all(&step).await?;
    }
    Ok(last)
}

/// No name changes hands. Lasso support is told once, with both clients named, and the holders are
/// told without the claimant's name.
fn undecided(
    claimant: &Domain,
    holders: &[Domain],
    ground: &Ground,
    now: Timestamp,
    ids: &impl Ids,
) -> Vec<Change> {
    let challenger = Challenger {
        client: claimant.client.clone(),
        name: claimant.name.clone(),
    };
    let untold: Vec<&Domain> = holders
        .iter()
        .filter(|holder| {
            let challengers = &holder.challengers;
            !challengers.contains(&challenger) && challengers.len() < CHALLENGERS
        })
        .take(TOLD)
        .collect();
    let known = match &claimant.state {
        State::Contested(contested) => contested.proven_at.is_some(),
        State::Provisioning(_) | State::Pending(_) | State::Verified(_) => true,
        State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) => true,
        State::Rejected(_) | State::Removing(_) => true,
    };
    if known && untold.is_empty() && claimant.state.grant().is_none() {
        return vec![claimant.looked_at(|_| {}, now)];
    }
    let named: Vec<String> = holders
        .iter()
        .take(TOLD)
        .map(|holder| {
            format!(
                "{} ({}, {})",
                holder.client,
                holder.name,
                holder.state.status()
            )
        })
        .collect();
    let evidence = match ground {
        Ground::Proof(seen) => evidence::of_ownership(seen),
        Ground::Decision(_) => evidence::of_nothing(),
    };
    let told_of = Internal::Holders {
        holders: named.clone(),
    };
    let mut change = claimant.noted(
        |domain| {
            if let State::Contested(contested) = &mut domain.state {
                contested.proven_at.get_or_insert(now);
                contested.taking_over_since = None;
                contested.granted = None;
            }
        },
        (Action::ProofFound, EventType::Contested),
        Actor::Service,
        Some(evidence.with_internal(told_of)),
        now,
        ids,
    );
    change.domain.next_check = claimant.looked_at(|_| {}, now).domain.next_check;
    if let Some(event) = &mut change.event {
        event.severity = Severity::Action;
        event.other_sides = holders.iter().take(TOLD).map(side_of).collect();
        let (client, name) = (&claimant.client, &claimant.name);
        let named = named.join(", ");
        let (summary, wanted) = if holders.is_empty() {
            (
                format!(
                    "{client} has proven that {name} is its own, but the limit of names under {} is \
                     reached.",
                    claimant.organizational()
                ),
                "Release names below it that are no longer used; the claimant then gets the domain.",
            )
        } else {
            (
                format!("{client} has proven that {name} is its own, but {named} holds it."),
                "Decide who has the domain: end the claim of the other client, or grant the claimant's.",
            )
        };
        event.summary = summary;
        event.wanted = Some(wanted.to_owned());
    }
    let told = untold.into_iter().map(|holder| {
        let mut change = holder.noted(
            |holder| {
                holder.challengers.push(challenger.clone());
                holder.challenged_at.get_or_insert(now);
            },
            (Action::Challenged, EventType::Contested),
            Actor::Service,
            Some(evidence::of_challenge(challenger.clone())),
            now,
            ids,
        );
        if let Some(event) = &mut change.event {
            "Another client has proven that this domain, or one above or below it, is its own. Lasso \
             support decides. Nothing has changed so far."
                .clone_into(&mut event.summary);
        }
        change
    });
    [change].into_iter().chain(told).collect()
}
