//! `POST /domains/{domain}/instructions`: the records by email to the client's email administrator.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod config;

use domain_auth::idempotency::IdempotencyLedger;
use domain_auth::instructions::{CountInstructions, SendLetter};
use domain_auth::ports::{CommitChanges, Ports, ReadDomains};
use domain_auth::use_cases::StoreTools;
use domain_auth::use_cases::send_instructions::{Order, send_instructions};
use domain_auth_http::{
    ApiError, InstructionsBody, InstructionsView, ParsedRequest, PublicUrl, Reply, json, once,
};
use lambda_http::http::StatusCode;

pub use config::Config;

/// What the handler works with.
pub struct App<P: Ports> {
    /// Where domains are kept, and emails counted.
    pub store: P::Store,
    /// The way to people who are not at Lasso.
    pub mail: P::Mail,
    /// Time.
    pub clock: P::Clock,
    /// Randomness.
    pub ids: P::Ids,
    /// Where links begin.
    pub public_url: PublicUrl,
}

impl<P> App<P>
where
    P: Ports<
            Store: ReadDomains + CommitChanges + CountInstructions + IdempotencyLedger,
            Mail: SendLetter,
        >,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let answer = Box::pin(self.send(&request));
        once(&self.store, &self.clock, &request, answer).await
    }

    fn tools(&self) -> StoreTools<'_, P> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    async fn send(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let (domain, actor) = (request.domain()?, request.actor()?);
        let body = InstructionsBody::read(request.fields()?)?;
        let order = Order {
            to: body.email,
            note: body.note,
        };
        let tools = self.tools();
        let base = self.public_url.of(request);
        let sent = send_instructions(&tools, &self.mail, domain, &order, &actor, &base).await?;
        let view = InstructionsView::new(domain.1, &order, &sent);
        Ok(json(StatusCode::ACCEPTED, &view))
    }
}

#[cfg(test)]
mod tests;
