//! Measures whether one client's crowd delays another client's single domain.

use std::io::{self, Write};
use std::pin::pin;
use std::time::Duration;

use domain_auth::domain::{Change, Domain};
use domain_auth::history::Actor;
use domain_auth::idempotency::KeyOwner;
use domain_auth::identity::AxisStatus;
use domain_auth::limits::AdditionLimits;
use domain_auth::names::{ClientId, DomainName, Eligibility};
use domain_auth::ports::{Clock, IdentityOwner, ReadDomains};
use domain_auth::ses_share::RequestCalls;
use domain_auth::state::{State, Status};
use domain_auth::use_cases::add::{Addition, add};
use domain_auth::use_cases::provision::provision;
use domain_auth::use_cases::{SesBudget, wait_for_turn};
use domain_auth_testkit::{SequentialIds, client, domain_name, new_domain};
use futures::FutureExt;
use futures::future::{join, select};
use jiff::SignedDuration;

use super::ours;
use super::population::{CALLS_PER_SECOND, World, waiting};
use crate::dns::Servers;
use crate::goals::Goals;
use crate::units::float;

/// New domains of one client.
const CROWD: usize = 240;
/// Due domains of one client with dead name servers.
const DEAD: usize = 1_000;
/// The seconds at which the other client adds its domain: within two runs of the poller and the
/// pause between them.
const MOMENTS: std::ops::Range<u32> = 1..121;
/// How long add-domain waits for SES once it has its turn.
const PATIENCE: Duration = Duration::from_millis(3_500);

const SECOND: Duration = Duration::from_secs(1);

/// One client's 240 new domains and one of another client; one client's 1,000 domains with dead
/// name servers and one of another client.
pub(crate) fn fairness(out: &mut impl Write, goals: &mut Goals) -> io::Result<()> {
    writeln!(
        out,
        "\nFairness: {CROWD} new domains of one client wait, and another client adds one, at each third second\n\
         of two minutes. Amazon SES takes one call per second and operation.\n"
    )?;
    let waits = |turns| -> Vec<f64> {
        let moments = MOMENTS.step_by(3).map(|second| SECOND * second);
        let waits = moments.map(|moment| until_pending(moment, turns));
        waits.map(|wait| wait.as_secs_f64()).collect()
    };
    let (with, without) = (waits(true), waits(false));
    let mean = |waits: &[f64]| waits.iter().sum::<f64>() / float(waits.len());
    let longest = |waits: &[f64]| waits.iter().copied().fold(0.0, f64::max);
    writeln!(
        out,
        "{:<38}{:>12}{:>16}{:>11}",
        "", "in turns", "in one queue", "ratio"
    )?;
    let mut line = |name: &str, with: f64, without: f64| {
        let ratio = without / with.max(0.001);
        writeln!(
            out,
            "{name:<38}{with:>10.1} s{without:>14.1} s{:>11}",
            format!("1 : {ratio:.1}")
        )
    };
    line("added → has its records: mean", mean(&with), mean(&without))?;
    line("  longest", longest(&with), longest(&without))?;
    let (dead_with, dead_without) = (until_looked_at(true), until_looked_at(false));
    line(
        &format!("{DEAD} dead zones → another is looked at"),
        dead_with.as_secs_f64(),
        dead_without.as_secs_f64(),
    )?;
    let name = "the single domain has its records in 10 s, on average and at worst";
    goals.reach(out, name, longest(&with), |wait| wait < 10.0)?;
    let name = "another's domain is looked at within 20 s of a run";
    goals.reach(out, name, dead_with.as_secs_f64(), |wait| wait < 20.0)
}

/// The time from adding a domain at a moment until it is pending. Without turns all domains are in
/// one queue, as if they belonged to one client.
fn until_pending(moment: Duration, turns: bool) -> Duration {
    let world = World::new(moment.as_secs());
    for number in 0..CROWD {
        world
            .store
            .put(&added("crowd", &format!("new{number:03}.com"), &world));
    }
    let (client, name) = if turns {
        (client("single"), domain_name("single.com"))
    } else {
        (client("crowd"), domain_name("single.com"))
    };
    world.setting.clock.run(async {
        let adding = async {
            world.setting.clock.until(moment).await;
            if turns {
                Box::pin(post(&world, &client, &name)).await;
            } else {
                world
                    .store
                    .put(&added(client.as_str(), name.as_str(), &world));
            }
        };
        let is_pending = |world: &World| {
            stored(world, &client, &name)
                .is_some_and(|domain| domain.state.status() == Status::Pending)
        };
        Box::pin(join(adding, ours::poll(&world, is_pending))).await;
        let added = world.started() + SignedDuration::try_from(moment).unwrap_or_default();
        let since = stored(&world, &client, &name).map(|domain| domain.state_since);
        since
            .and_then(|since| Duration::try_from(since.duration_since(added)).ok())
            .unwrap_or(Duration::MAX)
    })
}

/// Does the work of `POST /domains`.
async fn post(world: &World, client: &ClientId, name: &DomainName) {
    let (store, clock) = (&world.store, &world.setting.clock);
    let budget = SesBudget::per_second(2 * CALLS_PER_SECOND);
    let tools = world.tools(&budget);
    let new = new_domain(client.as_str(), name.as_str());
    let actor = Actor::Service;
    let (eligibility, none) = (Eligibility::default(), AdditionLimits::NONE);
    let added = add(&tools, &eligibility, &new, &actor, none).await;
    let Ok(Addition::Created(change)) = added else {
        return;
    };
    let asker = KeyOwner::Client(client.clone());
    if !wait_for_turn(
        store,
        clock,
        CALLS_PER_SECOND,
        RequestCalls::Register,
        asker,
    )
    .await
    {
        return;
    }
    select(
        pin!(provision(&tools, change.domain)),
        pin!(clock.sleep(PATIENCE)),
    )
    .await;
}

/// The time from the start of a run until the single domain is looked at in DNS. One client's crowd
/// with dead name servers is due as well, and was looked at longer ago.
fn until_looked_at(turns: bool) -> Duration {
    let world = World::new(1);
    let now = world.setting.clock.now();
    let hour = SignedDuration::from_hours(1);
    let put = |number: usize, prefix: &str, owner: &str, looked_at, servers| {
        let mut change = waiting(prefix, number, now - hour, now);
        change.domain.client = client(owner);
        change.domain.dns_looked_at = Some(looked_at);
        let domain = &change.domain;
        world.ses.put(
            &domain.name,
            &IdentityOwner::Client(domain.client.to_string()),
            AxisStatus::Pending,
        );
        world.dns.set_servers(&domain.name, servers);
        world.store.put(&change);
        (domain.client.clone(), domain.name.clone())
    };
    for number in 0..DEAD {
        put(number, "dead", "crowd", now - hour, Servers::Dead);
    }
    let owner = if turns { "single" } else { "crowd" };
    let minute = SignedDuration::from_mins(1);
    let (client, name) = put(0, "single", owner, now - minute, Servers::Alive);
    world.setting.clock.run(async {
        let looked_at = |world: &World| {
            let domain = stored(world, &client, &name)?;
            domain.dns_looked_at.filter(|at| *at >= now)
        };
        ours::poll(&world, |world| looked_at(world).is_some()).await;
        looked_at(&world)
            .and_then(|at| Duration::try_from(at.duration_since(now)).ok())
            .unwrap_or(Duration::MAX)
    })
}

fn added(owner: &str, name: &str, world: &World) -> Change {
    let ids = SequentialIds::default();
    let now = world.setting.clock.now();
    let new = new_domain(owner, name);
    Domain::add(new, State::provisioning(), None, Actor::Service, now, &ids)
}

fn stored(world: &World, client: &ClientId, name: &DomainName) -> Option<Domain> {
    let read = world.store.inner().domain(client, name);
    read.now_or_never()?.ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_clients_domain_gets_its_records_within_10_s() {
        let late: Vec<(u32, Duration)> = MOMENTS
            .map(|second| (second, until_pending(SECOND * second, true)))
            .filter(|(_, wait)| *wait >= SECOND * 10)
            .collect();
        assert_eq!(late, []);
    }

    #[test]
    fn one_clients_dead_zones_do_not_delay_anothers_look() {
        let wait = until_looked_at(true);
        assert!(wait < SECOND * 20, "{wait:?}");
    }
}
