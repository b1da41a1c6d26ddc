//! The answer of most operations of Lasso support.

use domain_auth::dns::DnsLook;
use domain_auth::domain::Domain;
use domain_auth::ports::{Clock, ReadClaims};
use domain_auth::use_cases::registers::register_of;
use lambda_http::http::StatusCode;

use crate::problem::ApiError;
use crate::reply::{Reply, json};
use crate::staff_view::StaffDomainView;

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
