//! The writes of one step of a takeover.

use jiff::Timestamp;

use super::ground::Ground;
use super::in_the_way::{InTheWay, Lost, is_challenger};
use crate::claims::ClaimRegister;
use crate::domain::{Change, Domain};
use crate::evidence;
use crate::history::{Action, Actor};
use crate::names::DomainName;
use crate::ports::{CommitError, Ids};
use crate::state::{DisplacedBy, State, Trigger};

/// Whether the register has room for the claimant after the blocking claims have ended.
pub(super) fn has_room(
    claimant: &Domain,
    claims: &ClaimRegister,
    in_the_way: &InTheWay,
    now: Timestamp,
) -> bool {
    let (name, client) = (&claimant.name, &claimant.client);
    let without = || claims.clone().lost(&names_of(&in_the_way.lost), now);
    claims.has_room_for_proof(name, client) || without().has_room_for_proof(name, client)
}

/// The claimant takes the name, and the blocking claims end. The claimant's change comes first.
pub(super) fn taken(
    claimant: &Domain,
    claims: &ClaimRegister,
    in_the_way: &InTheWay,
    ground: &Ground,
    now: Timestamp,
    ids: &impl Ids,
) -> Result<Vec<Change>, CommitError> {
    let evidence = match ground {
        Ground::Proof(seen) => evidence::of_ownership(seen),
        Ground::Decision(grant) => evidence::of_decision(&grant.reason),
    };
    let last_holder = claims.last_holder(&claimant.name);
    let proof_found = Trigger::ProofFound {
        displaced: last_holder.filter(|holder| *holder != claimant.client),
    };
    let mut change = claimant
        .transition(proof_found, ground.actor(), Some(evidence), now, ids)
        .map_err(|_| CommitError::Conflict)?;
    let names = names_of(&in_the_way.lost);
    let claims = claims.clone();
    let claims = claims.proven(&claimant.name, &claimant.client, &names, now);
    let mut of_the_name = in_the_way
        .lost
        .iter()
        .filter(|lost| lost.name == claimant.name);
    let holder = of_the_name.find_map(|lost| lost.holder.as_ref());
    if let Some(until) = holder.and_then(|holder| holder.may_be_made_until(now)) {
        change.domain.state.set_deleting(Some(until));
        change.domain.next_check = until;
    }
    set_claims(&mut change, still_held(claims, &in_the_way.lost, now));
    let given_way = given_way(claimant, in_the_way, true, ground, now, ids)?;
    Ok([change].into_iter().chain(given_way).collect())
}

/// Some of the blocking claims end, and the claimant waits for the rest. The claimant's change
/// comes first.
pub(super) fn cleared(
    claimant: &Domain,
    claims: &ClaimRegister,
    in_the_way: &InTheWay,
    ground: &Ground,
    now: Timestamp,
    ids: &impl Ids,
) -> Result<Vec<Change>, CommitError> {
    let mut change = taking_over(claimant, ground, now);
    if !in_the_way.lost.is_empty() {
        let claims = claims.clone().lost(&names_of(&in_the_way.lost), now);
        set_claims(&mut change, still_held(claims, &in_the_way.lost, now));
    }
    let given_way = given_way(claimant, in_the_way, false, ground, now, ids)?;
    Ok([change].into_iter().chain(given_way).collect())
}

/// The claimant waits for the blocking claims to end, and is due immediately.
pub(super) fn taking_over(claimant: &Domain, ground: &Ground, now: Timestamp) -> Change {
    claimant.updated(|domain| {
        if let State::Contested(contested) = &mut domain.state {
            contested.taking_over_since.get_or_insert(now);
            contested.granted = ground.grant().cloned();
        }
        domain.next_check = now;
    })
}

fn set_claims(change: &mut Change, claims: ClaimRegister) {
    change.domain.organizational = Some(claims.organizational.clone());
    change.claims = Some(claims);
}

fn names_of(lost: &[Lost]) -> Vec<DomainName> {
    lost.iter().map(|lost| lost.name.clone()).collect()
}

/// The register, in which no client can have a name while a call may be running that deletes or
/// recreates the identity of the domain that loses it.
fn still_held(claims: ClaimRegister, lost: &[Lost], now: Timestamp) -> ClaimRegister {
    lost.iter().fold(claims, |claims, lost| {
        let holder = lost.holder.as_ref();
        let deleting = holder.and_then(|holder| holder.state.deleting_until());
        let restarting = holder.and_then(|holder| holder.restarting_until);
        match deleting.max(restarting).filter(|until| now < *until) {
            Some(until) => claims.deleting(&lost.name, until),
            None if lost.gone => claims.gone(&lost.name),
            None => claims,
        }
    })
}

/// The domains that lose their names, and the domains that are no longer challenged. If the
/// claimant `takes` its name in the same change, it also takes over the identity at SES.
fn given_way(
    claimant: &Domain,
    in_the_way: &InTheWay,
    takes: bool,
    ground: &Ground,
    now: Timestamp,
    ids: &impl Ids,
) -> Result<Vec<Change>, CommitError> {
    let holders = in_the_way.lost.iter();
    let displaced = holders
        .filter_map(|lost| lost.holder.as_ref())
        .map(|holder| {
            let by = Some(claimant);
            let mut change = displaced(holder, by, ground.why(), ground.actor(), now, ids)?;
            if let State::Contested(contested) = &mut change.domain.state {
                contested.leftover_identity |= !takes;
            }
            Ok(change)
        });
    let mut changes: Vec<Change> = displaced.collect::<Result<_, CommitError>>()?;
    let beside = in_the_way.beside.iter();
    changes.extend(beside.filter_map(|holder| unchallenged(holder, claimant, now)));
    Ok(changes)
}

/// The holder without the challenge of a claimant; its history records that. `None` if the claimant
/// did not challenge it.
pub(super) fn unchallenged(holder: &Domain, claimant: &Domain, now: Timestamp) -> Option<Change> {
    let mut challengers = holder.challengers.iter();
    let challenger = challengers.find(|challenger| is_challenger(challenger, claimant))?;
    let evidence = evidence::of_challenge(challenger.clone());
    Some(holder.acted(
        Action::Unchallenged,
        Actor::Service,
        Some(evidence),
        now,
        |holder| {
            holder
                .challengers
                .retain(|challenger| !is_challenger(challenger, claimant));
            if holder.challengers.is_empty() {
                holder.challenged_at = None;
            }
        },
    ))
}

/// A holder loses its name, with or without a claimant. If the claimant does not take exactly this
/// name, the identity stays at SES. Only Lasso support may see who the claimant is.
pub(in crate::use_cases) fn displaced(
    holder: &Domain,
    by: Option<&Domain>,
    why: DisplacedBy,
    actor: Actor,
    now: Timestamp,
    ids: &impl Ids,
) -> Result<Change, CommitError> {
    let leftover_identity = by.is_none_or(|claimant| claimant.name != holder.name);
    let evidence = match by {
        Some(claimant) => evidence::of_takeover(&why, &claimant.client, &claimant.name),
        None => evidence::of_displacement(&why),
    };
    let trigger = Trigger::Displaced {
        ownership_secret: ids.secret(),
        why,
    };
    let mut change = holder
        .transition(trigger, actor, Some(evidence), now, ids)
        // Only domains that are neither contested nor being removed were read as holders.
        .map_err(|_| CommitError::Conflict)?;
    if let State::Contested(contested) = &mut change.domain.state {
        contested.leftover_identity = leftover_identity;
    }
    Ok(change)
}
