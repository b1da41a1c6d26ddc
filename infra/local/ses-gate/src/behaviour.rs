//! What the documentation of SES leaves open, each both ways: only a real account can tell.

use serde::{Deserialize, Serialize};

/// How the gate answers where the documentation of SES says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Behaviour {
    /// v1 `VerifyDomainIdentity` for a domain that is verified.
    pub verified_again: VerifiedAgain,
    /// Whether v1 `GetIdentityVerificationAttributes` returns a token for a domain for which v1
    /// `VerifyDomainIdentity` was never called.
    pub token_unasked: bool,
}

/// What v1 `VerifyDomainIdentity` does to a domain that is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifiedAgain {
    /// It stays verified.
    #[default]
    Keeps,
    /// It waits for the TXT record, whatever else verified it before.
    Pending,
}

/// The member `behaviour` of `POST /control`. What is absent stays as it is.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BehaviourUpdate {
    verified_again: Option<VerifiedAgain>,
    token_unasked: Option<bool>,
}

impl BehaviourUpdate {
    pub(crate) fn apply(self, behaviour: &mut Behaviour) {
        if let Some(verified_again) = self.verified_again {
            behaviour.verified_again = verified_again;
        }
        if let Some(token_unasked) = self.token_unasked {
            behaviour.token_unasked = token_unasked;
        }
    }
}
