//! Parses and checks the input of callers besides names.

use domain_auth::names::{Community, DomainName};
use domain_auth::state::Status;
use domain_auth::use_cases::remove::Confirmation;

use crate::problem::{ApiError, FieldError};

/// Entries of a page, if the caller says nothing.
const DEFAULT_LIMIT: usize = 50;
/// The maximum number of entries of a page.
const MAX_LIMIT: usize = 100;

/// Whether what was sent as a confirmation names the domain, in any spelling.
pub fn confirmation(confirm: Option<&str>, name: &DomainName) -> Confirmation {
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

/// A `community` of the query string.
pub fn community_of(text: &str) -> Result<Community, ApiError> {
    Community::parse(text)
        .map_err(|error| ApiError::invalid(FieldError::parameter("community", error)))
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
    fn a_page_limit_is_between_1_and_100() {
        assert_eq!(limit_of(None).unwrap(), 50);
        assert_eq!(limit_of(Some("100")).unwrap(), 100);
        for bad in ["0", "101", "-1", "x", ""] {
            assert!(limit_of(Some(bad)).is_err(), "{bad}");
        }
    }
}
