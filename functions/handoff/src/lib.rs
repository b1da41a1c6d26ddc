//! `GET /handoff/{token}` and its downloads: the records of one domain, for a person without a
//! login who has a link. The function only reads the link, the domain and its last DNS look,
//! because mail scanners open links.

#![forbid(clippy::todo, clippy::unimplemented, clippy::unwrap_used)]

mod config;
mod headline;
mod page;
mod times;

use domain_auth::dns::DnsLook;
use domain_auth::handoff::{Handoff, HandoffFormat, render_in, zones};
use domain_auth::links::ReadLinks;
use domain_auth::ports::{Clock, Ports, ReadDomains};
use domain_auth::use_cases::links::{Opened, open_link};
use domain_auth_http::{Operation, ParsedRequest, Reply, document};
use domain_auth_pages::{Referrer, headers};
use lambda_http::http::{HeaderName, HeaderValue, StatusCode, header};

pub use config::Config;

/// The ports and settings of the handler.
pub struct App<P: Ports> {
    /// The store of links and domains.
    pub store: P::Store,
    /// Time.
    pub clock: P::Clock,
}

/// Why there is no page.
enum NoPage {
    /// The link does not exist or has ended, or the address below it does not exist.
    NotFound,
    /// An error of the service.
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl<P> App<P>
where
    P: Ports<Store: ReadLinks + ReadDomains>,
{
    /// Answers one request, always with something that a browser can show.
    pub async fn handle(&self, request: ParsedRequest) -> Reply {
        let mut reply = self.page(&request).await;
        if request.is_head() {
            reply.body_mut().clear();
        }
        reply
    }

    async fn page(&self, request: &ParsedRequest) -> Reply {
        match self.answer(request).await {
            Ok(reply) => reply,
            Err(NoPage::NotFound) => reply(StatusCode::NOT_FOUND, page::not_found()),
            Err(NoPage::Failed(error)) => {
                tracing::error!(
                    error = &*error as &dyn std::error::Error,
                    "the page of a link could not be made"
                );
                reply(StatusCode::SERVICE_UNAVAILABLE, page::failed())
            }
        }
    }

    async fn answer(&self, request: &ParsedRequest) -> Result<Reply, NoPage> {
        let token = request.link_token().map_err(|_| NoPage::NotFound)?;
        let opened = open_link(&self.store, &self.clock, &token).await;
        let opened = opened.map_err(failed)?.ok_or(NoPage::NotFound)?;
        match request.operation() {
            Ok(Operation::OpenHandoff) => {
                let was_refused = request.query("check") == Some("later");
                let page = page::opened(&opened, &token, was_refused, self.clock.now());
                Ok(reply(StatusCode::OK, page.map_err(failed)?))
            }
            Ok(Operation::GetHandoffRecords) => {
                download(&opened, request.query("format"), request.query("zone"))
            }
            Ok(_) | Err(_) => Err(NoPage::NotFound),
        }
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> NoPage {
    NoPage::Failed(error.into())
}

/// The records as a file: all, or those of one zone. `None` for an unknown format or zone, or while
/// there are no records.
fn download(opened: &Opened, format: Option<&str>, zone: Option<&str>) -> Result<Reply, NoPage> {
    let Opened { domain, look, .. } = opened;
    let format: HandoffFormat = format
        .and_then(|format| format.parse().ok())
        .ok_or(NoPage::NotFound)?;
    let records = domain.records();
    if records.is_empty() {
        return Err(NoPage::NotFound);
    }
    let handoff = Handoff {
        domain: &domain.name,
        zone: look.as_ref().and_then(DnsLook::zone),
        records: &records,
        observations: look.as_ref().map_or(&[], |look| &look.observations),
        client: &domain.client,
    };
    if zone.is_some_and(|zone| !zones(&handoff).iter().any(|known| known == zone)) {
        return Err(NoPage::NotFound);
    }
    let file = render_in(format, &handoff, zone).map_err(failed)?;
    let disposition = format!("attachment; filename=\"{}\"", file.file_name);
    let mut reply = document(file);
    let content_type = reply.headers().get(header::CONTENT_TYPE).cloned();
    private(&mut reply);
    if let Some(content_type) = content_type {
        reply
            .headers_mut()
            .insert(header::CONTENT_TYPE, content_type);
    }
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        let headers = reply.headers_mut();
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(reply)
}

fn reply(status: StatusCode, page: String) -> Reply {
    let mut reply = Reply::new(page);
    *reply.status_mut() = status;
    private(&mut reply);
    reply
}

/// The headers of a page that is not framed, cached or indexed, and sends no referrer.
fn private(reply: &mut Reply) {
    for (name, value) in headers("'none'", Referrer::Never) {
        if let Ok(value) = HeaderValue::try_from(value) {
            reply
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
}

#[cfg(test)]
mod tests;
