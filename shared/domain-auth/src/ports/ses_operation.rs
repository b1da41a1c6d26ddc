//! The operations of Amazon SES, each with its own quota.

/// Operations that have their own quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names of the API operations")]
pub enum Operation {
    CreateEmailIdentity,
    GetEmailIdentity,
    DeleteEmailIdentity,
    ListEmailIdentities,
    VerifyDomainIdentity,
    VerifyDomainDkim,
    PutEmailIdentityMailFromAttributes,
    PutEmailIdentityConfigurationSetAttributes,
    GetIdentityVerificationAttributes,
    GetIdentityDkimAttributes,
    GetIdentityMailFromDomainAttributes,
    TagResource,
}

/// The counted calls of one operation.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Calls made, throttled ones included.
    pub calls: usize,
    /// Calls that SES throttled.
    pub throttled: usize,
}

impl Operation {
    /// The operation's name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateEmailIdentity => "CreateEmailIdentity",
            Self::GetEmailIdentity => "GetEmailIdentity",
            Self::DeleteEmailIdentity => "DeleteEmailIdentity",
            Self::ListEmailIdentities => "ListEmailIdentities",
            Self::VerifyDomainIdentity => "VerifyDomainIdentity",
            Self::VerifyDomainDkim => "VerifyDomainDkim",
            Self::PutEmailIdentityMailFromAttributes => "PutEmailIdentityMailFromAttributes",
            Self::PutEmailIdentityConfigurationSetAttributes => {
                "PutEmailIdentityConfigurationSetAttributes"
            }
            Self::GetIdentityVerificationAttributes => "GetIdentityVerificationAttributes",
            Self::GetIdentityDkimAttributes => "GetIdentityDkimAttributes",
            Self::GetIdentityMailFromDomainAttributes => "GetIdentityMailFromDomainAttributes",
            Self::TagResource => "TagResource",
        }
    }
}
