//! Samples of the problems that several operations return. The match that the functions use turns
//! them into problem details.

use domain_auth::domain::Situation;
use domain_auth::idempotency::KeyError;
use domain_auth::names::DomainName;
use domain_auth::ports::{Refusal, SesError, StoreError, StoreFailure};
use domain_auth::state::Status;

use crate::problem::{ApiError, FieldError};
use crate::query::unknown;

/// Problems of every operation that needs a token.
pub(super) fn of_every_call() -> [ApiError; 3] {
    [
        ApiError::Forbidden,
        store(StoreFailure::Unavailable),
        store(StoreFailure::Unreadable),
    ]
}

/// The problem of every operation: a parameter that it does not take.
pub(super) fn unknown_parameter(known: &[&str]) -> ApiError {
    ApiError::invalid(FieldError::parameter("colour", unknown(known)))
}

/// Problems of every operation that takes an `Idempotency-Key`.
pub(super) fn of_keys() -> [ApiError; 3] {
    [
        ApiError::InvalidKey(KeyError::TooLong),
        ApiError::KeyInProgress,
        ApiError::KeyReused,
    ]
}

/// Problems of the checks of one domain.
pub(crate) fn of_checks() -> Vec<ApiError> {
    vec![
        ApiError::NotFound,
        ApiError::CheckedTooSoon(17),
        ApiError::TooManyChecks(2),
        ApiError::Busy,
    ]
}

/// Problems of an operation that takes no body, added to its other problems.
pub(crate) fn without_body(mut problems: Vec<ApiError>) -> Vec<ApiError> {
    problems.extend([
        malformed(),
        ApiError::TooLarge,
        ApiError::invalid(FieldError::field("/note", "is not a field of this request")),
    ]);
    problems
}

pub(crate) fn malformed() -> ApiError {
    ApiError::MalformedJson("expected value at line 1 column 1".to_owned())
}

pub(crate) fn typed(name: &str) -> ApiError {
    match DomainName::parse(name) {
        Ok(name) => panic!("{name} is a domain name, and no example of a problem"),
        Err(error) => ApiError::InvalidDomain(error),
    }
}

pub(crate) fn paging() -> ApiError {
    ApiError::invalid(FieldError::parameter(
        "limit",
        "must be a number from 1 to 100",
    ))
}

pub(crate) fn not_verified() -> ApiError {
    let missing = "There is no record at _amazonses.maplehomes.com.".to_owned();
    ApiError::NotVerified {
        situation: Situation::plain(Status::Pending),
        missing: vec![missing],
    }
}

pub(crate) fn throttled(operation: &'static str) -> ApiError {
    ApiError::Ses(SesError::Throttled { operation })
}

pub(crate) fn refused(operation: &'static str) -> ApiError {
    ApiError::Ses(SesError::Refused {
        operation,
        refusal: Refusal::AccessDenied,
        source: "not shown".into(),
    })
}

fn store(failure: StoreFailure) -> ApiError {
    ApiError::Store(StoreError {
        action: "answer",
        failure,
        source: "not shown".into(),
    })
}
