//! Transitions: each one consumes a state and returns the next, or an error with the state and the
//! refused trigger. The tests cover every pair.

use jiff::Timestamp;

use super::{
    AtRisk, Authenticated, Contested, DisplacedBy, Displacement, Failed, FailureReason,
    LONGEST_RUN, Pending, Provisioning, Rejected, Removing, State, Status, Verified,
};
use crate::identity::SesIdentity;
use crate::names::ClientId;

/// A cause for a change of state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// The ownership record was seen at the authoritative servers.
    ProofFound {
        /// The client that loses the name, or lost it before.
        displaced: Option<ClientId>,
    },
    /// Lasso support has decided that the client takes over the identity that SES has.
    Adopted,
    /// SES has returned all values for the records.
    Provisioned(SesIdentity),
    /// SES reported success.
    SesVerified,
    /// SES reported failure, its time ran out, or it refused to create the identity.
    SesFailed(FailureReason),
    /// The client started another 72 hours at SES, with a new identity if SES no longer has one.
    Restarted,
    /// Lasso support, or the automatic final step, switched sending on.
    Completed,
    /// Lasso support refused the final step.
    Refused {
        /// Shown to the client.
        reason: String,
    },
    /// The client says that the reason for the refusal is resolved.
    Reopened,
    /// Records of a sending domain are missing.
    RecordsBroken {
        /// Which records are broken.
        reason: String,
    },
    /// The missing records are back.
    RecordsRecovered,
    /// The holder loses the name; a new proof needs a new ownership record.
    Displaced {
        /// Value of the new ownership record.
        ownership_secret: String,
        /// The reason for the loss.
        why: DisplacedBy,
    },
    /// The client or support removes it, or it has expired.
    Removed,
    /// The client adds it again while it is being removed.
    Readded,
    /// The client adds it again while it is being removed, and another client has got a claim on
    /// the name meanwhile.
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

/// The state does not allow the trigger. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a domain that is {status} does not take the trigger {trigger:?}")]
pub struct TransitionError {
    /// The state.
    pub status: Status,
    /// The trigger.
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
                // Only a refusal of SES ends it: then there is no identity.
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
                // An identity that still exists is the client's own, and is used again without
                // changes.
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
