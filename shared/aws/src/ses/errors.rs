//! The meaning of SES errors.

use std::error::Error;

use aws_sdk_ses::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use domain_auth::ports::{Refusal, SesError};

use crate::failure::IntoCause;

/// The name of the service in the log.
const SERVICE: &str = "SES";

/// SES returned something that this code cannot use, or the request could not be made.
pub(super) fn refused(
    operation: &'static str,
    source: impl Error + Send + Sync + 'static,
) -> SesError {
    SesError::Refused {
        operation,
        refusal: Refusal::Other,
        source: source.into(),
    }
}

/// The meaning of an SDK error. Both APIs throttle with a status 4xx, but with different codes.
pub(crate) fn error_of<E>(operation: &'static str, error: SdkError<E, Response>) -> SesError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let code = error.code().unwrap_or_default();
    let throttled = matches!(
        code,
        "Throttling" | "ThrottlingException" | "TooManyRequestsException" | "RequestLimitExceeded"
    );
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    if throttled || status == Some(429) {
        return SesError::Throttled { operation };
    }
    match (&error, status) {
        (SdkError::ConstructionFailure(_), _) => refused(operation, error),
        // Another call for the same identity is running; nothing else is wrong.
        (SdkError::ServiceError(_), _) if code == "ConcurrentModificationException" => {
            SesError::Throttled { operation }
        }
        (SdkError::ServiceError(_), Some(400..500)) => SesError::Refused {
            operation,
            refusal: refusal_of(code),
            source: error.into_cause(SERVICE),
        },
        _ => SesError::Unavailable {
            operation,
            source: error.into_cause(SERVICE),
        },
    }
}

/// The kind of a refusal, by the error code of either API (SES API v1 and v2 references, "Common
/// errors" and the errors of each operation).
fn refusal_of(code: &str) -> Refusal {
    match code {
        "BadRequestException"
        | "ValidationException"
        | "ValidationError"
        | "InvalidParameterValue"
        | "InvalidParameterCombination"
        | "InvalidParameter" => Refusal::BadRequest,
        "AccessDeniedException"
        | "AccessDenied"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "SignatureDoesNotMatch"
        | "OptInRequired" => Refusal::AccessDenied,
        "LimitExceededException" | "LimitExceeded" => Refusal::LimitExceeded,
        "MessageRejected" | "MailFromDomainNotVerifiedException" | "MailFromDomainNotVerified" => {
            Refusal::MessageRejected
        }
        _ => Refusal::Other,
    }
}
