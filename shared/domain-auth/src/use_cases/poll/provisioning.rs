//! Registering and removing what no request has finished registering with SES or removing from it.

use futures::StreamExt;
use futures::stream;

use super::{Poller, PollerSes, PollerStore, Report, Times, back_off};
use crate::dns::Lookup;
use crate::domain::Domain;
use crate::ports::{Clock, CommitError, Due, Ids, Publish, SesError, StoreError};
use crate::use_cases::poll_removals::remove_until;
use crate::use_cases::provision::{self, Provisioned};

/// Domains that are registered at the same time: each takes several calls, of operations that have
/// their own quota, so that together they use all of it.
const AT_ONCE: usize = 6;
/// Domains that are removed at the same time, beside those.
const REMOVALS_AT_ONCE: usize = 4;
/// How many of both are taken for each call that the time allows: one call registers a domain, and
/// the others are there so that a crowd of one kind does not hide those of the other.
const TAKEN: usize = 20;

impl<S, I, P, C, D, L> Poller<'_, S, I, P, C, D, L>
where
    S: PollerStore,
    I: PollerSes,
    P: Publish,
    C: Clock,
    D: Ids,
    L: Lookup,
{
    pub(super) async fn finish_provisioning(&self, times: Times) -> Result<Report, StoreError> {
        let mut sum = Report::default();
        let due = self
            .take_due(Due::Provisioning, times.register, TAKEN, &mut sum)
            .await?;
        let (due, removing): (Vec<_>, Vec<_>) = due.into_iter().partition(Domain::is_there);
        let provision = stream::iter(due)
            .map(|domain| self.provision_until(domain, times))
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>();
        // Nobody waits for what is gone for its client.
        let background = self.tools.budget.in_background();
        let tools = self.tools.with_budget(&background);
        let remove = stream::iter(removing)
            .map(|domain| remove_until(&tools, domain, times.register))
            .buffer_unordered(REMOVALS_AT_ONCE)
            .collect::<Vec<_>>();
        let (provisioned, removed) = futures::future::join(provision, remove).await;
        for report in provisioned.into_iter().chain(removed) {
            sum.add(report);
        }
        Ok(sum)
    }

    /// Tries again after a throttled call for as long as the run has time.
    async fn provision_until(&self, mut domain: Domain, times: Times) -> Report {
        let mut report = Report::default();
        while self.tools.clock.now() < times.register {
            let before = domain.clone();
            match provision::provision(&self.tools, domain).await {
                Ok(Provisioned::Done(_)) => {
                    report.provisioned += 1;
                    break;
                }
                Ok(Provisioned::Waits(_)) => break,
                Ok(Provisioned::Later(next, SesError::Throttled { .. })) => domain = next,
                Ok(Provisioned::Later(domain, error @ SesError::Refused { .. })) => {
                    tracing::error!(
                        domain = %domain.name,
                        error = &error as &dyn std::error::Error,
                        "SES refuses to register this domain; see the permissions and the limits of the account"
                    );
                    report.refused_by_ses += 1;
                    break;
                }
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
                    let (store, clock) = (self.tools.store, self.tools.clock);
                    back_off(store, &before, &error, clock.now(), &mut report).await;
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
}
