//! The scheduled poller: finishes provisioning, asks SES how domains stand, publishes events.

mod config;

use domain_auth::dns::Lookup;
use domain_auth::final_step::FinalStepPolicy;
use domain_auth::ports::{Clock, Ids, Meter, Publish, StoreError};
use domain_auth::use_cases::poll::{Poller, PollerSes, PollerStore, Report, Settings};
use domain_auth::use_cases::{SesBudget, Tools};
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
    /// What the operator has chosen.
    pub settings: Settings,
    /// Who takes the final step.
    pub final_step: FinalStepPolicy,
}

impl<S, I, P, C, D, L, M> App<S, I, P, C, D, L, M>
where
    S: PollerStore,
    I: PollerSes,
    P: Publish,
    C: Clock,
    D: Ids,
    L: Lookup,
    M: Meter,
{
    /// One run, which ends before Lambda's `deadline`.
    pub async fn run(&self, deadline: Timestamp) -> Result<Report, StoreError> {
        let started = self.clock.now();
        let budget = SesBudget::per_second(self.settings.ses_calls_per_second);
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
            settings: self.settings,
            final_step: &self.final_step,
        };
        let report = poller.run(deadline).await?;
        let now = self.clock.now();
        let figures = report.figures(started, now, &budget.tally());
        self.meter.record(now, &figures);
        tracing::info!(
            provisioned = report.provisioned,
            removed = report.removed,
            looked_at = report.looked_at,
            moved = report.moved,
            skipped = report.skipped,
            doubted = report.doubted,
            at_risk = report.at_risk,
            recovered = report.recovered,
            failed = report.failed,
            stuck = report.stuck,
            held_back = report.held_back,
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
