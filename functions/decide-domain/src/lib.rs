//! `POST /staff/clients/{client}/domains/{domain}/complete` and `…/reject`: the final step, which
//! Lasso support alone takes. `…/adopt`: the client gets the identity that SES has already.
//! `PUT /staff/clients/{client}/limits`: how much a client may do.

mod config;

use std::time::Duration;

use domain_auth::alerts::ReadAlertCounts;
use domain_auth::idempotency::IdempotencyLedger;
use domain_auth::identity::ConfigurationSet;
use domain_auth::limits::{Limits, ReadClientRecord, SetLimits};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{ClaimStore, Clock, Identities, Outbox, Ports, Publish};
use domain_auth::use_cases::adopt::adopt;
use domain_auth::use_cases::client_limits;
use domain_auth::use_cases::decide::{Decision, decide};
use domain_auth::use_cases::publish::publish;
use domain_auth::use_cases::registers::register_of;
use domain_auth::use_cases::{SesBudget, StoreTools};
use domain_auth_http::{
    ApiError, ClaimNames, ClientLimitsView, LimitsBody, Operation, ParsedRequest, Reply,
    StaffDomainView, Supporter, client_in_path, domain_in_path, json, once, reason_in,
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
    /// What an identity is given with the final step.
    pub configuration_set: Option<ConfigurationSet>,
    /// Where events go.
    pub publisher: P::Publisher,
    /// Time.
    pub clock: P::Clock,
    /// Randomness.
    pub ids: P::Ids,
    /// Where the token carries client and roles.
    pub claims: ClaimNames,
    /// The limits of a client for which Lasso support has set none.
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
        let answer = Box::pin(self.decide(&request));
        once(&self.store, &self.clock, &self.claims, &request, answer).await
    }

    fn tools(&self) -> StoreTools<'_, P> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    async fn decide(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let supporter = Supporter::lasso_support(request, &self.claims)?;
        let operation = Operation::of(request)?;
        if operation == Operation::SetClientLimits {
            return self.set_limits(request, &supporter).await;
        }
        let (client, name) = (client_in_path(request)?, domain_in_path(request)?);
        if operation == Operation::AdoptIdentity {
            return self.adopt(request, &supporter, (&client, &name)).await;
        }
        let decision = match operation {
            Operation::CompleteDomain => Decision::Complete,
            Operation::RejectDomain => Decision::Reject(reason_in(request)?),
            _served_elsewhere => return Err(ApiError::NoRoute),
        };
        let budget = SesBudget::unlimited();
        let tools = self.tools().with_ses(&self.ses, &budget);
        let (set, actor) = (self.configuration_set.as_ref(), supporter.actor());
        let decided = decide(&tools, set, (&client, &name), &decision, &actor).await?;
        let until = self.clock.now() + PATIENCE;
        publish(&tools, &self.publisher, decided.event.as_ref(), until).await;
        let claims = register_of(&self.store, &decided.domain).await?;
        let now = self.clock.now();
        let view = StaffDomainView::new(&decided.domain, decided.look, &claims, now);
        Ok(json(StatusCode::OK, &view))
    }

    async fn adopt(
        &self,
        request: &ParsedRequest,
        supporter: &Supporter,
        (client, name): (&ClientId, &DomainName),
    ) -> Result<Reply, ApiError> {
        let reason = reason_in(request)?;
        let budget = SesBudget::unlimited();
        let tools = self.tools().with_ses(&self.ses, &budget);
        let adopted = adopt(&tools, (client, name), &reason, &supporter.actor()).await?;
        let until = self.clock.now() + PATIENCE;
        publish(&tools, &self.publisher, adopted.event.as_ref(), until).await;
        let claims = register_of(&self.store, &adopted.domain).await?;
        let view = StaffDomainView::new(&adopted.domain, None, &claims, self.clock.now());
        Ok(json(StatusCode::OK, &view))
    }

    async fn set_limits(
        &self,
        request: &ParsedRequest,
        supporter: &Supporter,
    ) -> Result<Reply, ApiError> {
        let client = client_in_path(request)?;
        let wanted = LimitsBody::parse(request)?.into();
        let (store, clock, actor) = (&self.store, &self.clock, supporter.actor());
        let limits = client_limits::set(store, clock, &client, &wanted, &actor).await?;
        let view = ClientLimitsView::new(&client, &limits, self.limits);
        Ok(json(StatusCode::OK, &view))
    }
}

#[cfg(test)]
mod tests;
