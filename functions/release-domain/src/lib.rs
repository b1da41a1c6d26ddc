//! `POST /staff/clients/{client}/domains/{domain}/release`: Lasso support ends a claim, or grants a
//! proven claimant the name.

mod config;

use std::time::Duration;

use domain_auth::idempotency::IdempotencyLedger;
use domain_auth::ports::{ClaimStore, Clock, Outbox, Ports, Publish};
use domain_auth::use_cases::StoreTools;
use domain_auth::use_cases::publish::publish;
use domain_auth::use_cases::registers::register_of;
use domain_auth::use_cases::release::release;
use domain_auth_http::{
    ApiError, ClaimNames, ParsedRequest, Reply, StaffDomainView, Supporter, client_in_path,
    domain_in_path, json, once, release_in,
};
use lambda_http::http::StatusCode;

pub use config::Config;

/// How long the caller waits for the event to be published; the poller publishes what is left.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the handler works with.
pub struct App<P: Ports> {
    /// Where domains, claims and events are kept.
    pub store: P::Store,
    /// Where events go.
    pub publisher: P::Publisher,
    /// Time.
    pub clock: P::Clock,
    /// Randomness.
    pub ids: P::Ids,
    /// Where the token carries client and roles.
    pub claims: ClaimNames,
}

impl<P> App<P>
where
    P: Ports<Store: ClaimStore + Outbox + IdempotencyLedger, Publisher: Publish>,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let answer = Box::pin(self.release(&request));
        once(&self.store, &self.clock, &self.claims, &request, answer).await
    }

    fn tools(&self) -> StoreTools<'_, P> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    async fn release(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let supporter = Supporter::lasso_support(request, &self.claims)?;
        let (client, name) = (client_in_path(request)?, domain_in_path(request)?);
        let order = release_in(request, &name)?;
        let (tools, actor) = (self.tools(), supporter.actor());
        let released = release(&tools, (&client, &name), &order, &actor).await?;
        let until = self.clock.now() + PATIENCE;
        publish(&tools, &self.publisher, released.event.as_ref(), until).await;
        let claims = register_of(&self.store, &released.domain).await?;
        let view = StaffDomainView::new(&released.domain, None, &claims, self.clock.now());
        let status = if released.goes_on {
            StatusCode::ACCEPTED
        } else {
            StatusCode::OK
        };
        Ok(json(status, &view))
    }
}

#[cfg(test)]
mod tests;
