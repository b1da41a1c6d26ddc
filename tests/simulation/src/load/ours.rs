//! The real poller, as the schedule starts it, with the time that the template gives it.

use std::pin::pin;
use std::time::Duration;

use domain_auth::event::Event;
use domain_auth::final_step::MANUAL;
use domain_auth::ports::{Clock, Ports, Publish, PublishError};
use domain_auth::use_cases::poll::{Poller, Report, Settings};
use domain_auth::use_cases::{SesBudget, StoreTools, Tools};
use futures::future::{Either, select};
use jiff::SignedDuration;

use super::population::{CALLS_PER_SECOND, World};
use super::result::Notes;
use crate::chance::Chance;
use crate::dns::SimDns;
use crate::ses::SimSes;
use crate::store::SimStore;
use crate::template::{POLLER_EVERY, POLLER_TIMEOUT};
use crate::time::SimClock;

/// The response time of SNS.
const SNS: Duration = Duration::from_millis(15);

/// Runs the poller until `enough` returns true. Returns what the runs did and how long they took
/// together.
pub(crate) async fn poll(
    world: &World,
    enough: impl Fn(&World) -> bool,
) -> (Vec<Report>, Duration) {
    let mut reports = Vec::new();
    let mut busy = Duration::ZERO;
    while !enough(world) {
        let started = world.setting.clock.elapsed();
        let budget = SesBudget::per_second(CALLS_PER_SECOND);
        let poller = Poller {
            tools: world.tools(&budget),
            publisher: &Topic(world.setting.clock.clone()),
            settings: Settings {
                ses_calls_per_second: CALLS_PER_SECOND,
                ..Settings::default()
            },
            final_step: &MANUAL,
        };
        let timeout = SignedDuration::try_from(POLLER_TIMEOUT).unwrap_or_default();
        let run = Box::pin(poller.run(world.setting.clock.now() + timeout));
        match select(run, pin!(world.setting.clock.sleep(POLLER_TIMEOUT))).await {
            Either::Left((Ok(report), _)) => reports.push(report),
            Either::Left((Err(error), _)) => tracing::error!(%error, "a run failed"),
            Either::Right(_) => tracing::error!("Lambda ended a run"),
        }
        busy += world.setting.clock.elapsed().saturating_sub(started);
        world.setting.clock.until(started + POLLER_EVERY).await;
    }
    (reports, busy)
}

/// The ports of the load.
pub(crate) struct LoadPorts;

impl Ports for LoadPorts {
    type Store = SimStore<Notes>;
    type Ses = SimSes;
    type Dns = SimDns;
    type Publisher = Topic;
    type Mail = ();
    type Queue = ();
    type Meter = ();
    type Clock = SimClock;
    type Ids = Chance;
}

impl World {
    /// The tools of a use case.
    pub(crate) fn tools<'a>(&'a self, budget: &'a SesBudget) -> Tools<'a, LoadPorts> {
        let tools = StoreTools {
            store: &self.store,
            clock: &self.setting.clock,
            ids: self.setting.chance.as_ref(),
        };
        tools.with_ses(&self.ses, budget).with_dns(&self.dns)
    }
}

/// A topic that accepts everything.
pub(crate) struct Topic(SimClock);

impl Publish for Topic {
    async fn publish(&self, _: &Event) -> Result<(), PublishError> {
        self.0.sleep(SNS).await;
        Ok(())
    }
}
