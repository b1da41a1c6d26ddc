//! The statuses of SES on its three axes, as types of the domain.

use aws_sdk_ses::types as v1;
use aws_sdk_sesv2::types as v2;
use domain_auth::identity::AxisStatus;

/// The verification status. A value that SES may add later counts as no answer.
pub(super) fn axis(status: &v1::VerificationStatus) -> Option<AxisStatus> {
    match status {
        v1::VerificationStatus::NotStarted => Some(AxisStatus::NotStarted),
        v1::VerificationStatus::Pending => Some(AxisStatus::Pending),
        v1::VerificationStatus::Success => Some(AxisStatus::Success),
        v1::VerificationStatus::Failed => Some(AxisStatus::Failed),
        v1::VerificationStatus::TemporaryFailure => Some(AxisStatus::TemporaryFailure),
        _ => None,
    }
}

/// The verification status in the v2 API.
pub(super) fn listed_axis(status: &v2::VerificationStatus) -> Option<AxisStatus> {
    match status {
        v2::VerificationStatus::NotStarted => Some(AxisStatus::NotStarted),
        v2::VerificationStatus::Pending => Some(AxisStatus::Pending),
        v2::VerificationStatus::Success => Some(AxisStatus::Success),
        v2::VerificationStatus::Failed => Some(AxisStatus::Failed),
        v2::VerificationStatus::TemporaryFailure => Some(AxisStatus::TemporaryFailure),
        _ => None,
    }
}

/// The status of a MAIL FROM domain.
pub(super) fn mail_from_axis(status: &v1::CustomMailFromStatus) -> Option<AxisStatus> {
    match status {
        v1::CustomMailFromStatus::Pending => Some(AxisStatus::Pending),
        v1::CustomMailFromStatus::Success => Some(AxisStatus::Success),
        v1::CustomMailFromStatus::Failed => Some(AxisStatus::Failed),
        v1::CustomMailFromStatus::TemporaryFailure => Some(AxisStatus::TemporaryFailure),
        _ => None,
    }
}
