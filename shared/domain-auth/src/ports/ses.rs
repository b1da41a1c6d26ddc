//! What is asked of Amazon SES.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;

use crate::identity::{AxisStatus, ConfigurationSet, Dkim, MailFromLabel, VerificationToken};
use crate::names::{ClientId, DomainName};

/// Amazon SES did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SesError {
    /// Over the quota, which the whole account shares: not an error, only later.
    #[error("Amazon SES throttled {operation}")]
    Throttled {
        /// The API operation.
        operation: &'static str,
    },
    /// No answer, or none that could be read. It may have been done.
    #[error("Amazon SES did not answer {operation}")]
    Unavailable {
        /// The API operation.
        operation: &'static str,
        /// What was seen.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// SES understood and refused. The same call would be refused again.
    #[error("Amazon SES refused {operation}: {refusal}")]
    Refused {
        /// The API operation.
        operation: &'static str,
        /// What kind of refusal it is.
        refusal: Refusal,
        /// What was seen.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Why SES refused a call, and so who can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// SES does not take this request, from any caller: `BadRequestException` (v2),
    /// `InvalidParameterValue`, `ValidationError` (v1).
    BadRequest,
    /// The function's role, or the account, may not do this: `AccessDeniedException`.
    AccessDenied,
    /// The account has as many identities as it may have: `LimitExceededException`.
    LimitExceeded,
    /// SES does not take this email: `MessageRejected`, `MailFromDomainNotVerifiedException`.
    MessageRejected,
    /// Another reason.
    Other,
}

impl SesError {
    /// Whether SES does not take what it was asked, from any caller. What else it refuses is for the operator:
    /// the call is tried again, and an alarm goes off.
    pub fn is_bad_request(&self) -> bool {
        match self {
            Self::Refused { refusal, .. } => match refusal {
                Refusal::BadRequest => true,
                Refusal::AccessDenied | Refusal::LimitExceeded => false,
                Refusal::MessageRejected | Refusal::Other => false,
            },
            Self::Throttled { .. } | Self::Unavailable { .. } => false,
        }
    }
}

impl Refusal {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::BadRequest,
        Self::AccessDenied,
        Self::LimitExceeded,
        Self::MessageRejected,
        Self::Other,
    ];

    /// A few words for a log line and a metric.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad request",
            Self::AccessDenied => "access denied",
            Self::LimitExceeded => "limit exceeded",
            Self::MessageRejected => "message rejected",
            Self::Other => "refused",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An identity that SES had already.
#[expect(
    clippy::struct_excessive_bools,
    reason = "SES answers each by itself, and any may go with any"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingIdentity {
    /// Its Easy DKIM tokens, where it has some.
    pub dkim: Option<Dkim>,
    /// It signs with keys of its owner (BYODKIM).
    pub own_keys: bool,
    /// Its custom MAIL FROM domain, where it has one.
    pub mail_from_domain: Option<String>,
    /// The name of its configuration set, where it has one.
    pub configuration_set: Option<String>,
    /// Whose identity it is.
    pub owner: IdentityOwner,
    /// Its tags say that it is this stack's: made or adopted by it.
    pub ours: bool,
    /// Its tags say that it existed before and was adopted.
    pub adopted: bool,
    /// Whether SES has verified it, by itself or as what lies below a verified one.
    pub verified: bool,
    /// SES is not looking for its DKIM records, and has not found them either.
    pub dkim_stopped: bool,
}

impl ExistingIdentity {
    /// Whether it carries the tags of this stack and of `client`. Only such an identity is changed or
    /// deleted for a client.
    pub fn belongs_to(&self, client: &ClientId) -> bool {
        match &self.owner {
            IdentityOwner::Client(owner) => self.ours && owner == client.as_str(),
            IdentityOwner::Untagged | IdentityOwner::AnotherStack => false,
        }
    }
}

/// Whose an identity is, by its tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityOwner {
    /// Its tags name no client of this stack: it was made by other means.
    Untagged,
    /// A client of this stack. It has both tags.
    Client(String),
    /// Another stack in the same account.
    AnotherStack,
}

/// What came of creating an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Creation {
    /// It is new.
    Created {
        /// Its Easy DKIM tokens.
        dkim: Dkim,
        /// Whether SES says at once that it is verified, because it lies below a verified one.
        verified: bool,
    },
    /// It was there.
    Exists,
}

/// Identities at Amazon SES.
pub trait Identities: Send + Sync {
    /// v2 `CreateEmailIdentity`, tagged with the client.
    fn create(
        &self,
        name: &DomainName,
        client: &ClientId,
    ) -> impl Future<Output = Result<Creation, SesError>> + Send;

    /// v2 `GetEmailIdentity`; none where SES does not know it.
    fn describe(
        &self,
        name: &DomainName,
    ) -> impl Future<Output = Result<Option<ExistingIdentity>, SesError>> + Send;

    /// v2 `TagResource`: makes an identity this stack's and the client's, and notes that it was adopted.
    /// Nothing else about it changes. Once more is success.
    fn adopt(
        &self,
        name: &DomainName,
        client: &ClientId,
    ) -> impl Future<Output = Result<(), SesError>> + Send;

    /// The TXT token that an identity has, from v1 `GetIdentityVerificationAttributes`. Reading it
    /// starts nothing, unlike [`Self::verify_domain`].
    fn verification_token(
        &self,
        name: &DomainName,
    ) -> impl Future<Output = Result<Option<VerificationToken>, SesError>> + Send;

    /// v2 `DeleteEmailIdentity`. One that is already gone is success.
    fn delete(&self, name: &DomainName) -> impl Future<Output = Result<(), SesError>> + Send;

    /// v1 `VerifyDomainIdentity`: the TXT token; starts SES looking for it, again if need be. Where there
    /// is no identity, SES makes one without tags.
    fn verify_domain(
        &self,
        name: &DomainName,
    ) -> impl Future<Output = Result<VerificationToken, SesError>> + Send;

    /// v1 `VerifyDomainDkim`: the DKIM tokens; starts SES looking for them, again if need be. Where there
    /// is no identity, SES makes one without tags.
    fn verify_dkim(&self, name: &DomainName)
    -> impl Future<Output = Result<Dkim, SesError>> + Send;

    /// v2 `PutEmailIdentityMailFromAttributes`, falling back to SES's own MAIL FROM domain while
    /// the MX record is missing.
    fn set_mail_from(
        &self,
        name: &DomainName,
        label: &MailFromLabel,
    ) -> impl Future<Output = Result<(), SesError>> + Send;

    /// v2 `PutEmailIdentityConfigurationSetAttributes`. Once more is success.
    fn set_configuration_set(
        &self,
        name: &DomainName,
        set: &ConfigurationSet,
    ) -> impl Future<Output = Result<(), SesError>> + Send;

    /// The region of the identities.
    fn region(&self) -> &str;
}

/// The most identities that one status call takes (SES v1 API reference,
/// `GetIdentityVerificationAttributes`).
pub const STATUS_BATCH: usize = 100;

/// What SES says of many identities at once. An identity that SES does not know is not in the
/// answer. No call takes more than [`STATUS_BATCH`] names.
pub trait IdentityStatuses: Send + Sync {
    /// v1 `GetIdentityVerificationAttributes`.
    fn verification(
        &self,
        names: &[DomainName],
    ) -> impl Future<Output = Result<HashMap<DomainName, AxisStatus>, SesError>> + Send;

    /// v1 `GetIdentityDkimAttributes`.
    fn dkim(
        &self,
        names: &[DomainName],
    ) -> impl Future<Output = Result<HashMap<DomainName, AxisStatus>, SesError>> + Send;

    /// v1 `GetIdentityMailFromDomainAttributes`.
    fn mail_from(
        &self,
        names: &[DomainName],
    ) -> impl Future<Output = Result<HashMap<DomainName, AxisStatus>, SesError>> + Send;
}

/// One identity in the list of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedIdentity {
    /// The domain.
    pub name: DomainName,
    /// Where its verification stands. None where SES says something that this code does not know.
    pub verification: Option<AxisStatus>,
}

/// A page of the list of all identities.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentityPage {
    /// The domains in it. Identities of other kinds, such as addresses, are left out.
    pub identities: Vec<ListedIdentity>,
    /// Where the next page starts; none after the last.
    pub next: Option<String>,
}

/// The most identities in one page of the list (SES v2 API reference, `ListEmailIdentities`).
pub const LIST_PAGE: usize = 1_000;

/// Lists all identities of the account in the region.
pub trait ListIdentities: Send + Sync {
    /// v2 `ListEmailIdentities`, [`LIST_PAGE`] at a time.
    fn identities(
        &self,
        start: Option<&str>,
    ) -> impl Future<Output = Result<IdentityPage, SesError>> + Send;
}
