//! Behaviour that the documentation of SES does not define, with both variants: only a real account
//! can show which is right.

use serde::{Deserialize, Serialize};

macro_rules! behaviour {
    ($($(#[$doc:meta])* $field:ident: $kind:ty,)*) => {
        /// The behaviour of SES that its documentation does not define.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
        pub struct Behaviour { $($(#[$doc])* pub $field: $kind,)* }

        /// The member `behaviour` of `POST /control`. Absent members are not changed.
        #[derive(Debug, Clone, Copy, Default, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct BehaviourUpdate { $($field: Option<$kind>,)* }

        impl BehaviourUpdate {
            /// Applies the given members.
            pub fn apply(self, behaviour: &mut Behaviour) {
                $(if let Some(value) = self.$field { behaviour.$field = value; })*
            }
        }
    };
}

behaviour! {
    /// v1 `VerifyDomainIdentity` for a domain that is verified.
    verified_again: VerifiedAgain,
    /// Whether v1 `GetIdentityVerificationAttributes` returns a token for a domain for which v1
    /// `VerifyDomainIdentity` was never called.
    token_unasked: bool,
    /// The v1 status of a domain that the CNAME records verified, when the TXT record that was asked for
    /// too has not come within the window.
    text_missing: TextMissing,
    /// The tokens of an identity that is made again after it was deleted.
    tokens: Tokens,
    /// The status of a domain below a verified one, which may send.
    inheritance: Inheritance,
    /// v1 `VerifyDomainDkim` for a domain whose DKIM has failed.
    failed_dkim: FailedDkim,
    /// Whether the quota of calls per second counts each operation separately.
    rate_of: RateOf,
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

/// What v1 says of a verified domain whose TXT record has not come within the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextMissing {
    /// `Success`: the CNAME records are enough.
    #[default]
    Success,
    /// `Failed`; v2 goes on to say that it may send.
    Failed,
}

/// The tokens after deleting and creating.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tokens {
    /// The same as before.
    #[default]
    Stable,
    /// Others.
    Fresh,
}

/// The status of a domain below a verified one, if none of its own records is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inheritance {
    /// `Success`.
    #[default]
    Success,
    /// That of its own records; only `VerifiedForSendingStatus` is true.
    SendingOnly,
}

/// What v1 `VerifyDomainDkim` does if DKIM has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailedDkim {
    /// SES looks again, with the same tokens.
    #[default]
    Restarts,
    /// The tokens are returned and SES does not look again.
    StaysFailed,
    /// SES looks again, with other tokens and a key of 1,024 bits.
    NewTokens,
}

/// What the quota of calls per second applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateOf {
    /// Each identity operation.
    #[default]
    Operation,
    /// All identity operations together.
    All,
}
