//! The operations of Amazon SES that the model implements.

/// The two APIs, which have different forms of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// `email`, the AWS Query protocol.
    V1,
    /// `sesv2`, REST.
    V2,
}

macro_rules! operations {
    ($($name:ident: $api:ident, $kind:ident;)*) => {
        /// The operations that the model implements, and `Other` for the rest.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "named after the operations of Amazon SES")]
        pub enum Operation { $($name,)* }

        impl Operation {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name in the Amazon SES API.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// Whether it is one of the calls about identities, which SES limits to one per second.
            pub fn is_identity(self) -> bool {
                match self { $(Self::$name => operations!(@identity $kind),)* }
            }

            /// The API that it belongs to.
            pub fn api(self) -> Api {
                match self { $(Self::$name => Api::$api,)* }
            }
        }
    };
    (@identity identity) => { true };
    (@identity other) => { false };
}

operations! {
    VerifyDomainIdentity: V1, identity;
    VerifyDomainDkim: V1, identity;
    VerifyEmailIdentity: V1, identity;
    GetIdentityVerificationAttributes: V1, identity;
    GetIdentityDkimAttributes: V1, identity;
    GetIdentityMailFromDomainAttributes: V1, identity;
    SetIdentityMailFromDomain: V1, identity;
    DeleteIdentity: V1, identity;
    ListIdentities: V1, identity;
    CreateEmailIdentity: V2, identity;
    GetEmailIdentity: V2, identity;
    DeleteEmailIdentity: V2, identity;
    ListEmailIdentities: V2, identity;
    PutEmailIdentityMailFromAttributes: V2, identity;
    PutEmailIdentityDkimAttributes: V2, identity;
    PutEmailIdentityDkimSigningAttributes: V2, identity;
    PutEmailIdentityConfigurationSetAttributes: V2, identity;
    TagResource: V2, identity;
    UntagResource: V2, identity;
    ListTagsForResource: V2, identity;
    SendEmail: V2, other;
    SendRawEmail: V1, other;
    SendBulkEmail: V2, other;
    GetAccount: V2, other;
    GetSuppressedDestination: V2, other;
    Other: V2, other;
}

impl Operation {
    /// The operation with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|operation| operation.name() == name)
    }

    /// Fails if this is neither the name of an operation nor `*`; the error lists the names.
    pub fn known(name: &str) -> Result<(), String> {
        if name == "*" || Self::named(name).is_some() {
            return Ok(());
        }
        let names: Vec<_> = Self::ALL.iter().map(|operation| operation.name()).collect();
        Err(format!(
            "`{name}` is not an operation; known are *, {}",
            names.join(", ")
        ))
    }
}
