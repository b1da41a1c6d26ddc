//! The usual approach of other systems: one `GetEmailIdentity` for each domain. It is modelled at
//! its best: oldest first, at the quota without a pause, never throttled, and with DNS looks during
//! the calls.

use std::time::Duration;

use domain_auth::domain::Domain;
use domain_auth::ports::{Clock, CommitChanges, Due, DueDomains, Operation};
use domain_auth::use_cases::SesBudget;
use domain_auth::use_cases::look::{after_look, look_at_dns};
use futures::StreamExt;
use futures::stream;

use super::population::{CALLS_PER_SECOND, World};

/// Domains in one read, and simultaneous DNS looks.
const BATCH: usize = 100;
const AT_ONCE: usize = 16;

/// Looks at due domains until `enough` returns true.
pub(crate) async fn poll(world: &World, enough: impl Fn(&World) -> bool) {
    let budget = SesBudget::per_second(CALLS_PER_SECOND);
    while !enough(world) {
        let due = world
            .store
            .due(Due::Look, world.setting.clock.now(), BATCH)
            .await;
        let due = due.unwrap_or_default();
        if due.is_empty() {
            world.setting.clock.sleep(Duration::from_secs(1)).await;
            continue;
        }
        let looks = stream::iter(due).map(|domain| look(world, &budget, domain));
        looks.buffered(AT_ONCE).collect::<Vec<()>>().await;
    }
}

async fn look(world: &World, budget: &SesBudget, domain: Domain) {
    budget
        .wait(Operation::GetEmailIdentity, &world.setting.clock)
        .await;
    let Ok(status) = world.ses.get(&domain.name).await else {
        return;
    };
    let dns = look_at_dns(&world.dns, &world.setting.clock, &domain, status).await;
    let ids = world.setting.chance.as_ref();
    let change = after_look(&domain, status, dns, world.setting.clock.now(), ids);
    if let Err(error) = world.store.commit(&change).await {
        tracing::error!(%error, "a look was not written");
    }
}
