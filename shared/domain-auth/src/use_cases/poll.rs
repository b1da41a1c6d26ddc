//! A run of the poller: what was left undone is finished, SES is asked in full batches, what SES has
//! verified is watched, states move, and events go out.

mod asking;
mod batches;
mod counter;
mod erasures;
mod figures;
mod from_list;
mod line;
mod list;
mod looks;
mod part;
mod provisioning;
mod reconcile;
mod removals;
mod report;
mod stages;
mod sweep;
mod times;

pub use counter::Counter;
pub use report::{ReconcileTally, Report, SweepTally};

use jiff::{SignedDuration, Timestamp};

use part::Part;
use times::Times;

use super::Tools;
use super::erase::ErasingStore;
use super::publish::publish_outbox;
use crate::dns::Lookup;
use crate::domain::{Change, Domain};
use crate::final_step::FinalStepPolicy;
use crate::pace::{self, Patience};
use crate::ports::{
    Clock, CommitChanges, CommitError, DomainsByState, Due, DueDomains, Identities,
    IdentityStatuses, ListIdentities, Outbox, Ports, Publish, Reconciliations, Runs, STATUS_BATCH,
    StoreError, StoreFailure, alias,
};
use crate::run_memory::{Breaker, RunMemory, Sample};
use crate::ses_share::SesTurns;

/// The shortest and the longest pause before a look that the breaker stopped is repeated.
const BREAKER_PAUSE: SignedDuration = SignedDuration::from_mins(15);
const BREAKER_SPREAD: SignedDuration = SignedDuration::from_mins(45);
/// For how long a domain is left alone whose change the store does not take. The same change would be
/// refused again, and the domain would be the first of every run.
const REFUSED_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// After how long a domain that is due is overdue: several runs could not reach it.
const OVERDUE: SignedDuration = SignedDuration::from_mins(5);

alias! {
    /// What the poller needs of its ports.
    PollerPorts = Ports<
        Store: ErasingStore + DueDomains + DomainsByState + Outbox + Runs + Reconciliations + SesTurns,
        Ses: Identities + IdentityStatuses + ListIdentities,
        Dns: Lookup,
        Publisher: Publish,
    >
}

/// What the poller works with.
pub struct Poller<'a, P: Ports> {
    /// The store, SES and the pace of its calls.
    pub tools: Tools<'a, P>,
    /// Where events go.
    pub publisher: &'a P::Publisher,
    /// What the operator has chosen.
    pub settings: Settings,
    /// Who takes the final step.
    pub final_step: &'a FinalStepPolicy,
}

/// What the operator has chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// When a domain is stuck.
    pub patience: Patience,
    /// When bad looks are not believed.
    pub breaker: Breaker,
    /// Whether an identity without a use ([`reconciliation`](crate::reconciliation)) is deleted.
    pub reconcile_delete: bool,
    /// Calls per second of each operation at SES.
    pub ses_calls_per_second: u32,
}

impl<P: PollerPorts> Poller<'_, P> {
    /// One run, which ends after some 50 s and before `deadline`, when the function is cut off. While
    /// another run is under way it does nothing.
    pub async fn run(&self, deadline: Timestamp) -> Result<Report, StoreError> {
        let (store, clock) = (self.tools.store, self.tools.clock);
        // Then Lambda has ended this run if it has not ended by itself.
        let Some(mut memory) = store.begin_run(clock.now(), deadline).await? else {
            tracing::info!("another run of the poller is under way; this one leaves it to that");
            return Ok(Report {
                skipped: true,
                ..Report::default()
            });
        };
        let outcome = self.work(deadline, &mut memory).await;
        if let Err(error) = store.end_run(deadline, &memory).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the run could not be noted as ended; the next one waits until its time is over"
            );
        }
        outcome
    }

    async fn work(
        &self,
        deadline: Timestamp,
        memory: &mut RunMemory,
    ) -> Result<Report, StoreError> {
        let times = Times::of(self.tools.clock.now(), deadline);
        let list_pages = memory.list_pages;
        // In boxes: each has much to remember, and a future is moved around.
        let (registered, looked, published, swept, erased) = futures::future::join5(
            Box::pin(self.finish_provisioning(times)),
            Box::pin(self.look_at_domains(list_pages, times)),
            Box::pin(self.publish_events(times.publish)),
            Box::pin(self.sweep(memory, times)),
            Box::pin(self.go_on_erasing(times)),
        )
        .await;
        let mut report = Report::default();
        for part in [registered?, published?, erased?] {
            report.add(part);
        }
        let now = self.tools.clock.now();
        let (looked, swept) = (looked?, swept?);
        let tripped = self.trips(&looked, &swept, memory, now);
        report.add(looked.report);
        self.settle(looked.held, tripped, &mut report).await;
        report.add(swept.report);
        let conflicts = report[Counter::Conflicts];
        self.settle(swept.held, tripped, &mut report).await;
        if report[Counter::Conflicts] > conflicts {
            // Another change came first, such as a look of this run. In an hour it might again.
            memory.next_sweep = None;
            let unfinished = memory.listing.as_mut();
            if let Some(sweep) = unfinished.and_then(|listing| listing.sweep.as_mut()) {
                sweep.again = true;
            }
        }
        let last = self.publish_events(times.last_events).await?;
        report.add_last_events(&last);
        Ok(report)
    }

    /// Whether the bad looks of this run are not to be believed. DNS is our own sight, and its looks
    /// are seen with those of the last runs; SES's list is seen whole each time.
    fn trips(&self, looked: &Part, swept: &Part, memory: &mut RunMemory, now: Timestamp) -> bool {
        let sample = |part: &Part| Sample {
            at: now,
            looks: part.looks,
            bad: part.bad,
        };
        let breaker = self.settings.breaker;
        let tripped =
            breaker.trips(sample(looked), &memory.samples) || breaker.trips(sample(swept), &[]);
        // What is seen again of the same domains says nothing new to the next runs.
        memory.remember(Sample {
            at: now,
            looks: looked.looks - looked.repeated,
            bad: looked.bad - looked.repeated,
        });
        if tripped {
            tracing::error!(
                looks = looked.looks,
                bad = looked.bad,
                listed = swept.looks,
                listed_bad = swept.bad,
                "too many domains look broken at the same time; no domain is downgraded in this run"
            );
        }
        tripped
    }

    /// Writes the bad looks, or, where the breaker has tripped, only that they are to be repeated:
    /// not all at the same time again.
    async fn settle(&self, held: Vec<(Domain, Change)>, tripped: bool, report: &mut Report) {
        report.breaker_tripped |= tripped;
        for (domain, change) in held {
            let change = if tripped {
                report.count(Counter::HeldBack, 1);
                let pause = BREAKER_PAUSE + pace::spread(&domain, BREAKER_SPREAD);
                let now = self.tools.clock.now();
                let mut change = domain.updated(|domain| {
                    domain.watch = domain.watch.held_back(now);
                });
                change.domain.next_check = now + pause;
                change
            } else {
                change
            };
            self.commit(&domain, change, report).await;
        }
    }

    /// Writes the change of a look. Whether it was written.
    async fn commit(&self, before: &Domain, mut change: Change, report: &mut Report) -> bool {
        if let Some(stuck) = self.settings.patience.ends(&change.domain) {
            change.domain.next_check = change.domain.next_check.min(stuck);
        }
        if let Some(warned) = change.domain.warns_at() {
            change.domain.next_check = change.domain.next_check.min(warned);
        }
        let outcome = self.tools.store.commit(&change).await;
        self.written(before, &change, outcome, report).await
    }

    /// Counts what became of a write. Whether it was written. Where the store does not take it, the
    /// domain backs off.
    async fn written(
        &self,
        before: &Domain,
        change: &Change,
        outcome: Result<(), CommitError>,
        report: &mut Report,
    ) -> bool {
        if let Err(CommitError::Store(error)) = &outcome {
            let (store, clock) = (self.tools.store, self.tools.clock);
            back_off(store, before, error, clock.now(), report).await;
        }
        report.written(before, change, outcome)
    }

    async fn publish_events(&self, until: Timestamp) -> Result<Report, StoreError> {
        let outcome = publish_outbox(&self.tools, self.publisher, until).await?;
        let mut report = Report {
            oldest_event: outcome.oldest_left,
            topic_down: outcome.down,
            ..Report::default()
        };
        report.count(Counter::Published, outcome.published);
        report.count(Counter::Unpublished, outcome.left);
        Ok(report)
    }

    /// What is due, and fits in the time that is left, at the rate at which `per_call` domains are
    /// dealt with, in the order of turns. Who has waited for too long is first made known to Lasso support.
    async fn take_due(
        &self,
        queue: Due,
        until: Timestamp,
        per_call: usize,
        report: &mut Report,
    ) -> Result<Vec<Domain>, StoreError> {
        let now = self.tools.clock.now();
        let limit = self.fits(now, until, per_call);
        let due = self.tools.store.due(queue, now, limit).await?;
        let ages = due
            .iter()
            .map(|domain| now.duration_since(domain.next_check));
        report.count(Counter::Due, due.len());
        report.count(
            Counter::Overdue,
            ages.clone().filter(|age| *age > OVERDUE).count(),
        );
        report.oldest_due = report.oldest_due.max(ages.max().unwrap_or_default());
        let mut taken = Vec::with_capacity(due.len());
        for domain in due {
            taken.extend(self.once_told(domain, now, report).await);
        }
        Ok(taken)
    }

    /// How many domains fit in the time until then, at the rate at which `per_call` are dealt with.
    fn fits(&self, now: Timestamp, until: Timestamp, per_call: usize) -> usize {
        let seconds = usize::try_from(until.duration_since(now).as_secs()).unwrap_or(0) + 1;
        let rate = usize::try_from(self.settings.ses_calls_per_second).unwrap_or(usize::MAX);
        seconds
            .saturating_mul(rate)
            .saturating_mul(per_call)
            .min(TAKE)
    }

    /// The domain, about which Lasso support knows if it is stuck, and its client's contact if its time
    /// ends soon. None where another process has just changed it.
    async fn once_told(
        &self,
        domain: Domain,
        now: Timestamp,
        report: &mut Report,
    ) -> Option<Domain> {
        let is_over = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let change = if is_over(self.settings.patience.ends(&domain)) {
            domain.stuck(now, self.tools.ids)
        } else if is_over(domain.warns_at()) {
            domain.expiring(now, self.tools.ids)
        } else {
            return Some(domain);
        };
        let outcome = self.tools.store.commit(&change).await;
        let written = self.written(&domain, &change, outcome, report).await;
        written.then_some(change.domain)
    }
}

/// Keeps a domain out of its queue for an hour where the store can take no change of it, or where what
/// the change needs cannot be read: a register, or the domain of another holder.
pub(super) async fn back_off(
    store: &impl DueDomains,
    domain: &Domain,
    error: &StoreError,
    now: Timestamp,
    report: &mut Report,
) {
    match error.failure {
        StoreFailure::TooLarge => report.count(Counter::Refused, 1),
        StoreFailure::Unreadable => {}
        StoreFailure::Unavailable => return,
    }
    if let Err(error) = store.postpone(domain, now + REFUSED_PAUSE).await {
        tracing::error!(
            domain = %domain.name,
            error = &error as &dyn std::error::Error,
            "a domain that cannot be written was not postponed; it stays due"
        );
        report.count(Counter::Errors, 1);
    }
}

/// Most domains that one run takes, whatever the quota: they are all in memory.
const TAKE: usize = 100 * STATUS_BATCH;

impl Default for Settings {
    /// The defaults of the template.
    fn default() -> Self {
        Self {
            patience: Patience {
                provisioning: SignedDuration::from_mins(60),
                staff: SignedDuration::from_hours(48),
            },
            breaker: Breaker { percent: 20 },
            reconcile_delete: false,
            ses_calls_per_second: 1,
        }
    }
}

/// Counts what became of the writes.
impl Report {
    fn written(
        &mut self,
        before: &Domain,
        change: &Change,
        outcome: Result<(), CommitError>,
    ) -> bool {
        match outcome {
            Ok(()) => {
                self.count_change(before, change);
                return true;
            }
            Err(CommitError::Conflict) => self.count(Counter::Conflicts, 1),
            Err(CommitError::Store(error)) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a look at a domain was not written; it stays due"
                );
                self.count(Counter::Errors, 1);
            }
        }
        false
    }
}
