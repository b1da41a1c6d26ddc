//! Whether SES allows sending from a domain that the v1 API does not report as verified. The
//! documentation of SES leaves two cases open, so the v2 API decides them:
//!
//! - SES has verified the domain by its DKIM records, but the TXT record was not published within
//!   72 hours. The v1 status may then be `Failed`.
//! - The domain is below a verified domain of the same client. SES allows sending from it
//!   (`VerifiedForSendingStatus`), although its own status may stay `Pending` and become `Failed`
//!   after 72 hours.
//!
//! In both cases SES is called once more (`GetEmailIdentity`) before the domain fails or is
//! removed.

use jiff::Timestamp;

use super::SesTools;
use super::look::before;
use super::registers::register_of;
use crate::claims::ClaimRegister;
use crate::domain::Domain;
use crate::identity::{AxisStatus, SesStatus};
use crate::ports::{Clock, Identities, Operation, Ports, ReadClaims};
use crate::state::{State, Status};

/// Whether this v1 status would end or block a domain although SES may allow sending from it. If
/// not, the status is used as it is, without another call.
pub(super) fn is_open(domain: &Domain, status: SesStatus, now: Timestamp) -> bool {
    let not_verified = status.verification != AxisStatus::Success;
    let given_up = status.verification == AxisStatus::Failed;
    let may_be_verified_otherwise =
        status.dkim == AxisStatus::Success || !domain.name.ancestors().is_empty();
    let ends = match &domain.state {
        State::Pending(pending) => given_up || (not_verified && now >= pending.deadline),
        State::Failed(_) => not_verified && !domain.state.is_without_identity(),
        State::Verified(_) | State::Authenticated(_) => given_up,
        State::AtRisk(_) | State::Rejected(_) => given_up,
        State::Contested(_) | State::Provisioning(_) | State::Removing(_) => false,
    };
    ends && may_be_verified_otherwise
}

/// Whether this status would move the domain to `failed` although SES may allow sending. A domain
/// that has already failed keeps its status.
pub(super) fn would_fail(domain: &Domain, status: SesStatus, now: Timestamp) -> bool {
    domain.state.status() != Status::Failed && is_open(domain, status, now)
}

/// The status, with the verification from `GetEmailIdentity` if the v1 status leaves it open.
/// `None` if SES or the store did not answer, or after `until`: then the domain's state must not
/// change.
pub(super) async fn settled<P>(
    tools: &SesTools<'_, P>,
    domain: &Domain,
    status: SesStatus,
    until: Timestamp,
) -> Option<SesStatus>
where
    P: Ports<Store: ReadClaims, Ses: Identities>,
{
    let now = tools.clock.now();
    if !is_open(domain, status, now) {
        return Some(status);
    }
    if status.dkim != AxisStatus::Success {
        match register_of(tools.store, domain).await {
            Ok(claims) if holds_above(&claims, domain) => {}
            // A verified status of a name below another client's name is not a reason to keep it.
            Ok(_) => return Some(status),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(
                    domain = %domain.name,
                    error,
                    "the claims could not be read; the domain stays as it is until the next look"
                );
                return None;
            }
        }
    }
    let (operation, budget, clock) = (Operation::GetEmailIdentity, tools.budget, tools.clock);
    before(until, clock, budget.wait(operation, clock)).await?;
    let answer = tools.ses.describe(&domain.name).await;
    budget.note(operation, &answer, clock.now());
    match answer {
        Ok(Some(identity)) if identity.verified => Some(SesStatus {
            verification: AxisStatus::Success,
            ..status
        }),
        Ok(_) => Some(status),
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(
                domain = %domain.name,
                error,
                "SES did not say whether mail may be sent; the domain stays as it is until the next look"
            );
            None
        }
    }
}

/// Whether the client of a domain holds a name above it.
fn holds_above(claims: &ClaimRegister, domain: &Domain) -> bool {
    let above = domain.name.ancestors();
    let mut holders = above.iter().filter_map(|name| claims.holder(name));
    holders.any(|holder| *holder == domain.client)
}
