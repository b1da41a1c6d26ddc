//! The common parts of most operations of Lasso support.

use domain_auth::dns::DnsLook;
use domain_auth::domain::Domain;
use domain_auth::ports::{Clock, Page, ReadClaims, ReadDomains};
use domain_auth::state::Status;
use domain_auth::use_cases::registers::register_of;
use futures::stream::{self, StreamExt, TryStreamExt};
use lambda_http::http::StatusCode;

use crate::problem::ApiError;
use crate::reply::{Reply, json};
use crate::request::ParsedRequest;
use crate::staff_view::{ClaimView, StaffDomainView, StaffSummaryView};

/// Domains of a page whose looks and claims are read at the same time.
const READS_AT_ONCE: usize = 16;

/// A domain with its claims as they are now, as Lasso support sees it.
pub async fn staff_domain(
    status: StatusCode,
    domain: &Domain,
    look: Option<DnsLook>,
    claims: &impl ReadClaims,
    clock: &impl Clock,
) -> Result<Reply, ApiError> {
    let register = register_of(claims, domain).await?;
    let view = StaffDomainView::new(domain, look, &register, clock.now());
    Ok(json(status, &view))
}

/// The domains of a page as lists of Lasso support show them. The last look at DNS is read if there was
/// one, and the claims on a name if it is contested.
pub async fn staff_entries(
    page: Page<Domain>,
    store: &(impl ReadDomains + ReadClaims),
    clock: &impl Clock,
) -> Result<Page<StaffSummaryView>, ApiError> {
    let entry = |domain: Domain| async move {
        let look = match domain.dns_looked_at {
            Some(_) => store.look(&domain.client, &domain.name).await?,
            None => None,
        };
        let contested = domain.state.status() == Status::Contested;
        let claim = if contested || !domain.challengers.is_empty() {
            let claims = register_of(store, &domain).await?;
            Some(ClaimView::new(&domain, &claims, clock.now()))
        } else {
            None
        };
        Ok::<_, ApiError>(StaffSummaryView::new(&domain, look.as_ref(), claim))
    };
    let entries = stream::iter(page.items).map(entry).buffered(READS_AT_ONCE);
    Ok(Page {
        items: entries.try_collect().await?,
        next: page.next,
    })
}

/// Refuses a call of Lasso support about a domain that is being removed, which it sees and its client does
/// not. The client's own calls are not read for: to them the domain is gone.
pub async fn not_being_removed(
    request: &ParsedRequest,
    store: &impl ReadDomains,
) -> Result<(), ApiError> {
    if !request.is_by_support() {
        return Ok(());
    }
    let (client, name) = request.domain()?;
    let domain = store.domain(client, name).await?;
    match domain {
        Some(domain) if !domain.is_there() => Err(ApiError::BeingRemoved),
        Some(_) | None => Ok(()),
    }
}
