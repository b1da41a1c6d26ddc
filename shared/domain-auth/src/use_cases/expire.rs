//! Domains that expire: a contested claim that is not proven, and a failed domain that its client
//! does not restart. Both are removed like any other domain.

use jiff::Timestamp;

use super::registers::register_of;
use super::{StoreTools, remove};
use crate::domain::{Change, Domain};
use crate::evidence;
use crate::history::Actor;
use crate::identity::{AxisStatus, SesStatus};
use crate::ports::{CommitChanges, CommitError, Ports, ReadClaims};
use crate::state::State;

pub use crate::evidence::Expiry;

impl Expiry {
    /// Whether the domain's time has run out. It has not if SES reports the domain as verified
    /// after all. If the domain has no identity at SES, the status is not about it.
    pub fn of(domain: &Domain, ses: Option<SesStatus>, now: Timestamp) -> Option<Self> {
        let over = domain.deadline().is_some_and(|deadline| now >= deadline);
        match &domain.state {
            State::Contested(_) => over.then_some(Self::NotProven),
            State::Failed(_) => {
                let unverified = ses.is_some_and(|ses| ses.verification != AxisStatus::Success)
                    || domain.state.is_without_identity();
                (over && unverified).then_some(Self::Abandoned)
            }
            State::Provisioning(_) | State::Pending(_) | State::Verified(_) => None,
            State::Authenticated(_) | State::AtRisk(_) => None,
            State::Rejected(_) | State::Removing(_) => None,
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::NotProven => "The domain was removed: its claim was not proven within 14 days.",
            Self::Abandoned => {
                "The domain was removed: it had failed, and nothing was done for 30 days."
            }
        }
    }
}

/// Marks an expired domain for removal. Returns the written change, if one was written.
pub async fn expire<P>(
    tools: &StoreTools<'_, P>,
    domain: &Domain,
    expiry: Expiry,
    now: Timestamp,
) -> Result<Change, CommitError>
where
    P: Ports<Store: ReadClaims + CommitChanges>,
{
    let StoreTools { store, ids, .. } = *tools;
    let claims = register_of(store, domain).await?;
    let evidence = evidence::of_expiry(expiry);
    let marked = remove::marked(domain, claims, &Actor::Service, evidence, now, ids);
    let mut change = marked.ok_or(CommitError::Conflict)?;
    if let Some(event) = &mut change.event {
        expiry.sentence().clone_into(&mut event.summary);
    }
    store.commit(&change).await?;
    Ok(change)
}
