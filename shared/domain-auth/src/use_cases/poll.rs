//! A run of the poller. It finishes interrupted work, asks SES in full batches, watches verified
//! domains, changes states, and publishes events.

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
use super::claim;
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

/// The shortest and the longest pause before a look is repeated that the breaker stopped.
const BREAKER_PAUSE: SignedDuration = SignedDuration::from_mins(15);
const BREAKER_SPREAD: SignedDuration = SignedDuration::from_mins(45);
/// How long a domain is ignored if the store refuses its change. The same change would be refused
/// again, and the domain would be first in every run.
const REFUSED_PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// A domain is overdue if it has been due for this long: several runs could not reach it.
const OVERDUE: SignedDuration = SignedDuration::from_mins(5);

alias! {
    /// The requirements of the poller on its ports.
    PollerPorts = Ports<
        Store: ErasingStore + DueDomains + DomainsByState + Outbox + Runs + Reconciliations + SesTurns,
        Ses: Identities + IdentityStatuses + ListIdentities,
        Dns: Lookup,
        Publisher: Publish,
    >
}

/// The tools and settings of the poller.
pub struct Poller<'a, P: Ports> {
    /// The store, SES and the rate of its calls.
    pub tools: Tools<'a, P>,
    /// The destination of events.
    pub publisher: &'a P::Publisher,
    /// The operator's settings.
    pub settings: Settings,
    /// Who takes the final step.
    pub final_step: &'a FinalStepPolicy,
}

/// The operator's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// When a domain is stuck.
    pub patience: Patience,
    /// When bad looks are ignored.
    pub breaker: Breaker,
    /// Whether unused identities are deleted ([`reconciliation`](crate::reconciliation)).
    pub reconcile_delete: bool,
    /// Calls per second of each operation at SES.
    pub ses_calls_per_second: u32,
}

impl<P: PollerPorts> Poller<'_, P> {
    /// One run, which ends after about 50 s and before `deadline`, when the function is cut off. It
    /// does nothing while another run is active.
    pub async fn run(&self, deadline: Timestamp) -> Result<Report, StoreError> {
        let (store, clock) = (self.tools.store, self.tools.clock);
        // By then Lambda has ended this run if it has not ended before.
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
        // In boxes: the futures are large and are moved.
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
            // Another change was written first, such as that of a look in this run. This can happen
            // again in an hour.
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

    /// Whether the bad looks of this run must be ignored. DNS looks are our own view, so they are
    /// judged together with those of the last runs. SES's list is always seen as a whole.
    fn trips(&self, looked: &Part, swept: &Part, memory: &mut RunMemory, now: Timestamp) -> bool {
        let sample = |part: &Part| Sample {
            at: now,
            looks: part.looks,
            bad: part.bad,
        };
        let breaker = self.settings.breaker;
        let tripped =
            breaker.trips(sample(looked), &memory.samples) || breaker.trips(sample(swept), &[]);
        // Repeated looks at the same domains are no new information for the next runs.
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

    /// Writes the bad looks. If the breaker has tripped, writes only that they are repeated, at
    /// different times.
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

    /// Writes the change of a look. Returns whether it was written.
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

    /// Counts the result of a write. Returns whether it was written. If the store refuses it, the
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

    /// The due domains that fit into the remaining time, at a rate of `per_call` domains for each
    /// call, in the order of turns. If a domain has waited for too long, Lasso support is told
    /// first.
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

    /// How many domains fit into the time until then, at a rate of `per_call` for each call.
    fn fits(&self, now: Timestamp, until: Timestamp, per_call: usize) -> usize {
        let seconds = usize::try_from(until.duration_since(now).as_secs()).unwrap_or(0) + 1;
        let rate = usize::try_from(self.settings.ses_calls_per_second).unwrap_or(usize::MAX);
        seconds
            .saturating_mul(rate)
            .saturating_mul(per_call)
            .min(TAKE)
    }

    /// The domain, after telling Lasso support if it is stuck, and its client's contact if its time
    /// ends soon. `None` if another process has just changed it.
    async fn once_told(
        &self,
        domain: Domain,
        now: Timestamp,
        report: &mut Report,
    ) -> Option<Domain> {
        let is_over = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        let change = if is_over(self.settings.patience.ends(&domain)) {
            match claim::stuck(&self.tools, &domain, now).await {
                Ok(change) => change,
                Err(error) => {
                    let unchanged = domain.updated(|_| {});
                    let unread = Err(CommitError::Store(error));
                    self.written(&domain, &unchanged, unread, report).await;
                    return None;
                }
            }
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

/// Removes a domain from its queue for an hour, if the store cannot accept any change of it, or if
/// data for the change cannot be read: a register, or the domain of another holder.
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

/// The maximum number of domains that one run takes, whatever the quota: all of them are in memory.
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

/// Counts the results of the writes.
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
