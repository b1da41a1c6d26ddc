//! The errors of SES. Some have different names and HTTP statuses in the two APIs.

use crate::operation::Api;

/// An error, by its name in the v2 API, or in the v1 API if v2 has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    kind: &'static Kind,
    message: String,
}

#[derive(Debug, PartialEq, Eq)]
struct Kind {
    v1: &'static str,
    v2: &'static str,
    v1_status: u16,
    v2_status: u16,
    message: &'static str,
}

macro_rules! kinds {
    ($($v1:literal $v1_status:literal, $v2:literal $v2_status:literal: $message:literal;)*) => {
        /// Every error that can be requested, with name and status for each API.
        const KINDS: &[Kind] = &[$(Kind {
            v1: $v1,
            v2: $v2,
            v1_status: $v1_status,
            v2_status: $v2_status,
            message: $message,
        },)*];
    };
}

kinds! {
    "Throttling" 400, "TooManyRequestsException" 429: "Rate exceeded";
    "InternalFailure" 500, "InternalFailure" 500: "The request processing has failed because of an unknown error.";
    "ServiceUnavailable" 503, "ServiceUnavailable" 503: "The request has failed due to a temporary failure of the server.";
    "LimitExceeded" 400, "LimitExceededException" 400: "There are too many instances of the specified resource type.";
    "AccessDenied" 403, "AccessDeniedException" 403: "You are not authorized to perform this operation.";
    "NotFound" 400, "NotFoundException" 404: "The resource does not exist.";
    "AlreadyExists" 400, "AlreadyExistsException" 400: "The resource already exists.";
    "ValidationError" 400, "BadRequestException" 400: "The input you provided is invalid.";
    "InvalidParameterValue" 400, "BadRequestException" 400: "The value of a parameter is not valid.";
    "ConcurrentModification" 500, "ConcurrentModificationException" 500: "The resource is being modified by another operation.";
    "AccountSendingPausedException" 400, "SendingPausedException" 400: "Email sending is disabled for your account.";
    "AccountSuspended" 400, "AccountSuspendedException" 400: "Your account is suspended.";
    "MessageRejected" 400, "MessageRejected" 400: "The message cannot be sent.";
    "MailFromDomainNotVerifiedException" 400, "MailFromDomainNotVerifiedException" 400: "The MAIL FROM domain is not verified.";
}

impl Failure {
    /// An error by the name that either API gives it.
    pub fn named(name: &str) -> Option<Self> {
        KINDS
            .iter()
            .find(|kind| kind.v1 == name || kind.v2 == name)
            .map(|kind| Self {
                kind,
                message: kind.message.to_owned(),
            })
    }

    /// The names that [`named`](Self::named) accepts.
    pub fn names() -> impl Iterator<Item = &'static str> {
        KINDS.iter().flat_map(|kind| {
            std::iter::once(kind.v1).chain((kind.v2 != kind.v1).then_some(kind.v2))
        })
    }

    /// Its name in an API.
    pub fn name(&self, api: Api) -> &'static str {
        match api {
            Api::V1 => self.kind.v1,
            Api::V2 => self.kind.v2,
        }
    }

    /// Its HTTP status in an API.
    pub fn status(&self, api: Api) -> u16 {
        match api {
            Api::V1 => self.kind.v1_status,
            Api::V2 => self.kind.v2_status,
        }
    }

    /// The message for the caller.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The call is over the quota.
    pub fn throttled() -> Self {
        Self::of("TooManyRequestsException", None)
    }

    /// SES is temporarily unavailable.
    pub fn unavailable() -> Self {
        Self::of("ServiceUnavailable", None)
    }

    /// There is no identity with this name.
    pub fn not_found(identity: &str) -> Self {
        Self::of(
            "NotFoundException",
            Some(format!("Email identity {identity} does not exist.")),
        )
    }

    /// There is an identity with this name.
    pub fn already_exists(identity: &str) -> Self {
        Self::of(
            "AlreadyExistsException",
            Some(format!("Email identity {identity} already exist.")),
        )
    }

    /// The request is not valid.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::of("BadRequestException", Some(message.into()))
    }

    /// The account has reached its limit of identities.
    pub fn limit_exceeded(limit: usize) -> Self {
        Self::of(
            "LimitExceededException",
            Some(format!("The limit of {limit} identities is reached.")),
        )
    }

    fn of(name: &str, message: Option<String>) -> Self {
        let mut failure =
            Self::named(name).unwrap_or_else(|| panic!("`{name}` is one of the kinds"));
        if let Some(message) = message {
            failure.message = message;
        }
        failure
    }
}
