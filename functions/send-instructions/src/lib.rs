//! `POST /domains/{domain}/instructions`: sends the records by email to the client's email
//! administrator. Also below `/staff/clients/{client}`, for Lasso support on the client's behalf.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod config;

use domain_auth::idempotency::IdempotencyLedger;
use domain_auth::instructions::{CountInstructions, SendLetter};
use domain_auth::limits::ReadClientRecord;
use domain_auth::ports::{CommitChanges, Ports, ReadDomains};
use domain_auth::use_cases::StoreTools;
use domain_auth::use_cases::send_instructions::{Order, send_instructions};
use domain_auth_http::{
    ApiError, InstructionsBody, InstructionsView, ParsedRequest, PublicUrl, Reply, json,
    not_being_removed, once,
};
use lambda_http::http::StatusCode;

pub use config::Config;

/// The ports and settings of the handler.
pub struct App<P: Ports> {
    /// The store of domains and of the counts of emails.
    pub store: P::Store,
    /// Sends email to people outside Lasso.
    pub mail: P::Mail,
    /// Time.
    pub clock: P::Clock,
    /// Randomness.
    pub ids: P::Ids,
    /// The base URL of links.
    pub public_url: PublicUrl,
}

impl<P> App<P>
where
    P: Ports<
            Store: ReadDomains
                       + CommitChanges
                       + CountInstructions
                       + IdempotencyLedger
                       + ReadClientRecord,
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
        not_being_removed(request, &self.store).await?;
        let tools = self.tools();
        let base = self.public_url.of(request);
        let sent = send_instructions(&tools, &self.mail, domain, &order, &actor, &base).await?;
        let view = InstructionsView::new(domain.1, &order, &sent);
        Ok(json(StatusCode::ACCEPTED, &view))
    }
}

#[cfg(test)]
mod behalf_tests;
#[cfg(test)]
mod bounce_tests;
#[cfg(test)]
mod tests;
