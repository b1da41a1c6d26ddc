//! `POST /staff/clients/{client}/domains/{domain}/complete` and `…/reject`: the final step, which
//! only Lasso support takes. `…/adopt`: the client gets the identity that SES already has.
//! `PUT /staff/clients/{client}/limits`: the limits of a client.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod config;

use domain_auth::alerts::ReadAlertCounts;
use domain_auth::dns::DnsLook;
use domain_auth::domain::Domain;
use domain_auth::idempotency::IdempotencyLedger;
use domain_auth::identity::ConfigurationSet;
use domain_auth::limits::{Limits, ReadClientRecord, SetLimits};
use domain_auth::ports::{ClaimStore, Identities, Outbox, Ports, Publish};
use domain_auth::use_cases::adopt::adopt;
use domain_auth::use_cases::client_limits;
use domain_auth::use_cases::decide::{Decision, decide};
use domain_auth::use_cases::{SesBudget, StoreTools};
use domain_auth_http::{
    AdoptIdentityBody, Answer, ApiError, ClientLimitsView, LimitsBody, Operation, ParsedRequest,
    RejectDomainBody, Reply, json, once, published, staff_domain,
};
use lambda_http::http::StatusCode;

pub use config::{Config, ConfigError};

/// The ports and settings of the handler.
pub struct App<P: Ports> {
    /// The store of domains and events.
    pub store: P::Store,
    /// Amazon SES.
    pub ses: P::Ses,
    /// The configuration set that an identity gets in the final step.
    pub configuration_set: Option<ConfigurationSet>,
    /// The destination of events.
    pub publisher: P::Publisher,
    /// Time.
    pub clock: P::Clock,
    /// Randomness.
    pub ids: P::Ids,
    /// The limits of a client for which Lasso support has set no own limits.
    pub limits: Limits,
}

impl<P> App<P>
where
    P: Ports<
            Store: ClaimStore
                       + Outbox
                       + IdempotencyLedger
                       + ReadClientRecord
                       + ReadAlertCounts
                       + SetLimits,
            Ses: Identities,
            Publisher: Publish,
        >,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let tools = self.tools();
        let answer = published(&tools, &self.publisher, self.answer(&request));
        once(&self.store, &self.clock, &request, Box::pin(answer)).await
    }

    fn tools(&self) -> StoreTools<'_, P> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    async fn answer(&self, request: &ParsedRequest) -> Result<Answer, ApiError> {
        match request.operation()? {
            Operation::CompleteDomain | Operation::RejectDomain => self.decide(request).await,
            Operation::AdoptIdentity => self.adopt(request).await,
            Operation::SetClientLimits => self.set_limits(request).await,
            _served_elsewhere => Err(ApiError::NoRoute),
        }
    }

    async fn decide(&self, request: &ParsedRequest) -> Result<Answer, ApiError> {
        let (domain, actor) = (request.domain()?, request.actor()?);
        let decision = if request.operation()? == Operation::CompleteDomain {
            request.no_fields()?;
            Decision::Complete
        } else {
            Decision::Reject(RejectDomainBody::read(request.fields()?)?.reason)
        };
        let budget = SesBudget::unlimited();
        let tools = self.tools().with_ses(&self.ses, &budget);
        let set = self.configuration_set.as_ref();
        let decided = decide(&tools, set, domain, &decision, &actor).await?;
        let reply = self.shown(&decided.domain, decided.look).await;
        Ok(Answer::after(decided.event, reply))
    }

    async fn adopt(&self, request: &ParsedRequest) -> Result<Answer, ApiError> {
        let (domain, actor) = (request.domain()?, request.actor()?);
        let AdoptIdentityBody { reason } = AdoptIdentityBody::read(request.fields()?)?;
        let budget = SesBudget::unlimited();
        let tools = self.tools().with_ses(&self.ses, &budget);
        let adopted = adopt(&tools, domain, &reason, &actor).await?;
        let reply = self.shown(&adopted.domain, None).await;
        Ok(Answer::after(adopted.event, reply))
    }

    async fn shown(&self, domain: &Domain, look: Option<DnsLook>) -> Result<Reply, ApiError> {
        staff_domain(StatusCode::OK, domain, look, &self.store, &self.clock).await
    }

    async fn set_limits(&self, request: &ParsedRequest) -> Result<Answer, ApiError> {
        let (client, actor) = (request.client()?, request.actor()?);
        let wanted = LimitsBody::read(request.fields()?)?.into();
        let limits = client_limits::set(&self.store, &self.clock, client, &wanted, &actor).await?;
        let view = ClientLimitsView::new(client, &limits, self.limits);
        Ok(json(StatusCode::OK, &view).into())
    }
}

#[cfg(test)]
mod tests;
