//! Transitions: each consumes one state and gives the next, or says which state refused which
//! trigger. The tests enumerate every pair.

use jiff::Timestamp;

use super::{
    AtRisk, Authenticated, Contested, DisplacedBy, Displacement, Failed, FailureReason,
    LONGEST_RUN, Pending, Provisioning, Rejected, Removing, State, Status, Verified,
};
use crate::identity::SesIdentity;
use crate::names::ClientId;

/// What makes a domain change its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// The ownership record was seen at the authoritative servers.
    ProofFound {
        /// The client that loses the name, or lost it before.
        displaced: Option<ClientId>,
    },
    /// Lasso support has decided that the client takes up the identity that SES has.
    Adopted,
    /// SES gave everything that the records are made of.
    Provisioned(SesIdentity),
    /// SES reported success.
    SesVerified,
    /// SES reported failure, or its time ran out, or it refused to make the identity.
    SesFailed(FailureReason),
    /// The client started another 72 hours at SES; where SES has no identity any more, with a new
    /// one.
    Restarted,
    /// Lasso support, or the automatic final step, switched sending on.
    Completed,
    /// Lasso support refused the final step.
    Refused {
        /// Shown to the client.
        reason: String,
    },
    /// The client says that what led to the refusal is settled.
    Reopened,
    /// Records of a sending domain have vanished.
    RecordsBroken {
        /// What was seen to be broken.
        reason: String,
    },
    /// They are back.
    RecordsRecovered,
    /// The holder loses the name; what it may still prove is new.
    Displaced {
        /// Value of the new ownership record.
        ownership_secret: String,
        /// Why.
        why: DisplacedBy,
    },
    /// The client or support removes it, or it has expired.
    Removed,
    /// The client adds it again while it is being removed.
    Readded,
    /// The same, where another client has got to do with the name meanwhile.
    ReaddedContested {
        /// Value of the new ownership record.
        ownership_secret: String,
    },
}

/// A trigger without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "described on `Trigger`")]
pub enum TriggerKind {
    ProofFound,
    Adopted,
    Provisioned,
    SesVerified,
    SesFailed,
    Restarted,
    Completed,
    Refused,
    Reopened,
    RecordsBroken,
    RecordsRecovered,
    Displaced,
    Removed,
    Readded,
    ReaddedContested,
}

/// A state does not take a trigger. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a domain that is {status} does not take the trigger {trigger:?}")]
pub struct TransitionError {
    /// The state that refused.
    pub status: Status,
    /// What it refused.
    pub trigger: TriggerKind,
}

impl State {
    /// The state after `trigger` at the time `now`.
    pub fn apply(self, trigger: Trigger, now: Timestamp) -> Result<Self, TransitionError> {
        let refusal = TransitionError {
            status: self.status(),
            trigger: trigger.kind(),
        };
        self.next(trigger, now).ok_or(refusal)
    }

    #[expect(
        clippy::too_many_lines,
        reason = "the table of all transitions, a row each"
    )]
    fn next(self, trigger: Trigger, now: Timestamp) -> Option<Self> {
        use State as S;
        match trigger {
            Trigger::ProofFound { displaced } => match self {
                S::Contested(_) => Some(S::Provisioning(Provisioning {
                    replace_identity: true,
                    displaced,
                    may_adopt: true,
                    ..Provisioning::default()
                })),
                S::Provisioning(_) | S::Pending(_) | S::Verified(_) | S::Authenticated(_) => None,
                S::AtRisk(_) | S::Failed(_) | S::Rejected(_) | S::Removing(_) => None,
            },
            Trigger::Adopted => match self {
                S::Contested(_) => Some(S::Provisioning(Provisioning {
                    may_adopt: true,
                    ..Provisioning::default()
                })),
                S::Provisioning(_) | S::Pending(_) | S::Verified(_) | S::Authenticated(_) => None,
                S::AtRisk(_) | S::Failed(_) | S::Rejected(_) | S::Removing(_) => None,
            },
            Trigger::Provisioned(identity) => match self {
                S::Provisioning(_) => Some(S::pending(identity, now)),
                S::Contested(_) | S::Pending(_) | S::Verified(_) | S::Authenticated(_) => None,
                S::AtRisk(_) | S::Failed(_) | S::Rejected(_) | S::Removing(_) => None,
            },
            Trigger::SesVerified => match self {
                S::Pending(Pending { identity, .. }) | S::Failed(Failed { identity, .. }) => {
                    Some(S::Verified(Verified { identity }))
                }
                S::Contested(_) | S::Provisioning(_) | S::Verified(_) | S::Authenticated(_) => None,
                S::AtRisk(_) | S::Rejected(_) | S::Removing(_) => None,
            },
            Trigger::SesFailed(reason) => match self {
                S::Pending(Pending { identity, .. })
                | S::Verified(Verified { identity })
                | S::Authenticated(Authenticated { identity })
                | S::AtRisk(AtRisk { identity, .. })
                | S::Rejected(Rejected { identity, .. }) => {
                    Some(S::Failed(Failed { identity, reason }))
                }
                // Only SES's refusal ends it: then there is no identity.
                S::Provisioning(_) => match reason {
                    FailureReason::RefusedBySes => Some(S::Failed(Failed {
                        identity: SesIdentity::none(""),
                        reason,
                    })),
                    FailureReason::DeadlinePassed
                    | FailureReason::SesGaveUp
                    | FailureReason::SesRevoked
                    | FailureReason::IdentityGone => None,
                },
                S::Contested(_) | S::Failed(_) | S::Removing(_) => None,
            },
            Trigger::Restarted => match self {
                S::Failed(failed) => Some(failed.restarted(now)),
                S::Contested(_) | S::Provisioning(_) | S::Pending(_) | S::Verified(_) => None,
                S::Authenticated(_) | S::AtRisk(_) | S::Rejected(_) | S::Removing(_) => None,
            },
            Trigger::Completed => match self {
                S::Verified(Verified { identity }) => {
                    Some(S::Authenticated(Authenticated { identity }))
                }
                S::Contested(_) | S::Provisioning(_) | S::Pending(_) | S::Authenticated(_) => None,
                S::AtRisk(_) | S::Failed(_) | S::Rejected(_) | S::Removing(_) => None,
            },
            Trigger::Refused { reason } => match self {
                S::Verified(Verified { identity }) => {
                    Some(S::Rejected(Rejected { identity, reason }))
                }
                S::Contested(_) | S::Provisioning(_) | S::Pending(_) | S::Authenticated(_) => None,
                S::AtRisk(_) | S::Failed(_) | S::Rejected(_) | S::Removing(_) => None,
            },
            Trigger::Reopened => match self {
                S::Rejected(Rejected { identity, .. }) => Some(S::Verified(Verified { identity })),
                S::Contested(_) | S::Provisioning(_) | S::Pending(_) | S::Verified(_) => None,
                S::Authenticated(_) | S::AtRisk(_) | S::Failed(_) | S::Removing(_) => None,
            },
            Trigger::RecordsBroken { reason } => match self {
                S::Authenticated(Authenticated { identity }) => {
                    Some(S::AtRisk(AtRisk { identity, reason }))
                }
                S::Contested(_) | S::Provisioning(_) | S::Pending(_) | S::Verified(_) => None,
                S::AtRisk(_) | S::Failed(_) | S::Rejected(_) | S::Removing(_) => None,
            },
            Trigger::RecordsRecovered => match self {
                S::AtRisk(AtRisk { identity, .. }) => {
                    Some(S::Authenticated(Authenticated { identity }))
                }
                S::Contested(_) | S::Provisioning(_) | S::Pending(_) | S::Verified(_) => None,
                S::Authenticated(_) | S::Failed(_) | S::Rejected(_) | S::Removing(_) => None,
            },
            Trigger::Displaced {
                ownership_secret,
                why,
            } => match self {
                S::Provisioning(_)
                | S::Pending(_)
                | S::Verified(_)
                | S::Authenticated(_)
                | S::AtRisk(_)
                | S::Failed(_)
                | S::Rejected(_) => Some(S::Contested(Contested {
                    identity_not_ours: why == DisplacedBy::IdentityNotOurs,
                    displaced: Displacement::of(self.status(), why, now),
                    ..Contested::new(ownership_secret, now)
                })),
                S::Contested(_) | S::Removing(_) => None,
            },
            Trigger::Removed => match self {
                S::Contested(contested) => Some(S::removing(contested.leftover_identity)),
                S::Provisioning(provisioning) => Some(S::Removing(Removing {
                    identity_exists: true,
                    deleting_until: provisioning.deleting_until,
                    settles_at: Some(now + LONGEST_RUN),
                })),
                S::Failed(_) => Some(S::removing(true)),
                S::Pending(_) | S::Verified(_) | S::Authenticated(_) => Some(S::removing(true)),
                S::AtRisk(_) | S::Rejected(_) => Some(S::removing(true)),
                S::Removing(_) => None,
            },
            Trigger::Readded => match self {
                // An identity that is left is the client's own, and is taken up as it is.
                S::Removing(removing) => Some(S::Provisioning(Provisioning {
                    deleting_until: removing.deleting_until,
                    ..Provisioning::default()
                })),
                S::Contested(_) | S::Provisioning(_) | S::Pending(_) | S::Verified(_) => None,
                S::Authenticated(_) | S::AtRisk(_) | S::Failed(_) | S::Rejected(_) => None,
            },
            Trigger::ReaddedContested { ownership_secret } => match self {
                S::Removing(removing) => Some(S::Contested(Contested {
                    leftover_identity: removing.identity_exists,
                    ..Contested::new(ownership_secret, now)
                })),
                S::Contested(_) | S::Provisioning(_) | S::Pending(_) | S::Verified(_) => None,
                S::Authenticated(_) | S::AtRisk(_) | S::Failed(_) | S::Rejected(_) => None,
            },
        }
    }
}

impl Failed {
    fn restarted(self, now: Timestamp) -> State {
        match self.reason {
            FailureReason::DeadlinePassed
            | FailureReason::SesGaveUp
            | FailureReason::SesRevoked => State::pending(self.identity, now),
            FailureReason::IdentityGone | FailureReason::RefusedBySes => State::provisioning(),
        }
    }
}

impl Trigger {
    /// The trigger without its data.
    pub fn kind(&self) -> TriggerKind {
        match self {
            Self::ProofFound { .. } => TriggerKind::ProofFound,
            Self::Adopted => TriggerKind::Adopted,
            Self::Provisioned(_) => TriggerKind::Provisioned,
            Self::SesVerified => TriggerKind::SesVerified,
            Self::SesFailed(_) => TriggerKind::SesFailed,
            Self::Restarted => TriggerKind::Restarted,
            Self::Completed => TriggerKind::Completed,
            Self::Refused { .. } => TriggerKind::Refused,
            Self::Reopened => TriggerKind::Reopened,
            Self::RecordsBroken { .. } => TriggerKind::RecordsBroken,
            Self::RecordsRecovered => TriggerKind::RecordsRecovered,
            Self::Displaced { .. } => TriggerKind::Displaced,
            Self::Removed => TriggerKind::Removed,
            Self::Readded => TriggerKind::Readded,
            Self::ReaddedContested { .. } => TriggerKind::ReaddedContested,
        }
    }
}

#[cfg(test)]
mod tests;
