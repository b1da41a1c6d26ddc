//! `POST /domains/{domain}/instructions`: the records by email to the client's email administrator.

mod config;

use domain_auth::idempotency::IdempotencyLedger;
use domain_auth::instructions::{CountInstructions, SendLetter};
use domain_auth::ports::{Clock, CommitChanges, ReadDomains};
use domain_auth::use_cases::send_instructions::{Order, send_instructions};
use domain_auth_http::{
    ApiError, Caller, ClaimNames, InstructionsBody, InstructionsView, ParsedRequest, Reply,
    domain_in_path, json, once,
};
use lambda_http::http::StatusCode;

pub use config::Config;

/// What the handler works with.
#[derive(Debug)]
pub struct App<S, M, C> {
    /// Where domains are kept, and emails counted.
    pub store: S,
    /// The way to people who are not at Lasso.
    pub mail: M,
    /// Time.
    pub clock: C,
    /// Where the token carries client and roles.
    pub claims: ClaimNames,
}

impl<S, M, C> App<S, M, C>
where
    S: ReadDomains + CommitChanges + CountInstructions + IdempotencyLedger,
    M: SendLetter,
    C: Clock,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let answer = Box::pin(self.send(&request));
        once(&self.store, &self.clock, &self.claims, &request, answer).await
    }

    async fn send(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let caller = Caller::client_admin(request, &self.claims)?;
        let name = domain_in_path(request)?;
        let body = InstructionsBody::parse(request)?;
        let order = Order {
            to: body.email,
            note: body.note,
        };
        let (store, actor) = (&self.store, caller.actor());
        let domain = (&caller.client, &name);
        let sent =
            send_instructions(store, &self.mail, &self.clock, domain, &order, &actor).await?;
        let view = InstructionsView::new(&name, &order, &sent);
        Ok(json(StatusCode::ACCEPTED, &view))
    }
}

#[cfg(test)]
mod tests;
