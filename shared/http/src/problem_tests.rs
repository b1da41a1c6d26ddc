//! Callers rely on `docs/errors.md`: it must have every code with its status, and no other.

use std::collections::BTreeSet;
use std::iter::successors;

use domain_auth::names::InvalidReason;
use domain_auth::ports::{Refusal, StoreFailure};
use domain_auth::state::Status;

use super::*;

const DOCUMENT: &str = include_str!("../../../docs/errors.md");

/// An error of each kind: the first, and then the one after each. No wildcard, so that a new kind
/// does not compile until it has its place.
#[expect(
    clippy::too_many_lines,
    reason = "one exhaustive match, a row per error"
)]
fn after(error: &ApiError) -> Option<ApiError> {
    let typed = |name| ApiError::InvalidDomain(DomainName::parse(name).unwrap_err());
    match error {
        ApiError::Forbidden => Some(ApiError::NotFound),
        ApiError::NotFound => Some(ApiError::NoSuchClient),
        ApiError::NoSuchClient => Some(ApiError::NoRoute),
        ApiError::NoRoute => Some(ApiError::MalformedJson(String::new())),
        ApiError::MalformedJson(_) => Some(ApiError::TooLarge),
        ApiError::TooLarge => Some(ApiError::NotAMergePatch),
        ApiError::NotAMergePatch => Some(ApiError::TooManySenders),
        ApiError::TooManySenders => Some(ApiError::Invalid(Vec::new())),
        ApiError::Invalid(_) => Some(typed("*.example.com")),
        ApiError::InvalidDomain(error) if error.reason != InvalidReason::PublicSuffix => {
            Some(typed("co.uk"))
        }
        ApiError::InvalidDomain(_) => Some(ApiError::NotEligible(IneligibleReason::Operator)),
        ApiError::NotEligible(_) => Some(ApiError::RecordsNotReady),
        ApiError::RecordsNotReady => Some(ApiError::NotAcceptable),
        ApiError::NotAcceptable => Some(ApiError::CheckedTooSoon(1)),
        ApiError::CheckedTooSoon(_) => Some(ApiError::TooManyChecks(1)),
        ApiError::TooManyChecks(_) => Some(ApiError::NotVerified {
            situation: Situation::plain(Status::Pending),
            missing: Vec::new(),
        }),
        ApiError::NotVerified { .. } => Some(ApiError::NotFailed {
            situation: Situation::plain(Status::Pending),
            by_support: false,
        }),
        ApiError::NotFailed { .. } => Some(ApiError::Unconfirmed(
            DomainName::parse("example.com").expect("a name"),
        )),
        ApiError::Unconfirmed(_) => Some(ApiError::BeingRemoved),
        ApiError::BeingRemoved => Some(ApiError::OtherConfirmed),
        ApiError::OtherConfirmed => {
            Some(ApiError::NothingToGrant(Situation::plain(Status::Verified)))
        }
        ApiError::NothingToGrant(_) => Some(ApiError::AlreadyLost),
        ApiError::AlreadyLost => Some(ApiError::NotReady {
            situation: Situation::plain(Status::Failed),
            is_noted: false,
            by_support: false,
        }),
        ApiError::NotReady { .. } => Some(ApiError::InvalidKey(KeyError::Empty)),
        ApiError::InvalidKey(_) => Some(ApiError::KeyReused),
        ApiError::KeyReused => Some(ApiError::KeyInProgress),
        ApiError::KeyInProgress => Some(ApiError::Ses(SesError::Throttled {
            operation: "VerifyDomainIdentity",
        })),
        ApiError::Ses(SesError::Refused { .. }) => Some(ApiError::EmailRefused),
        ApiError::Ses(_) => Some(ApiError::Ses(SesError::Refused {
            operation: "VerifyDomainIdentity",
            refusal: Refusal::AccessDenied,
            source: "not allowed".into(),
        })),
        ApiError::EmailRefused => Some(ApiError::RecipientSuppressed),
        ApiError::RecipientSuppressed => Some(ApiError::IdentityNotOurs),
        ApiError::IdentityNotOurs => {
            Some(ApiError::NotContested(Situation::plain(Status::Pending)))
        }
        ApiError::NotContested(_) => Some(ApiError::HeldByAnother),
        ApiError::HeldByAnother => Some(ApiError::NoIdentity(Situation::plain(Status::Contested))),
        ApiError::NoIdentity(_) => Some(ApiError::NoRoom("example.com".to_owned())),
        ApiError::NoRoom(_) => Some(ApiError::TooManyCommunities),
        ApiError::TooManyCommunities => Some(ApiError::TooManyNames("example.com".to_owned())),
        ApiError::Busy => Some(ApiError::Store(StoreError {
            action: "answer",
            failure: StoreFailure::Unavailable,
            source: "it is down".into(),
        })),
        ApiError::Store(error) if error.failure == StoreFailure::Unavailable => {
            Some(ApiError::Store(StoreError {
                action: "answer",
                failure: StoreFailure::Unreadable,
                source: "it is of another release".into(),
            }))
        }
        ApiError::Store(_) => Some(ApiError::Unrendered(HandoffError::Json(
            serde::ser::Error::custom("it has no text"),
        ))),
        ApiError::Unrendered(_) => Some(ApiError::TooManyInstructions {
            of_domain: true,
            seconds: 1,
        }),
        ApiError::TooManyInstructions { .. } => {
            Some(ApiError::PerhapsSent(SesError::Unavailable {
                operation: "SendEmail",
                source: "no answer".into(),
            }))
        }
        ApiError::PerhapsSent(_) => Some(ApiError::ReleaseUnconfirmed {
            name: DomainName::parse("example.com").expect("a name"),
            holder: ClientId::parse("maple-homes").expect("a client"),
        }),
        ApiError::ReleaseUnconfirmed { .. } => Some(ApiError::TooManyDomains(500)),
        ApiError::TooManyDomains(_) => Some(ApiError::TooManyAdditions {
            limit: 50,
            seconds: 1,
        }),
        ApiError::TooManyAdditions { .. } => Some(ApiError::TooManyToRecipient(1)),
        ApiError::TooManyToRecipient(_) => None,
        ApiError::TooManyNames(_) => Some(ApiError::TooManyLinks),
        ApiError::TooManyLinks => Some(ApiError::LinkMadeBefore),
        ApiError::LinkMadeBefore => Some(ApiError::NoSuchLink),
        ApiError::NoSuchLink => Some(ApiError::BeingErased),
        ApiError::BeingErased => Some(ApiError::ErasureUnconfirmed(
            ClientId::parse("maple-homes").expect("a client"),
        )),
        ApiError::ErasureUnconfirmed(_) => Some(ApiError::Busy),
    }
}

#[test]
fn every_code_is_documented_with_its_status_and_no_other_is() {
    let answered: BTreeSet<String> = successors(Some(ApiError::Forbidden), after)
        .map(ApiError::into_problem)
        .map(|problem| format!("| `{}` | {} ", problem.code, problem.status))
        .collect();
    let (_, codes) = DOCUMENT
        .split_once("## Codes\n")
        .expect("a section of codes");
    let (codes, _) = codes.split_once("\n## ").expect("a section after it");
    let documented: BTreeSet<String> = codes
        .lines()
        .filter(|line| line.starts_with("| `") && !line.starts_with("| `code`"))
        .map(|line| line.split('|').take(3).collect::<Vec<_>>().join("|"))
        .collect();
    assert_eq!(documented, answered);
}

#[test]
fn a_permanent_failure_has_no_retry_after() {
    for failure in [
        StoreFailure::Unavailable,
        StoreFailure::TooLarge,
        StoreFailure::Unreadable,
    ] {
        let problem = ApiError::Store(StoreError {
            action: "read a domain",
            failure,
            source: "secret".into(),
        })
        .into_problem();
        let again = failure == StoreFailure::Unavailable;
        assert_eq!(problem.retry_after.is_some(), again, "{failure:?}");
        assert_eq!(problem.detail.contains("repeated safely"), again);
        assert_eq!(problem.detail.contains("Tell Lasso support"), !again);
    }
}

#[test]
fn the_error_after_a_possibly_sent_email_warns_of_another_email() {
    let problem = ApiError::PerhapsSent(SesError::Unavailable {
        operation: "SendEmail",
        source: "no answer".into(),
    })
    .into_problem();
    assert_eq!((problem.status, problem.retry_after), (503, None));
    assert!(problem.detail.contains("sends another email"));
}
