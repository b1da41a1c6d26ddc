//! `GET /staff/domains`, `GET /staff/clients/{client}/domains`,
//! `GET /staff/clients/{client}/domains/{domain}` and its history, and
//! `GET /staff/clients/{client}/limits`: pure reads across clients, for Lasso support only.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod config;

use domain_auth::alerts::ReadAlertCounts;
use domain_auth::domain::Domain;
use domain_auth::limits::{Limits, ReadClientRecord};
use domain_auth::names::{DomainName, SuffixList};
use domain_auth::ports::{
    DomainsByState, ListFilter, Page, PageStart, Ports, ReadClaims, ReadDomains, Reconciliations,
    StaffQueue,
};
use domain_auth::reconciliation::Reconciliation;
use domain_auth::state::{QueuePart, Status, WaitingFor};
use domain_auth::use_cases::client_limits;
use domain_auth::use_cases::find::find;
use domain_auth_http::{
    ApiError, ClientLimitsView, Cursors, FieldError, HistoryView, List, Operation, ParsedRequest,
    Reply, StaffListView, community_of, json, limit_of, reply_to, staff_domain, staff_entries,
    status_of,
};
use lambda_http::http::StatusCode;

pub use config::Config;

/// The ports and settings of the handler.
pub struct App<P: Ports> {
    /// The store of domains.
    pub store: P::Store,
    /// Time.
    pub clock: P::Clock,
    /// Makes and reads the cursors of lists.
    pub cursors: Cursors,
    /// The limits of a client for which Lasso support has set no own limits.
    pub limits: Limits,
}

impl<P> App<P>
where
    P: Ports<
        Store: ReadDomains
                   + ReadClaims
                   + StaffQueue
                   + DomainsByState
                   + Reconciliations
                   + ReadClientRecord
                   + ReadAlertCounts,
    >,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let read = async {
            match request.operation()? {
                Operation::ListQueue => self.queue_or_named(&request).await,
                Operation::ListClientDomains => self.client_domains(&request).await,
                Operation::GetClientDomain => self.one(&request).await,
                Operation::GetClientHistory => self.history(&request).await,
                Operation::GetClientLimits => self.client_limits(&request).await,
                _served_elsewhere => Err(ApiError::NoRoute),
            }
        };
        reply_to(&request, read).await
    }

    async fn queue_or_named(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        match request.query("domain") {
            None => self.queue(request).await,
            Some(name) => self.named(request, name).await,
        }
    }

    /// The domains of all clients that have or claim a name.
    async fn named(&self, request: &ParsedRequest, name: &str) -> Result<Reply, ApiError> {
        for filter in ["status", "waiting_for"] {
            if request.query(filter).is_some() {
                let together = "cannot be combined with another filter";
                return Err(ApiError::invalid(FieldError::parameter("domain", together)));
            }
        }
        let name = DomainName::parse_held(name)
            .map_err(|error| ApiError::invalid(FieldError::not_a_domain("domain", &error)))?;
        let limit = limit_of(request.query("limit"))?;
        let list = List::Named(&name);
        let start = self.start_of(list, request.query("cursor"))?;
        let suffixes = SuffixList::default();
        let page = find(&self.store, suffixes, &name, limit, start.as_ref()).await?;
        self.listed(page, None, list).await
    }

    async fn client_domains(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let client = request.client()?;
        let filter = ListFilter {
            status: request.query("status").map(status_of).transpose()?,
            community: request.query("community").map(community_of).transpose()?,
        };
        let limit = limit_of(request.query("limit"))?;
        let list = List::ClientDomains(client, &filter);
        let start = self.start_of(list, request.query("cursor"))?;
        let start = start.as_ref();
        let page = self.store.domains(client, &filter, limit, start).await?;
        self.listed(page, None, list).await
    }

    async fn listed(
        &self,
        page: Page<Domain>,
        reconciliation: Option<Reconciliation>,
        list: List<'_>,
    ) -> Result<Reply, ApiError> {
        let page = staff_entries(page, &self.store, &self.clock).await?;
        let view = StaffListView::new(page, reconciliation, &self.cursors, list);
        Ok(json(StatusCode::OK, &view))
    }

    async fn queue(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let status = request.query("status").map(status_of).transpose()?;
        let wanted = request.query("waiting_for");
        let wanted = wanted.map(waiting_for_of).transpose()?;
        let limit = limit_of(request.query("limit"))?;
        let parts = parts_of(status, wanted);
        let list = List::Queue(&parts);
        let start = self.start_of(list, request.query("cursor"))?;
        let reconciliation = if start.is_none() {
            self.store.reconciliation().await?
        } else {
            None
        };
        let mut page = if parts.is_empty() {
            Page {
                items: Vec::new(),
                next: None,
            }
        } else {
            let start = start.as_ref();
            self.store.waiting(&parts, limit, start).await?
        };
        if wanted.is_some() {
            // A state may wait for its client while a domain in it, whose records are found, waits
            // for Amazon SES.
            page.items.retain(|domain| domain.waiting_for() == wanted);
        }
        self.listed(page, reconciliation, list).await
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

    /// Also for a deleted domain: its history is kept.
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

/// The parts of the queue to list; the parts that wait for Lasso if the caller names none.
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
