//! What holds when all trouble is over.

use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{Clock, ReadClaims};
use domain_auth::state::{State, Status};
use futures::FutureExt;
use jiff::SignedDuration;

use super::world::World;

/// The slowest pace, with its jitter.
const SLOWEST: SignedDuration = SignedDuration::from_hours(36);
/// A run every minute, and its length.
const OVERDUE: SignedDuration = SignedDuration::from_mins(3);

/// Looks at the world after it had time to come right.
pub(super) fn check(world: &World) {
    let journal = &world.store.observer;
    let now = world.clock.now();
    let domains = world.store.inner().all_domains();
    for event in journal.lost() {
        journal.wrong(&format!("lost: {event:?}"));
    }
    if world.store.inner().outbox_length() > 0 {
        journal.wrong("the outbox is not empty");
    }
    let mut holders: Vec<(&DomainName, &ClientId)> = Vec::new();
    for domain in &domains {
        let name = &domain.name;
        let status = domain.state.status();
        if domain.next_check > now + SLOWEST || domain.next_check < now - OVERDUE {
            journal.wrong(&format!(
                "{name} is {status} and due at {}",
                domain.next_check
            ));
        }
        // Every record has been there for days, and everybody answers.
        match status {
            Status::Provisioning | Status::Pending | Status::AtRisk | Status::Removing => {
                journal.wrong(&format!("{name} is still {status}"));
            }
            Status::Contested
            | Status::Verified
            | Status::Authenticated
            | Status::Failed
            | Status::Rejected => {}
        }
        let (holds, claims) = (holds(&domain.state), claims_of(world, name));
        if holds && claims.as_ref() != Some(&domain.client) {
            journal.wrong(&format!(
                "{} has {name}, and {claims:?} holds it",
                domain.client
            ));
        }
        if holds {
            holders.push((name, &domain.client));
        }
    }
    for name in world.ses.names() {
        if !holders.iter().any(|(held, _)| **held == name) {
            journal.wrong(&format!("SES still has {name}, which nobody holds"));
        }
    }
    for (at, (name, client)) in holders.iter().enumerate() {
        let others = holders.iter().skip(at + 1);
        for (other, other_client) in others.filter(|(_, other)| other != client) {
            if name == other || name.is_below(other) || other.is_below(name) {
                journal.wrong(&format!("{name} of {client} and {other} of {other_client}"));
            }
        }
    }
}

fn holds(state: &State) -> bool {
    match state {
        State::Contested(_) | State::Removing(_) => false,
        State::Provisioning(_)
        | State::Pending(_)
        | State::Verified(_)
        | State::Authenticated(_)
        | State::AtRisk(_)
        | State::Failed(_)
        | State::Rejected(_) => true,
    }
}

fn claims_of(world: &World, name: &DomainName) -> Option<ClientId> {
    let claims = world.store.inner().claims(name.organizational());
    claims.now_or_never()?.ok()?.holder(name).cloned()
}
