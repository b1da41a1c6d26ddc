//! What the refusals of the use cases are to callers.

use domain_auth::handoff::HandoffError;
use domain_auth::limits::LimitReached;
use domain_auth::ports::{Refusal, SesError, StoreError};
use domain_auth::use_cases::add::AddError;
use domain_auth::use_cases::adopt::AdoptError;
use domain_auth::use_cases::check::CheckError;
use domain_auth::use_cases::decide::DecideError;
use domain_auth::use_cases::notify::NotifyError;
use domain_auth::use_cases::release::ReleaseError;
use domain_auth::use_cases::remove::RemoveError;
use domain_auth::use_cases::restart::RestartError;
use domain_auth::use_cases::send_instructions::InstructionsError;
use jiff::SignedDuration;

use crate::problem::ApiError;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<AddError> for ApiError {
    fn from(error: AddError) -> Self {
        match error {
            AddError::Ineligible(reason) => Self::NotEligible(reason),
            AddError::TooManyNames(organizational) => Self::TooManyNames(organizational),
            AddError::Limit(LimitReached::Domains { limit }) => Self::TooManyDomains(limit),
            AddError::Limit(LimitReached::AddedToday { limit, wait }) => Self::TooManyAdditions {
                limit,
                seconds: seconds_up(wait),
            },
            AddError::Busy => Self::Busy,
            AddError::Store(error) => Self::Store(error),
        }
    }
}

impl From<CheckError> for ApiError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::NotFound => Self::NotFound,
            CheckError::TooSoon { wait } => Self::CheckedTooSoon(seconds_up(wait)),
            CheckError::TooMany { wait } => Self::TooManyChecks(seconds_up(wait)),
            CheckError::Busy => Self::Busy,
            CheckError::Store(error) => Self::Store(error),
        }
    }
}

impl From<DecideError> for ApiError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::NotFound => Self::NotFound,
            DecideError::NotVerified { status, missing } => Self::NotVerified(status, missing),
            DecideError::IdentityNotOurs => Self::IdentityNotOurs,
            DecideError::Ses(error) => Self::Ses(error),
            DecideError::Busy => Self::Busy,
            DecideError::Store(error) => Self::Store(error),
        }
    }
}

impl From<AdoptError> for ApiError {
    fn from(error: AdoptError) -> Self {
        match error {
            AdoptError::NotFound => Self::NotFound,
            AdoptError::NotContested(status) => Self::NotContested(status),
            AdoptError::HeldByAnother => Self::HeldByAnother,
            AdoptError::NoIdentity => Self::NoIdentity,
            AdoptError::Ses(error) => Self::Ses(error),
            AdoptError::Busy => Self::Busy,
            AdoptError::Store(error) => Self::Store(error),
        }
    }
}

impl From<ReleaseError> for ApiError {
    fn from(error: ReleaseError) -> Self {
        match error {
            ReleaseError::NotFound => Self::NotFound,
            ReleaseError::Unconfirmed { name, holder } => Self::ReleaseUnconfirmed { name, holder },
            ReleaseError::NothingToGrant(status) => Self::NothingToGrant(status),
            ReleaseError::Removing => Self::BeingRemoved,
            ReleaseError::NoRoom(organizational) => Self::NoRoom(organizational),
            ReleaseError::Busy => Self::Busy,
            ReleaseError::Store(error) => Self::Store(error),
        }
    }
}

impl From<RemoveError> for ApiError {
    fn from(error: RemoveError) -> Self {
        match error {
            RemoveError::NotFound => Self::NotFound,
            RemoveError::Unconfirmed(name) => Self::Unconfirmed(name),
            RemoveError::OtherConfirmed => Self::OtherConfirmed,
            RemoveError::Busy => Self::Busy,
            RemoveError::Store(error) => Self::Store(error),
        }
    }
}

impl From<RestartError> for ApiError {
    fn from(error: RestartError) -> Self {
        match error {
            RestartError::NotFound => Self::NotFound,
            RestartError::NotFailed(status) => Self::NotFailed(status),
            RestartError::Ses(error) => Self::Ses(error),
            RestartError::Busy => Self::Busy,
            RestartError::Store(error) => Self::Store(error),
        }
    }
}

impl From<NotifyError> for ApiError {
    fn from(error: NotifyError) -> Self {
        match error {
            NotifyError::NotFound => Self::NotFound,
            NotifyError::CannotBeReady { status, proven } => Self::NotReady { status, proven },
            NotifyError::Busy => Self::Busy,
            NotifyError::Store(error) => Self::Store(error),
        }
    }
}

impl From<InstructionsError> for ApiError {
    fn from(error: InstructionsError) -> Self {
        match error {
            InstructionsError::NotFound => Self::NotFound,
            InstructionsError::NotReady => Self::RecordsNotReady,
            InstructionsError::Limit { of_domain, wait } => Self::TooManyInstructions {
                of_domain,
                seconds: seconds_up(wait),
            },
            InstructionsError::RecipientLimit { wait } => {
                Self::TooManyToRecipient(seconds_up(wait))
            }
            InstructionsError::Unrendered(error) => Self::Unrendered(error),
            InstructionsError::Ses(error @ SesError::Unavailable { .. }) => {
                Self::PerhapsSent(error)
            }
            InstructionsError::Ses(SesError::Refused {
                refusal: Refusal::MessageRejected | Refusal::BadRequest,
                ..
            }) => Self::EmailRefused,
            InstructionsError::Ses(error) => Self::Ses(error),
            InstructionsError::Store(error) => Self::Store(error),
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
