//! `POST /domains/{domain}/check`, and `…/recheck` for Lasso support: looks at SES and DNS now, and
//! returns the fresh domain. `POST /handoff/{token}/check` does this for a person with a link, and
//! leads back to the link's page.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod by_link;
mod config;

use domain_auth::check_limit::CountChecks;
use domain_auth::dns::Lookup;
use domain_auth::figures::{ses_calls, time_to_verified};
use domain_auth::final_step::FinalStepPolicy;
use domain_auth::idempotency::IdempotencyLedger;
use domain_auth::limits::ReadClientRecord;
use domain_auth::links::ReadLinks;
use domain_auth::ports::{ClaimStore, Identities, IdentityStatuses, Meter, Outbox, Ports, Publish};
use domain_auth::ses_share::SesTurns;
use domain_auth::use_cases::check::{CheckLimits, Checked, check};
use domain_auth::use_cases::{SesBudget, StoreTools};
use domain_auth_http::{
    Answer, ApiError, DomainView, Operation, ParsedRequest, Reply, json, measured,
    not_being_removed, once, published, staff_domain,
};
use lambda_http::http::StatusCode;

pub use config::{Config, ConfigError};

/// The ports and settings of the handler.
pub struct App<P: Ports> {
    /// The store of domains and events.
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
    /// Who takes the final step.
    pub final_step: FinalStepPolicy,
    /// The limits of checks.
    pub limits: CheckLimits,
}

impl<P> App<P>
where
    P: Ports<
            Store: ClaimStore
                       + ReadLinks
                       + Outbox
                       + IdempotencyLedger
                       + ReadClientRecord
                       + CountChecks
                       + SesTurns,
            Ses: Identities + IdentityStatuses,
            Publisher: Publish,
            Dns: Lookup,
            Meter: Meter,
        >,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let tools = self.tools();
        let answer = measured(&self.meter, &self.clock, self.check(&request));
        let answer = published(&tools, &self.publisher, answer);
        once(&self.store, &self.clock, &request, Box::pin(answer)).await
    }

    fn tools(&self) -> StoreTools<'_, P> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    /// The client and Lasso support share the pause between two checks.
    async fn check(&self, request: &ParsedRequest) -> Result<Answer, ApiError> {
        if request.operation()? == Operation::CheckHandoff {
            return self.check_by_link(request).await;
        }
        let (domain, actor) = (request.domain()?, request.actor()?);
        request.no_fields()?;
        not_being_removed(request, &self.store).await?;
        let budget = SesBudget::unlimited();
        let dns = self.dns.fresh();
        let tools = self.tools().with_ses(&self.ses, &budget).with_dns(&dns);
        let checked = check(&tools, &self.final_step, domain, &actor, self.limits).await?;
        let Checked { change, look } = checked;
        let mut figures = ses_calls(&budget.tally());
        figures.extend(time_to_verified(change.verified_after()));
        let reply = if request.is_by_support() {
            let (store, clock) = (&self.store, &self.clock);
            staff_domain(StatusCode::OK, &change.domain, look, store, clock).await
        } else {
            let view = DomainView::new(&change.domain, look.as_ref());
            Ok(json(StatusCode::OK, &view))
        };
        Ok(Answer::after(change.event, reply).with_figures(figures))
    }
}

#[cfg(test)]
mod tests;
