//! `POST /staff/clients/{client}/domains/{domain}/release`: Lasso support ends a claim, or grants a
//! proven claimant the name.

mod config;

use std::time::Duration;

use domain_auth::idempotency::IdempotencyLedger;
use domain_auth::ports::{Clock, CommitChanges, Ids, Outbox, Publish, ReadClaims, ReadDomains};
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
#[derive(Debug)]
pub struct App<S, P, C, D> {
    /// Where domains, claims and events are kept.
    pub store: S,
    /// Where events go.
    pub publisher: P,
    /// Time.
    pub clock: C,
    /// Randomness.
    pub ids: D,
    /// Where the token carries client and roles.
    pub claims: ClaimNames,
}

impl<S, P, C, D> App<S, P, C, D>
where
    S: ReadDomains + ReadClaims + CommitChanges + Outbox + IdempotencyLedger,
    P: Publish,
    C: Clock,
    D: Ids,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let answer = Box::pin(self.release(&request));
        once(&self.store, &self.clock, &self.claims, &request, answer).await
    }

    async fn release(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let supporter = Supporter::lasso_support(request, &self.claims)?;
        let (client, name) = (client_in_path(request)?, domain_in_path(request)?);
        let order = release_in(request, &name)?;
        let (store, clock, actor) = (&self.store, &self.clock, supporter.actor());
        let domain = (&client, &name);
        let released = release(store, clock, &self.ids, domain, &order, &actor).await?;
        let until = clock.now() + PATIENCE;
        publish(
            store,
            &self.publisher,
            clock,
            released.event.as_ref(),
            until,
        )
        .await;
        let claims = register_of(store, &released.domain).await?;
        let view = StaffDomainView::new(&released.domain, None, &claims, clock.now());
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
