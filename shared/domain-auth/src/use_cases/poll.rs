//! A run of the poller: what was left undone is finished, SES is asked in full batches, states
//! move, and events go out.

use futures::StreamExt;
use futures::stream;
use jiff::{SignedDuration, Timestamp};

use super::final_step::FinalStepPolicy;
use super::look::{after_look, look_at_dns, statuses};
use super::poll_removals::remove_until;
use super::provision::{self, Provisioned, Tools};
use super::publish::publish;
use crate::dns::Lookup;
use crate::domain::{Change, Domain};
use crate::identity::SesStatus;
use crate::names::DomainName;
use crate::ports::{
    Clock, CommitChanges, CommitError, Due, DueDomains, Identities, IdentityStatuses, Ids, Outbox,
    Publish, ReadClaims, STATUS_BATCH, SesError, StoreError,
};

/// Most domains that one run takes of each kind; what is left is still due in the next.
const TAKE: usize = 4_000;
/// After how long a domain that is due is overdue: several runs could not reach it.
const OVERDUE: SignedDuration = SignedDuration::from_mins(5);
/// Most events that one run publishes beside its work, and again behind it.
const EVENTS: usize = 500;
/// How long the events of the run itself may take, after the time for work is over.
const LAST_EVENTS: SignedDuration = SignedDuration::from_secs(3);
/// Domains that are provisioned at the same time; the budget spaces their calls.
const PROVISIONING_AT_ONCE: usize = 4;
/// Domains that are removed at the same time, beside those.
const REMOVALS_AT_ONCE: usize = 4;
/// Domains that are looked up in DNS and written at the same time.
const LOOKS_AT_ONCE: usize = 16;

/// What the poller works with.
#[derive(Debug)]
pub struct Poller<'a, S, I, P, C, D, L> {
    /// The store, SES and the pace of its calls.
    pub tools: Tools<'a, S, I, C, D, L>,
    /// Where events go.
    pub publisher: &'a P,
    /// Who takes the final step.
    pub final_step: &'a FinalStepPolicy,
}

/// What a run did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// Domains that the run took because they were due: at most [`TAKE`] of each queue.
    pub due: usize,
    /// Those of them that were due for longer than [`OVERDUE`].
    pub overdue: usize,
    /// For how long the first of them had been due.
    pub oldest_due: SignedDuration,

    /// Domains that left `provisioning`.
    pub provisioned: usize,
    /// Domains that are gone.
    pub removed: usize,
    /// Domains that SES was asked about.
    pub looked_at: usize,
    /// Domains about which SES did not answer.
    pub unanswered: usize,
    /// What the looks at DNS saw.
    pub dns: DnsTally,
    /// Of each domain that SES has verified, how long after it was added.
    pub verified_after: Vec<SignedDuration>,
    /// Domains whose state moved.
    pub moved: usize,
    /// Events published.
    pub published: usize,
    /// Events that could not be published.
    pub unpublished: usize,
    /// When the oldest of those happened.
    pub oldest_event: Option<Timestamp>,
    /// Domains that somebody else changed meanwhile; they are due again.
    pub conflicts: usize,
    /// Things that went wrong and are tried again in the next run.
    pub errors: usize,
}

/// Looks at the DNS of a domain, by what they saw.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct DnsTally {
    /// Every record is there.
    pub complete: usize,
    /// A record is missing or wrong.
    pub incomplete: usize,
    /// Nothing is known to be missing or wrong, and of some record nothing is known.
    pub unknown: usize,
    /// There was no time to look, or no record to look for.
    pub none: usize,
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
    /// One run. No new work is begun after `until`, but for the publishing of what the run wrote.
    pub async fn run(&self, until: Timestamp) -> Result<Report, StoreError> {
        let (provisioning, looks, published) = futures::future::join3(
            self.finish_provisioning(until),
            self.look_at_domains(until),
            self.publish_outbox(until),
        )
        .await;
        let mut report = Report::default();
        for part in [provisioning?, looks?, published?] {
            report.add(part);
        }
        let last = self.publish_outbox(until + LAST_EVENTS).await?;
        report.published += last.published;
        report.unpublished = last.unpublished;
        report.oldest_event = last.oldest_event;
        Ok(report)
    }

    async fn publish_outbox(&self, until: Timestamp) -> Result<Report, StoreError> {
        let events = self.tools.store.unpublished(EVENTS).await?;
        let (store, clock) = (self.tools.store, self.tools.clock);
        let outcome = publish(store, self.publisher, clock, &events, until).await;
        Ok(Report {
            published: outcome.published,
            unpublished: outcome.left,
            oldest_event: outcome.oldest_left,
            ..Report::default()
        })
    }

    async fn finish_provisioning(&self, until: Timestamp) -> Result<Report, StoreError> {
        let mut sum = Report::default();
        let due = self.take_due(Due::Provisioning, &mut sum).await?;
        let (due, removing): (Vec<_>, Vec<_>) = due.into_iter().partition(Domain::is_there);
        let provision = stream::iter(due)
            .map(|domain| self.provision_until(domain, until))
            .buffer_unordered(PROVISIONING_AT_ONCE)
            .collect::<Vec<_>>();
        let remove = stream::iter(removing)
            .map(|domain| remove_until(&self.tools, domain, until))
            .buffer_unordered(REMOVALS_AT_ONCE)
            .collect::<Vec<_>>();
        let (provisioned, removed) = futures::future::join(provision, remove).await;
        for report in provisioned.into_iter().chain(removed) {
            sum.add(report);
        }
        Ok(sum)
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
                Ok(Provisioned::Waits(_)) => break,
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

    /// First what SES says, because a person waits for it; then DNS, which may take its time.
    async fn look_at_domains(&self, until: Timestamp) -> Result<Report, StoreError> {
        let mut report = Report::default();
        let due = self.take_due(Due::Look, &mut report).await?;
        let mut asked = Vec::with_capacity(due.len());
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
                Ok(statuses) => {
                    for domain in batch {
                        let ses = statuses.get(&domain.name).copied();
                        asked.extend(self.move_state(domain, ses, &mut report).await);
                    }
                }
                Err(error) => {
                    tracing::warn!(
                        domains = batch.len(),
                        error = &error as &dyn std::error::Error,
                        "SES did not say how these domains stand; they stay due"
                    );
                    report.errors += 1;
                    report.unanswered += names.len();
                }
            }
        }
        let mut outcomes = stream::iter(asked)
            .map(|(domain, ses)| self.look(domain, ses, until))
            .buffer_unordered(LOOKS_AT_ONCE);
        while let Some(outcome) = outcomes.next().await {
            let Some((change, outcome)) = outcome else {
                report.errors += 1;
                continue;
            };
            report.dns.count(change.look.as_ref());
            let written = report.written(&change, outcome);
            report.looked_at += usize::from(written);
            report.moved += usize::from(written && !change.history.is_empty());
        }
        Ok(report)
    }

    async fn take_due(&self, queue: Due, report: &mut Report) -> Result<Vec<Domain>, StoreError> {
        let now = self.tools.clock.now();
        let due = self.tools.store.due(queue, now, TAKE).await?;
        let ages = due
            .iter()
            .map(|domain| now.duration_since(domain.next_check));
        report.due += due.len();
        report.overdue += ages.clone().filter(|age| *age > OVERDUE).count();
        report.oldest_due = report.oldest_due.max(ages.max().unwrap_or_default());
        Ok(due)
    }

    /// Writes what SES says where it moves the state, unless the final step goes with it, which takes
    /// SES's time. What comes back is still to be looked up in DNS; nothing comes back where somebody
    /// else has changed the domain.
    async fn move_state(
        &self,
        domain: &Domain,
        ses: Option<SesStatus>,
        report: &mut Report,
    ) -> Option<(Domain, Option<SesStatus>)> {
        let change = after_look(domain, ses, None, self.tools.clock.now(), self.tools.ids);
        if change.history.is_empty() || self.final_step.takes(&change) {
            return Some((domain.clone(), ses));
        }
        let outcome = self.tools.store.commit(&change).await;
        let written = report.written(&change, outcome);
        report.moved += usize::from(written);
        written.then_some((change.domain, ses))
    }

    /// Looks at DNS and writes what was seen, and the final step where the service takes it. Without
    /// the time for a look, what SES says is written all the same. None where the final step has to
    /// wait: the domain stays due.
    async fn look(
        &self,
        domain: Domain,
        ses: Option<SesStatus>,
        until: Timestamp,
    ) -> Option<(Change, Result<(), CommitError>)> {
        let tools = &self.tools;
        let dns = if tools.clock.now() < until {
            look_at_dns(tools.dns, tools.clock, &domain, ses).await
        } else {
            None
        };
        let change = after_look(&domain, ses, dns, tools.clock.now(), tools.ids);
        let change = self.final_step.after_look(tools, change, until).await?;
        let outcome = tools.store.commit(&change).await;
        Some((change, outcome))
    }
}

impl Report {
    fn add(&mut self, part: Self) {
        self.due += part.due;
        self.overdue += part.overdue;
        self.oldest_due = self.oldest_due.max(part.oldest_due);
        self.unanswered += part.unanswered;
        self.dns.add(part.dns);
        self.verified_after.extend(part.verified_after);
        self.provisioned += part.provisioned;
        self.removed += part.removed;
        self.looked_at += part.looked_at;
        self.moved += part.moved;
        self.published += part.published;
        self.unpublished += part.unpublished;
        self.conflicts += part.conflicts;
        self.errors += part.errors;
    }

    /// Whether it was written. What was not is still due, and counted.
    fn written(&mut self, change: &Change, outcome: Result<(), CommitError>) -> bool {
        match outcome {
            Ok(()) => {
                self.verified_after.extend(change.verified_after());
                return true;
            }
            Err(CommitError::Conflict) => self.conflicts += 1,
            Err(CommitError::Store(error)) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a look at a domain was not written; it stays due"
                );
                self.errors += 1;
            }
        }
        false
    }
}

/// How long a run may take, given the time that the function has left: enough is kept back for the
/// look-ups and calls that are under way, the last writes and the last events.
pub fn time_for_work(remaining: SignedDuration) -> SignedDuration {
    const KEPT_BACK: SignedDuration = SignedDuration::from_secs(20);
    (remaining - KEPT_BACK).max(SignedDuration::ZERO)
}
