//! Errors as problem details (RFC 9457), from one exhaustive match.

mod details;
mod parts;
mod sentences;

use std::borrow::Cow;
use std::fmt;

use domain_auth::domain::Situation;
use domain_auth::handoff::HandoffError;
use domain_auth::idempotency::KeyError;
use domain_auth::names::{ClientId, DomainName, DomainNameError, Eligibility, IneligibleReason};
use domain_auth::ports::{SesError, StoreError};
use serde::Serialize;

/// The largest body, in octets.
pub const MAX_BODY: usize = 8 * 1024;
/// The largest body with addresses of senders, in octets: a hundred of them, each with a display name.
pub const MAX_SENDERS_BODY: usize = 64 * 1024;
/// What is wrong with a confirmation that is not the domain's name.
pub(crate) const ANOTHER_CONFIRMED: &str = "names a different domain than the path";

/// Everything that a request can fail with.
#[derive(Debug)]
pub enum ApiError {
    /// The token lacks the role or the client.
    Forbidden,
    /// There is no such domain, or it is another client's.
    NotFound,
    /// The path does not have a valid client.
    NoSuchClient,
    /// No route takes this method and path.
    NoRoute,
    /// The body is not JSON; where it breaks.
    MalformedJson(String),
    /// The body is over the limit.
    TooLarge,
    /// The body of a patch has a media type that is not read as a merge patch.
    NotAMergePatch,
    /// The body with addresses of senders is over its limit.
    TooManySenders,
    /// Fields or parameters are wrong.
    Invalid(Vec<FieldError>),
    /// The domain's name breaks a rule.
    InvalidDomain(DomainNameError),
    /// No client may add this domain.
    NotEligible(IneligibleReason),
    /// The client has as many names as it may under this organizational domain.
    TooManyNames(String),
    /// The domain is for as many communities as a domain may be.
    TooManyCommunities,
    /// SES has not given the tokens that the records are made of.
    RecordsNotReady,
    /// No hand-off format is acceptable to the caller.
    NotAcceptable,
    /// A domain was checked a moment ago; how many seconds to wait.
    CheckedTooSoon(u32),
    /// The caller had too many domains checked in the last minute; how many seconds to wait.
    TooManyChecks(u32),
    /// There is nothing to decide.
    NotVerified {
        /// What the domain waits for instead.
        situation: Situation,
        /// What is missing, in sentences.
        missing: Vec<String>,
    },
    /// Only a domain that failed can be restarted.
    NotFailed {
        /// What this one waits for instead.
        situation: Situation,
        /// Lasso support asked, on behalf of the client.
        by_support: bool,
    },
    /// Lasso sends for the domain, and the caller did not say that this is to end.
    Unconfirmed(DomainName),
    /// Something else comes before the domain can be ready.
    NotReady {
        /// What the domain waits for instead.
        situation: Situation,
        /// The client's note is in the history.
        is_noted: bool,
        /// Lasso support asked, on behalf of the client.
        by_support: bool,
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
    /// Only a contested claim that is proven can be granted; the state of this one.
    NothingToGrant(Situation),
    /// The client has already lost the name, and there is nothing more to release.
    AlreadyLost,
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
    /// It is unknown whether SES sent an email.
    PerhapsSent(SesError),
    /// The header `Idempotency-Key` is invalid.
    InvalidKey(KeyError),
    /// The key was used for a different request.
    KeyReused,
    /// The same request with the same key is under way.
    KeyInProgress,
    /// The domain is being removed.
    BeingRemoved,
    /// The client is being erased.
    BeingErased,
    /// Lasso support did not confirm that the client is to be erased.
    ErasureUnconfirmed(ClientId),
    /// SES did not do what the request is for.
    Ses(SesError),
    /// SES refuses this email permanently.
    EmailRefused,
    /// SES has the address on its suppression list, and delivers no email to it.
    RecipientSuppressed,
    /// The identity at SES does not carry the client's tags.
    IdentityNotOurs,
    /// Only a contested domain can be given an identity that exists; the state of this one.
    NotContested(Situation),
    /// Another client holds the name, or one above or below it, so no identity can be given away.
    HeldByAnother,
    /// SES has no identity to adopt; what the domain waits for.
    NoIdentity(Situation),
    /// Proven names of others leave no room for one more under this organizational domain.
    NoRoom(String),
    /// The domain has as many links as it may.
    TooManyLinks,
    /// The same request with the same key has made a link before, whose address is stored nowhere.
    LinkMadeBefore,
    /// The domain has no such link.
    NoSuchLink,
    /// Others kept changing the same domain.
    Busy,
    /// The store failed.
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
    pub parameter: Option<Cow<'static, str>>,
    /// What is wrong with the field or parameter.
    pub detail: String,
    /// The domain that was probably meant. The problem has it as `suggestion`.
    #[serde(skip)]
    pub meant: Option<DomainName>,
}

/// The body of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Problem {
    /// A URI that identifies the kind of problem, relative to the API.
    #[serde(rename = "type")]
    pub problem_type: String,
    /// The kind of problem, for people.
    pub title: &'static str,
    /// The HTTP status.
    #[cfg_attr(feature = "openapi", schemars(range(min = 400, max = 599)))]
    pub status: u16,
    /// What is wrong in this request, for people.
    pub detail: String,
    /// The kind of problem, for programs; it never changes.
    pub code: &'static str,
    /// The fields that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// A value that would be accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// The identifier to tell Lasso support, if something went wrong on our side.
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
            meant: None,
        }
    }

    /// An error that is not about a field, but about the subject of the request.
    fn about(detail: String) -> Self {
        Self {
            pointer: None,
            parameter: None,
            detail,
            meant: None,
        }
    }

    /// A parameter of the query string.
    pub fn parameter(name: impl Into<Cow<'static, str>>, detail: impl fmt::Display) -> Self {
        Self {
            pointer: None,
            parameter: Some(name.into()),
            detail: detail.to_string(),
            meant: None,
        }
    }

    /// A parameter of the query string that should be a domain.
    pub fn not_a_domain(name: impl Into<Cow<'static, str>>, error: &DomainNameError) -> Self {
        Self {
            meant: error.suggestion.clone(),
            ..Self::parameter(name, format!("is not a domain: {error}"))
        }
    }
}

impl ApiError {
    /// One wrong field or parameter.
    pub fn invalid(error: FieldError) -> Self {
        Self::Invalid(vec![error])
    }

    /// The error as Lasso support sees it after a call on behalf of the client: it suggests a call of Lasso
    /// support.
    #[must_use]
    pub fn to_support(mut self) -> Self {
        if let Self::NotFailed { by_support, .. } | Self::NotReady { by_support, .. } = &mut self {
            *by_support = true;
        }
        self
    }

    /// Drops the suggestion from a refusal if this deployment would refuse the suggestion too. One of the
    /// deployment's own domains is refused as not eligible, whatever its ending.
    #[must_use]
    pub fn suggesting_only(self, eligibility: &Eligibility) -> Self {
        match self {
            Self::InvalidDomain(error) => {
                let own = error.name.as_ref().map(|name| eligibility.check(name));
                match own {
                    Some(Err(why)) => Self::NotEligible(why),
                    Some(Ok(())) | None => Self::InvalidDomain(eligibility.review(error)),
                }
            }
            other => other,
        }
    }

    /// The cause for the log, once, at the boundary. Only an error of the service has one.
    pub fn cause(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::Ses(error) | Self::PerhapsSent(error) => Some(error),
            Self::Forbidden
            | Self::NotFound
            | Self::NoSuchClient
            | Self::NoRoute
            | Self::MalformedJson(_) => None,
            Self::TooManySenders => None,
            Self::NotAMergePatch => None,
            Self::TooLarge | Self::Invalid(_) | Self::InvalidDomain(_) => None,
            Self::Unrendered(error) => Some(error),
            Self::NotEligible(_) | Self::RecordsNotReady | Self::NotAcceptable => None,
            Self::CheckedTooSoon(_) | Self::TooManyChecks(_) | Self::NotVerified { .. } => None,
            Self::TooManyNames(_) | Self::TooManyCommunities => None,
            Self::NotFailed { .. } | Self::Unconfirmed(_) | Self::NotReady { .. } => None,
            Self::ReleaseUnconfirmed { .. } => None,
            Self::OtherConfirmed | Self::NothingToGrant(_) | Self::AlreadyLost => None,
            Self::InvalidKey(_) | Self::KeyReused | Self::KeyInProgress => None,
            Self::BeingRemoved | Self::Busy => None,
            Self::BeingErased | Self::ErasureUnconfirmed(_) => None,
            Self::TooManyLinks | Self::LinkMadeBefore | Self::NoSuchLink => None,
            Self::EmailRefused | Self::RecipientSuppressed => None,
            Self::IdentityNotOurs | Self::NotContested(_) => None,
            Self::HeldByAnother | Self::NoIdentity(_) | Self::NoRoom(_) => None,
            Self::TooManyInstructions { .. } | Self::TooManyToRecipient(_) => None,
            Self::TooManyDomains(_) | Self::TooManyAdditions { .. } => None,
        }
    }
}

#[cfg(test)]
#[path = "problem_tests.rs"]
mod tests;
