//! `POST /domains/{domain}/check`, and `…/recheck` for Lasso support: looks at SES and DNS now, and
//! answers with the fresh domain.

mod config;

use std::time::Duration;

use domain_auth::check_limit::CountChecks;
use domain_auth::dns::Lookup;
use domain_auth::figures::{ses_calls, time_to_verified};
use domain_auth::final_step::FinalStepPolicy;
use domain_auth::history::Actor;
use domain_auth::idempotency::IdempotencyLedger;
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{
    ClaimStore, Clock, Identities, IdentityStatuses, Meter, Outbox, Ports, Publish,
};
use domain_auth::ses_share::SesTurns;
use domain_auth::use_cases::check::{CheckLimits, Checked, check};
use domain_auth::use_cases::publish::publish;
use domain_auth::use_cases::registers::register_of;
use domain_auth::use_cases::{SesBudget, StoreTools};
use domain_auth_http::{
    ApiError, Caller, ClaimNames, DomainView, Operation, ParsedRequest, Reply, StaffDomainView,
    Supporter, client_in_path, domain_in_path, json, once,
};
use lambda_http::http::StatusCode;

pub use config::{Config, ConfigError};

/// How long the caller waits for the event to be published; the poller publishes what is left.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the handler works with.
pub struct App<P: Ports> {
    /// Where domains and events are kept.
    pub store: P::Store,
    /// Amazon SES.
    pub ses: P::Ses,
    /// Where events go.
    pub publisher: P::Publisher,
    /// Time.
    pub clock: P::Clock,
    /// Randomness.
    pub ids: P::Ids,
    /// DNS.
    pub dns: P::Dns,
    /// Where figures go.
    pub meter: P::Meter,
    /// Who takes the final step.
    pub final_step: FinalStepPolicy,
    /// How much checks may take.
    pub limits: CheckLimits,
    /// Where the token carries client and roles.
    pub claims: ClaimNames,
}

impl<P> App<P>
where
    P: Ports<
            Store: ClaimStore + Outbox + IdempotencyLedger + CountChecks + SesTurns,
            Ses: Identities + IdentityStatuses,
            Publisher: Publish,
            Dns: Lookup,
            Meter: Meter,
        >,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let checked = async {
            match Operation::of(&request)? {
                Operation::RecheckDomain => self.recheck(&request).await,
                _the_clients => self.check(&request).await,
            }
        };
        once(
            &self.store,
            &self.clock,
            &self.claims,
            &request,
            Box::pin(checked),
        )
        .await
    }

    fn tools(&self) -> StoreTools<'_, P> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    async fn check(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let caller = Caller::client_admin(request, &self.claims)?;
        let name = domain_in_path(request)?;
        let checked = self.look(&caller.client, &name, &caller.actor()).await?;
        let view = DomainView::new(&checked.change.domain, checked.look.as_ref());
        Ok(json(StatusCode::OK, &view))
    }

    /// The same for Lasso support. The pause between two checks holds for both.
    async fn recheck(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let supporter = Supporter::lasso_support(request, &self.claims)?;
        let (client, name) = (client_in_path(request)?, domain_in_path(request)?);
        let Checked { change, look } = self.look(&client, &name, &supporter.actor()).await?;
        let claims = register_of(&self.store, &change.domain).await?;
        let view = StaffDomainView::new(&change.domain, look, &claims, self.clock.now());
        Ok(json(StatusCode::OK, &view))
    }

    async fn look(
        &self,
        client: &ClientId,
        name: &DomainName,
        actor: &Actor,
    ) -> Result<Checked, ApiError> {
        let budget = SesBudget::unlimited();
        let dns = self.dns.fresh();
        let tools = self.tools().with_ses(&self.ses, &budget).with_dns(&dns);
        let checked = check(&tools, &self.final_step, (client, name), actor, self.limits).await?;
        let mut figures = ses_calls(&budget.tally());
        figures.extend(time_to_verified(checked.change.verified_after()));
        self.meter.record(self.clock.now(), &figures);
        let event = checked.change.event.as_ref();
        let until = self.clock.now() + PATIENCE;
        publish(&tools, &self.publisher, event, until).await;
        Ok(checked)
    }
}

#[cfg(test)]
mod tests;
