//! `GET /staff/domains`, `GET /staff/clients/{client}/domains/{domain}` and its history, and `GET
//! /staff/clients/{client}/limits`: pure reads across clients, for Lasso support alone.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod config;

use domain_auth::alerts::ReadAlertCounts;
use domain_auth::limits::{Limits, ReadClientRecord};
use domain_auth::ports::{
    Page, PageStart, Ports, ReadClaims, ReadDomains, Reconciliations, StaffQueue,
};
use domain_auth::state::{QueuePart, Status, WaitingFor};
use domain_auth::use_cases::client_limits;
use domain_auth_http::{
    ApiError, ClientLimitsView, Cursors, FieldError, HistoryView, List, Operation, ParsedRequest,
    Reply, StaffListView, json, limit_of, reply_to, staff_domain, status_of,
};
use lambda_http::http::StatusCode;

pub use config::Config;

/// What the handler works with.
pub struct App<P: Ports> {
    /// Where domains are kept.
    pub store: P::Store,
    /// Time.
    pub clock: P::Clock,
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
            match request.operation()? {
                Operation::ListQueue => self.queue(&request).await,
                Operation::GetClientDomain => self.one(&request).await,
                Operation::GetClientHistory => self.history(&request).await,
                Operation::GetClientLimits => self.client_limits(&request).await,
                _served_elsewhere => Err(ApiError::NoRoute),
            }
        };
        reply_to(&request, read).await
    }

    async fn queue(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let status = request.query("status").map(status_of).transpose()?;
        let waiting_for = request.query("waiting_for");
        let waiting_for = waiting_for.map(waiting_for_of).transpose()?;
        let limit = limit_of(request.query("limit"))?;
        let parts = parts_of(status, waiting_for);
        let list = List::Queue(&parts);
        let start = self.start_of(list, request.query("cursor"))?;
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
        let (client, name) = request.domain()?;
        let (domain, look) = futures::future::try_join(
            self.store.domain(client, name),
            self.store.look(client, name),
        )
        .await?;
        let domain = domain.ok_or(ApiError::NotFound)?;
        staff_domain(StatusCode::OK, &domain, look, &self.store, &self.clock).await
    }

    /// Also of a domain that is gone: its history stays.
    async fn history(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let (client, name) = request.domain()?;
        let limit = limit_of(request.query("limit"))?;
        let list = List::ClientHistory(client, name);
        let start = self.start_of(list, request.query("cursor"))?;
        let page = self
            .store
            .history(client, name, limit, start.as_ref())
            .await?;
        if page.items.is_empty() && start.is_none() {
            return Err(ApiError::NotFound);
        }
        let view = HistoryView::for_support(page, &self.cursors, list);
        Ok(json(StatusCode::OK, &view))
    }

    async fn client_limits(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let client = request.client()?;
        let limits = client_limits::read(&self.store, &self.clock, client).await?;
        let view = ClientLimitsView::new(client, &limits, self.limits);
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
