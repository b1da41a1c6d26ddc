//! `POST /domains`: claims a domain, registers it with Amazon SES, and answers with its records.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod config;

use std::time::Duration;

use domain_auth::check_limit;
use domain_auth::dns::{DnsLook, Lookup};
use domain_auth::domain::{Domain, NewDomain};
use domain_auth::event::Event;
use domain_auth::history::Actor;
use domain_auth::idempotency::IdempotencyLedger;
use domain_auth::limits::{AdditionLimits, ReadClientRecord};
use domain_auth::names::Eligibility;
use domain_auth::ports::{
    ClaimStore, Clock, CommitError, Identities, Outbox, Ports, Publish, ReadDomains,
};
use domain_auth::ses_share::{RequestCalls, SesTurns};
use domain_auth::state::Status;
use domain_auth::use_cases::add::{self, Addition};
use domain_auth::use_cases::first_look::first_look;
use domain_auth::use_cases::provision::{self, Provisioned};
use domain_auth::use_cases::publish::publish;
use domain_auth::use_cases::{SesBudget, StoreTools, wait_for_turn};
use domain_auth_http::{
    AddDomainBody, AddedAgainView, ApiError, DomainView, ParsedRequest, Reply, json, once,
};
use lambda_http::http::{HeaderValue, StatusCode, header};

pub use config::{Config, ConfigError};

/// How long the caller waits for SES. The poller does the rest.
const PATIENCE: Duration = Duration::from_millis(3_500);

/// How long, before that, the caller waits for its turn at SES and for the store to give it.
const TURN_PATIENCE: Duration = Duration::from_millis(2_500);

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
    /// DNS, for a first look, and to find a MAIL FROM name that is not in use.
    pub dns: P::Dns,
    /// Names that may not be added.
    pub eligibility: Eligibility,
    /// Calls per second that SES accepts for each operation. Requests get a part of them.
    pub ses_calls_per_second: u32,
    /// The domains that a client may add if Lasso support has set no limits for the client.
    pub limits: AdditionLimits,
}

impl<P> App<P>
where
    P: Ports<
            Store: ClaimStore + ReadClientRecord + Outbox + IdempotencyLedger + SesTurns,
            Ses: Identities,
            Publisher: Publish,
            Dns: Lookup,
        >,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let answer = Box::pin(self.add(&request));
        once(&self.store, &self.clock, &request, answer).await
    }

    fn tools(&self) -> StoreTools<'_, P> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    async fn add(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let (client, actor) = (request.client()?, request.actor()?);
        let body = AddDomainBody::read(request.fields()?);
        let body = body.map_err(|error| error.suggesting_only(&self.eligibility))?;
        let new = NewDomain {
            name: body.domain,
            client: client.clone(),
            community: body.community,
            contact_email: body.contact_email,
        };
        let (tools, eligibility, limits) = (self.tools(), &self.eligibility, self.limits);
        let dns = self.dns.fresh();
        match add::add(&tools, eligibility, &new, &actor, limits).await? {
            Addition::Existing(domain) => {
                let known = futures::future::ready(*domain);
                let (domain, look) = first_look(&tools, &dns, &new.name, known).await?;
                let view = DomainView::new(&domain, look.as_ref());
                let view = AddedAgainView::new(view, None, new.contact_email.as_ref());
                Ok(located(json(StatusCode::OK, &view), &domain))
            }
            Addition::ForOneMore(domain, community) => {
                let known = futures::future::ready(*domain);
                let (domain, look) = first_look(&tools, &dns, &new.name, known).await?;
                let view = DomainView::new(&domain, look.as_ref());
                let view = AddedAgainView::new(view, Some(community), new.contact_email.as_ref());
                Ok(located(json(StatusCode::OK, &view), &domain))
            }
            Addition::Created(change) => {
                // If the time runs out in the middle of a call, the result is the same as after a
                // crash: the poller continues.
                let registered = async {
                    let added = change.domain.clone();
                    let provisioned = self.provision_in_turn(added, &actor, &dns).await;
                    provisioned.unwrap_or_else(|| change.domain.clone())
                };
                let (looked, _) = futures::future::join(
                    first_look(&tools, &dns, &new.name, registered),
                    tokio::time::timeout(PATIENCE, self.publish_at_once(change.event.as_ref())),
                )
                .await;
                let (domain, look) = looked?;
                Ok(answer(status_of(&domain), &domain, look.as_ref()))
            }
        }
    }

    /// The domain after the calls to SES, if there were any. While other requests wait for their
    /// turn, this domain is left to the poller.
    async fn provision_in_turn(
        &self,
        domain: Domain,
        actor: &Actor,
        dns: &P::Dns,
    ) -> Option<Domain> {
        if domain.state.status() != Status::Provisioning {
            // It is contested: SES is not called.
            return None;
        }
        let asker = check_limit::asker(&domain.client, actor);
        let (store, clock, quota) = (&self.store, &self.clock, self.ses_calls_per_second);
        let turn = wait_for_turn(store, clock, quota, RequestCalls::Register, asker);
        let has_turn = tokio::time::timeout(TURN_PATIENCE, turn).await;
        if !has_turn.unwrap_or(false) {
            return None;
        }
        let provisioned = tokio::time::timeout(PATIENCE, self.provision(domain, dns)).await;
        provisioned.ok().flatten()
    }

    /// The domain after the calls to SES, as far as known.
    async fn provision(&self, domain: Domain, dns: &P::Dns) -> Option<Domain> {
        let (client, name) = (domain.client.clone(), domain.name.clone());
        let budget = self.budget();
        let tools = self.tools().with_ses(&self.ses, &budget).with_dns(dns);
        match provision::provision(&tools, domain).await {
            Ok(Provisioned::Done(domain) | Provisioned::Waits(domain)) => Some(domain),
            Ok(Provisioned::Later(domain, error)) => {
                tracing::info!(
                    domain = %name,
                    error = &error as &dyn std::error::Error,
                    "SES did not finish; the poller goes on"
                );
                Some(domain)
            }
            // The poller was faster.
            Err(CommitError::Conflict) => self.store.domain(&client, &name).await.ok().flatten(),
            Err(CommitError::Store(error)) => {
                tracing::error!(
                    domain = %name,
                    error = &error as &dyn std::error::Error,
                    "what SES answered was not written; the poller asks again"
                );
                None
            }
        }
    }

    /// SES calls with one repetition: a call that SES throttles is repeated a second later at the
    /// default quota. It had its turn, so something else in the account used the quota.
    fn budget(&self) -> SesBudget {
        SesBudget::per_second(self.ses_calls_per_second.saturating_mul(2))
    }

    async fn publish_at_once(&self, event: Option<&Event>) {
        let until = self.clock.now() + PATIENCE;
        publish(&self.tools(), &self.publisher, event, until).await;
    }
}

fn status_of(domain: &Domain) -> StatusCode {
    match domain.state.status() {
        Status::Contested | Status::Provisioning => StatusCode::ACCEPTED,
        Status::Pending | Status::Verified | Status::Authenticated | Status::AtRisk => {
            StatusCode::CREATED
        }
        Status::Failed | Status::Rejected | Status::Removing => StatusCode::CREATED,
    }
}

fn answer(status: StatusCode, domain: &Domain, look: Option<&DnsLook>) -> Reply {
    let view = DomainView::new(domain, look);
    located(json(status, &view), domain)
}

fn located(mut reply: Reply, domain: &Domain) -> Reply {
    // Relative to the URL of the request: only the caller knows the base path of the API.
    let location = format!("domains/{}", domain.name);
    if let Ok(location) = HeaderValue::from_str(&location) {
        reply.headers_mut().insert(header::LOCATION, location);
    }
    reply
}

#[cfg(test)]
mod tests;
