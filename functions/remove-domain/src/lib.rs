//! `DELETE /domains/{domain}`: ends sending immediately, and deletes the domain at SES and in the
//! table. Also below `/staff/clients/{client}`, for Lasso support on the client's behalf.
//! `DELETE /staff/clients/{client}`: removes all domains of a client, and its personal data.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod config;

use std::time::Duration;

use domain_auth::check_limit;
use domain_auth::domain::{Change, Domain, Fate};
use domain_auth::event::Event;
use domain_auth::history::Actor;
use domain_auth::idempotency::IdempotencyLedger;
use domain_auth::ports::{Clock, CommitError, Identities, Outbox, Ports, Publish};
use domain_auth::ses_share::{RequestCalls, SesTurns};
use domain_auth::use_cases::erase::{ErasingStore, erase};
use domain_auth::use_cases::publish::publish;
use domain_auth::use_cases::remove::{self, Removal};
use domain_auth::use_cases::{SesBudget, StoreTools, wait_for_turn};
use domain_auth_http::{
    ApiError, ErasureView, Operation, ParsedRequest, Reply, client_to_erase, confirmation, json,
    no_content, once, reply_to,
};
use jiff::SignedDuration;

pub use config::Config;

/// How long the caller waits for SES. The poller does the rest.
const PATIENCE: Duration = Duration::from_millis(3_500);

/// How long the domains of an erased client are marked for removal in the request. The poller marks
/// the rest.
const MARKING: SignedDuration = SignedDuration::from_secs(8);

/// The ports and settings of the handler.
pub struct App<P: Ports> {
    /// The store of domains, claims and events.
    pub store: P::Store,
    /// Amazon SES.
    pub ses: P::Ses,
    /// The destination of events.
    pub publisher: P::Publisher,
    /// Time.
    pub clock: P::Clock,
    /// Randomness.
    pub ids: P::Ids,
    /// Calls per second that SES accepts for each operation. Requests get a part of them.
    pub ses_calls_per_second: u32,
}

impl<P> App<P>
where
    P: Ports<
            Store: ErasingStore + Outbox + SesTurns + IdempotencyLedger,
            Ses: Identities,
            Publisher: Publish,
        >,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let answer = Box::pin(self.answer(&request));
        if !request.operation().is_ok_and(Operation::takes_keys) {
            return reply_to(&request, answer).await;
        }
        once(&self.store, &self.clock, &request, answer).await
    }

    fn tools(&self) -> StoreTools<'_, P> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    async fn answer(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        match request.operation()? {
            Operation::RemoveDomain | Operation::RemoveForClient => self.remove(request).await,
            Operation::EraseClient => self.erase(request).await,
            _served_elsewhere => Err(ApiError::NoRoute),
        }
    }

    async fn erase(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let (client, actor) = (client_to_erase(request)?, request.actor()?);
        let until = self.clock.now() + MARKING;
        let standing = erase(&self.tools(), client, &actor, until).await?;
        let view = ErasureView::new(client, &standing).ok_or(ApiError::NoSuchClient)?;
        Ok(json(view.status(), &view))
    }

    async fn remove(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let (domain, actor) = (request.domain()?, request.actor()?);
        let confirmation = confirmation(request.query("confirm"), domain.1);
        let marked = remove::mark(&self.tools(), domain, confirmation, &actor).await?;
        if let Some(change) = marked {
            let event = change.event.clone();
            futures::future::join(
                in_time(self.finish_in_turn(change, &actor)),
                in_time(self.publish_at_once(event.as_ref())),
            )
            .await;
        }
        Ok(no_content())
    }

    async fn finish_in_turn(&self, change: Change, actor: &Actor) {
        let domain = match change.fate {
            Fate::Stored => change.domain,
            // SES had no identity of it.
            Fate::Deleted => return,
        };
        let asker = check_limit::asker(&domain.client, actor);
        let (store, clock, quota) = (&self.store, &self.clock, self.ses_calls_per_second);
        if wait_for_turn(store, clock, quota, RequestCalls::Remove, asker).await {
            self.finish(domain).await;
        }
    }

    async fn finish(&self, domain: Domain) {
        let name = domain.name.clone();
        let budget = SesBudget::unlimited();
        let tools = self.tools().with_ses(&self.ses, &budget);
        match remove::finish(&tools, domain).await {
            Ok(Removal::Done | Removal::Later(_, None)) => {}
            Ok(Removal::Later(_, Some(error))) => tracing::info!(
                domain = %name,
                error = &error as &dyn std::error::Error,
                "SES did not delete the identity; the poller goes on"
            ),
            // The poller was faster, or the domain is being added again.
            Err(CommitError::Conflict) => {}
            Err(CommitError::Store(error)) => tracing::error!(
                domain = %name,
                error = &error as &dyn std::error::Error,
                "a removal was not written; the poller goes on"
            ),
        }
    }

    async fn publish_at_once(&self, event: Option<&Event>) {
        let until = self.clock.now() + PATIENCE;
        publish(&self.tools(), &self.publisher, event, until).await;
    }
}

/// If the time is over in the middle of a call, the result is the same as after a crash: the poller
/// continues.
async fn in_time(work: impl Future<Output = ()>) {
    if tokio::time::timeout(PATIENCE, work).await.is_err() {
        tracing::info!("the time was up; the poller goes on");
    }
}

#[cfg(test)]
mod tests;
