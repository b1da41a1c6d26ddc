//! Errors as problem details (RFC 9457), from one exhaustive match.

use std::fmt;

use domain_auth::claims::NAMES_PER_CLIENT;
use domain_auth::handoff::HandoffError;
use domain_auth::idempotency::KeyError;
use domain_auth::instructions::{PER_CLIENT, PER_DOMAIN, PER_RECIPIENT, PER_RECIPIENT_OF_ALL};
use domain_auth::names::{ClientId, DomainName, DomainNameError, IneligibleReason, InvalidReason};
use domain_auth::ports::{SesError, StoreError, StoreFailure};
use domain_auth::state::Status;
use serde::Serialize;

/// The largest body, in octets.
pub const MAX_BODY: usize = 8 * 1024;
/// What is wrong with a confirmation that is not the domain's name.
pub(crate) const ANOTHER_CONFIRMED: &str = "names another domain than the path";

/// Everything that a request can fail with.
#[derive(Debug)]
pub enum ApiError {
    /// The token lacks the role or the client.
    Forbidden,
    /// There is no such domain, or it is another client's.
    NotFound,
    /// No route takes this method and path.
    NoRoute,
    /// The body is not JSON; where it breaks.
    MalformedJson(String),
    /// The body is over the limit.
    TooLarge,
    /// Fields or parameters are wrong.
    Invalid(Vec<FieldError>),
    /// The domain's name breaks a rule.
    InvalidDomain(DomainNameError),
    /// Nobody may add this domain.
    NotEligible(IneligibleReason),
    /// The client has as many names as it may under this organizational domain.
    TooManyNames(String),
    /// SES has not given the tokens that the records are made of.
    RecordsNotReady,
    /// No hand-off format is acceptable to the caller.
    NotAcceptable,
    /// A domain was checked a moment ago; how many seconds to wait.
    CheckedTooSoon(u32),
    /// The caller had too many domains checked in the last minute; how many seconds to wait.
    TooManyChecks(u32),
    /// There is nothing to decide; where the domain stands, and what is missing.
    NotVerified(Status, Vec<String>),
    /// Only a domain that failed can be restarted; where this one stands.
    NotFailed(Status),
    /// Lasso sends for the domain, and the caller did not say that this is to end.
    Unconfirmed(DomainName),
    /// Something else comes before the domain can be ready.
    NotReady {
        /// Where it stands.
        status: Status,
        /// It is proven, and Lasso support has to decide.
        proven: bool,
    },
    /// Lasso sends for the holder of the domain, and Lasso support did not say that this is to end.
    ReleaseUnconfirmed {
        /// The domain.
        name: DomainName,
        /// Who holds it.
        holder: ClientId,
    },
    /// The query parameter `confirm` names another domain.
    OtherConfirmed,
    /// Only a contested claim that is proven can be granted; where this one stands.
    NothingToGrant(Status),
    /// There were enough emails with instructions today.
    TooManyInstructions {
        /// For this domain, or of this client.
        of_domain: bool,
        /// Seconds until tomorrow.
        seconds: u32,
    },
    /// The client has as many domains as it may; how many that is.
    TooManyDomains(u32),
    /// The client has added as many domains today as it may.
    TooManyAdditions {
        /// How many that is.
        limit: u32,
        /// Seconds until tomorrow.
        seconds: u32,
    },
    /// There were enough emails with instructions to this address today; seconds until tomorrow.
    TooManyToRecipient(u32),
    /// Nobody knows whether SES sent an email.
    PerhapsSent(SesError),
    /// The header `Idempotency-Key` holds no key.
    InvalidKey(KeyError),
    /// The key names another request.
    KeyReused,
    /// The same request with the same key is under way.
    KeyInProgress,
    /// The domain is being removed.
    BeingRemoved,
    /// SES did not do what the request is for.
    Ses(SesError),
    /// SES does not take this email, however often it is sent.
    EmailRefused,
    /// The identity at SES does not carry the client's tags.
    IdentityNotOurs,
    /// Only a contested domain can be given an identity that exists; where this one stands.
    NotContested(Status),
    /// Another client holds the name, or one above or below it, so no identity can be given away.
    HeldByAnother,
    /// SES has no identity to adopt.
    NoIdentity,
    /// Proven names of others leave no room for one more under this organizational domain.
    NoRoom(String),
    /// Others kept changing the same domain.
    Busy,
    /// The store could not do it.
    Store(StoreError),
    /// A hand-off format could not be rendered.
    Unrendered(HandoffError),
}

/// One wrong field or parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// Name of the query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<&'static str>,
    /// What is wrong with it.
    pub detail: String,
}

/// The body of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Problem {
    /// Names the kind of problem; relative to the API.
    #[serde(rename = "type")]
    pub problem_type: String,
    /// The kind of problem, for people.
    pub title: &'static str,
    /// The HTTP status.
    #[cfg_attr(feature = "openapi", schemars(range(min = 400, max = 599)))]
    pub status: u16,
    /// This occurrence, for people.
    pub detail: String,
    /// The kind of problem, for programs; it never changes.
    pub code: &'static str,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// A value that would be accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// For Lasso support, where something went wrong on our side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Seconds after which the request is worth repeating.
    #[serde(skip)]
    pub retry_after: Option<u32>,
}

impl FieldError {
    /// A field of the body.
    pub fn field(pointer: impl Into<String>, detail: impl fmt::Display) -> Self {
        Self {
            pointer: Some(pointer.into()),
            parameter: None,
            detail: detail.to_string(),
        }
    }

    /// What is wrong with no field, but with what the request is about.
    fn about(detail: String) -> Self {
        Self {
            pointer: None,
            parameter: None,
            detail,
        }
    }

    /// A parameter of the query string.
    pub fn parameter(name: &'static str, detail: impl fmt::Display) -> Self {
        Self {
            pointer: None,
            parameter: Some(name),
            detail: detail.to_string(),
        }
    }
}

impl ApiError {
    /// One wrong field or parameter.
    pub fn invalid(error: FieldError) -> Self {
        Self::Invalid(vec![error])
    }

    /// The error as the caller sees it: never its cause.
    #[expect(
        clippy::too_many_lines,
        reason = "one exhaustive match, a row or two per error"
    )]
    pub fn into_problem(self) -> Problem {
        match self {
            Self::Forbidden => Problem::new(
                403,
                "forbidden",
                "Not allowed",
                "Your account does not have the role or the client that this request needs.",
            ),
            Self::NotFound => {
                Problem::new(404, "not_found", "Not found", "There is no such domain.")
            }
            Self::NoRoute => Problem::new(
                404,
                "no_route",
                "Not found",
                "There is nothing at this path.",
            ),
            Self::MalformedJson(at) => Problem::new(
                400,
                "malformed_json",
                "The body is not JSON",
                format!("The body could not be read as JSON: {at}."),
            ),
            Self::TooLarge => Problem::new(
                413,
                "payload_too_large",
                "The body is too large",
                format!("The body must not be larger than {MAX_BODY} octets."),
            ),
            Self::Invalid(errors) => {
                let mut problem = Problem::new(
                    422,
                    "validation_failed",
                    "The request is not valid",
                    sentence(&errors),
                );
                problem.errors = errors;
                problem
            }
            Self::InvalidDomain(error) => invalid_domain(&error),
            Self::NotEligible(reason) => {
                let mut problem = Problem::new(
                    422,
                    "domain_not_eligible",
                    "This domain cannot be added",
                    capitalized(&reason.to_string()),
                );
                problem.errors = vec![FieldError::field("/domain", reason)];
                problem
            }
            Self::TooManyNames(organizational) => Problem::new(
                409,
                "too_many_names",
                "Too many names under one domain",
                format!(
                    "Your account already has {NAMES_PER_CLIENT} names under {organizational}, those \
                     that are still being removed among them. Remove one that is not used, and add \
                     this one then. Nothing was changed."
                ),
            ),
            Self::RecordsNotReady => {
                let mut problem = Problem::new(
                    409,
                    "records_not_ready",
                    "No records yet",
                    "Amazon SES has not yet given the values of the records. They are there in a \
                     minute or two.",
                );
                problem.retry_after = Some(60);
                problem
            }
            Self::NotAcceptable => Problem::new(
                406,
                "not_acceptable",
                "No such format",
                "The records are not to be had in a format that the Accept header names.",
            ),
            Self::CheckedTooSoon(seconds) => {
                let mut problem = Problem::new(
                    429,
                    "checked_too_soon",
                    "Checked a moment ago",
                    format!("This domain can be checked again in {seconds} seconds."),
                );
                problem.retry_after = Some(seconds);
                problem
            }
            Self::TooManyChecks(seconds) => {
                let mut problem = Problem::new(
                    429,
                    "too_many_checks",
                    "Too many checks",
                    format!(
                        "Too many domains were checked in the last minute. The next one can be \
                         checked in {seconds} seconds."
                    ),
                );
                problem.retry_after = Some(seconds);
                problem
            }
            Self::NotVerified(status, missing) => {
                let mut problem = Problem::new(
                    409,
                    "not_verified",
                    "There is nothing to decide",
                    format!(
                        "The domain is {status}; the final step is open only while it is verified."
                    ),
                );
                problem.errors = missing.into_iter().map(FieldError::about).collect();
                problem
            }
            Self::NotFailed(status) => Problem::new(
                409,
                "not_failed",
                "There is nothing to restart",
                format!("The domain is {status}; only one that failed can be restarted."),
            ),
            Self::Unconfirmed(name) => Problem::new(
                409,
                "confirmation_required",
                "Lasso sends for this domain",
                format!(
                    "Removing {name} stops all mail that Lasso sends from it. To do that, repeat \
                     the request with ?confirm={name}."
                ),
            ),
            Self::ReleaseUnconfirmed { name, holder } => Problem::new(
                409,
                "confirmation_required",
                "Lasso sends for this domain",
                format!(
                    "This stops all mail that Lasso sends from {name} for {holder}. To do that, \
                     repeat the request with \"confirm\": \"{name}\"."
                ),
            ),
            Self::NotReady { status, proven } => Problem::new(
                409,
                "not_ready",
                "Something else comes first",
                not_ready(status, proven),
            ),
            Self::OtherConfirmed => {
                Self::invalid(FieldError::parameter("confirm", ANOTHER_CONFIRMED)).into_problem()
            }
            Self::NothingToGrant(status) => Problem::new(
                409,
                "nothing_to_grant",
                "There is nothing to grant",
                format!(
                    "The domain is {status}; only a contested claim that is proven can be granted."
                ),
            ),
            Self::TooManyInstructions { of_domain, seconds } => {
                let (limit, whose) = if of_domain {
                    (PER_DOMAIN, "this domain")
                } else {
                    (PER_CLIENT, "all your domains together")
                };
                let mut problem = Problem::new(
                    429,
                    "too_many_instructions",
                    "Enough emails for today",
                    format!(
                        "No more than {limit} emails with instructions are sent for {whose} on a \
                         day (UTC)."
                    ),
                );
                problem.retry_after = Some(seconds);
                problem
            }
            Self::TooManyToRecipient(seconds) => {
                let mut problem = Problem::new(
                    429,
                    "too_many_to_recipient",
                    "Enough emails to this address for today",
                    // The same for both limits: what other clients send is not the caller's to know.
                    format!(
                        "To one address no more than {PER_RECIPIENT} emails with instructions are \
                         sent for a client on a day (UTC), and no more than \
                         {PER_RECIPIENT_OF_ALL} for all clients together."
                    ),
                );
                problem.retry_after = Some(seconds);
                problem
            }
            Self::TooManyDomains(limit) => Problem::new(
                409,
                "too_many_domains",
                "Too many domains",
                format!(
                    "You can have no more than {limit} domains (max_domains). Remove one that is \
                     not needed, or ask Lasso support for a higher limit."
                ),
            ),
            Self::TooManyAdditions { limit, seconds } => {
                let mut problem = Problem::new(
                    429,
                    "too_many_additions",
                    "Enough domains added for today",
                    format!(
                        "You can add no more than {limit} domains on a day in UTC \
                         (max_domains_added_per_day). Go on tomorrow, or ask Lasso support for a \
                         higher limit."
                    ),
                );
                problem.retry_after = Some(seconds);
                problem
            }
            Self::InvalidKey(error) => Problem::new(
                400,
                "invalid_idempotency_key",
                "The Idempotency-Key is no key",
                format!("The header Idempotency-Key {error}."),
            ),
            Self::KeyReused => Problem::new(
                422,
                "idempotency_key_reused",
                "The Idempotency-Key was used",
                "Another request was made with this Idempotency-Key in the last 24 hours. Every \
                 request needs a key of its own; only a repetition has the same.",
            ),
            Self::KeyInProgress => {
                let mut problem = Problem::new(
                    409,
                    "idempotency_in_progress",
                    "Still at work",
                    "The same request with this Idempotency-Key is still being worked on.",
                );
                problem.retry_after = Some(2);
                problem
            }
            Self::BeingRemoved => Problem::new(
                409,
                "being_removed",
                "The domain is being removed",
                "Its client is giving it up; there is nothing to release.",
            ),
            Self::Ses(SesError::Refused { .. }) => Problem::new(
                502,
                "ses_refused",
                "Amazon SES refused",
                "Amazon SES refused what this request needs, and would do so again. Nothing was \
                 changed. Tell Lasso support.",
            ),
            Self::EmailRefused => Problem::new(
                422,
                "email_refused",
                "The email was refused",
                "Amazon SES does not send this email. Check the address, or send the records in \
                 another way.",
            ),
            Self::IdentityNotOurs => Problem::new(
                409,
                "identity_not_ours",
                "Amazon SES has another identity",
                "The identity that Amazon SES has for this domain is not tagged with this client. \
                 Nothing about it was changed.",
            ),
            Self::NotContested(status) => Problem::new(
                409,
                "not_contested",
                "There is nothing to adopt",
                format!(
                    "The domain is {status}; only a contested domain can be given an identity that \
                     Amazon SES has already."
                ),
            ),
            Self::HeldByAnother => Problem::new(
                409,
                "held_by_another",
                "Another client holds the name",
                "Another client holds this name, or one above or below it. Decide about that claim \
                 first (POST …/release).",
            ),
            Self::NoIdentity => Problem::new(
                409,
                "no_identity",
                "There is nothing to adopt",
                "Amazon SES has no identity for this domain. The domain is contested for another \
                 reason.",
            ),
            Self::NoRoom(organizational) => Problem::new(
                409,
                "no_room",
                "No room for more names",
                format!(
                    "Names that are proven or verified take all the room under {organizational}. \
                     Release some that are not used, and grant this claim then."
                ),
            ),
            Self::Ses(_) => {
                let mut problem = Problem::new(
                    503,
                    "ses_unavailable",
                    "Try again",
                    "Amazon SES did not take the request just now, or others had their turn before it. Nothing was changed.",
                );
                problem.retry_after = Some(5);
                problem
            }
            Self::Busy => {
                let mut problem = Problem::new(
                    503,
                    "busy",
                    "Try again",
                    "Too many requests for the same domain came at once. Nothing was changed.",
                );
                problem.retry_after = Some(1);
                problem
            }
            // A program that repeats it by itself would send it twice: no Retry-After.
            Self::PerhapsSent(_) => Problem::new(
                503,
                "perhaps_sent",
                "The email may have been sent",
                "Amazon SES did not say whether it took the email, which counts for today's limits. \
                 Ask the recipient first: repeating the request, with the same Idempotency-Key \
                 too, sends another email.",
            ),
            Self::Unrendered(_) => needs_support(),
            Self::Store(error) if is_for_good(error.failure) => needs_support(),
            Self::Store(_) => {
                let mut problem = Problem::new(
                    503,
                    "service_unavailable",
                    "Try again",
                    "Something did not work on our side. The request can be repeated safely.",
                );
                problem.retry_after = Some(5);
                problem
            }
        }
    }

    /// What goes to the log, once, at the boundary. Only what is our fault has a cause.
    pub fn cause(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::Ses(error) | Self::PerhapsSent(error) => Some(error),
            Self::Forbidden | Self::NotFound | Self::NoRoute | Self::MalformedJson(_) => None,
            Self::TooLarge | Self::Invalid(_) | Self::InvalidDomain(_) => None,
            Self::Unrendered(error) => Some(error),
            Self::NotEligible(_) | Self::RecordsNotReady | Self::NotAcceptable => None,
            Self::CheckedTooSoon(_) | Self::TooManyChecks(_) | Self::NotVerified(..) => None,
            Self::TooManyNames(_) => None,
            Self::NotFailed(_) | Self::Unconfirmed(_) | Self::NotReady { .. } => None,
            Self::ReleaseUnconfirmed { .. } => None,
            Self::OtherConfirmed | Self::NothingToGrant(_) => None,
            Self::InvalidKey(_) | Self::KeyReused | Self::KeyInProgress => None,
            Self::BeingRemoved | Self::Busy => None,
            Self::EmailRefused | Self::IdentityNotOurs | Self::NotContested(_) => None,
            Self::HeldByAnother | Self::NoIdentity | Self::NoRoom(_) => None,
            Self::TooManyInstructions { .. } | Self::TooManyToRecipient(_) => None,
            Self::TooManyDomains(_) | Self::TooManyAdditions { .. } => None,
        }
    }
}

impl Problem {
    fn new(
        status: u16,
        code: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            problem_type: format!("/problems/{code}"),
            title,
            status,
            detail: detail.into(),
            code,
            errors: Vec::new(),
            suggestion: None,
            request_id: None,
            retry_after: None,
        }
    }
}

/// Whether another attempt fails again, so that a person has to look at it.
fn is_for_good(failure: StoreFailure) -> bool {
    match failure {
        StoreFailure::Unavailable => false,
        StoreFailure::TooLarge | StoreFailure::Unreadable => true,
    }
}

fn needs_support() -> Problem {
    Problem::new(
        500,
        "needs_support",
        "Lasso support has to look at this",
        "Something that this request needs cannot be read or written on our side, and repeating the \
         request does not help. Tell Lasso support the request_id.",
    )
}

fn invalid_domain(error: &DomainNameError) -> Problem {
    let code = match error.reason {
        InvalidReason::PublicSuffix => "public_suffix",
        InvalidReason::Empty
        | InvalidReason::Url
        | InvalidReason::EmailAddress
        | InvalidReason::WwwHost
        | InvalidReason::IpAddress
        | InvalidReason::Wildcard
        | InvalidReason::SingleLabel
        | InvalidReason::Underscore
        | InvalidReason::EmptyLabel
        | InvalidReason::LabelTooLong
        | InvalidReason::NameTooLong
        | InvalidReason::NoRoomForRecords
        | InvalidReason::Hyphen
        | InvalidReason::Character
        | InvalidReason::Punycode => "invalid_domain",
    };
    let suggestion = error.suggestion.as_ref().map(ToString::to_string);
    let mut detail = capitalized(&error.reason.to_string());
    if let Some(suggestion) = &suggestion {
        detail = format!("{detail} Did you mean {suggestion}?");
    }
    let mut problem = Problem::new(422, code, "This is not a domain that can be added", detail);
    problem.errors = vec![FieldError::field("/domain", error.reason)];
    problem.suggestion = suggestion;
    problem
}

/// What the client has to do first.
fn not_ready(status: Status, proven: bool) -> String {
    let first = match status {
        Status::Failed => {
            "Restart it first (POST …/restart), so that Amazon SES looks for the records again."
        }
        Status::Contested if proven => {
            "Your proof was found, and Lasso support decides about this domain now."
        }
        Status::Contested => {
            "Publish its ownership record first: it proves that the domain is yours."
        }
        Status::Provisioning
        | Status::Pending
        | Status::Verified
        | Status::Authenticated
        | Status::AtRisk
        | Status::Rejected
        | Status::Removing => "Look at where it stands.",
    };
    format!("The domain is {status}. {first}")
}

fn sentence(errors: &[FieldError]) -> String {
    let parts: Vec<String> = errors
        .iter()
        .map(|error| {
            let name = error
                .parameter
                .or(error.pointer.as_deref())
                .map(|name| name.trim_start_matches('/'))
                .filter(|name| !name.is_empty())
                .unwrap_or("The body");
            format!("{name} {}", error.detail)
        })
        .collect();
    format!("{}.", parts.join("; "))
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters
        .next()
        .map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), characters.as_str())
}

#[cfg(test)]
#[path = "problem_tests.rs"]
mod tests;
