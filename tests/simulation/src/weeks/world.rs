//! The world of the simulated weeks, and the course of its time.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use domain_auth::final_step::FinalStepPolicy;
use domain_auth::names::{ClientId, DomainName, EmailAddress};
use domain_auth::pace::Patience;
use domain_auth::ports::{Clock, Ports};
use domain_auth::run_memory::Breaker;
use domain_auth::use_cases::poll::{Poller, Settings};
use domain_auth::use_cases::send_instructions::Order;
use domain_auth::use_cases::{SesBudget, SesTools, StoreTools, Tools};
use domain_auth_testkit::{TextMissing, client, domain_name};
use futures::future::{Either, join, join_all, select};
use jiff::SignedDuration;

use super::foreign;
use super::journal::Journal;
use super::mail::SimMail;
use super::orphans::Orphans;
use super::plan::{Happening, Trouble};
use super::topic::SimTopic;
use crate::chance::Chance;
use crate::cpu::Apart;
use crate::dns::{Published, Servers, SimDns};
use crate::fault::Fault;
use crate::ses::{SimDoor, SimSes};
use crate::setting::Setting;
use crate::store::{Purpose, SimStore};
use crate::template::POLLER_TIMEOUT;
use crate::time::SimClock;

pub(super) const MINUTE: Duration = Duration::from_mins(1);
/// The longest jump to the next run while nothing is due. Runs that would find nothing are left
/// out.
const IDLE: Duration = Duration::from_mins(20);
/// How long the effects of a trouble may last after its end.
const AFTERMATH: Duration = Duration::from_mins(10);

/// Shares of runs and of requests that are cut off, and of runs that overlap with another one.
pub(super) const CUT_OFF: f64 = 0.04;
const OVERLAPPING: f64 = 0.04;

/// Names that clients add; each seed uses some of them. Some are parents of others.
const NAMES: [&str; 12] = [
    "maplehomes.com",
    "mail.maplehomes.com",
    "cedarhomes.com",
    "oakhomes.com",
    "news.oakhomes.com",
    "birchhomes.com",
    "elmhomes.com",
    "ashhomes.com",
    "firhomes.com",
    "mail.firhomes.com",
    "pinehomes.com",
    "yewhomes.com",
];
/// Most seeds use this many names, which takes less time; others use all.
const FEW_NAMES: std::ops::RangeInclusive<usize> = 4..=7;
const ALL_NAMES: f64 = 0.2;

const CLIENTS: [&str; 3] = ["maple", "cedar", "oak"];

/// The ports, clients and names.
pub(super) struct World {
    pub(super) clock: SimClock,
    pub(super) chance: Arc<Chance>,
    pub(super) ses: SimSes,
    pub(super) dns: SimDns,
    pub(super) store: SimStore<Journal>,
    pub(super) operator: Operator,
    pub(super) topic_down: Arc<AtomicBool>,
    pub(super) names: Vec<DomainName>,
    pub(super) clients: Vec<ClientId>,
    /// The instructions that clients have sent by email.
    pub(super) order: Order,
    fault: Option<Fault>,
}

/// The operator's settings.
#[derive(Debug)]
pub(super) struct Operator {
    pub(super) settings: Settings,
    pub(super) final_step: FinalStepPolicy,
}

impl Operator {
    fn new(chance: &Chance) -> Self {
        let one_of = |choices: [i64; 3]| choices[chance.below(choices.len())];
        let set = chance.happens(0.5).then_some("lasso");
        let automatic = chance.happens(0.3);
        let taken_by = if automatic { "automatic" } else { "manual" };
        Self {
            settings: Settings {
                patience: Patience {
                    provisioning: SignedDuration::from_mins(one_of([30, 60, 90])),
                    staff: SignedDuration::from_hours(one_of([24, 48, 72])),
                },
                breaker: Breaker {
                    percent: usize::try_from(one_of([20, 30, 50])).unwrap_or(20),
                },
                reconcile_delete: chance.happens(0.5),
                ses_calls_per_second: u32::try_from(one_of([1, 2, 5])).unwrap_or(1),
            },
            final_step: FinalStepPolicy::parse(taken_by, set).unwrap_or_default(),
        }
    }
}

/// The ports of the simulated weeks.
pub(super) struct WeeksPorts;

impl Ports for WeeksPorts {
    type Store = SimStore<Journal>;
    type Ses = SimSes;
    type Dns = SimDns;
    type Publisher = SimTopic;
    type Mail = SimMail;
    type Queue = ();
    type Meter = ();
    type Clock = SimClock;
    type Ids = Chance;
}

impl World {
    pub(super) fn new(seed: u64, fault: Option<Fault>) -> Self {
        let setting = Setting {
            fault,
            apart: Arc::new(Apart::unwanted()),
            ..Setting::new(seed)
        };
        let chance = &setting.chance;
        let operator = Operator::new(chance);
        let few = FEW_NAMES.start() + chance.below(FEW_NAMES.count());
        let names = if chance.happens(ALL_NAMES) {
            NAMES.len()
        } else {
            few
        };
        let quota = operator.settings.ses_calls_per_second;
        let ses = SimDoor::to_ses(setting.clone(), quota);
        let dns = SimDns::new(setting.clone());
        // Not random, so that all other choices stay the same.
        if seed.is_multiple_of(2) {
            ses.behave(|behaviour| behaviour.text_missing = TextMissing::Failed);
        }
        dns.keep_silent_about_providers();
        let clients: Vec<ClientId> = CLIENTS.into_iter().map(client).collect();
        let names: Vec<DomainName> = NAMES.into_iter().take(names).map(domain_name).collect();
        let added = &names[chance.below(names.len())];
        let wanted = operator.settings.reconcile_delete;
        let (orphans, known) = Orphans::plant(&setting, &ses, &dns, (&clients[0], added), wanted);
        let others = names.iter().filter(|name| *name != added);
        foreign::plant(&setting.chance, &ses, &dns, others);
        let journal = Journal::new(
            setting.clock.clone(),
            dns.clone(),
            ses.clone(),
            orphans,
            operator.final_step.configuration_set.clone(),
            fault.is_none(),
        );
        let store = SimStore::new(journal, setting.clone(), Purpose::Content);
        store.put_reconciliation(&known);
        Self {
            ses,
            dns,
            store,
            operator,
            topic_down: Arc::default(),
            names,
            clients,
            order: Order {
                to: address(),
                note: None,
            },
            fault,
            clock: setting.clock,
            chance: setting.chance,
        }
    }

    /// The numbers of clients and names.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.clients.len(), self.names.len())
    }

    /// Lets all events of a plan happen, and the poller run.
    pub(super) async fn live(&self, plan: &[(Duration, Happening)], until: Duration) {
        self.store.observer.set_calm(Some(self.clock.elapsed()));
        let mut troubles: Vec<(Duration, Trouble)> = Vec::new();
        let mut plan = plan.iter().copied().peekable();
        while self.clock.elapsed() < until {
            let now = self.clock.elapsed();
            let mut requests = Vec::new();
            while let Some((_, happening)) = plan.next_if(|(at, _)| *at <= now) {
                match happening {
                    Happening::Deed(deed) => requests.push(self.request(deed)),
                    Happening::Trouble(trouble) => {
                        troubles.push((self.befalls(trouble, now), trouble));
                    }
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
            let of_ses = |(end, trouble): &(Duration, Trouble)| {
                matches!(trouble, Trouble::Ses(_)).then_some(*end)
            };
            let busy = troubles.iter().filter_map(of_ses).max().unwrap_or(now);
            self.store.observer.weigh(busy.saturating_sub(now));
            let runs = Box::pin(self.runs());
            let cut_off = join(join_all(requests), runs).await.1;
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

    /// Ends all trouble: every record is published, all servers answer.
    pub(super) fn heal(&self) {
        for name in &self.names {
            self.dns.publish(name, Published::Everything);
            self.dns.set_servers(name, Servers::Alive);
        }
        self.tell_truth();
    }

    pub(super) fn store_tools(&self) -> StoreTools<'_, WeeksPorts> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: self.chance.as_ref(),
        }
    }

    pub(super) fn ses_tools<'a>(&'a self, budget: &'a SesBudget) -> SesTools<'a, WeeksPorts> {
        self.store_tools().with_ses(&self.ses, budget)
    }

    pub(super) fn tools<'a>(&'a self, budget: &'a SesBudget) -> Tools<'a, WeeksPorts> {
        self.ses_tools(budget).with_dns(&self.dns)
    }

    /// The topic for a process that begins now.
    pub(super) fn topic(&self) -> SimTopic {
        SimTopic {
            clock: self.clock.clone(),
            chance: Arc::clone(&self.chance),
            journal: self.store.observer.clone(),
            down: Arc::clone(&self.topic_down),
            started: self.clock.elapsed(),
            forgetful: self.fault == Some(Fault::MarkedUnpublished),
        }
    }

    /// The minute of the next run that has something to do.
    fn next_run(&self, now: Duration) -> Duration {
        if self.store.inner().outbox_length() > 0 {
            return now + MINUTE;
        }
        let wall = self.clock.now();
        let next = self.store.observer.next_check();
        let left = next.map_or(IDLE, |next| {
            Duration::try_from(next.duration_since(wall)).unwrap_or_default()
        });
        whole_minute(self.clock.elapsed() + left.min(IDLE)).max(now + MINUTE)
    }

    /// One run, or two at the same time, which may be cut off at any time. Returns whether one was.
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
            POLLER_TIMEOUT
        };
        let budget = if self.fault == Some(Fault::QuotaIgnored) {
            SesBudget::unlimited()
        } else {
            SesBudget::per_second(self.operator.settings.ses_calls_per_second)
        };
        let topic = self.topic();
        let poller = Poller {
            tools: self.tools(&budget),
            publisher: &topic,
            settings: self.settings(),
            final_step: &self.operator.final_step,
        };
        let timeout = SignedDuration::try_from(POLLER_TIMEOUT).unwrap_or_default();
        let run = pin!(poller.run(self.clock.now() + timeout));
        let life = pin!(self.clock.sleep(life));
        let ended = matches!(select(run, life).await, Either::Left(_));
        if !ended && !cut_off {
            let journal = &self.store.observer;
            journal.wrong("a run did not end in time");
        }
        cut_off
    }

    /// The operator's settings in the service's form.
    fn settings(&self) -> Settings {
        let chosen = self.operator.settings;
        let deletes = (chosen.reconcile_delete && self.fault != Some(Fault::OrphansKept))
            || self.fault == Some(Fault::OrphansDeletedUnasked);
        Settings {
            reconcile_delete: deletes,
            ..chosen
        }
    }

    fn be_calm(&self, calm: bool) {
        let journal = &self.store.observer;
        if !calm {
            journal.set_calm(Some(self.clock.elapsed() + AFTERMATH));
        }
    }
}

fn address() -> EmailAddress {
    #[expect(clippy::expect_used, reason = "a simulation fails loudly")]
    EmailAddress::parse("postmaster@example.com").expect("a valid address")
}

fn whole_minute(moment: Duration) -> Duration {
    MINUTE * u32::try_from(moment.as_secs().div_ceil(60)).unwrap_or(u32::MAX)
}
