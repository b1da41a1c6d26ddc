//! `POST /domains/{domain}/restart`: another 72 hours at SES for a domain that failed.
//! `POST /domains/{domain}/notify`: the client is ready for the final step.

mod config;

use std::time::Duration;

use domain_auth::idempotency::IdempotencyLedger;
use domain_auth::ports::{ClaimStore, Clock, Identities, Outbox, Ports, Publish, ReadDomains};
use domain_auth::ses_share::SesTurns;
use domain_auth::use_cases::notify::notify;
use domain_auth::use_cases::publish::publish;
use domain_auth::use_cases::restart::restart;
use domain_auth::use_cases::{SesBudget, StoreTools};
use domain_auth_http::{
    ApiError, Caller, ClaimNames, DomainView, NotifiedView, Operation, ParsedRequest, Reply,
    domain_in_path, json, note_in, once,
};
use lambda_http::http::StatusCode;

pub use config::Config;

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
    /// Calls per second of each operation that SES takes, of which requests get a part.
    pub ses_calls_per_second: u32,
    /// Where the token carries client and roles.
    pub claims: ClaimNames,
}

impl<P> App<P>
where
    P: Ports<
            Store: ClaimStore + Outbox + IdempotencyLedger + SesTurns,
            Ses: Identities,
            Publisher: Publish,
        >,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let answer = Box::pin(self.advance(&request));
        once(&self.store, &self.clock, &self.claims, &request, answer).await
    }

    fn tools(&self) -> StoreTools<'_, P> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    async fn advance(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let caller = Caller::client_admin(request, &self.claims)?;
        if Operation::of(request)? == Operation::NotifyReady {
            self.notify(request, &caller).await
        } else {
            self.restart(request, &caller).await
        }
    }

    async fn restart(&self, request: &ParsedRequest, caller: &Caller) -> Result<Reply, ApiError> {
        let name = domain_in_path(request)?;
        let budget = SesBudget::unlimited();
        let tools = self.tools().with_ses(&self.ses, &budget);
        let (actor, quota) = (caller.actor(), self.ses_calls_per_second);
        let domain = restart(&tools, (&caller.client, &name), &actor, quota).await?;
        let look = self.store.look(&caller.client, &name).await?;
        let view = DomainView::new(&domain, look.as_ref());
        Ok(json(StatusCode::OK, &view))
    }

    async fn notify(&self, request: &ParsedRequest, caller: &Caller) -> Result<Reply, ApiError> {
        let name = domain_in_path(request)?;
        let note = note_in(request)?;
        let (tools, actor) = (self.tools(), caller.actor());
        let domain = (&caller.client, &name);
        let notified = notify(&tools, domain, note.as_ref(), &actor).await?;
        let (event, until) = (notified.event.as_ref(), self.clock.now() + PATIENCE);
        publish(&tools, &self.publisher, event, until).await;
        Ok(json(StatusCode::OK, &NotifiedView::from(&notified)))
    }
}

#[cfg(test)]
mod tests;
