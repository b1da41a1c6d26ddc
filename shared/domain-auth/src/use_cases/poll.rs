//! A run of the poller: what was left undone is finished, SES is asked in full batches, states
//! move, and events go out.

use std::collections::HashMap;

use futures::StreamExt;
use futures::stream;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Operation;
use super::provision::{self, Provisioned, Tools};
use super::publish::publish;
use crate::domain::{Change, Domain};
use crate::history::Actor;
use crate::identity::{AxisStatus, SesLook, SesStatus};
use crate::names::DomainName;
use crate::ports::{
    Clock, CommitChanges, CommitError, Due, DueDomains, Identities, IdentityStatuses, Ids, Outbox,
    Publish, ReadClaims, STATUS_BATCH, SesError, StoreError,
};
use crate::state::{FailureReason, State, Trigger};

/// Most domains that one run takes of each kind; what is left is still due in the next.
const TAKE: usize = 4_000;
/// Most events that one run publishes before and after its work.
const EVENTS: usize = 500;
/// Domains that are provisioned at the same time; the budget spaces their calls.
const PROVISIONING_AT_ONCE: usize = 4;
/// Writes under way at the same time.
const COMMITS_AT_ONCE: usize = 16;

/// What the poller works with.
#[derive(Debug)]
pub struct Poller<'a, S, I, P, C, D> {
    /// The store, SES and the pace of its calls.
    pub tools: Tools<'a, S, I, C, D>,
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

impl<S, I, P, C, D> Poller<'_, S, I, P, C, D>
where
    S: ReadClaims + CommitChanges + DueDomains + Outbox,
    I: Identities + IdentityStatuses,
    P: Publish,
    C: Clock,
    D: Ids,
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
            match self.statuses(&names).await {
                Ok(statuses) => self.write_looks(batch, &statuses, &mut report).await,
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

    /// Asks for the three axes of at most [`STATUS_BATCH`] identities, at the same time.
    async fn statuses(
        &self,
        names: &[DomainName],
    ) -> Result<HashMap<DomainName, SesStatus>, SesError> {
        if names.is_empty() {
            return Ok(HashMap::new());
        }
        let (verification, dkim, mail_from) = futures::future::try_join3(
            self.paced(Operation::GetIdentityVerificationAttributes, || {
                self.tools.ses.verification(names)
            }),
            self.paced(Operation::GetIdentityDkimAttributes, || {
                self.tools.ses.dkim(names)
            }),
            self.paced(Operation::GetIdentityMailFromDomainAttributes, || {
                self.tools.ses.mail_from(names)
            }),
        )
        .await?;
        let axis = |axis: &HashMap<DomainName, AxisStatus>, name| {
            axis.get(name).copied().unwrap_or(AxisStatus::NotStarted)
        };
        Ok(names
            .iter()
            .map(|name| {
                let status = SesStatus {
                    verification: axis(&verification, name),
                    dkim: axis(&dkim, name),
                    mail_from: axis(&mail_from, name),
                };
                (name.clone(), status)
            })
            .collect())
    }

    async fn paced<T, F>(&self, operation: Operation, call: impl Fn() -> F) -> Result<T, SesError>
    where
        F: Future<Output = Result<T, SesError>>,
    {
        self.tools.budget.wait(operation, self.tools.clock).await;
        match call().await {
            Err(SesError::Throttled { .. }) => {
                self.tools
                    .budget
                    .throttled(operation, self.tools.clock.now());
                self.tools.budget.wait(operation, self.tools.clock).await;
                call().await
            }
            answer => answer,
        }
    }

    async fn write_looks(
        &self,
        batch: &[Domain],
        statuses: &HashMap<DomainName, SesStatus>,
        report: &mut Report,
    ) {
        let now = self.tools.clock.now();
        let mut outcomes = stream::iter(batch)
            .map(|domain| async move {
                let change = after_look(
                    domain,
                    statuses.get(&domain.name).copied(),
                    now,
                    self.tools.ids,
                );
                let moved = change.history.is_some();
                (moved, self.tools.store.commit(&change).await)
            })
            .buffer_unordered(COMMITS_AT_ONCE);
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

/// What a look at SES makes of a domain. Without an answer, only the time of the next look moves.
fn after_look(
    domain: &Domain,
    status: Option<SesStatus>,
    now: Timestamp,
    ids: &impl Ids,
) -> Change {
    let Some(status) = status else {
        return domain.looked_at(|_| {}, now);
    };
    let look = SesLook {
        status,
        looked_at: now,
    };
    let evidence = json!({ "ses": status });
    trigger_of(domain, status, now)
        .and_then(|trigger| {
            domain
                .transition(trigger, Actor::Service, Some(evidence), now, ids)
                .ok()
        })
        .map_or_else(
            || domain.looked_at(|domain| domain.ses = Some(look), now),
            |mut change| {
                change.domain.ses = Some(look);
                change
            },
        )
}

/// What SES's status means for the state. "Not yet" is never "failed".
fn trigger_of(domain: &Domain, status: SesStatus, now: Timestamp) -> Option<Trigger> {
    use AxisStatus::{Failed, NotStarted, Pending, Success, TemporaryFailure};
    match &domain.state {
        State::Pending(pending) => match status.verification {
            Success => Some(Trigger::SesVerified),
            Failed => Some(Trigger::SesFailed(FailureReason::SesGaveUp)),
            Pending | NotStarted | TemporaryFailure => (now >= pending.deadline)
                .then_some(Trigger::SesFailed(FailureReason::DeadlinePassed)),
        },
        State::Failed(_) => (status.verification == Success).then_some(Trigger::SesVerified),
        State::Verified(_) | State::Authenticated(_) | State::AtRisk(_) | State::Rejected(_) => {
            (status.verification == Failed).then_some(Trigger::SesFailed(FailureReason::SesRevoked))
        }
        State::Contested(_) | State::Provisioning(_) | State::Removing(_) => None,
    }
}

/// How long a run may take, given the time that the function has left: enough is kept back for the
/// last call of SES, the last writes and the last events.
pub fn time_for_work(remaining: SignedDuration) -> SignedDuration {
    const KEPT_BACK: SignedDuration = SignedDuration::from_secs(10);
    (remaining - KEPT_BACK).max(SignedDuration::ZERO)
}
