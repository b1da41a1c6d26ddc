//! `POST /domains/{domain}/restart`: another 72 hours at SES for a domain that failed.

mod config;

use domain_auth::ports::{Clock, CommitChanges, Identities, Ids, ReadDomains};
use domain_auth::use_cases::restart::restart;
use domain_auth_http::{
    ApiError, Caller, ClaimNames, DomainView, ParsedRequest, Reply, domain_in_path, json, problem,
};
use lambda_http::http::StatusCode;

pub use config::Config;

/// What the handler works with.
#[derive(Debug)]
pub struct App<S, I, C, D> {
    /// Where domains are kept.
    pub store: S,
    /// Amazon SES.
    pub ses: I,
    /// Time.
    pub clock: C,
    /// Randomness.
    pub ids: D,
    /// Where the token carries client and roles.
    pub claims: ClaimNames,
}

impl<S, I, C, D> App<S, I, C, D>
where
    S: ReadDomains + CommitChanges,
    I: Identities,
    C: Clock,
    D: Ids,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        match self.restart(&request).await {
            Ok(reply) => reply,
            Err(error) => problem(error, &request),
        }
    }

    async fn restart(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let caller = Caller::client_admin(request, &self.claims)?;
        let name = domain_in_path(request)?;
        let (store, ses, actor) = (&self.store, &self.ses, caller.actor());
        let domain = (&caller.client, &name);
        let domain = restart(store, ses, &self.clock, &self.ids, domain, &actor).await?;
        let look = self.store.look(&caller.client, &name).await?;
        let view = DomainView::new(&domain, look.as_ref());
        Ok(json(StatusCode::OK, &view))
    }
}

#[cfg(test)]
mod tests;
