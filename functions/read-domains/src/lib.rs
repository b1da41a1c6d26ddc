//! `GET /domains`, `GET /domains/{domain}`, its records and its history, and
//! `GET /senders/{address}`: pure reads of the table. Nothing here can reach SES or DNS, so open
//! browser tabs eat no quota.

mod config;

use domain_auth::dns::DnsLook;
use domain_auth::domain::Domain;
use domain_auth::handoff::{Handoff, HandoffFormat, render};
use domain_auth::history::HistoryEntry;
use domain_auth::names::{Community, Eligibility};
use domain_auth::ports::{ListFilter, PageStart, Ports, ReadClaims, ReadDomains};
use domain_auth::use_cases::senders::judge;
use domain_auth_http::{
    ApiError, Caller, ClaimNames, ClientHistory, Cursors, DomainListView, DomainView, FieldError,
    List, Operation, ParsedRequest, Reply, SenderView, document, domain_in_path, json,
    json_for_a_minute, limit_of, problem, status_of,
};
use lambda_http::RequestExt;
use lambda_http::http::{StatusCode, header};

pub use config::{Config, ConfigError};

/// What the handler works with.
pub struct App<P: Ports> {
    /// Where domains are kept.
    pub store: P::Store,
    /// Names that no client can have.
    pub eligibility: Eligibility,
    /// Where the token carries client and roles.
    pub claims: ClaimNames,
    /// Where pages of lists start.
    pub cursors: Cursors,
}

impl<P> App<P>
where
    P: Ports<Store: ReadDomains + ReadClaims>,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let read = async {
            let caller = Caller::client_admin(&request, &self.claims)?;
            match Operation::of(&request)? {
                Operation::ListDomains => self.list(&request, &caller).await,
                Operation::GetDomain => self.one(&request, &caller).await,
                Operation::GetRecords => self.records(&request, &caller).await,
                Operation::GetHistory => self.history(&request, &caller).await,
                Operation::GetSender => self.sender(&request, &caller).await,
                _served_elsewhere => Err(ApiError::NoRoute),
            }
        };
        match read.await {
            Ok(reply) => reply,
            Err(error) => problem(error, &request),
        }
    }

    async fn sender(&self, request: &ParsedRequest, caller: &Caller) -> Result<Reply, ApiError> {
        let parameters = request.path_parameters();
        let address = parameters.first("address").unwrap_or_default();
        let verdict = judge(&self.store, &self.eligibility, &caller.client, address).await?;
        let view = SenderView::from(verdict);
        Ok(json_for_a_minute(StatusCode::OK, &view))
    }

    async fn one(&self, request: &ParsedRequest, caller: &Caller) -> Result<Reply, ApiError> {
        let (domain, look) = self.read(request, caller).await?;
        Ok(json(
            StatusCode::OK,
            &DomainView::new(&domain, look.as_ref()),
        ))
    }

    async fn records(&self, request: &ParsedRequest, caller: &Caller) -> Result<Reply, ApiError> {
        let format = format_of(request)?;
        let (domain, look) = self.read(request, caller).await?;
        let records = domain.records();
        if records.is_empty() {
            return Err(ApiError::RecordsNotReady);
        }
        let handoff = Handoff {
            domain: &domain.name,
            zone: look.as_ref().and_then(DnsLook::zone),
            records: &records,
            observations: look.as_ref().map_or(&[], |look| &look.observations),
            client: &domain.client,
        };
        Ok(document(render(format, &handoff)?))
    }

    async fn history(&self, request: &ParsedRequest, caller: &Caller) -> Result<Reply, ApiError> {
        let name = domain_in_path(request)?;
        let query = request.query_string_parameters();
        let limit = limit_of(query.first("limit"))?;
        let list = List::History(&caller.client, &name);
        let start = self.start_of(list, query.first("cursor"))?;
        let gather = async {
            let mut history = ClientHistory::new(limit, start);
            while let Some((wanted, start)) = history.wanted() {
                let page = self.store.history(&caller.client, &name, wanted, start);
                let page = page.await?;
                history.add(page.map(HistoryEntry::for_client));
            }
            Ok(history)
        };
        let domain = self.store.domain(&caller.client, &name);
        let (domain, history) = futures::future::try_join(domain, gather).await?;
        domain.filter(Domain::is_there).ok_or(ApiError::NotFound)?;
        let view = history.view(&self.cursors, list);
        Ok(json(StatusCode::OK, &view))
    }

    fn start_of(
        &self,
        list: List<'_>,
        cursor: Option<&str>,
    ) -> Result<Option<PageStart>, ApiError> {
        cursor
            .map(|cursor| self.cursors.page_start(list, cursor))
            .transpose()
    }

    async fn read(
        &self,
        request: &ParsedRequest,
        caller: &Caller,
    ) -> Result<(Domain, Option<DnsLook>), ApiError> {
        let name = domain_in_path(request)?;
        let (domain, look) = futures::future::try_join(
            self.store.domain(&caller.client, &name),
            self.store.look(&caller.client, &name),
        )
        .await?;
        let domain = domain.filter(Domain::is_there);
        Ok((domain.ok_or(ApiError::NotFound)?, look))
    }

    async fn list(&self, request: &ParsedRequest, caller: &Caller) -> Result<Reply, ApiError> {
        let query = request.query_string_parameters();
        let filter = ListFilter {
            status: query.first("status").map(status_of).transpose()?,
            community: query.first("community").map(community_of).transpose()?,
        };
        let limit = limit_of(query.first("limit"))?;
        let list = List::Domains(&caller.client, &filter);
        let start = self.start_of(list, query.first("cursor"))?;
        let mut page = self
            .store
            .domains(&caller.client, &filter, limit, start.as_ref())
            .await?;
        page.items.retain(Domain::is_there);
        let view = DomainListView::new(&page, &self.cursors, list);
        Ok(json(StatusCode::OK, &view))
    }
}

/// By name in the query, or by media type.
fn format_of(request: &ParsedRequest) -> Result<HandoffFormat, ApiError> {
    let query = request.query_string_parameters();
    if let Some(name) = query.first("format") {
        return name
            .parse()
            .map_err(|error| ApiError::invalid(FieldError::parameter("format", error)));
    }
    let accept = request.headers().get(header::ACCEPT);
    let accept = accept
        .and_then(|accept| accept.to_str().ok())
        .unwrap_or_default();
    HandoffFormat::from_accept(accept).ok_or(ApiError::NotAcceptable)
}

fn community_of(text: &str) -> Result<Community, ApiError> {
    Community::parse(text)
        .map_err(|error| ApiError::invalid(FieldError::parameter("community", error)))
}

#[cfg(test)]
mod tests;
