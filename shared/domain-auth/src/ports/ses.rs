//! Calls to Amazon SES.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;

use crate::identity::{AxisStatus, ConfigurationSet, Dkim, MailFromLabel, VerificationToken};
use crate::names::{ClientId, DomainName};

/// A call to Amazon SES failed.
#[derive(Debug, thiserror::Error)]
pub enum SesError {
    /// Over the quota, which the whole account shares. The call can be repeated later.
    #[error("Amazon SES throttled {operation}")]
    Throttled {
        /// The API operation.
        operation: &'static str,
    },
    /// No response, or an unreadable one. SES may have carried out the call.
    #[error("Amazon SES did not answer {operation}")]
    Unavailable {
        /// The API operation.
        operation: &'static str,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// SES refused the request. A repeated call would be refused again.
    #[error("Amazon SES refused {operation}: {refusal}")]
    Refused {
        /// The API operation.
        operation: &'static str,
        /// The kind of refusal.
        refusal: Refusal,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Why SES refused a call, which decides who can solve the problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// SES does not accept this request from any caller: `BadRequestException` (v2),
    /// `InvalidParameterValue`, `ValidationError` (v1).
    BadRequest,
    /// The function's role, or the account, may not do this: `AccessDeniedException`.
    AccessDenied,
    /// The account has reached its limit of identities: `LimitExceededException`.
    LimitExceeded,
    /// SES does not accept this email: `MessageRejected`, `MailFromDomainNotVerifiedException`.
    MessageRejected,
    /// Another reason.
    Other,
}

impl SesError {
    /// Whether SES accepts the request from no caller. Every other refusal is the operator's
    /// problem: the call is repeated, and an alarm goes off.
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
    /// Its Easy DKIM tokens, if it has any.
    pub dkim: Option<Dkim>,
    /// It signs with keys of its owner (BYODKIM).
    pub own_keys: bool,
    /// Its custom MAIL FROM domain, if it has one.
    pub mail_from_domain: Option<String>,
    /// The name of its configuration set, if it has one.
    pub configuration_set: Option<String>,
    /// The owner of the identity.
    pub owner: IdentityOwner,
    /// Its tags say that this stack created or adopted it.
    pub ours: bool,
    /// Its tags say that it existed before and was adopted.
    pub adopted: bool,
    /// Whether SES has verified it, or a domain above it, which verifies it too.
    pub verified: bool,
    /// SES is not looking for its DKIM records, and has not found them.
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

/// The owner of an identity, by its tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityOwner {
    /// Its tags name no client of this stack: it was created by other means.
    Untagged,
    /// A client of this stack. It has both tags.
    Client(String),
    /// Another stack in the same account.
    AnotherStack,
}

/// The result of creating an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Creation {
    /// It is new.
    Created {
        /// Its Easy DKIM tokens.
        dkim: Dkim,
        /// Whether SES reports it as verified immediately, because it is below a verified identity.
        verified: bool,
    },
    /// It already exists.
    Exists,
}

/// Identities at Amazon SES.
///
/// # Examples
///
/// ```
/// # use domain_auth::ports::SesError;
/// # use domain_auth_testkit::{FakeSes, client, domain_name};
/// # use futures::FutureExt;
/// use domain_auth::ports::{Creation, Identities};
///
/// # let example = async {
/// # let ses = FakeSes::default();
/// let (name, maple) = (domain_name("example.com"), client("maple"));
/// assert!(matches!(ses.create(&name, &maple).await?, Creation::Created { .. }));
/// assert!(matches!(ses.create(&name, &maple).await?, Creation::Exists));
///
/// // Only an identity with the tags of this stack and the client is changed or deleted.
/// let existing = ses.describe(&name).await?;
/// assert!(existing.is_some_and(|existing| existing.belongs_to(&maple)));
/// ses.delete(&name).await?;
/// assert_eq!(ses.describe(&name).await?, None);
/// # Ok::<_, SesError>(())
/// # };
/// # example.now_or_never().expect("a fake never waits")?;
/// # Ok::<_, SesError>(())
/// ```
pub trait Identities: Send + Sync {
    /// v2 `CreateEmailIdentity`, tagged with the client.
    fn create(
        &self,
        name: &DomainName,
        client: &ClientId,
    ) -> impl Future<Output = Result<Creation, SesError>> + Send;

    /// v2 `GetEmailIdentity`; `None` if SES does not have the identity.
    fn describe(
        &self,
        name: &DomainName,
    ) -> impl Future<Output = Result<Option<ExistingIdentity>, SesError>> + Send;

    /// v2 `TagResource`: tags an identity with this stack and the client, and as adopted. Nothing
    /// else about it changes. A repeated call succeeds.
    fn adopt(
        &self,
        name: &DomainName,
        client: &ClientId,
    ) -> impl Future<Output = Result<(), SesError>> + Send;

    /// The TXT token of an identity, from v1 `GetIdentityVerificationAttributes`. Unlike
    /// [`Self::verify_domain`], the call starts nothing.
    fn verification_token(
        &self,
        name: &DomainName,
    ) -> impl Future<Output = Result<Option<VerificationToken>, SesError>> + Send;

    /// v2 `DeleteEmailIdentity`. Succeeds if the identity is already gone.
    fn delete(&self, name: &DomainName) -> impl Future<Output = Result<(), SesError>> + Send;

    /// v1 `VerifyDomainIdentity`: returns the TXT token, and makes SES look for it, again if
    /// necessary. If there is no identity, SES creates one without tags.
    fn verify_domain(
        &self,
        name: &DomainName,
    ) -> impl Future<Output = Result<VerificationToken, SesError>> + Send;

    /// v1 `VerifyDomainDkim`: returns the DKIM tokens, and makes SES look for them, again if
    /// necessary. If there is no identity, SES creates one without tags.
    fn verify_dkim(&self, name: &DomainName)
    -> impl Future<Output = Result<Dkim, SesError>> + Send;

    /// v2 `PutEmailIdentityMailFromAttributes`. While the MX record is missing, SES uses its own
    /// MAIL FROM domain.
    fn set_mail_from(
        &self,
        name: &DomainName,
        label: &MailFromLabel,
    ) -> impl Future<Output = Result<(), SesError>> + Send;

    /// v2 `PutEmailIdentityConfigurationSetAttributes`. A repeated call succeeds.
    fn set_configuration_set(
        &self,
        name: &DomainName,
        set: &ConfigurationSet,
    ) -> impl Future<Output = Result<(), SesError>> + Send;

    /// The region of the identities.
    fn region(&self) -> &str;
}

/// The maximum number of identities that one status call takes (SES v1 API reference,
/// `GetIdentityVerificationAttributes`).
pub const STATUS_BATCH: usize = 100;

/// The statuses of many identities in one call. The response has no entry for an identity that SES
/// does not have. A call takes at most [`STATUS_BATCH`] names.
///
/// # Examples
///
/// ```
/// # use domain_auth::ports::SesError;
/// # use domain_auth_testkit::{FakeSes, client, domain_name};
/// # use futures::FutureExt;
/// use domain_auth::identity::AxisStatus;
/// use domain_auth::ports::{Identities, IdentityStatuses};
///
/// # let example = async {
/// # let ses = FakeSes::default();
/// let (known, unknown) = (domain_name("example.com"), domain_name("example.org"));
/// ses.create(&known, &client("maple")).await?;
/// ses.verify(&known);
///
/// let statuses = ses.verification(&[known.clone(), unknown.clone()]).await?;
/// assert_eq!(statuses.get(&known), Some(&AxisStatus::Success));
/// assert_eq!(statuses.get(&unknown), None);
/// # Ok::<_, SesError>(())
/// # };
/// # example.now_or_never().expect("a fake never waits")?;
/// # Ok::<_, SesError>(())
/// ```
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

/// An identity in the list of all identities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedIdentity {
    /// The domain.
    pub name: DomainName,
    /// The status of its verification. `None` if SES returns a value that this code does not know.
    pub verification: Option<AxisStatus>,
}

/// A page of the list of all identities.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentityPage {
    /// The domains in it.
    pub identities: Vec<ListedIdentity>,
    /// How many identities of other kinds are in it, such as addresses: the account's quota is for all of them
    /// (Amazon SES developer guide, "Service quotas").
    pub others: usize,
    /// Where the next page starts; none after the last.
    pub next: Option<String>,
}

/// The maximum number of identities in one page of the list (SES v2 API reference, `ListEmailIdentities`).
pub const LIST_PAGE: usize = 1_000;

/// Lists all identities of the account in the region.
///
/// # Examples
///
/// ```
/// use domain_auth::ports::{ListIdentities, ListedIdentity, SesError};
///
/// /// Reads the list to its end.
/// async fn all(ses: &impl ListIdentities) -> Result<Vec<ListedIdentity>, SesError> {
///     let mut all = Vec::new();
///     let mut start: Option<String> = None;
///     loop {
///         let page = ses.identities(start.as_deref()).await?;
///         all.extend(page.identities);
///         match page.next {
///             Some(next) => start = Some(next),
///             None => return Ok(all),
///         }
///     }
/// }
/// ```
pub trait ListIdentities: Send + Sync {
    /// v2 `ListEmailIdentities`, [`LIST_PAGE`] identities at a time.
    fn identities(
        &self,
        start: Option<&str>,
    ) -> impl Future<Output = Result<IdentityPage, SesError>> + Send;
}
