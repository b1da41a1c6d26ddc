//! The states of a domain. Each carries what only it knows.

mod transitions;

pub use transitions::{TransitionError, Trigger, TriggerKind};

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::identity::{Dkim, MailFromLabel, SesIdentity, VerificationToken};

/// How long SES looks for the records before it gives up (Amazon SES developer guide,
/// "Verifying a domain identity").
pub const VERIFICATION_WINDOW: SignedDuration = SignedDuration::from_hours(72);
/// How long a function that has read a domain may go on working with what it read: no function runs
/// longer (`Timeout` in the template).
pub const LONGEST_RUN: SignedDuration = SignedDuration::from_secs(60);
/// How long a domain may be `failed` before it is taken to be abandoned.
pub const ABANDONED_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a contested claim may wait for its proof.
pub const CONTESTED_WINDOW: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Where a domain stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum State {
    /// Somebody else may hold the name: proof is awaited, SES knows nothing of it.
    Contested(Contested),
    /// The claim is ours; the identity is being made at SES.
    Provisioning(Provisioning),
    /// SES looks for the records.
    Pending(Pending),
    /// SES has verified the domain; Lasso's final step is open.
    Verified(Verified),
    /// Lasso sends for this domain.
    Authenticated(Authenticated),
    /// Lasso still sends, and records have vanished.
    AtRisk(AtRisk),
    /// SES gave up, or took its verification back.
    Failed(Failed),
    /// Lasso support refused the final step.
    Rejected(Rejected),
    /// Being deleted: nothing is sent, SES may still know the identity.
    Removing(Removing),
}

/// See [`State::Contested`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contested {
    /// Value of the `ownership` record, at least 128 random bits; the same for nobody else.
    pub ownership_secret: String,
    /// When the claim is dropped unproven.
    pub expires_at: Timestamp,
    /// SES may still have the identity that the client had before it lost the name.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub leftover_identity: bool,
    /// When the ownership record was seen while a holder stood in the way whom only Lasso support
    /// may displace. Such a claim does not expire.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proven_at: Option<Timestamp>,
    /// When the ownership record was seen and the claims of others began to give way to it, while that
    /// goes on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub taking_over_since: Option<Timestamp>,
}

/// See [`State::Provisioning`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisioning {
    /// An identity of an earlier holder has to go first, so that its records prove nothing.
    pub replace_identity: bool,
    /// Until when a call that deletes it may be under way. Nothing is created before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deleting_until: Option<Timestamp>,
    /// What SES has given so far, so that no call is made twice.
    pub progress: Progress,
}

/// What SES has given so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// From v2 `CreateEmailIdentity`.
    pub dkim: Option<Dkim>,
    /// From v1 `VerifyDomainIdentity`.
    pub verification_token: Option<VerificationToken>,
    /// The MAIL FROM domain that an identity had already; it stays.
    #[serde(default)]
    pub mail_from: Option<MailFromLabel>,
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
    /// What was seen to be broken.
    pub reason: String,
}

/// See [`State::Failed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// The identity that did not verify.
    pub identity: SesIdentity,
    /// Why.
    pub reason: FailureReason,
}

/// See [`State::Rejected`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The verified identity.
    pub identity: SesIdentity,
    /// What Lasso support wrote; the client sees it.
    pub reason: String,
}

/// See [`State::Removing`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removing {
    /// Whether there may be an identity at SES to delete. Then the claim is held until it is gone.
    pub identity_exists: bool,
    /// Until when a call that deletes it may be under way.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deleting_until: Option<Timestamp>,
    /// When a function that was creating the identity has certainly ended; what it created has to
    /// go too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub settles_at: Option<Timestamp>,
}

/// Why a domain failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// The 72 hours passed.
    DeadlinePassed,
    /// SES reported `Failed` while it was looking.
    SesGaveUp,
    /// SES reported `Failed` for a domain that it had verified.
    SesRevoked,
    /// SES does not have the identity any more.
    IdentityGone,
}

/// A state without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Somebody else may hold the name: proof of ownership is awaited.
    Contested,
    /// The domain is being registered with Amazon SES; its records are there in a moment.
    Provisioning,
    /// Amazon SES looks for the records. Not yet is not failed.
    Pending,
    /// Amazon SES has verified the domain; Lasso support takes the final step.
    Verified,
    /// Lasso sends for the domain.
    Authenticated,
    /// Lasso still sends, and records have vanished.
    AtRisk,
    /// Amazon SES gave up after 72 hours, or took its verification back.
    Failed,
    /// Lasso support refused the final step.
    Rejected,
    /// The domain is being deleted.
    Removing,
}

/// Who has to do something before a domain moves on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitingFor {
    /// Lasso support.
    Lasso,
    /// The client, with its DNS or with what Lasso support asked for.
    Client,
}

/// A part of the staff queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueuePart {
    /// The domains in a state.
    InState(Status),
    /// Of those that are `contested`, the ones that are proven and wait for Lasso support.
    ProvenClaims,
}

impl State {
    /// The state in which an uncontested domain starts.
    pub fn provisioning() -> Self {
        Self::Provisioning(Provisioning {
            replace_identity: false,
            deleting_until: None,
            progress: Progress::default(),
        })
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

    /// Until when a call that deletes the identity may be under way.
    pub fn deleting_until(&self) -> Option<Timestamp> {
        match self {
            Self::Provisioning(provisioning) => provisioning.deleting_until,
            Self::Removing(removing) => removing.deleting_until,
            Self::Contested(_) | Self::Pending(_) | Self::Verified(_) => None,
            Self::Authenticated(_) | Self::AtRisk(_) | Self::Failed(_) | Self::Rejected(_) => None,
        }
    }

    /// Notes that a call that deletes the identity begins, or with none that it has ended.
    pub(crate) fn set_deleting(&mut self, until: Option<Timestamp>) {
        match self {
            Self::Provisioning(provisioning) => provisioning.deleting_until = until,
            Self::Removing(removing) => removing.deleting_until = until,
            Self::Contested(_) | Self::Pending(_) | Self::Verified(_) => {}
            Self::Authenticated(_) | Self::AtRisk(_) | Self::Failed(_) | Self::Rejected(_) => {}
        }
    }

    /// Whether its client may hold the name by a claim in a register.
    pub fn may_hold_its_name(&self) -> bool {
        match self {
            Self::Contested(_) => false,
            Self::Removing(removing) => removing.identity_exists,
            Self::Provisioning(_) | Self::Pending(_) | Self::Verified(_) => true,
            Self::Authenticated(_) | Self::AtRisk(_) | Self::Failed(_) | Self::Rejected(_) => true,
        }
    }

    /// Whether it is a contested claim that is proven and waits for Lasso support to decide.
    pub fn is_proven_claim(&self) -> bool {
        self.queue_part() == QueuePart::ProvenClaims
    }

    /// The part of the staff queue that the domain is in.
    pub fn queue_part(&self) -> QueuePart {
        match self {
            Self::Contested(contested) if contested.proven_at.is_some() => QueuePart::ProvenClaims,
            Self::Contested(_) | Self::Provisioning(_) | Self::Pending(_) | Self::Verified(_) => {
                QueuePart::InState(self.status())
            }
            Self::Authenticated(_) | Self::AtRisk(_) | Self::Failed(_) | Self::Rejected(_) => {
                QueuePart::InState(self.status())
            }
            Self::Removing(_) => QueuePart::InState(self.status()),
        }
    }

    /// When the state ends by itself, where it does.
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
            proven_at: None,
            taking_over_since: None,
        }
    }
}

impl QueuePart {
    /// Every part.
    pub fn all() -> impl Iterator<Item = Self> {
        let states = Status::ALL.into_iter().map(Self::InState);
        states.chain([Self::ProvenClaims])
    }

    /// The state of the domains in it.
    pub fn status(self) -> Status {
        match self {
            Self::InState(status) => status,
            Self::ProvenClaims => Status::Contested,
        }
    }

    /// Who has to do something before the domains in it move on.
    pub fn waiting_for(self) -> Option<WaitingFor> {
        match self {
            Self::InState(status) => status.waiting_for(),
            Self::ProvenClaims => Some(WaitingFor::Lasso),
        }
    }
}

impl Status {
    /// Every status, in the order of a domain's life.
    pub const ALL: [Self; 9] = [
        Self::Contested,
        Self::Provisioning,
        Self::Pending,
        Self::Verified,
        Self::Authenticated,
        Self::AtRisk,
        Self::Failed,
        Self::Rejected,
        Self::Removing,
    ];

    /// The word in the API, in events and in keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contested => "contested",
            Self::Provisioning => "provisioning",
            Self::Pending => "pending",
            Self::Verified => "verified",
            Self::Authenticated => "authenticated",
            Self::AtRisk => "at_risk",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Removing => "removing",
        }
    }

    /// Who has to do something before the domain moves on; nobody where the service does it alone,
    /// or where all is done.
    pub fn waiting_for(self) -> Option<WaitingFor> {
        match self {
            Self::Verified => Some(WaitingFor::Lasso),
            Self::Contested | Self::Pending => Some(WaitingFor::Client),
            Self::AtRisk | Self::Failed | Self::Rejected => Some(WaitingFor::Client),
            Self::Provisioning | Self::Authenticated | Self::Removing => None,
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FailureReason {
    /// A sentence for the person who added the domain.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::DeadlinePassed => {
                "Amazon SES looked for the records for 72 hours without finding them."
            }
            Self::SesGaveUp => "Amazon SES stopped looking for the records before it found them.",
            Self::SesRevoked => {
                "Amazon SES could no longer find the records and took its verification back."
            }
            Self::IdentityGone => {
                "The domain is not registered with Amazon SES any more. Restarting registers it anew."
            }
        }
    }
}
