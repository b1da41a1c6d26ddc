//! `GET /domains`, `GET /domains/{domain}`, its records and its history, and
//! `GET /senders/{address}` and `POST /senders`; the records also for Lasso support. All are reads
//! of the table. The function cannot call SES, so open browser tabs use no quota. It asks DNS only
//! about addresses below a client's domain, for at most a second.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod config;

use domain_auth::dns::{DnsLook, Lookup};
use domain_auth::domain::Domain;
use domain_auth::handoff::{Handoff, HandoffFormat, render_in, zones};
use domain_auth::history::HistoryEntry;
use domain_auth::names::Eligibility;
use domain_auth::ports::{Clock, ListFilter, PageStart, Ports, ReadDomains, ReadSenders};
use domain_auth::use_cases::sender_policies::NamesBelow;
use domain_auth::use_cases::senders::{judge, judge_all};
use domain_auth_http::{
    ApiError, ClientHistory, Cursors, DomainListView, DomainView, FieldError, List, Operation,
    ParsedRequest, Reply, SenderView, SendersBody, SendersView, community_of, document, json,
    json_for_a_minute, limit_of, not_being_removed, reply_to, status_of,
};
use lambda_http::http::{StatusCode, header};

pub use config::{Config, ConfigError};

/// The ports and settings of the handler.
pub struct App<P: Ports> {
    /// The store of domains.
    pub store: P::Store,
    /// The DNS that names below a client's domain are looked up with.
    pub dns: P::Dns,
    /// The time.
    pub clock: P::Clock,
    /// Names that no client can have.
    pub eligibility: Eligibility,
    /// Makes and reads the cursors of lists.
    pub cursors: Cursors,
}

impl<P> App<P>
where
    P: Ports<Store: ReadDomains + ReadSenders, Dns: Lookup, Clock: Clock>,
{
    /// Answers one request.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let read = async {
            match request.operation()? {
                Operation::ListDomains => self.list(&request).await,
                Operation::GetDomain => self.one(&request).await,
                Operation::GetRecords | Operation::GetClientRecords => self.records(&request).await,
                Operation::GetHistory => self.history(&request).await,
                Operation::GetSender => self.sender(&request).await,
                Operation::GetSenders => self.senders(&request).await,
                _served_elsewhere => Err(ApiError::NoRoute),
            }
        };
        reply_to(&request, read).await
    }

    fn below(&self) -> NamesBelow<'_, P::Dns, P::Clock> {
        NamesBelow {
            dns: &self.dns,
            clock: &self.clock,
        }
    }

    async fn sender(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let client = request.client_of_senders()?;
        let address = request.path("address").unwrap_or_default();
        let verdict = judge(
            &self.store,
            &self.below(),
            &self.eligibility,
            client,
            address,
        )
        .await?;
        let view = SenderView::from(verdict);
        Ok(json_for_a_minute(StatusCode::OK, &view))
    }

    async fn senders(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let has_own_client = request.has_own_client();
        let SendersBody { addresses, .. } = SendersBody::read(request.fields()?, has_own_client)?;
        let client = request.client()?;
        let asked: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let below = self.below();
        let verdicts = judge_all(&self.store, &below, &self.eligibility, client, &asked).await?;
        let view = SendersView::new(addresses.into_iter().zip(verdicts));
        Ok(json(StatusCode::OK, &view))
    }

    async fn one(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let (domain, look) = self.read(request).await?;
        Ok(json(
            StatusCode::OK,
            &DomainView::new(&domain, look.as_ref()),
        ))
    }

    async fn records(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let format = format_of(request)?;
        not_being_removed(request, &self.store).await?;
        let (domain, look) = self.read(request).await?;
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
        let zone = zone_of(request, &handoff)?;
        Ok(document(render_in(format, &handoff, zone.as_deref())?))
    }

    async fn history(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let (client, name) = request.domain()?;
        let limit = limit_of(request.query("limit"))?;
        let list = List::History(client, name);
        let start = self.start_of(list, request.query("cursor"))?;
        let gather = async {
            let mut history = ClientHistory::new(limit, start);
            while let Some((wanted, start)) = history.wanted() {
                let page = self.store.history(client, name, wanted, start);
                let page = page.await?;
                history.add(page.map(HistoryEntry::for_client));
            }
            Ok(history)
        };
        let domain = self.store.domain(client, name);
        let (domain, history) = futures::future::try_join(domain, gather).await?;
        let view = history.view(&self.cursors, list);
        // The history of a removed domain is kept: it says who removed the domain.
        if view.items.is_empty() && domain.is_none_or(|domain| !domain.is_there()) {
            return Err(ApiError::NotFound);
        }
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

    async fn read(&self, request: &ParsedRequest) -> Result<(Domain, Option<DnsLook>), ApiError> {
        let (client, name) = request.domain()?;
        let (domain, look) = futures::future::try_join(
            self.store.domain(client, name),
            self.store.look(client, name),
        )
        .await?;
        let domain = domain.filter(Domain::is_there);
        Ok((domain.ok_or(ApiError::NotFound)?, look))
    }

    async fn list(&self, request: &ParsedRequest) -> Result<Reply, ApiError> {
        let client = request.client()?;
        let filter = ListFilter {
            status: request.query("status").map(status_of).transpose()?,
            community: request.query("community").map(community_of).transpose()?,
        };
        let limit = limit_of(request.query("limit"))?;
        let list = List::Domains(client, &filter);
        let start = self.start_of(list, request.query("cursor"))?;
        let mut page = self
            .store
            .domains(client, &filter, limit, start.as_ref())
            .await?;
        page.items.retain(Domain::is_there);
        let view = DomainListView::new(&page, &self.cursors, list);
        Ok(json(StatusCode::OK, &view))
    }
}

/// The zone whose records are requested. It must be one that holds records. `None` if all records
/// are requested.
fn zone_of(request: &ParsedRequest, handoff: &Handoff<'_>) -> Result<Option<String>, ApiError> {
    let Some(wanted) = request.query("zone") else {
        return Ok(None);
    };
    let zones = zones(handoff);
    let wanted = wanted.strip_suffix('.').unwrap_or(wanted);
    let found = zones.iter().find(|zone| zone.eq_ignore_ascii_case(wanted));
    let found = found.cloned().ok_or_else(|| {
        let detail = format!(
            "must be one of the zones with records: {}",
            zones.join(", ")
        );
        ApiError::invalid(FieldError::parameter("zone", detail))
    })?;
    Ok(Some(found))
}

/// The format by name in the query, or by media type.
fn format_of(request: &ParsedRequest) -> Result<HandoffFormat, ApiError> {
    if let Some(name) = request.query("format") {
        return name
            .parse()
            .map_err(|error| ApiError::invalid(FieldError::parameter("format", error)));
    }
    let accept = request.header(header::ACCEPT);
    let accept = accept
        .and_then(|accept| accept.to_str().ok())
        .unwrap_or_default();
    HandoffFormat::from_accept(accept).ok_or(ApiError::NotAcceptable)
}

#[cfg(test)]
mod tests;
