//! A run of the poller: what was left undone is finished, SES is asked in full batches, states
//! move, and events go out.

use std::collections::HashMap;

use futures::StreamExt;
use futures::stream;
use jiff::{SignedDuration, Timestamp};

use super::look::{after_look, look_at_dns, statuses};
use super::provision::{self, Provisioned, Tools};
use super::publish::publish;
use crate::dns::Lookup;
use crate::domain::Domain;
use crate::identity::SesStatus;
use crate::names::DomainName;
use crate::ports::{
    Clock, CommitChanges, CommitError, Due, DueDomains, Identities, IdentityStatuses, Ids, Outbox,
    Publish, ReadClaims, STATUS_BATCH, SesError, StoreError,
};

/// Most domains that one run takes of each kind; what is left is still due in the next.
const TAKE: usize = 4_000;
/// Most events that one run publishes before and after its work.
const EVENTS: usize = 500;
/// Domains that are provisioned at the same time; the budget spaces their calls.
const PROVISIONING_AT_ONCE: usize = 4;
/// Domains that are looked up in DNS and written at the same time.
const LOOKS_AT_ONCE: usize = 16;

/// What the poller works with.
#[derive(Debug)]
pub struct Poller<'a, S, I, P, C, D, L> {
    /// The store, SES and the pace of its calls.
    pub tools: Tools<'a, S, I, C, D, L>,
    /// Where events go.
    pub publisher: &'a P,
}

/// What a run did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Domains that left `provisioning`.
    pub provisioned: usize,
    /// Domains that SES was asked about.
    pub looked_at: usize,
    /// Domains whose state moved.
    pub moved: usize,
    /// Events published.
    pub published: usize,
    /// Events that could not be published.
    pub unpublished: usize,
    /// Domains that somebody else changed meanwhile; they are due again.
    pub conflicts: usize,
    /// Things that went wrong and are tried again in the next run.
    pub errors: usize,
}

impl<S, I, P, C, D, L> Poller<'_, S, I, P, C, D, L>
where
    S: ReadClaims + CommitChanges + DueDomains + Outbox,
    I: Identities + IdentityStatuses,
    P: Publish,
    C: Clock,
    D: Ids,
    L: Lookup,
{
    /// One run. No new work is begun after `until`.
    pub async fn run(&self, until: Timestamp) -> Result<Report, StoreError> {
        let mut report = Report::default();
        self.publish_outbox(&mut report).await?;
        let (provisioning, looks) =
            futures::future::join(self.finish_provisioning(until), self.ask_ses(until)).await;
        for part in [provisioning?, looks?] {
            report.provisioned += part.provisioned;
            report.looked_at += part.looked_at;
            report.moved += part.moved;
            report.conflicts += part.conflicts;
            report.errors += part.errors;
        }
        self.publish_outbox(&mut report).await?;
        Ok(report)
    }

    async fn publish_outbox(&self, report: &mut Report) -> Result<(), StoreError> {
        let events = self.tools.store.unpublished(EVENTS).await?;
        let outcome = publish(self.tools.store, self.publisher, self.tools.clock, &events).await;
        report.published += outcome.published;
        report.unpublished = outcome.left;
        Ok(())
    }

    async fn finish_provisioning(&self, until: Timestamp) -> Result<Report, StoreError> {
        let due = self
            .tools
            .store
            .due(Due::Provisioning, self.tools.clock.now(), TAKE)
            .await?;
        let reports = stream::iter(due)
            .map(|domain| self.provision_until(domain, until))
            .buffer_unordered(PROVISIONING_AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        Ok(reports.into_iter().fold(Report::default(), |mut sum, one| {
            sum.provisioned += one.provisioned;
            sum.conflicts += one.conflicts;
            sum.errors += one.errors;
            sum
        }))
    }

    /// Tries again after a throttled call for as long as the run has time.
    async fn provision_until(&self, mut domain: Domain, until: Timestamp) -> Report {
        let mut report = Report::default();
        while self.tools.clock.now() < until {
            match provision::provision(&self.tools, domain).await {
                Ok(Provisioned::Done(_)) => {
                    report.provisioned += 1;
                    break;
                }
                Ok(Provisioned::Later(next, SesError::Throttled { .. })) => domain = next,
                Ok(Provisioned::Later(domain, error)) => {
                    tracing::warn!(
                        domain = %domain.name,
                        error = &error as &dyn std::error::Error,
                        "provisioning goes on in a later run"
                    );
                    report.errors += 1;
                    break;
                }
                Err(CommitError::Conflict) => {
                    report.conflicts += 1;
                    break;
                }
                Err(CommitError::Store(error)) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "a provisioned domain was not written"
                    );
                    report.errors += 1;
                    break;
                }
            }
        }
        report
    }

    async fn ask_ses(&self, until: Timestamp) -> Result<Report, StoreError> {
        let mut report = Report::default();
        let due = self
            .tools
            .store
            .due(Due::Look, self.tools.clock.now(), TAKE)
            .await?;
        for batch in due.chunks(STATUS_BATCH) {
            if self.tools.clock.now() >= until {
                break;
            }
            let names: Vec<DomainName> = batch
                .iter()
                .filter(|domain| domain.state.identity().is_some())
                .map(|domain| domain.name.clone())
                .collect();
            match statuses(&self.tools, &names).await {
                Ok(statuses) => self.write_looks(batch, &statuses, until, &mut report).await,
                Err(error) => {
                    tracing::warn!(
                        domains = batch.len(),
                        error = &error as &dyn std::error::Error,
                        "SES did not say how these domains stand; they stay due"
                    );
                    report.errors += 1;
                }
            }
        }
        Ok(report)
    }

    async fn write_looks(
        &self,
        batch: &[Domain],
        statuses: &HashMap<DomainName, SesStatus>,
        until: Timestamp,
        report: &mut Report,
    ) {
        let mut outcomes = stream::iter(batch)
            .map(|domain| async move {
                let ses = statuses.get(&domain.name).copied();
                let tools = &self.tools;
                // Without the time for a look at DNS, what SES says is written all the same.
                let dns = if tools.clock.now() < until {
                    look_at_dns(tools.dns, tools.clock, domain, ses).await
                } else {
                    None
                };
                let change = after_look(domain, ses, dns, tools.clock.now(), tools.ids);
                let moved = change.history.is_some();
                (moved, tools.store.commit(&change).await)
            })
            .buffer_unordered(LOOKS_AT_ONCE);
        while let Some((moved, outcome)) = outcomes.next().await {
            match outcome {
                Ok(()) => {
                    report.looked_at += 1;
                    report.moved += usize::from(moved);
                }
                Err(CommitError::Conflict) => report.conflicts += 1,
                Err(CommitError::Store(error)) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "what SES said of a domain was not written; it stays due"
                    );
                    report.errors += 1;
                }
            }
        }
    }
}

/// How long a run may take, given the time that the function has left: enough is kept back for the
/// look-ups and calls that are under way, the last writes and the last events.
pub fn time_for_work(remaining: SignedDuration) -> SignedDuration {
    const KEPT_BACK: SignedDuration = SignedDuration::from_secs(20);
    (remaining - KEPT_BACK).max(SignedDuration::ZERO)
}
