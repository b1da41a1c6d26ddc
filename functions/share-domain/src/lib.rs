//! `POST`, `GET` and `DELETE /domains/{domain}/links`, also for Lasso support: links to the page
//! that the function `handoff` serves to people without a login.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod config;

use domain_auth::domain::Domain;
use domain_auth::idempotency::IdempotencyLedger;
use domain_auth::limits::ReadClientRecord;
use domain_auth::ports::{Clock, CommitChanges, Ports, ReadDomains};
use domain_auth::use_cases::StoreTools;
use domain_auth::use_cases::links::{make_link, withdraw_link};
use domain_auth_http::{
    ApiError, LinkListView, MadeLinkView, MakeLinkBody, Operation, ParsedRequest, PublicUrl, Reply,
    json, no_content, not_being_removed, once_with_secret, reply_to,
};
use lambda_http::http::StatusCode;

pub use config::Config;

/// The ports and settings of the handler.
pub struct App<P: Ports> {
    /// The store of domains and links.
    pub store: P::Store,
    /// Time.
    pub clock: P::Clock,
    /// Randomness, also for tokens.
    pub ids: P::Ids,
    /// The base URL of links.
    pub public_url: PublicUrl,
}

impl<P> App<P>
where
    P: Ports<Store: ReadDomains + CommitChanges + IdempotencyLedger + ReadClientRecord>,
{
    /// Answers one request. The response for a new link contains its token, so it is not stored for an
    /// `Idempotency-Key`: the same request again is refused.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let handled = Box::pin(self.answer(&request));
        if !request.operation().is_ok_and(Operation::takes_keys) {
            return reply_to(&request, handled).await;
        }
        let (store, clock) = (&self.store, &self.clock);
        let instead = ApiError::LinkMadeBefore;
        Box::pin(once_with_secret(store, clock, &request, handled, instead)).await
    }

    async fn answer(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let operation = request.operation()?;
        not_being_removed(request, &self.store).await?;
        match operation {
            Operation::MakeLink | Operation::MakeClientLink => self.make(request).await,
            Operation::ListLinks | Operation::ListClientLinks => self.list(request).await,
            Operation::WithdrawLink | Operation::WithdrawClientLink => self.withdraw(request).await,
            _served_elsewhere => Err(ApiError::NoRoute),
        }
    }

    fn tools(&self) -> StoreTools<'_, P> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    async fn make(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let (domain, actor) = (request.domain()?, request.actor()?);
        let MakeLinkBody { days } = MakeLinkBody::read(request.fields_if_any()?)?;
        let made = make_link(&self.tools(), domain, days, &actor).await?;
        let view = MadeLinkView::new(&made, &self.public_url.of(request));
        Ok(json(StatusCode::CREATED, &view))
    }

    async fn list(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let (client, name) = request.domain()?;
        let domain = self.store.domain(client, name).await?;
        let domain = domain.filter(Domain::is_there).ok_or(ApiError::NotFound)?;
        let view = LinkListView::new(&domain, self.clock.now());
        Ok(json(StatusCode::OK, &view))
    }

    async fn withdraw(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let (domain, actor) = (request.domain()?, request.actor()?);
        let link = request.path("link").unwrap_or_default();
        withdraw_link(&self.tools(), domain, link, &actor).await?;
        Ok(no_content())
    }
}

#[cfg(test)]
mod tests;
