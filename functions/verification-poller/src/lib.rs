//! The scheduled poller: finishes provisioning, asks SES how domains stand, publishes events.

mod config;

use domain_auth::dns::Lookup;
use domain_auth::ports::{
    Clock, CommitChanges, DueDomains, Identities, IdentityStatuses, Ids, Meter, Outbox, Publish,
    ReadClaims, StoreError,
};
use domain_auth::use_cases::SesBudget;
use domain_auth::use_cases::final_step::FinalStepPolicy;
use domain_auth::use_cases::poll::{self, Poller, Report};
use domain_auth::use_cases::provision::Tools;
use jiff::Timestamp;

pub use config::{Config, ConfigError};

/// What the handler works with.
#[derive(Debug)]
pub struct App<S, I, P, C, D, L, M> {
    /// Where domains, claims and events are kept.
    pub store: S,
    /// Amazon SES.
    pub ses: I,
    /// Where events go.
    pub publisher: P,
    /// Time.
    pub clock: C,
    /// Randomness.
    pub ids: D,
    /// DNS.
    pub dns: L,
    /// Where figures go.
    pub meter: M,
    /// Who takes the final step.
    pub final_step: FinalStepPolicy,
    /// Calls per second of each operation at SES.
    pub ses_calls_per_second: u32,
}

impl<S, I, P, C, D, L, M> App<S, I, P, C, D, L, M>
where
    S: ReadClaims + CommitChanges + DueDomains + Outbox,
    I: Identities + IdentityStatuses,
    P: Publish,
    C: Clock,
    D: Ids,
    L: Lookup,
    M: Meter,
{
    /// One run, which ends before Lambda's `deadline`.
    pub async fn run(&self, deadline: Timestamp) -> Result<Report, StoreError> {
        let started = self.clock.now();
        let budget = SesBudget::per_second(self.ses_calls_per_second);
        let poller = Poller {
            tools: Tools {
                store: &self.store,
                ses: &self.ses,
                clock: &self.clock,
                ids: &self.ids,
                dns: &self.dns.fresh(),
                budget: &budget,
            },
            publisher: &self.publisher,
            final_step: &self.final_step,
        };
        let time = poll::time_for_work(deadline.duration_since(started));
        let report = poller.run(started + time).await?;
        let now = self.clock.now();
        let figures = report.figures(started, now, &budget.tally());
        self.meter.record(now, &figures);
        tracing::info!(
            provisioned = report.provisioned,
            removed = report.removed,
            looked_at = report.looked_at,
            moved = report.moved,
            published = report.published,
            unpublished = report.unpublished,
            conflicts = report.conflicts,
            errors = report.errors,
            "a run of the poller has ended"
        );
        Ok(report)
    }
}

#[cfg(test)]
mod tests;
