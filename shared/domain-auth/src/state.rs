//! The states of a domain. Each state carries its own data.

mod displacement;
mod failure_reason;
mod grant;
mod queue_part;
mod status;
mod transitions;

pub use displacement::{DisplacedBy, Displacement};
pub use failure_reason::FailureReason;
pub use grant::Grant;
pub use queue_part::QueuePart;
pub use status::{Status, WaitingFor};
pub use transitions::{TransitionError, Trigger, TriggerKind};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::identity::{Dkim, MailFromLabel, SesIdentity, VerificationToken};
use crate::names::ClientId;

/// How long SES looks for the records before it gives up (Amazon SES developer guide,
/// "Verifying a domain identity").
pub const VERIFICATION_WINDOW: SignedDuration = SignedDuration::from_hours(72);
/// How long a function may work with a domain that it has read: no function runs longer (`Timeout`
/// in the template).
pub const LONGEST_RUN: SignedDuration = SignedDuration::from_secs(60);
/// How long a domain may be `failed` before it counts as abandoned.
pub const ABANDONED_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a contested claim may wait for its proof.
pub const CONTESTED_WINDOW: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The state of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum State {
    /// Another client may hold the name. The service waits for a proof, and has not created an
    /// identity at SES.
    Contested(Contested),
    /// The client holds the name; the identity is being created at SES.
    Provisioning(Provisioning),
    /// SES is looking for the records.
    Pending(Pending),
    /// SES has verified the domain; Lasso's final step has not been taken.
    Verified(Verified),
    /// Lasso sends for this domain.
    Authenticated(Authenticated),
    /// Lasso still sends, but records are missing.
    AtRisk(AtRisk),
    /// SES gave up, or withdrew its verification.
    Failed(Failed),
    /// Lasso support refused the final step.
    Rejected(Rejected),
    /// Being deleted: nothing is sent, but SES may still have the identity.
    Removing(Removing),
}

/// See [`State::Contested`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contested {
    /// Value of the `ownership` record, at least 128 random bits, unique to this domain of this client.
    pub ownership_secret: String,
    /// When the claim is dropped if it is not proven.
    pub expires_at: Timestamp,
    /// SES may still have the identity from the time before the client lost the name.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub leftover_identity: bool,
    /// Amazon SES has an identity of the name, or of one above it, that was not made for this client. Only
    /// for Lasso support, which can let the client adopt it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub identity_not_ours: bool,
    /// When the ownership record was seen although a holder blocked the claim that only Lasso
    /// support may displace. Such a claim does not expire.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proven_at: Option<Timestamp>,
    /// The ownership record was seen in the last look, and a second look did not confirm it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unconfirmed: Option<Unconfirmed>,
    /// Set if the client held the name and lost it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub displaced: Option<Displacement>,
    /// When the ownership record was seen and the takeover from other holders began. Set while the
    /// takeover is running.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub taking_over_since: Option<Timestamp>,
    /// The decision of Lasso support to grant the claim. Set while the takeover is running in
    /// steps; the poller continues it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub granted: Option<Grant>,
}

/// The result of the second look over TCP at an ownership record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unconfirmed {
    /// Name servers that showed it.
    pub seen: usize,
    /// Name servers that should have shown it.
    pub of: usize,
}

/// See [`State::Provisioning`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisioning {
    /// An identity of this client, or of the holder who lost the name to it, has to be deleted
    /// first, so that the records of that identity prove nothing.
    pub replace_identity: bool,
    /// The holder who lost the name to this client: the one whose identity may be replaced.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub displaced: Option<ClientId>,
    /// An identity that belongs to neither this client nor the displaced holder is adopted without
    /// changes. The client has proven the name, or Lasso support has decided so.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub may_adopt: bool,
    /// Until when a call may be running that deletes the identity, or that creates the identity of
    /// the former holder. Before that time, nothing is deleted or created.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deleting_until: Option<Timestamp>,
    /// The values that SES has returned so far, so that no call is repeated.
    pub progress: Progress,
}

/// The values that SES has returned so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// From v2 `CreateEmailIdentity`.
    pub dkim: Option<Dkim>,
    /// From v1 `VerifyDomainIdentity`.
    pub verification_token: Option<VerificationToken>,
    /// The MAIL FROM domain that an existing identity has; it does not change.
    #[serde(default)]
    pub mail_from: Option<MailFromLabel>,
    /// This process has checked that the identity is the client's. Not stored: a later attempt
    /// checks again.
    #[serde(skip)]
    pub seen: bool,
}

/// See [`State::Pending`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The identity whose records are awaited.
    pub identity: SesIdentity,
    /// When SES stops looking.
    pub deadline: Timestamp,
}

/// See [`State::Verified`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// The verified identity.
    pub identity: SesIdentity,
}

/// See [`State::Authenticated`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authenticated {
    /// The identity that Lasso sends with.
    pub identity: SesIdentity,
}

/// See [`State::AtRisk`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtRisk {
    /// The identity that Lasso still sends with.
    pub identity: SesIdentity,
    /// Which records are broken.
    pub reason: String,
}

/// See [`State::Failed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// The identity that did not verify.
    pub identity: SesIdentity,
    /// The reason for the failure.
    pub reason: FailureReason,
}

/// See [`State::Rejected`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The verified identity.
    pub identity: SesIdentity,
    /// The reason of Lasso support; the client sees it.
    pub reason: String,
}

/// See [`State::Removing`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removing {
    /// Whether SES may have an identity to delete. Then the claim is held until the identity is
    /// gone.
    pub identity_exists: bool,
    /// Until when a call that deletes the identity may be running.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deleting_until: Option<Timestamp>,
    /// When a function that was creating the identity has certainly ended. Nothing is deleted
    /// before, so that its identity is deleted too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub settles_at: Option<Timestamp>,
}

impl State {
    /// The state in which an uncontested domain starts.
    pub fn provisioning() -> Self {
        Self::Provisioning(Provisioning::default())
    }

    /// The state in which a contested domain starts.
    pub fn contested(ownership_secret: String, now: Timestamp) -> Self {
        Self::Contested(Contested::new(ownership_secret, now))
    }

    fn removing(identity_exists: bool) -> Self {
        Self::Removing(Removing {
            identity_exists,
            deleting_until: None,
            settles_at: None,
        })
    }

    fn pending(identity: SesIdentity, now: Timestamp) -> Self {
        Self::Pending(Pending {
            identity,
            deadline: now + VERIFICATION_WINDOW,
        })
    }

    /// The state without its data.
    pub fn status(&self) -> Status {
        match self {
            Self::Contested(_) => Status::Contested,
            Self::Provisioning(_) => Status::Provisioning,
            Self::Pending(_) => Status::Pending,
            Self::Verified(_) => Status::Verified,
            Self::Authenticated(_) => Status::Authenticated,
            Self::AtRisk(_) => Status::AtRisk,
            Self::Failed(_) => Status::Failed,
            Self::Rejected(_) => Status::Rejected,
            Self::Removing(_) => Status::Removing,
        }
    }

    /// The loss of the name, if the client held it, lost it, and has neither proven it since nor
    /// given it up.
    pub fn displacement(&self) -> Option<&Displacement> {
        match self {
            Self::Contested(contested) => contested.displaced.as_ref(),
            Self::Provisioning(_) | Self::Pending(_) | Self::Verified(_) => None,
            Self::Authenticated(_) | Self::AtRisk(_) | Self::Failed(_) => None,
            Self::Rejected(_) | Self::Removing(_) => None,
        }
    }

    /// The SES identity, in the states that have one.
    pub fn identity(&self) -> Option<&SesIdentity> {
        match self {
            Self::Pending(Pending { identity, .. })
            | Self::Verified(Verified { identity })
            | Self::Authenticated(Authenticated { identity })
            | Self::AtRisk(AtRisk { identity, .. })
            | Self::Failed(Failed { identity, .. })
            | Self::Rejected(Rejected { identity, .. }) => Some(identity),
            Self::Contested(_) | Self::Provisioning(_) | Self::Removing(_) => None,
        }
    }

    /// Until when a call that deletes the identity may be running.
    pub fn deleting_until(&self) -> Option<Timestamp> {
        match self {
            Self::Provisioning(provisioning) => provisioning.deleting_until,
            Self::Removing(removing) => removing.deleting_until,
            Self::Contested(_) | Self::Pending(_) | Self::Verified(_) => None,
            Self::Authenticated(_) | Self::AtRisk(_) | Self::Failed(_) | Self::Rejected(_) => None,
        }
    }

    /// When no call that creates the identity can be running any more, for a domain that is being
    /// removed. Nothing is deleted before.
    pub fn settles_at(&self) -> Option<Timestamp> {
        match self {
            Self::Removing(removing) => removing.settles_at,
            Self::Contested(_) | Self::Provisioning(_) | Self::Pending(_) => None,
            Self::Verified(_) | Self::Authenticated(_) | Self::AtRisk(_) => None,
            Self::Failed(_) | Self::Rejected(_) => None,
        }
    }

    /// Stores until when a call that deletes the identity may be running, or `None` after it has
    /// ended.
    pub(crate) fn set_deleting(&mut self, until: Option<Timestamp>) {
        match self {
            Self::Provisioning(provisioning) => provisioning.deleting_until = until,
            Self::Removing(removing) => removing.deleting_until = until,
            Self::Contested(_) | Self::Pending(_) | Self::Verified(_) => {}
            Self::Authenticated(_) | Self::AtRisk(_) | Self::Failed(_) | Self::Rejected(_) => {}
        }
    }

    /// Whether its client may hold the name with a claim in a register.
    pub fn may_hold_its_name(&self) -> bool {
        match self {
            Self::Contested(_) => false,
            Self::Removing(removing) => removing.identity_exists,
            Self::Provisioning(_) | Self::Pending(_) | Self::Verified(_) => true,
            Self::Authenticated(_) | Self::AtRisk(_) | Self::Failed(_) | Self::Rejected(_) => true,
        }
    }

    /// Whether it is a contested claim that is proven and waits for the decision of Lasso support.
    pub fn is_proven_claim(&self) -> bool {
        match self {
            Self::Contested(contested) => contested.proven_at.is_some(),
            Self::Provisioning(_) | Self::Pending(_) | Self::Verified(_) => false,
            Self::Authenticated(_) | Self::AtRisk(_) | Self::Failed(_) => false,
            Self::Rejected(_) | Self::Removing(_) => false,
        }
    }

    /// The decision of Lasso support by which a contested claim takes over its name.
    pub fn grant(&self) -> Option<&Grant> {
        match self {
            Self::Contested(contested) => contested.granted.as_ref(),
            Self::Provisioning(_) | Self::Pending(_) | Self::Verified(_) => None,
            Self::Authenticated(_) | Self::AtRisk(_) | Self::Failed(_) => None,
            Self::Rejected(_) | Self::Removing(_) => None,
        }
    }

    /// Whether the domain failed because SES has no identity for it. A status that SES returns for
    /// the name is then about another owner's identity.
    pub fn is_without_identity(&self) -> bool {
        match self {
            Self::Failed(failed) => match failed.reason {
                FailureReason::IdentityGone | FailureReason::RefusedBySes => true,
                FailureReason::DeadlinePassed
                | FailureReason::SesGaveUp
                | FailureReason::SesRevoked => false,
            },
            Self::Contested(_) | Self::Provisioning(_) | Self::Pending(_) => false,
            Self::Verified(_) | Self::Authenticated(_) | Self::AtRisk(_) => false,
            Self::Rejected(_) | Self::Removing(_) => false,
        }
    }

    /// Whether the domain failed because Amazon SES does not accept its name.
    pub fn is_refused_by_ses(&self) -> bool {
        match self {
            Self::Failed(failed) => failed.reason == FailureReason::RefusedBySes,
            Self::Contested(_) | Self::Provisioning(_) | Self::Pending(_) => false,
            Self::Verified(_) | Self::Authenticated(_) | Self::AtRisk(_) => false,
            Self::Rejected(_) | Self::Removing(_) => false,
        }
    }

    /// When the state ends automatically, if it does.
    pub fn deadline(&self) -> Option<Timestamp> {
        match self {
            Self::Contested(contested) => {
                let proven = contested.proven_at.is_some();
                (!proven).then_some(contested.expires_at)
            }
            Self::Pending(pending) => Some(pending.deadline),
            Self::Provisioning(_) | Self::Verified(_) | Self::Authenticated(_) => None,
            Self::AtRisk(_) | Self::Failed(_) | Self::Rejected(_) | Self::Removing(_) => None,
        }
    }
}

impl Contested {
    fn new(ownership_secret: String, now: Timestamp) -> Self {
        Self {
            ownership_secret,
            expires_at: now + CONTESTED_WINDOW,
            leftover_identity: false,
            identity_not_ours: false,
            proven_at: None,
            unconfirmed: None,
            displaced: None,
            taking_over_since: None,
            granted: None,
        }
    }
}
