//! The scheduled poller: finishes registrations, reads the statuses of domains at SES, and
//! publishes events.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod config;

use domain_auth::dns::Lookup;
use domain_auth::final_step::FinalStepPolicy;
use domain_auth::ports::{Clock, Meter, Ports, StoreError};
use domain_auth::use_cases::poll::{Counter, Poller, PollerPorts, Report, Settings};
use domain_auth::use_cases::{SesBudget, StoreTools};
use jiff::Timestamp;

pub use config::{Config, ConfigError};

/// The ports and settings of the handler.
pub struct App<P: Ports> {
    /// The store of domains, claims and events.
    pub store: P::Store,
    /// Amazon SES.
    pub ses: P::Ses,
    /// The destination of events.
    pub publisher: P::Publisher,
    /// Time.
    pub clock: P::Clock,
    /// Randomness.
    pub ids: P::Ids,
    /// DNS.
    pub dns: P::Dns,
    /// The destination of metrics.
    pub meter: P::Meter,
    /// The operator's settings.
    pub settings: Settings,
    /// Who takes the final step.
    pub final_step: FinalStepPolicy,
}

impl<P: PollerPorts<Meter: Meter>> App<P> {
    /// One run, which ends before Lambda's `deadline`.
    pub async fn run(&self, deadline: Timestamp) -> Result<Report, StoreError> {
        let started = self.clock.now();
        let budget = SesBudget::per_second(self.settings.ses_calls_per_second);
        let dns = self.dns.fresh();
        let tools = StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        };
        let poller = Poller::<P> {
            tools: tools.with_ses(&self.ses, &budget).with_dns(&dns),
            publisher: &self.publisher,
            settings: self.settings,
            final_step: &self.final_step,
        };
        let report = poller.run(deadline).await?;
        let now = self.clock.now();
        let figures = report.figures(started, now, &budget.tally());
        self.meter.record(now, &figures);
        tracing::info!(
            provisioned = report[Counter::Provisioned],
            removed = report[Counter::Removed],
            looked_at = report[Counter::LookedAt],
            moved = report[Counter::Moved],
            skipped = report.skipped,
            doubted = report[Counter::Doubted],
            at_risk = report[Counter::AtRisk],
            recovered = report[Counter::Recovered],
            failed = report[Counter::Failed],
            stuck = report[Counter::Stuck],
            held_back = report[Counter::HeldBack],
            published = report[Counter::Published],
            unpublished = report[Counter::Unpublished],
            conflicts = report[Counter::Conflicts],
            errors = report[Counter::Errors],
            "a run of the poller has ended"
        );
        Ok(report)
    }
}

#[cfg(test)]
mod tests;
