//! The rules after all trouble is over.

use domain_auth::limits::ReadClientRecord;
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{Clock, ReadClaims};
use domain_auth::state::{State, Status};
use futures::FutureExt;
use jiff::SignedDuration;

use super::SETTLING;
use super::holders::holds;
use super::truth::LONGEST_PACE;
use super::world::World;

/// One run per minute, and the duration of a run.
const OVERDUE: SignedDuration = SignedDuration::from_mins(3);

/// How many calls SES throttles in two calm days although the poller respects the quota: a fast
/// response makes the next call early, too.
const THROTTLED: usize = 4;

/// Checks the world after it had time to settle. Meanwhile SES has throttled `throttled` calls, and
/// only the poller has called it.
pub(super) fn check(world: &World, throttled: usize) {
    let journal = &world.store.observer;
    if throttled > THROTTLED {
        journal.wrong(&format!("{throttled} calls in calm times were throttled"));
    }
    let now = world.clock.now();
    let slowest = SignedDuration::try_from(LONGEST_PACE).unwrap_or_default();
    let domains = world.store.inner().all_domains();
    for event in journal.lost() {
        journal.wrong(&format!("lost: {event:?}"));
    }
    if world.store.inner().outbox_length() > 0 {
        journal.wrong("the outbox is not empty");
    }
    let mut known: Vec<&DomainName> = Vec::new();
    for domain in &domains {
        let name = &domain.name;
        let status = domain.state.status();
        if domain.next_check > now + slowest || domain.next_check < now - OVERDUE {
            journal.wrong(&format!(
                "{name} is {status} and due at {}",
                domain.next_check
            ));
        }
        let told = world.operator.settings.patience.ends(domain);
        if let Some(late) = told.filter(|told| *told + slowest < now) {
            journal.wrong(&format!(
                "Lasso support had to be told at {late} that {name} is {status}, and was not"
            ));
        }
        if let Some(actor) = &domain.check_asked_by {
            journal.wrong(&format!("{actor:?} was never told what is at {name}"));
        }
        // Every record has been published for days, and all servers answer.
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
        let holder = holder_of(world, name);
        if holds(status) {
            if holder.as_ref() != Some(&domain.client) {
                journal.wrong(&format!(
                    "{} has {name}, and {holder:?} holds it",
                    domain.client
                ));
            }
            known.push(name);
        } else if leaves_an_identity(&domain.state) {
            known.push(name);
        }
    }
    for name in world.ses.names() {
        if !journal.is_orphan(&name) && !known.contains(&&name) {
            journal.wrong(&format!("SES still has {name}, which no client holds"));
        }
    }
    for client in &world.clients {
        let there = world.store.inner().domains_there(client);
        let record = world.store.inner().client_record(client).now_or_never();
        let held = record.and_then(Result::ok).and_then(|record| record.held);
        let held = held.and_then(|held| usize::try_from(held).ok());
        if held.is_some_and(|held| held != there) {
            journal.wrong(&format!(
                "{client} has {there} domains, and is counted {held:?}"
            ));
        }
    }
    journal.settled(SignedDuration::try_from(SETTLING).unwrap_or_default());
}

/// Whether SES may have an identity of a client that no longer holds the name.
fn leaves_an_identity(state: &State) -> bool {
    match state {
        State::Contested(contested) => contested.leftover_identity,
        State::Provisioning(_) | State::Pending(_) | State::Verified(_) => false,
        State::Authenticated(_) | State::AtRisk(_) | State::Failed(_) => false,
        State::Rejected(_) | State::Removing(_) => false,
    }
}

fn holder_of(world: &World, name: &DomainName) -> Option<ClientId> {
    let claims = world.store.inner().claims(name.organizational());
    claims.now_or_never()?.ok()?.holder(name).cloned()
}
