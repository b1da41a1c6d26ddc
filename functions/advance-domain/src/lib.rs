//! `POST /domains/{domain}/restart`: another 72 hours at SES for a domain that failed.
//! `POST /domains/{domain}/notify`: the client is ready for the final step.
//! `PATCH /domains/{domain}`: changes its details. All of these are also below
//! `/staff/clients/{client}`, for Lasso support on the client's behalf.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod config;

use domain_auth::alerts::{ReadAlertCounts, Said};
use domain_auth::dns::DnsLook;
use domain_auth::domain::Domain;
use domain_auth::idempotency::IdempotencyLedger;
use domain_auth::limits::ReadClientRecord;
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{ClaimStore, Clock, Identities, Outbox, Ports, Publish, ReadDomains};
use domain_auth::ses_share::SesTurns;
use domain_auth::state::Status;
use domain_auth::use_cases::change_details::change_details;
use domain_auth::use_cases::client_limits;
use domain_auth::use_cases::notify::notify;
use domain_auth::use_cases::restart::restart;
use domain_auth::use_cases::{SesBudget, StoreTools};
use domain_auth_http::{
    Answer, ApiError, ChangeDomainBody, DomainView, NotifiedView, NotifyReadyBody, Operation,
    ParsedRequest, Reply, json, not_being_removed, once, published, staff_domain,
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
    /// Calls per second that SES accepts for each operation. Requests get a part of them.
    pub ses_calls_per_second: u32,
    /// The daily limit of emails to Lasso support about the domains of a client without a limit of
    /// its own.
    pub support_emails: u32,
}

impl<P> App<P>
where
    P: Ports<
            Store: ClaimStore
                       + Outbox
                       + IdempotencyLedger
                       + SesTurns
                       + ReadClientRecord
                       + ReadAlertCounts,
            Ses: Identities,
            Publisher: Publish,
        >,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let tools = self.tools();
        let answer = published(&tools, &self.publisher, self.advance(&request));
        once(&self.store, &self.clock, &request, Box::pin(answer)).await
    }

    fn tools(&self) -> StoreTools<'_, P> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    async fn advance(&self, request: &ParsedRequest) -> Result<Answer, ApiError> {
        let answer = match request.operation()? {
            Operation::NotifyReady | Operation::NotifyForClient => self.notify(request).await,
            Operation::RestartDomain | Operation::RestartForClient => self.restart(request).await,
            Operation::ChangeDomain | Operation::ChangeForClient => self.change(request).await,
            _served_elsewhere => Err(ApiError::NoRoute),
        };
        answer.map_err(|error| {
            if request.is_by_support() {
                error.to_support()
            } else {
                error
            }
        })
    }

    async fn restart(&self, request: &ParsedRequest) -> Result<Answer, ApiError> {
        let ((client, name), actor) = (request.domain()?, request.actor()?);
        request.no_fields()?;
        not_being_removed(request, &self.store).await?;
        let budget = SesBudget::unlimited();
        let tools = self.tools().with_ses(&self.ses, &budget);
        let quota = self.ses_calls_per_second;
        let domain = restart(&tools, (client, name), &actor, quota).await?;
        let look = self.store.look(client, name).await?;
        self.shown(request, &domain, look).await.map(Answer::from)
    }

    async fn change(&self, request: &ParsedRequest) -> Result<Answer, ApiError> {
        let ((client, name), actor) = (request.domain()?, request.actor()?);
        let new = ChangeDomainBody::read(request.fields()?)?.into();
        not_being_removed(request, &self.store).await?;
        let domain = change_details(&self.tools(), (client, name), &new, &actor).await?;
        let look = self.store.look(client, name).await?;
        self.shown(request, &domain, look).await.map(Answer::from)
    }

    /// The domain as the caller sees it.
    async fn shown(
        &self,
        request: &ParsedRequest,
        domain: &Domain,
        look: Option<DnsLook>,
    ) -> Result<Reply, ApiError> {
        if request.is_by_support() {
            let (store, clock) = (&self.store, &self.clock);
            return staff_domain(StatusCode::OK, domain, look, store, clock).await;
        }
        let view = DomainView::new(domain, look.as_ref());
        Ok(json(StatusCode::OK, &view))
    }

    async fn notify(&self, request: &ParsedRequest) -> Result<Answer, ApiError> {
        let (domain, actor) = (request.domain()?, request.actor()?);
        let NotifyReadyBody { note } = NotifyReadyBody::read(request.fields_if_any()?)?;
        not_being_removed(request, &self.store).await?;
        let emails = self.emails_support(domain).await?;
        let notified = notify(&self.tools(), domain, note.as_ref(), &actor, emails).await?;
        let view = if request.is_by_support() {
            NotifiedView::for_support(&notified)
        } else {
            NotifiedView::from(&notified)
        };
        let reply = json(StatusCode::OK, &view);
        Ok(Answer::after(notified.event, Ok(reply)))
    }

    /// Whether one more alert about a client's domain is an email: its own, or the daily summary.
    async fn emails_support(
        &self,
        (client, name): (&ClientId, &DomainName),
    ) -> Result<bool, ApiError> {
        if let Some(domain) = self.store.domain(client, name).await? {
            let said = if domain.state.status() == Status::Verified {
                Said::ReadyAndVerified
            } else {
                Said::ReadyAndNotVerified
            };
            if self.store.was_said(&domain, said, self.clock.now()).await? {
                return Ok(false);
            }
        }
        let (store, clock, default) = (&self.store, &self.clock, self.support_emails);
        Ok(client_limits::emails_support(store, clock, client, default).await?)
    }
}

#[cfg(test)]
mod tests;
