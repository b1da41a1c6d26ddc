//! `GET /domains` and `GET /domains/{domain}`: pure reads of the table. Nothing here can reach SES
//! or DNS, so open browser tabs eat no quota.

mod config;

use domain_auth::names::Community;
use domain_auth::ports::{ListFilter, ReadDomains};
use domain_auth::state::Status;
use domain_auth_http::{
    ApiError, Caller, ClaimNames, DomainListView, DomainView, FieldError, ParsedRequest, Reply,
    domain_in_path, json, limit_of, page_start, problem,
};
use lambda_http::RequestExt;
use lambda_http::http::StatusCode;

pub use config::Config;

/// What the handler works with.
#[derive(Debug)]
pub struct App<S> {
    /// Where domains are kept.
    pub store: S,
    /// Where the token carries client and roles.
    pub claims: ClaimNames,
}

impl<S: ReadDomains> App<S> {
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let read = async {
            let caller = Caller::client_admin(&request, &self.claims)?;
            if request.path_parameters().first("domain").is_some() {
                self.one(&request, &caller).await
            } else {
                self.list(&request, &caller).await
            }
        };
        match read.await {
            Ok(reply) => reply,
            Err(error) => problem(error, &request),
        }
    }

    async fn one(&self, request: &ParsedRequest, caller: &Caller) -> Result<Reply, ApiError> {
        let name = domain_in_path(request)?;
        let domain = self.store.domain(&caller.client, &name).await?;
        let domain = domain.ok_or(ApiError::NotFound)?;
        Ok(json(StatusCode::OK, &DomainView::from(&domain)))
    }

    async fn list(&self, request: &ParsedRequest, caller: &Caller) -> Result<Reply, ApiError> {
        let query = request.query_string_parameters();
        let filter = ListFilter {
            status: query.first("status").map(status_of).transpose()?,
            community: query.first("community").map(community_of).transpose()?,
        };
        let limit = limit_of(query.first("limit"))?;
        let start = query.first("cursor").map(page_start).transpose()?;
        let page = self
            .store
            .domains(&caller.client, &filter, limit, start.as_ref())
            .await?;
        Ok(json(StatusCode::OK, &DomainListView::from(&page)))
    }
}

fn status_of(word: &str) -> Result<Status, ApiError> {
    Status::parse(word).ok_or_else(|| {
        let words = Status::ALL.map(Status::as_str).join(", ");
        ApiError::invalid(FieldError::parameter(
            "status",
            format!("must be one of {words}"),
        ))
    })
}

fn community_of(text: &str) -> Result<Community, ApiError> {
    Community::parse(text)
        .map_err(|error| ApiError::invalid(FieldError::parameter("community", error)))
}

#[cfg(test)]
mod tests;
