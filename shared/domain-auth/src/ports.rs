//! What the use cases need from outside, in the words of the domain.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use jiff::Timestamp;

use crate::claims::ClaimRegister;
use crate::dns::DnsLook;
use crate::domain::{Change, Domain};
use crate::event::Event;
use crate::figures::Figure;
use crate::history::HistoryEntry;
use crate::identity::{AxisStatus, ConfigurationSet, Dkim, MailFromLabel, VerificationToken};
use crate::names::{ClientId, Community, DomainName, EventId};
use crate::reconciliation::Reconciliation;
use crate::run_memory::RunMemory;
use crate::state::{QueuePart, Status};

/// Time. The only source of it.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Waits.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

/// Randomness. The only source of it.
pub trait Ids: Send + Sync {
    /// An identifier that no other event has, and that sorts by time.
    fn event_id(&self, now: Timestamp) -> EventId;
    /// A secret of at least 128 random bits, in letters and digits.
    fn secret(&self) -> String;
}

/// The store could not do it. Nothing that was written in one transaction is there in part.
#[derive(Debug, thiserror::Error)]
#[error("the store could not {action}")]
pub struct StoreError {
    /// What it was to do.
    pub action: &'static str,
    /// What it says.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// A change was not written.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Somebody else has changed the domain or its claims since they were read. Nothing is written.
    #[error("somebody else has changed the domain meanwhile")]
    Conflict,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page starts; none after the last.
    pub next: Option<PageStart>,
}

/// Where a page starts: after this entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageStart(pub String);

/// What to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Only domains in this state.
    pub status: Option<Status>,
    /// Only domains of this community.
    pub community: Option<Community>,
}

/// Reads a client's domains.
pub trait ReadDomains: Send + Sync {
    /// One domain of a client, as last written.
    fn domain(
        &self,
        client: &ClientId,
        name: &DomainName,
    ) -> impl Future<Output = Result<Option<Domain>, StoreError>> + Send;

    /// The last look at the DNS of a domain.
    fn look(
        &self,
        client: &ClientId,
        name: &DomainName,
    ) -> impl Future<Output = Result<Option<DnsLook>, StoreError>> + Send;

    /// A client's domains in the order of their names.
    fn domains(
        &self,
        client: &ClientId,
        filter: &ListFilter,
        limit: usize,
        start: Option<&PageStart>,
    ) -> impl Future<Output = Result<Page<Domain>, StoreError>> + Send;

    /// A domain's history, newest first.
    fn history(
        &self,
        client: &ClientId,
        name: &DomainName,
        limit: usize,
        start: Option<&PageStart>,
    ) -> impl Future<Output = Result<Page<HistoryEntry>, StoreError>> + Send;
}

/// Reads claims.
pub trait ReadClaims: Send + Sync {
    /// The claims under an organizational domain; an empty register where there are none.
    fn claims(
        &self,
        organizational: &str,
    ) -> impl Future<Output = Result<ClaimRegister, StoreError>> + Send;
}

/// Writes changes.
pub trait CommitChanges: Send + Sync {
    /// Writes all of several changes, of different domains, or nothing. At most one of them has
    /// claims of the same organizational domain.
    fn commit_all(
        &self,
        changes: &[&Change],
    ) -> impl Future<Output = Result<(), CommitError>> + Send;

    /// Writes all of a change or nothing.
    fn commit(&self, change: &Change) -> impl Future<Output = Result<(), CommitError>> + Send {
        async move { self.commit_all(&[change]).await }
    }
}

/// The two queues of domains that are due, so that neither starves the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Domains whose identity is being made at SES, or deleted there.
    Provisioning,
    /// Domains that are to be looked at.
    Look,
}

/// Finds domains whose time has come.
pub trait DueDomains: Send + Sync {
    /// Domains that were due by `now`, oldest first, at most `limit`.
    fn due(
        &self,
        queue: Due,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Domain>, StoreError>> + Send;
}

/// The staff queue.
pub trait StaffQueue: Send + Sync {
    /// Domains of all clients in any of these parts of the queue, the one that has waited longest
    /// first.
    fn waiting(
        &self,
        parts: &[QueuePart],
        limit: usize,
        start: Option<&PageStart>,
    ) -> impl Future<Output = Result<Page<Domain>, StoreError>> + Send;
}

/// Events that are written and not yet published.
pub trait Outbox: Send + Sync {
    /// The oldest of them, in the order in which they were written.
    fn unpublished(
        &self,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Event>, StoreError>> + Send {
        self.unpublished_after(None, limit)
    }

    /// Those that come after this one, in the same order.
    fn unpublished_after(
        &self,
        last: Option<&Event>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Event>, StoreError>> + Send;

    /// Takes an event out of the outbox. Once more is success.
    fn mark_published(
        &self,
        event: &Event,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Whether an email is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// It is ours to send until the lease ends.
    Granted,
    /// Another copy of this function is sending it right now.
    InFlight,
    /// It has been sent.
    Sent,
}

/// Which events have been emailed.
pub trait EmailLedger: Send + Sync {
    /// Asks for the right to send the email of an event.
    fn lease(
        &self,
        event_id: EventId,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<Lease, StoreError>> + Send;

    /// Notes that the email was accepted by SES.
    fn sent(
        &self,
        event_id: EventId,
        message_id: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Gives the right back after an attempt that certainly sent nothing.
    fn release(&self, event_id: EventId) -> impl Future<Output = Result<(), StoreError>> + Send;
}

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
    /// SES understood and refused.
    #[error("Amazon SES refused {operation}")]
    Refused {
        /// The API operation.
        operation: &'static str,
        /// What was seen.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// An identity that SES had already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingIdentity {
    /// Its Easy DKIM tokens, where it has some.
    pub dkim: Option<Dkim>,
    /// Its custom MAIL FROM domain, where it has one.
    pub mail_from_domain: Option<String>,
    /// Whose it is.
    pub owner: IdentityOwner,
    /// Its tags say that this stack made it.
    pub ours: bool,
    /// Whether SES has verified it, by itself or as what lies below a verified one.
    pub verified: bool,
    /// SES is not looking for its DKIM records, and has not found them either.
    pub dkim_stopped: bool,
}

/// Whose an identity is, by its tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityOwner {
    /// It has no tag of ours: somebody made it by other means.
    Nobody,
    /// A client of this stack.
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

    /// v2 `DeleteEmailIdentity`. One that is already gone is success.
    fn delete(&self, name: &DomainName) -> impl Future<Output = Result<(), SesError>> + Send;

    /// v1 `VerifyDomainIdentity`: the TXT token; starts SES looking for it, again if need be.
    fn verify_domain(
        &self,
        name: &DomainName,
    ) -> impl Future<Output = Result<VerificationToken, SesError>> + Send;

    /// v1 `VerifyDomainDkim`: the DKIM tokens; starts SES looking for them, again if need be.
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

/// A domain by its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainKey {
    /// Whose it is.
    pub client: ClientId,
    /// The name.
    pub name: DomainName,
}

/// Finds the domains of all clients by state.
pub trait DomainsByState: Send + Sync {
    /// The keys of all domains in a state. One that changes its state meanwhile may be missing.
    fn keys_in(
        &self,
        status: Status,
    ) -> impl Future<Output = Result<Vec<DomainKey>, StoreError>> + Send;

    /// The domains with these keys, as last written. One that is gone is left out.
    fn domains_at(
        &self,
        keys: &[DomainKey],
    ) -> impl Future<Output = Result<Vec<Domain>, StoreError>> + Send;
}

/// What one run of the poller leaves to the next, and the right to run: one does at a time.
pub trait Runs: Send + Sync {
    /// Takes the right to run until `until`, and what earlier runs have left. None while another run
    /// has it.
    fn begin_run(
        &self,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<Option<RunMemory>, StoreError>> + Send;

    /// Gives back the right that was taken until `until`, and leaves `memory`. Where it has ended and
    /// another run has it now, nothing is written.
    fn end_run(
        &self,
        until: Timestamp,
        memory: &RunMemory,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Keeps what the last comparison with SES's list has shown.
pub trait Reconciliations: Send + Sync {
    /// The last one; none before the first.
    fn reconciliation(
        &self,
    ) -> impl Future<Output = Result<Option<Reconciliation>, StoreError>> + Send;

    /// Replaces it.
    fn write_reconciliation(
        &self,
        reconciliation: &Reconciliation,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// An event could not be published. It stays in the outbox.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The topic took nothing; another event would fare no better.
    #[error("the topic did not take the event")]
    Topic(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The topic refused this event; another one may be fine.
    #[error("the topic refused the event")]
    Event(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Tells the world of events.
pub trait Publish: Send + Sync {
    /// Publishes one event, with its type and severity as attributes.
    fn publish(&self, event: &Event) -> impl Future<Output = Result<(), PublishError>> + Send;
}

/// An email to Lasso support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// One line, without control characters.
    pub subject: String,
    /// The plain-text body.
    pub text: String,
    /// The HTML body.
    pub html: String,
    /// Whom an answer reaches.
    pub reply_to: Option<crate::names::EmailAddress>,
    /// The event, for the header `X-Lasso-Event-Id`.
    pub event_id: EventId,
}

/// Sends email.
pub trait SendEmail: Send + Sync {
    /// Sends to Lasso support; the answer is SES's message id.
    fn send(&self, email: &Email) -> impl Future<Output = Result<String, SesError>> + Send;
}

/// Takes figures for the operator. It cannot fail: work never waits for its own measuring.
pub trait Meter: Send + Sync {
    /// The figures of a run or a request that ended at `now`.
    fn record(&self, now: Timestamp, figures: &[Figure]);
}
