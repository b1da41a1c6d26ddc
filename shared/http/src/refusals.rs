//! What the refusals of the use cases are to callers.

use domain_auth::handoff::HandoffError;
use domain_auth::limits::LimitReached;
use domain_auth::ports::{Refusal, SesError, StoreError};
use domain_auth::use_cases::Failure;
use domain_auth::use_cases::add::AddRefusal;
use domain_auth::use_cases::adopt::AdoptRefusal;
use domain_auth::use_cases::check::CheckRefusal;
use domain_auth::use_cases::decide::DecideRefusal;
use domain_auth::use_cases::notify::NotifyRefusal;
use domain_auth::use_cases::release::ReleaseRefusal;
use domain_auth::use_cases::remove::RemoveRefusal;
use domain_auth::use_cases::restart::RestartRefusal;
use domain_auth::use_cases::send_instructions::InstructionsRefusal;
use jiff::SignedDuration;

use crate::problem::ApiError;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl<R: Into<ApiError>> From<Failure<R>> for ApiError {
    fn from(failure: Failure<R>) -> Self {
        match failure {
            Failure::NotFound => Self::NotFound,
            Failure::Busy => Self::Busy,
            Failure::Store(error) => Self::Store(error),
            Failure::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<AddRefusal> for ApiError {
    fn from(error: AddRefusal) -> Self {
        match error {
            AddRefusal::Ineligible(reason) => Self::NotEligible(reason),
            AddRefusal::TooManyNames(organizational) => Self::TooManyNames(organizational),
            AddRefusal::Limit(LimitReached::Domains { limit }) => Self::TooManyDomains(limit),
            AddRefusal::Limit(LimitReached::AddedToday { limit, wait }) => Self::TooManyAdditions {
                limit,
                seconds: seconds_up(wait),
            },
        }
    }
}

impl From<CheckRefusal> for ApiError {
    fn from(error: CheckRefusal) -> Self {
        match error {
            CheckRefusal::TooSoon { wait } => Self::CheckedTooSoon(seconds_up(wait)),
            CheckRefusal::TooMany { wait } => Self::TooManyChecks(seconds_up(wait)),
        }
    }
}

impl From<DecideRefusal> for ApiError {
    fn from(error: DecideRefusal) -> Self {
        match error {
            DecideRefusal::NotVerified { status, missing } => Self::NotVerified(status, missing),
            DecideRefusal::IdentityNotOurs => Self::IdentityNotOurs,
            DecideRefusal::Ses(error) => Self::Ses(error),
        }
    }
}

impl From<AdoptRefusal> for ApiError {
    fn from(error: AdoptRefusal) -> Self {
        match error {
            AdoptRefusal::NotContested(status) => Self::NotContested(status),
            AdoptRefusal::HeldByAnother => Self::HeldByAnother,
            AdoptRefusal::NoIdentity => Self::NoIdentity,
            AdoptRefusal::Ses(error) => Self::Ses(error),
        }
    }
}

impl From<ReleaseRefusal> for ApiError {
    fn from(error: ReleaseRefusal) -> Self {
        match error {
            ReleaseRefusal::Unconfirmed { name, holder } => {
                Self::ReleaseUnconfirmed { name, holder }
            }
            ReleaseRefusal::NothingToGrant(status) => Self::NothingToGrant(status),
            ReleaseRefusal::Removing => Self::BeingRemoved,
            ReleaseRefusal::NoRoom(organizational) => Self::NoRoom(organizational),
        }
    }
}

impl From<RemoveRefusal> for ApiError {
    fn from(error: RemoveRefusal) -> Self {
        match error {
            RemoveRefusal::Unconfirmed(name) => Self::Unconfirmed(name),
            RemoveRefusal::OtherConfirmed => Self::OtherConfirmed,
        }
    }
}

impl From<RestartRefusal> for ApiError {
    fn from(error: RestartRefusal) -> Self {
        match error {
            RestartRefusal::NotFailed(status) => Self::NotFailed(status),
            RestartRefusal::Ses(error) => Self::Ses(error),
        }
    }
}

impl From<NotifyRefusal> for ApiError {
    fn from(error: NotifyRefusal) -> Self {
        match error {
            NotifyRefusal::CannotBeReady { status, proven } => Self::NotReady { status, proven },
        }
    }
}

impl From<InstructionsRefusal> for ApiError {
    fn from(error: InstructionsRefusal) -> Self {
        match error {
            InstructionsRefusal::NotReady => Self::RecordsNotReady,
            InstructionsRefusal::Limit { of_domain, wait } => Self::TooManyInstructions {
                of_domain,
                seconds: seconds_up(wait),
            },
            InstructionsRefusal::RecipientLimit { wait } => {
                Self::TooManyToRecipient(seconds_up(wait))
            }
            InstructionsRefusal::Unrendered(error) => Self::Unrendered(error),
            InstructionsRefusal::Ses(error @ SesError::Unavailable { .. }) => {
                Self::PerhapsSent(error)
            }
            InstructionsRefusal::Ses(SesError::Refused {
                refusal: Refusal::MessageRejected | Refusal::BadRequest,
                ..
            }) => Self::EmailRefused,
            InstructionsRefusal::Ses(error) => Self::Ses(error),
        }
    }
}

impl From<HandoffError> for ApiError {
    fn from(error: HandoffError) -> Self {
        Self::Unrendered(error)
    }
}

/// Up, so that whoever waits as long as told is not told to wait again.
fn seconds_up(wait: SignedDuration) -> u32 {
    u32::try_from(wait.as_secs()).unwrap_or(0).saturating_add(1)
}
