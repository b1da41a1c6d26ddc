//! The world of the simulated weeks, and how its time passes.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain_auth::identity::AxisStatus;
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::Clock;
use domain_auth::state::VERIFICATION_WINDOW;
use domain_auth::use_cases::SesBudget;
use domain_auth::use_cases::final_step::MANUAL;
use domain_auth::use_cases::poll::{Poller, Settings};
use domain_auth::use_cases::provision::Tools;
use domain_auth_testkit::{client, domain_name};
use futures::future::{Either, join, join_all, select};
use jiff::SignedDuration;

use super::journal::Journal;
use super::plan::{Happening, Way, Who};
use super::topic::SimTopic;
use crate::chance::Chance;
use crate::dns::{Published, Servers, SimDns};
use crate::ses::{SimIdentity, SimSes, Trouble, axes};
use crate::setting::Setting;
use crate::store::{Purpose, SimStore};
use crate::time::SimClock;

pub(super) const MINUTE: Duration = Duration::from_mins(1);
/// `Timeout` of the poller in `infra/template.yaml`.
const TIMEOUT: Duration = Duration::from_secs(55);
/// The longest that is gone to the next run while nothing is due. Runs that would find nothing are
/// left out.
const IDLE: Duration = Duration::from_mins(20);
/// How long after a trouble its consequences may last.
const AFTERMATH: Duration = Duration::from_mins(10);

/// Shares of runs and of requests that are cut off, and of runs that another one overlaps.
const CUT_OFF: f64 = 0.04;
const OVERLAPPING: f64 = 0.04;

/// Names that are added: some are parents of others.
const NAMES: [&str; 8] = [
    "maplehomes.com",
    "mail.maplehomes.com",
    "cedarhomes.com",
    "oakhomes.com",
    "news.oakhomes.com",
    "birchhomes.com",
    "elmhomes.com",
    "ashhomes.com",
];
const CLIENTS: [&str; 3] = ["maple", "cedar", "oak"];

/// Everything that there is.
pub(super) struct World {
    pub(super) clock: SimClock,
    pub(super) chance: Arc<Chance>,
    pub(super) ses: SimSes,
    pub(super) dns: SimDns,
    pub(super) store: SimStore<Journal>,
    topic_down: Arc<AtomicBool>,
    names: Vec<DomainName>,
    clients: Vec<ClientId>,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let setting = Setting::new(seed);
        let journal = Journal::new(setting.clock.clone());
        Self {
            ses: SimSes::new(setting.clone()),
            dns: SimDns::new(setting.clone()),
            store: SimStore::new(journal, setting.clone(), Purpose::Content),
            topic_down: Arc::default(),
            names: NAMES.into_iter().map(domain_name).collect(),
            clients: CLIENTS.into_iter().map(client).collect(),
            clock: setting.clock,
            chance: setting.chance,
        }
    }

    /// How many clients and names there are.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.clients.len(), self.names.len())
    }

    /// Lets everything of a plan happen, and the poller run.
    pub(super) async fn live(&self, plan: &[(Duration, Happening)], until: Duration) {
        self.store.observer.set_calm(Some(self.clock.elapsed()));
        let mut troubles: Vec<(Duration, Happening)> = Vec::new();
        let mut plan = plan.iter().copied().peekable();
        while self.clock.elapsed() < until {
            let now = self.clock.elapsed();
            let mut requests = Vec::new();
            while let Some((_, happening)) = plan.next_if(|(at, _)| *at <= now) {
                match self.befalls(happening, now) {
                    Some(trouble) => troubles.push(trouble),
                    None => requests.push(self.request(happening)),
                }
            }
            troubles.retain(|(end, trouble)| {
                let over = *end <= now;
                if over {
                    self.ends(*trouble);
                }
                !over
            });
            self.be_calm(troubles.is_empty());
            self.ses_looks();
            let cut_off = join(join_all(requests), self.runs()).await.1;
            self.be_calm(!cut_off);
            let next = plan.peek().map_or(until, |(at, _)| *at);
            let ends = troubles.iter().map(|(end, _)| *end).min().unwrap_or(until);
            self.clock
                .until(self.next_run(now).min(whole_minute(next.min(ends))))
                .await;
        }
        for (_, trouble) in troubles {
            self.ends(trouble);
        }
    }

    /// Everything is well: every record is there, everybody answers.
    pub(super) fn heal(&self) {
        for name in &self.names {
            self.dns.publish(name, Published::Everything);
            self.dns.set_servers(name, Servers::Alive);
        }
    }

    pub(super) fn tools<'a>(
        &'a self,
        budget: &'a SesBudget,
    ) -> Tools<'a, SimStore<Journal>, SimSes, SimClock, Chance, SimDns> {
        Tools {
            store: &self.store,
            ses: &self.ses,
            clock: &self.clock,
            ids: &self.chance,
            dns: &self.dns,
            budget,
        }
    }

    /// The topic for somebody who begins now.
    pub(super) fn topic(&self) -> SimTopic {
        SimTopic {
            clock: self.clock.clone(),
            chance: Arc::clone(&self.chance),
            journal: self.store.observer.clone(),
            down: Arc::clone(&self.topic_down),
            started: self.clock.elapsed(),
        }
    }

    /// The minute of the next run that finds something to do.
    fn next_run(&self, now: Duration) -> Duration {
        if self.store.inner().outbox_length() > 0 {
            return now + MINUTE;
        }
        let wall = self.clock.now();
        let domains = self.store.inner().all_domains();
        let next = domains.iter().map(|domain| domain.next_check).min();
        let left = next.map_or(IDLE, |next| {
            Duration::try_from(next.duration_since(wall)).unwrap_or_default()
        });
        whole_minute(self.clock.elapsed() + left.min(IDLE)).max(now + MINUTE)
    }

    /// One run, or two at once, which may be cut off at any moment. Says whether something was.
    async fn runs(&self) -> bool {
        let overlapping = self.chance.happens(OVERLAPPING);
        let first = Box::pin(self.run_or_be_cut_off(Duration::ZERO));
        let second = async {
            let later = self.chance.up_to(Duration::from_secs(3));
            overlapping && Box::pin(self.run_or_be_cut_off(later)).await
        };
        let (first, second) = join(first, second).await;
        first || second || overlapping
    }

    async fn run_or_be_cut_off(&self, later: Duration) -> bool {
        self.clock.sleep(later).await;
        let cut_off = self.chance.happens(CUT_OFF);
        let life = if cut_off {
            self.chance.latency(Duration::ZERO, Duration::from_secs(1))
        } else {
            TIMEOUT
        };
        let budget = SesBudget::per_second(1);
        let topic = self.topic();
        let poller = Poller {
            tools: self.tools(&budget),
            publisher: &topic,
            settings: Settings::default(),
            final_step: &MANUAL,
        };
        let timeout = SignedDuration::try_from(TIMEOUT).unwrap_or_default();
        let run = pin!(poller.run(self.clock.now() + timeout));
        let life = pin!(self.clock.sleep(life));
        let ended = matches!(select(run, life).await, Either::Left(_));
        if !ended && !cut_off {
            let journal = &self.store.observer;
            journal.wrong("a run did not end in time");
        }
        cut_off
    }

    /// A request of a person, which may be cut off at any moment.
    async fn request(&self, happening: Happening) {
        self.clock
            .sleep(self.chance.up_to(Duration::from_secs(10)))
            .await;
        let request = async {
            match happening {
                Happening::Add(who) => self.add(self.whose(who)).await,
                Happening::Check(who) => self.check(self.whose(who)).await,
                Happening::Complete(who) => self.decide(self.whose(who), true).await,
                Happening::Reject(who) => self.decide(self.whose(who), false).await,
                Happening::Restart(who) => self.restart(self.whose(who)).await,
                Happening::Remove(who) => self.remove(self.whose(who)).await,
                Happening::Publish(name, published) => {
                    self.dns.publish(&self.names[name], published);
                }
                Happening::Servers(name, servers) => {
                    self.dns.set_servers(&self.names[name], servers);
                }
                Happening::SesTrouble(_)
                | Happening::SnsDown(_)
                | Happening::ResolverDown(_)
                | Happening::ClockJump(..) => {}
            }
        };
        let life = if self.chance.happens(CUT_OFF) {
            self.chance
                .latency(Duration::ZERO, Duration::from_millis(300))
        } else {
            Duration::from_secs(28)
        };
        select(pin!(request), pin!(self.clock.sleep(life))).await;
    }

    fn whose(&self, who: Who) -> (&ClientId, &DomainName) {
        (&self.clients[who.client], &self.names[who.name])
    }

    /// What befalls the service rather than being asked of it, until when.
    fn befalls(&self, happening: Happening, now: Duration) -> Option<(Duration, Happening)> {
        let length = match happening {
            Happening::SesTrouble(length) => {
                self.ses.set_trouble(Trouble {
                    throttled: 0.5,
                    unanswered: 0.1,
                });
                length
            }
            Happening::SnsDown(length) => {
                self.topic_down.store(true, Ordering::Relaxed);
                length
            }
            Happening::ResolverDown(length) => {
                self.dns.set_down(true);
                length
            }
            Happening::ClockJump(by, way) => {
                let by = SignedDuration::try_from(by).unwrap_or_default();
                self.clock.jump(match way {
                    Way::Ahead => by,
                    Way::Back => -by,
                });
                // What was due in a while is due now, or much later.
                Duration::from_hours(3)
            }
            Happening::Add(_)
            | Happening::Check(_)
            | Happening::Complete(_)
            | Happening::Reject(_)
            | Happening::Restart(_)
            | Happening::Remove(_)
            | Happening::Publish(..)
            | Happening::Servers(..) => return None,
        };
        Some((now + length, happening))
    }

    fn ends(&self, trouble: Happening) {
        match trouble {
            Happening::SesTrouble(_) => self.ses.set_trouble(Trouble::default()),
            Happening::SnsDown(_) => self.topic_down.store(false, Ordering::Relaxed),
            Happening::ResolverDown(_) => self.dns.set_down(false),
            Happening::ClockJump(..)
            | Happening::Add(_)
            | Happening::Check(_)
            | Happening::Complete(_)
            | Happening::Reject(_)
            | Happening::Restart(_)
            | Happening::Remove(_)
            | Happening::Publish(..)
            | Happening::Servers(..) => {}
        }
    }

    fn be_calm(&self, calm: bool) {
        let journal = &self.store.observer;
        if !calm {
            journal.set_calm(Some(self.clock.elapsed() + AFTERMATH));
        }
    }

    /// SES looks at DNS now and then.
    fn ses_looks(&self) {
        let now = self.clock.elapsed();
        let window = Duration::try_from(VERIFICATION_WINDOW).unwrap_or_default();
        self.ses.look(|name, identity: &mut SimIdentity| {
            let there = self.dns.published(name) == Published::Everything
                && self.dns.servers(name) != Servers::Dead;
            let late = now.saturating_sub(identity.since) > window;
            let next = match identity.status.verification {
                AxisStatus::Pending | AxisStatus::NotStarted | AxisStatus::TemporaryFailure
                    if there && self.chance.happens(0.5) =>
                {
                    AxisStatus::Success
                }
                AxisStatus::Pending | AxisStatus::NotStarted | AxisStatus::TemporaryFailure
                    if late =>
                {
                    AxisStatus::Failed
                }
                AxisStatus::Success if !there && self.chance.happens(0.02) => {
                    AxisStatus::TemporaryFailure
                }
                AxisStatus::Failed if there && self.chance.happens(0.01) => AxisStatus::Success,
                same => same,
            };
            if next != identity.status.verification {
                identity.status = axes(next);
                identity.since = now;
            }
        });
    }
}

fn whole_minute(moment: Duration) -> Duration {
    MINUTE * u32::try_from(moment.as_secs().div_ceil(60)).unwrap_or(u32::MAX)
}
