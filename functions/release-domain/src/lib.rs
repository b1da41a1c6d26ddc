//! `POST /staff/clients/{client}/domains/{domain}/release`: Lasso support ends a claim, or grants a
//! proven claimant the name.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod config;

use domain_auth::idempotency::IdempotencyLedger;
use domain_auth::limits::ReadClientRecord;
use domain_auth::ports::{ClaimStore, Outbox, Ports, Publish};
use domain_auth::use_cases::StoreTools;
use domain_auth::use_cases::release::release;
use domain_auth_http::{
    Answer, ApiError, ParsedRequest, Reply, once, published, release_order, staff_domain,
};
use lambda_http::http::StatusCode;

pub use config::Config;

/// The ports and settings of the handler.
pub struct App<P: Ports> {
    /// The store of domains, claims and events.
    pub store: P::Store,
    /// The destination of events.
    pub publisher: P::Publisher,
    /// Time.
    pub clock: P::Clock,
    /// Randomness.
    pub ids: P::Ids,
}

impl<P> App<P>
where
    P: Ports<Store: ClaimStore + Outbox + IdempotencyLedger + ReadClientRecord, Publisher: Publish>,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let tools = self.tools();
        let answer = published(&tools, &self.publisher, self.release(&request));
        once(&self.store, &self.clock, &request, Box::pin(answer)).await
    }

    fn tools(&self) -> StoreTools<'_, P> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    async fn release(&self, request: &ParsedRequest) -> Result<Answer, ApiError> {
        let (domain, actor) = (request.domain()?, request.actor()?);
        let order = release_order(request.fields()?, domain.1)?;
        let released = release(&self.tools(), domain, &order, &actor).await?;
        let status = if released.goes_on {
            StatusCode::ACCEPTED
        } else {
            StatusCode::OK
        };
        let (store, clock) = (&self.store, &self.clock);
        let reply = staff_domain(status, &released.domain, None, store, clock).await;
        Ok(Answer::after(released.events, reply))
    }
}

#[cfg(test)]
mod tests;
