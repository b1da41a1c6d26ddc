//! `GET /staff/domains`, `GET /staff/clients/{client}/domains/{domain}` and its history, and `GET
//! /staff/clients/{client}/limits`: pure reads across clients, for Lasso support alone.

mod config;

use domain_auth::alerts::ReadAlertCounts;
use domain_auth::limits::{Limits, ReadClientRecord};
use domain_auth::ports::{
    Clock, Page, PageStart, Ports, ReadClaims, ReadDomains, Reconciliations, StaffQueue,
};
use domain_auth::state::{QueuePart, Status, WaitingFor};
use domain_auth::use_cases::client_limits;
use domain_auth::use_cases::registers::register_of;
use domain_auth_http::{
    ApiError, ClaimNames, ClientLimitsView, Cursors, FieldError, HistoryView, List, Operation,
    ParsedRequest, Reply, StaffDomainView, StaffListView, Supporter, client_in_path,
    domain_in_path, json, limit_of, problem, status_of,
};
use lambda_http::RequestExt;
use lambda_http::http::StatusCode;

pub use config::Config;

/// What the handler works with.
pub struct App<P: Ports> {
    /// Where domains are kept.
    pub store: P::Store,
    /// Time.
    pub clock: P::Clock,
    /// Where the token carries client and roles.
    pub claims: ClaimNames,
    /// Where pages of lists start.
    pub cursors: Cursors,
    /// The limits of a client for which Lasso support has set none.
    pub limits: Limits,
}

impl<P> App<P>
where
    P: Ports<
        Store: ReadDomains
                   + ReadClaims
                   + StaffQueue
                   + Reconciliations
                   + ReadClientRecord
                   + ReadAlertCounts,
    >,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let read = async {
            Supporter::lasso_support(&request, &self.claims)?;
            match Operation::of(&request)? {
                Operation::ListQueue => self.queue(&request).await,
                Operation::GetClientDomain => self.one(&request).await,
                Operation::GetClientHistory => self.history(&request).await,
                Operation::GetClientLimits => self.client_limits(&request).await,
                _served_elsewhere => Err(ApiError::NoRoute),
            }
        };
        match read.await {
            Ok(reply) => reply,
            Err(error) => problem(error, &request),
        }
    }

    async fn queue(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let query = request.query_string_parameters();
        let status = query.first("status").map(status_of).transpose()?;
        let waiting_for = query.first("waiting_for").map(waiting_for_of).transpose()?;
        let limit = limit_of(query.first("limit"))?;
        let parts = parts_of(status, waiting_for);
        let list = List::Queue(&parts);
        let start = self.start_of(list, query.first("cursor"))?;
        let reconciliation = if start.is_none() {
            self.store.reconciliation().await?
        } else {
            None
        };
        let page = if parts.is_empty() {
            Page {
                items: Vec::new(),
                next: None,
            }
        } else {
            let start = start.as_ref();
            self.store.waiting(&parts, limit, start).await?
        };
        let view = StaffListView::new(&page, reconciliation, &self.cursors, list);
        Ok(json(StatusCode::OK, &view))
    }

    async fn one(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let (client, name) = (client_in_path(request)?, domain_in_path(request)?);
        let (domain, look) = futures::future::try_join(
            self.store.domain(&client, &name),
            self.store.look(&client, &name),
        )
        .await?;
        let domain = domain.ok_or(ApiError::NotFound)?;
        let claims = register_of(&self.store, &domain).await?;
        let view = StaffDomainView::new(&domain, look, &claims, self.clock.now());
        Ok(json(StatusCode::OK, &view))
    }

    /// Also of a domain that is gone: its history stays.
    async fn history(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let (client, name) = (client_in_path(request)?, domain_in_path(request)?);
        let query = request.query_string_parameters();
        let limit = limit_of(query.first("limit"))?;
        let list = List::ClientHistory(&client, &name);
        let start = self.start_of(list, query.first("cursor"))?;
        let page = self
            .store
            .history(&client, &name, limit, start.as_ref())
            .await?;
        if page.items.is_empty() && start.is_none() {
            return Err(ApiError::NotFound);
        }
        let view = HistoryView::for_support(page, &self.cursors, list);
        Ok(json(StatusCode::OK, &view))
    }

    async fn client_limits(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let client = client_in_path(request)?;
        let limits = client_limits::read(&self.store, &self.clock, &client).await?;
        let view = ClientLimitsView::new(&client, &limits, self.limits);
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
}

/// What to list: what waits for Lasso, where the caller says nothing.
fn parts_of(status: Option<Status>, waiting_for: Option<WaitingFor>) -> Vec<QueuePart> {
    let waiting_for = match (status, waiting_for) {
        (None, None) => Some(WaitingFor::Lasso),
        (_, waiting_for) => waiting_for,
    };
    QueuePart::all()
        .filter(|listed| status.is_none_or(|status| listed.status() == status))
        .filter(|listed| waiting_for.is_none() || listed.waiting_for() == waiting_for)
        .collect()
}

fn waiting_for_of(word: &str) -> Result<WaitingFor, ApiError> {
    match word {
        "lasso" => Ok(WaitingFor::Lasso),
        "client" => Ok(WaitingFor::Client),
        _ => Err(ApiError::invalid(FieldError::parameter(
            "waiting_for",
            "must be lasso or client",
        ))),
    }
}

#[cfg(test)]
mod tests;
