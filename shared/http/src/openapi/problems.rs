//! The problems that an operation can answer with: samples, made into problem details by the one
//! match that the functions use.

use domain_auth::idempotency::KeyError;
use domain_auth::names::{ClientId, DomainName, IneligibleReason};
use domain_auth::ports::{Refusal, SesError, StoreError, StoreFailure};
use domain_auth::state::Status;

use crate::problem::{ApiError, FieldError, Problem};
use crate::routes::{Access, Operation};

/// Every problem of an operation, as examples.
pub(super) fn problems(operation: Operation) -> Vec<Problem> {
    let mut errors = match operation.route().access {
        Access::Anyone => return Vec::new(),
        Access::ClientAdmin | Access::LassoSupport => vec![
            ApiError::Forbidden,
            store(StoreFailure::Unavailable),
            store(StoreFailure::Unreadable),
        ],
    };
    errors.extend(match operation {
        Operation::AddDomain => of_addition(),
        Operation::ListDomains | Operation::ListQueue => vec![paging()],
        Operation::GetDomain | Operation::GetClientDomain => vec![ApiError::NotFound],
        Operation::GetRecords => vec![
            ApiError::NotFound,
            ApiError::NotAcceptable,
            ApiError::RecordsNotReady,
            ApiError::invalid(FieldError::parameter(
                "format",
                "is none of json, zone, csv, terraform, route53, text and html",
            )),
        ],
        Operation::GetHistory | Operation::GetClientHistory => vec![ApiError::NotFound, paging()],
        Operation::ReleaseDomain => of_release(),
        Operation::CheckDomain | Operation::RecheckDomain => vec![
            ApiError::NotFound,
            ApiError::CheckedTooSoon(17),
            ApiError::TooManyChecks(2),
            ApiError::Busy,
        ],
        Operation::RestartDomain => vec![
            ApiError::NotFound,
            ApiError::NotFailed(Status::Pending),
            throttled("VerifyDomainIdentity"),
            refused("VerifyDomainIdentity"),
            ApiError::Busy,
        ],
        Operation::NotifyReady => of_notifying(),
        Operation::SendInstructions => vec![
            malformed(),
            ApiError::TooLarge,
            ApiError::invalid(FieldError::field("/email", "is required")),
            ApiError::NotFound,
            ApiError::RecordsNotReady,
            ApiError::TooManyInstructions {
                of_domain: true,
                seconds: 35_798,
            },
            ApiError::EmailRefused,
            ApiError::TooManyToRecipient(35_798),
            throttled("SendEmail"),
            refused("SendEmail"),
            ApiError::PerhapsSent(SesError::Unavailable {
                operation: "SendEmail",
                source: "not shown".into(),
            }),
        ],
        Operation::RemoveDomain => vec![
            ApiError::NotFound,
            ApiError::Unconfirmed(DomainName::parse("maplehomes.com").expect("a domain name")),
            ApiError::OtherConfirmed,
            ApiError::Busy,
        ],
        Operation::GetClientLimits => vec![ApiError::NotFound],
        Operation::SetClientLimits => vec![
            malformed(),
            ApiError::TooLarge,
            ApiError::invalid(FieldError::field("/reason", "is required")),
            ApiError::NotFound,
        ],
        Operation::GetSender | Operation::DescribeApi => Vec::new(),
        Operation::CompleteDomain => vec![
            ApiError::NotFound,
            not_verified(),
            ApiError::IdentityNotOurs,
            throttled("PutEmailIdentityConfigurationSetAttributes"),
            refused("PutEmailIdentityConfigurationSetAttributes"),
            ApiError::Busy,
        ],
        Operation::AdoptIdentity => of_adoption(),
        Operation::RejectDomain => vec![
            malformed(),
            ApiError::TooLarge,
            ApiError::invalid(FieldError::field("/reason", "is required")),
            ApiError::NotFound,
            not_verified(),
            ApiError::Busy,
        ],
    });
    if operation.takes_keys() {
        errors.extend([
            ApiError::InvalidKey(KeyError::TooLong),
            ApiError::KeyInProgress,
            ApiError::KeyReused,
        ]);
    }
    errors.into_iter().map(example).collect()
}

fn of_addition() -> Vec<ApiError> {
    vec![
        malformed(),
        ApiError::TooLarge,
        ApiError::invalid(FieldError::field("/domain", "is required")),
        typed("https://www.maplehomes.com/contact"),
        typed("co.uk"),
        ApiError::NotEligible(IneligibleReason::MailboxProvider),
        ApiError::TooManyNames("maplehomes.com".to_owned()),
        ApiError::TooManyDomains(500),
        ApiError::TooManyAdditions {
            limit: 50,
            seconds: 35_798,
        },
        ApiError::Busy,
    ]
}

fn of_adoption() -> Vec<ApiError> {
    vec![
        malformed(),
        ApiError::TooLarge,
        ApiError::invalid(FieldError::field("/reason", "is required")),
        ApiError::NotFound,
        ApiError::NotContested(Status::Verified),
        ApiError::HeldByAnother,
        ApiError::NoIdentity,
        throttled("GetEmailIdentity"),
        refused("GetEmailIdentity"),
        ApiError::Busy,
    ]
}

fn example(error: ApiError) -> Problem {
    let mut problem = error.into_problem();
    if problem.status >= 500 {
        problem.request_id = Some("8b7d0f3e-52a5-4c8e-9a53-0c7a4d1e6f21".to_owned());
    }
    problem
}

fn of_notifying() -> Vec<ApiError> {
    vec![
        malformed(),
        ApiError::TooLarge,
        ApiError::invalid(FieldError::field("/note", "is too long")),
        ApiError::NotFound,
        not_ready(),
        ApiError::Busy,
    ]
}

fn of_release() -> Vec<ApiError> {
    vec![
        malformed(),
        ApiError::TooLarge,
        ApiError::Invalid(vec![
            FieldError::field("/decision", "must be one of end, grant"),
            FieldError::field("/reason", "is required"),
        ]),
        ApiError::NotFound,
        ApiError::ReleaseUnconfirmed {
            name: DomainName::parse("maplehomes.com").expect("a domain name"),
            holder: ClientId::parse("maple-homes").expect("a client"),
        },
        ApiError::BeingRemoved,
        ApiError::NothingToGrant(Status::Verified),
        ApiError::NoRoom("maplehomes.com".to_owned()),
        ApiError::Busy,
    ]
}

fn malformed() -> ApiError {
    ApiError::MalformedJson("expected value at line 1 column 1".to_owned())
}

fn typed(name: &str) -> ApiError {
    match DomainName::parse(name) {
        Ok(name) => panic!("{name} is a domain name, and no example of a problem"),
        Err(error) => ApiError::InvalidDomain(error),
    }
}

fn paging() -> ApiError {
    ApiError::invalid(FieldError::parameter(
        "limit",
        "must be a number from 1 to 100",
    ))
}

fn not_ready() -> ApiError {
    ApiError::NotReady {
        status: Status::Failed,
        proven: false,
    }
}

fn not_verified() -> ApiError {
    let missing = "There is no record at _amazonses.maplehomes.com.".to_owned();
    ApiError::NotVerified(Status::Pending, vec![missing])
}

fn throttled(operation: &'static str) -> ApiError {
    ApiError::Ses(SesError::Throttled { operation })
}

fn refused(operation: &'static str) -> ApiError {
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
