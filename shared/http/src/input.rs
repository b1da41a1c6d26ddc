//! What callers send in path and query, parsed and judged.

use domain_auth::names::{ClientId, DomainName};
use domain_auth::state::Status;
use domain_auth::use_cases::remove::Confirmation;
use lambda_http::{Request, RequestExt};

use crate::problem::{ApiError, FieldError};

/// Entries of a page, where the caller says nothing.
const DEFAULT_LIMIT: usize = 50;
/// The most entries of a page.
const MAX_LIMIT: usize = 100;

/// The `{domain}` of the path. What is no domain name names no domain.
pub fn domain_in_path(request: &Request) -> Result<DomainName, ApiError> {
    let parameters = request.path_parameters();
    let text = parameters.first("domain").ok_or(ApiError::NotFound)?;
    DomainName::parse_held(text).map_err(|_| ApiError::NotFound)
}

/// The `{client}` of the path. What is no client has no domains.
pub fn client_in_path(request: &Request) -> Result<ClientId, ApiError> {
    let parameters = request.path_parameters();
    let text = parameters.first("client").ok_or(ApiError::NotFound)?;
    ClientId::from_path_segment(text).map_err(|_| ApiError::NotFound)
}

/// Whether `confirm` in the query string names the domain, in any spelling.
pub fn confirmation_of(request: &Request, name: &DomainName) -> Confirmation {
    let query = request.query_string_parameters();
    confirmation(query.first("confirm"), name)
}

/// Whether what was sent as a confirmation names the domain.
pub(crate) fn confirmation(confirm: Option<&str>, name: &DomainName) -> Confirmation {
    match confirm.map(DomainName::parse_held) {
        None => Confirmation::Absent,
        Some(Ok(confirmed)) if confirmed == *name => Confirmation::Given,
        Some(_) => Confirmation::OfAnother,
    }
}

/// A `status` of the query string.
pub fn status_of(word: &str) -> Result<Status, ApiError> {
    Status::parse(word).ok_or_else(|| {
        let words = Status::ALL.map(Status::as_str).join(", ");
        ApiError::invalid(FieldError::parameter(
            "status",
            format!("must be one of {words}"),
        ))
    })
}

/// The `limit` of the query string.
pub fn limit_of(limit: Option<&str>) -> Result<usize, ApiError> {
    let Some(limit) = limit else {
        return Ok(DEFAULT_LIMIT);
    };
    limit
        .parse()
        .ok()
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .ok_or_else(|| {
            ApiError::invalid(FieldError::parameter(
                "limit",
                "must be a number from 1 to 100",
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_bounded() {
        assert_eq!(limit_of(None).unwrap(), 50);
        assert_eq!(limit_of(Some("100")).unwrap(), 100);
        for bad in ["0", "101", "-1", "x", ""] {
            assert!(limit_of(Some(bad)).is_err(), "{bad}");
        }
    }
}
