//! Ports: the interfaces that the use cases need, in the terms of the domain.

mod chat;
mod page_start;
mod redelivery;
mod senders;
mod ses;
pub(crate) mod ses_operation;
mod set;
mod sources;
mod store_error;

use std::future::Future;

use jiff::Timestamp;

use crate::audience::EmailId;
use crate::claims::{ClaimRegister, Tombstone};
use crate::dns::DnsLook;
use crate::domain::{Change, Domain};
use crate::email_thread::EmailThread;
use crate::event::Event;
use crate::figures::Figure;
use crate::history::HistoryEntry;
use crate::mail_refusal::AboutDomain;
use crate::names::{ClientId, Community, DomainName, EventId};
use crate::reconciliation::Reconciliation;
use crate::run_memory::RunMemory;
use crate::state::{QueuePart, Status};

pub use chat::PostToChat;
pub use page_start::PageStart;
pub use redelivery::{Carry, DeadLetter, PutAside, Redeliver, Redelivery, RedeliveryError};
pub use senders::ReadSenders;
pub use ses::{
    Creation, ExistingIdentity, Identities, IdentityOwner, IdentityPage, IdentityStatuses,
    LIST_PAGE, ListIdentities, ListedIdentity, Refusal, STATUS_BATCH, SesError,
};
pub use ses_operation::{Operation, Tally};
pub(crate) use set::alias;
pub use set::{ClaimStore, Ports};
pub use sources::{Clock, Ids};
pub use store_error::{CommitError, StoreError, StoreFailure};

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page starts; none after the last.
    pub next: Option<PageStart>,
}

impl<T> Page<T> {
    /// The page with each entry replaced.
    pub fn map<U>(self, entry: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(entry).collect(),
            next: self.next,
        }
    }
}

/// Restricts a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Only domains in this state.
    pub status: Option<Status>,
    /// Only domains of this community, including domains that have other communities too.
    pub community: Option<Community>,
}

/// Reads a client's domains.
///
/// # Examples
///
/// ```
/// # use domain_auth::domain::Domain;
/// # use domain_auth::history::Actor;
/// # use domain_auth::ports::{Clock, CommitChanges, CommitError};
/// # use domain_auth::state::State;
/// # use domain_auth_testkit::{MemoryStore, SequentialIds, TestClock, new_domain};
/// # use domain_auth_testkit::{client, domain_name};
/// # use futures::FutureExt;
/// use domain_auth::ports::{ListFilter, ReadDomains};
///
/// # let example = async {
/// # let (store, now) = (MemoryStore::default(), TestClock::default().now());
/// # let new = new_domain("maple", "example.com");
/// # let by = Actor::client_admin("dana");
/// # let added = Domain::add(new, State::provisioning(), None, by, now, &SequentialIds::default());
/// # store.commit(&added).await?;
/// let maple = client("maple");
/// let domain = store.domain(&maple, &domain_name("example.com")).await?;
/// assert_eq!(domain.map(|domain| domain.version), Some(1));
///
/// let page = store.domains(&maple, &ListFilter::default(), 10, None).await?;
/// assert_eq!(page.items.len(), 1);
/// assert_eq!(page.next, None);
/// # Ok::<_, CommitError>(())
/// # };
/// # example.now_or_never().expect("a fake never waits")?;
/// # Ok::<_, CommitError>(())
/// ```
pub trait ReadDomains: Send + Sync {
    /// One domain of a client, as last written.
    fn domain(
        &self,
        client: &ClientId,
        name: &DomainName,
    ) -> impl Future<Output = Result<Option<Domain>, StoreError>> + Send;

    /// The last DNS look of a domain.
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
///
/// # Examples
///
/// ```
/// # use domain_auth::ports::StoreError;
/// # use domain_auth::ports::Clock;
/// # use domain_auth_testkit::{MemoryStore, TestClock, client, domain_name};
/// # use futures::FutureExt;
/// use domain_auth::claims::Standing;
/// use domain_auth::ports::ReadClaims;
///
/// # let example = async {
/// # let (store, now) = (MemoryStore::default(), TestClock::default().now());
/// let name = domain_name("mail.example.com");
/// // The register first: whatever ends a claim in between changes its version.
/// let register = store.claims(name.organizational()).await?;
/// let register = register.with_tombstone(store.tombstone(&name).await?);
/// assert_eq!(register.standing(&name, &client("maple"), now), Standing::Free);
/// # Ok::<_, StoreError>(())
/// # };
/// # example.now_or_never().expect("a fake never waits")?;
/// # Ok::<_, StoreError>(())
/// ```
pub trait ReadClaims: Send + Sync {
    /// The claims under an organizational domain; an empty register if there are none.
    fn claims(
        &self,
        organizational: &str,
    ) -> impl Future<Output = Result<ClaimRegister, StoreError>> + Send;

    /// The tombstone of the last claim on exactly this name; `None` if there was none, or if it has
    /// expired.
    fn tombstone(
        &self,
        name: &DomainName,
    ) -> impl Future<Output = Result<Option<Tombstone>, StoreError>> + Send;
}

/// Writes changes.
///
/// # Examples
///
/// ```
/// # use domain_auth::history::Actor;
/// # use domain_auth_testkit::{MemoryStore, SequentialIds, TestClock, new_domain};
/// # use futures::FutureExt;
/// use domain_auth::domain::Domain;
/// use domain_auth::ports::{Clock, CommitChanges, CommitError};
/// use domain_auth::state::State;
///
/// # let example = async {
/// # let (store, clock, ids) = (MemoryStore::default(), TestClock::default(), SequentialIds::default());
/// # let by = Actor::client_admin("dana");
/// let new = new_domain("maple", "example.com");
/// let change = Domain::add(new, State::provisioning(), None, by, clock.now(), &ids);
/// store.commit(&change).await?;
///
/// // Version 1 must not be stored yet.
/// let again = store.commit(&change).await;
/// assert!(matches!(again, Err(CommitError::Conflict)));
/// # Ok::<_, CommitError>(())
/// # };
/// # example.now_or_never().expect("a fake never waits")?;
/// # Ok::<_, CommitError>(())
/// ```
pub trait CommitChanges: Send + Sync {
    /// Writes all of several changes to different domains, or nothing. At most one of them has
    /// claims of the same organizational domain. If an item is too large for the store, it is
    /// written [without its details](Change::without_details). If that is too large as well, the
    /// call fails with [`StoreFailure::TooLarge`].
    fn commit_all(
        &self,
        changes: &[&Change],
    ) -> impl Future<Output = Result<(), CommitError>> + Send;

    /// Writes all of a change, or nothing.
    fn commit(&self, change: &Change) -> impl Future<Output = Result<(), CommitError>> + Send {
        async move { self.commit_all(&[change]).await }
    }
}

/// The two queues of domains that are due, so that neither starves the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Domains whose identity is being created or deleted at SES.
    Provisioning,
    /// Domains that are due for a look.
    Look,
}

/// Finds domains that are due.
///
/// # Examples
///
/// ```
/// # use domain_auth::domain::Domain;
/// # use domain_auth::history::Actor;
/// # use domain_auth::ports::{Clock, CommitChanges, CommitError};
/// # use domain_auth::state::State;
/// # use domain_auth_testkit::{MemoryStore, SequentialIds, TestClock, new_domain};
/// # use futures::FutureExt;
/// use domain_auth::ports::{Due, DueDomains};
///
/// # let example = async {
/// # let (store, now) = (MemoryStore::default(), TestClock::default().now());
/// # let new = new_domain("maple", "example.com");
/// # let by = Actor::client_admin("dana");
/// # let added = Domain::add(new, State::provisioning(), None, by, now, &SequentialIds::default());
/// # store.commit(&added).await?;
/// // A domain that was just added is due to be registered.
/// let due = store.due(Due::Provisioning, now, 100).await?;
/// assert_eq!(due.len(), 1);
/// assert!(store.due(Due::Look, now, 100).await?.is_empty());
/// # Ok::<_, CommitError>(())
/// # };
/// # example.now_or_never().expect("a fake never waits")?;
/// # Ok::<_, CommitError>(())
/// ```
pub trait DueDomains: Send + Sync {
    /// Domains that were due by `now`, at most `limit`. Clients take turns
    /// ([`crate::turns::in_turns`]), and for each client the oldest domain comes first. A domain
    /// that cannot be read is left out, and is not due again for an hour.
    fn due(
        &self,
        queue: Due,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Domain>, StoreError>> + Send {
        self.due_since(None, queue, now, limit)
    }

    /// Domains that became due by `now`, at `since` or later.
    fn due_since(
        &self,
        since: Option<Timestamp>,
        queue: Due,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Domain>, StoreError>> + Send;

    /// Removes a domain whose changes cannot be written from its queue until `until`. If it has
    /// been changed since it was read, nothing is done.
    fn postpone(
        &self,
        domain: &Domain,
        until: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The staff queue.
///
/// # Examples
///
/// ```
/// # use domain_auth::ports::StoreError;
/// # use domain_auth_testkit::MemoryStore;
/// # use futures::FutureExt;
/// use domain_auth::ports::StaffQueue;
/// use domain_auth::state::{QueuePart, Status, WaitingFor};
///
/// # let example = async {
/// # let store = MemoryStore::default();
/// let for_lasso = |part: &QueuePart| part.waiting_for() == Some(WaitingFor::Lasso);
/// let parts: Vec<QueuePart> = QueuePart::all().filter(for_lasso).collect();
/// assert!(parts.contains(&QueuePart::InState(Status::Verified)));
///
/// let page = store.waiting(&parts, 50, None).await?;
/// assert!(page.items.is_empty());
/// # Ok::<_, StoreError>(())
/// # };
/// # example.now_or_never().expect("a fake never waits")?;
/// # Ok::<_, StoreError>(())
/// ```
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

/// Events that are written and not published yet.
///
/// # Examples
///
/// ```
/// # use domain_auth::domain::Domain;
/// # use domain_auth::history::Actor;
/// # use domain_auth::ports::{Clock, CommitChanges, CommitError};
/// # use domain_auth::state::State;
/// # use domain_auth_testkit::{MemoryStore, SequentialIds, TestClock, new_domain};
/// # use futures::FutureExt;
/// use domain_auth::ports::Outbox;
///
/// # let example = async {
/// # let (store, now) = (MemoryStore::default(), TestClock::default().now());
/// # let new = new_domain("maple", "example.com");
/// # let by = Actor::client_admin("dana");
/// # let added = Domain::add(new, State::provisioning(), None, by, now, &SequentialIds::default());
/// # store.commit(&added).await?;
/// let events = store.unpublished_after(None, 500).await?;
/// assert_eq!(events.len(), 1);
/// for event in &events {
///     // Publish it first: a crash before the mark publishes it twice.
///     store.mark_published(event, now).await?;
/// }
/// assert!(store.unpublished_after(None, 500).await?.is_empty());
/// # Ok::<_, CommitError>(())
/// # };
/// # example.now_or_never().expect("a fake never waits")?;
/// # Ok::<_, CommitError>(())
/// ```
pub trait Outbox: Send + Sync {
    /// The oldest unpublished events in the order in which they were written, starting after `last`
    /// if it is given. An event that cannot be read is left out and does not delay others.
    fn unpublished_after(
        &self,
        last: Option<&Event>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Event>, StoreError>> + Send;

    /// Removes an event from the outbox. A repeated call succeeds.
    fn mark_published(
        &self,
        event: &Event,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The answer to a request to send an email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lease {
    /// The caller may send it until the lease ends.
    Granted,
    /// Another copy of this function is sending it right now.
    InFlight,
    /// SES has just refused it, and would refuse it again.
    HeldBack {
        /// SES's reason.
        reason: String,
    },
    /// It was sent, or will never be sent.
    Sent,
}

/// The maximum number of events that one email may list. One DynamoDB transaction, which marks all of them as
/// sent, has at most 100 items.
pub const LISTED_AT_ONCE: usize = 100;

/// Which events have been emailed, and to whom.
///
/// # Examples
///
/// ```
/// # use domain_auth::ports::StoreError;
/// # use domain_auth_testkit::{MemoryStore, SequentialIds, TestClock};
/// # use futures::FutureExt;
/// use domain_auth::audience::EmailId;
/// use domain_auth::ports::{Clock, EmailLedger, Ids, Lease};
/// use jiff::SignedDuration;
///
/// # let example = async {
/// # let (store, now) = (MemoryStore::default(), TestClock::default().now());
/// # let ids = SequentialIds::default();
/// let id = EmailId::support(ids.event_id(now));
/// let until = now + SignedDuration::from_secs(30);
/// assert_eq!(store.lease(id, now, until).await?, Lease::Granted);
/// assert_eq!(store.lease(id, now, until).await?, Lease::InFlight);
///
/// store.sent(&[id], "0100018c-example", now).await?;
/// assert_eq!(store.lease(id, now, until).await?, Lease::Sent);
/// # Ok::<_, StoreError>(())
/// # };
/// # example.now_or_never().expect("a fake never waits")?;
/// # Ok::<_, StoreError>(())
/// ```
pub trait EmailLedger: Send + Sync {
    /// Requests the right to send an email.
    fn lease(
        &self,
        id: EmailId,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<Lease, StoreError>> + Send;

    /// Stores that SES accepted one email for all of `ids`, at most [`LISTED_AT_ONCE`]: all of them
    /// or none.
    fn sent(
        &self,
        ids: &[EmailId],
        message_id: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Stores that there is no email, and never will be.
    fn settle(
        &self,
        id: EmailId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Stops every copy from sending until `until`, after SES refused this email:
    /// [`Lease::HeldBack`]. `reason` has no email address.
    fn hold_back(
        &self,
        id: EmailId,
        until: Timestamp,
        reason: &str,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Returns the right to send after an attempt that certainly sent nothing.
    fn release(&self, id: EmailId) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The key of a domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainKey {
    /// The client that has the domain.
    pub client: ClientId,
    /// The name.
    pub name: DomainName,
}

/// Finds the domains of all clients by state.
///
/// # Examples
///
/// ```
/// # use domain_auth::domain::Domain;
/// # use domain_auth::history::Actor;
/// # use domain_auth::ports::{Clock, CommitChanges, CommitError};
/// # use domain_auth::state::State;
/// # use domain_auth_testkit::{MemoryStore, SequentialIds, TestClock, new_domain};
/// # use futures::FutureExt;
/// use domain_auth::ports::DomainsByState;
/// use domain_auth::state::Status;
///
/// # let example = async {
/// # let (store, now) = (MemoryStore::default(), TestClock::default().now());
/// # let new = new_domain("maple", "example.com");
/// # let by = Actor::client_admin("dana");
/// # let added = Domain::add(new, State::provisioning(), None, by, now, &SequentialIds::default());
/// # store.commit(&added).await?;
/// let keys = store.keys_in(Status::Provisioning).await?;
/// let domains = store.domains_at(&keys).await?;
/// assert_eq!(domains.len(), 1);
/// # Ok::<_, CommitError>(())
/// # };
/// # example.now_or_never().expect("a fake never waits")?;
/// # Ok::<_, CommitError>(())
/// ```
pub trait DomainsByState: Send + Sync {
    /// The keys of all domains in a state. A domain whose state changes meanwhile may be missing.
    fn keys_in(
        &self,
        status: Status,
    ) -> impl Future<Output = Result<Vec<DomainKey>, StoreError>> + Send;

    /// The domains with these keys, as last written. A domain that no longer exists is left out.
    fn domains_at(
        &self,
        keys: &[DomainKey],
    ) -> impl Future<Output = Result<Vec<Domain>, StoreError>> + Send;
}

/// The data that one run of the poller leaves for the next, and the lease of the run: only one runs
/// at a time.
///
/// # Examples
///
/// ```
/// # use domain_auth::ports::StoreError;
/// # use domain_auth_testkit::{MemoryStore, TestClock};
/// # use futures::FutureExt;
/// use domain_auth::ports::{Clock, Runs};
/// use jiff::SignedDuration;
///
/// # let example = async {
/// # let (store, now) = (MemoryStore::default(), TestClock::default().now());
/// let until = now + SignedDuration::from_secs(59);
/// let memory = store.begin_run(now, until).await?.expect("no other run is active");
/// assert_eq!(store.begin_run(now, until).await?, None);
///
/// store.end_run(until, &memory).await?;
/// assert!(store.begin_run(now, until).await?.is_some());
/// # Ok::<_, StoreError>(())
/// # };
/// # example.now_or_never().expect("a fake never waits")?;
/// # Ok::<_, StoreError>(())
/// ```
pub trait Runs: Send + Sync {
    /// Takes the lease until `until`, and returns the data of earlier runs. `None` while another
    /// run has the lease.
    fn begin_run(
        &self,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<Option<RunMemory>, StoreError>> + Send;

    /// Returns the lease that was taken until `until`, and stores `memory`. If the lease has ended
    /// and another run has it, nothing is written.
    fn end_run(
        &self,
        until: Timestamp,
        memory: &RunMemory,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Stores the result of the last comparison with SES's list.
///
/// # Examples
///
/// ```
/// # use domain_auth::ports::StoreError;
/// # use domain_auth_testkit::MemoryStore;
/// # use futures::FutureExt;
/// use domain_auth::ports::Reconciliations;
///
/// # let example = async {
/// # let store = MemoryStore::default();
/// assert_eq!(store.reconciliation().await?, None, "nothing was compared yet");
/// # Ok::<_, StoreError>(())
/// # };
/// # example.now_or_never().expect("a fake never waits")?;
/// # Ok::<_, StoreError>(())
/// ```
pub trait Reconciliations: Send + Sync {
    /// The last result; `None` before the first.
    fn reconciliation(
        &self,
    ) -> impl Future<Output = Result<Option<Reconciliation>, StoreError>> + Send;

    /// Replaces the stored result.
    fn write_reconciliation(
        &self,
        reconciliation: &Reconciliation,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// An event could not be published. It stays in the outbox.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The topic does not accept events; other events would fail as well.
    #[error("the topic did not take the event")]
    Topic(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The topic refused this event; another event may succeed.
    #[error("the topic refused the event")]
    Event(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Publishes events.
///
/// # Examples
///
/// ```
/// # use domain_auth::domain::Domain;
/// # use domain_auth::history::Actor;
/// # use domain_auth::ports::Clock;
/// # use domain_auth::state::State;
/// # use domain_auth_testkit::{RecordingTopic, SequentialIds, TestClock, new_domain};
/// # use futures::FutureExt;
/// use domain_auth::ports::{Publish, PublishError};
///
/// # let example = async {
/// # let new = new_domain("maple", "example.com");
/// # let (by, now) = (Actor::client_admin("dana"), TestClock::default().now());
/// # let added = Domain::add(new, State::provisioning(), None, by, now, &SequentialIds::default());
/// # let event = added.event.expect("an addition has an event");
/// let topic = RecordingTopic::default();
/// topic.publish(&event).await?;
/// assert_eq!(topic.events(), [event]);
/// # Ok::<_, PublishError>(())
/// # };
/// # example.now_or_never().expect("a fake never waits")?;
/// # Ok::<_, PublishError>(())
/// ```
pub trait Publish: Send + Sync {
    /// Publishes one event, with its type and severity as attributes.
    fn publish(&self, event: &Event) -> impl Future<Output = Result<(), PublishError>> + Send;
}

/// The recipient of an email about events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailTo {
    /// Lasso support.
    Support,
    /// The contact of a client.
    Contact(crate::names::EmailAddress),
}

/// An email about events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// One line, without control characters.
    pub subject: String,
    /// The plain-text body.
    pub text: String,
    /// The HTML body.
    pub html: String,
    /// The address that a reply goes to.
    pub reply_to: Option<crate::names::EmailAddress>,
    /// The event, for the header `X-Lasso-Event-Id`.
    pub event_id: EventId,
    /// The conversation, for the header `References`; `None` for an email about several domains.
    pub thread: Option<EmailThread>,
    /// The domain whose client is told if the email is not delivered or is reported as spam; for a
    /// list, the first domain.
    pub about: Option<AboutDomain>,
}

/// Sends email.
///
/// # Examples
///
/// ```
/// use domain_auth::ports::{Email, MailTo, SendEmail, SesError};
/// use jiff::Timestamp;
///
/// /// Sends an email to Lasso support, unless SES would not deliver it. Returns the message id.
/// async fn tell_support(
///     mail: &impl SendEmail,
///     email: &Email,
///     now: Timestamp,
/// ) -> Result<Option<String>, SesError> {
///     if mail.is_suppressed(&MailTo::Support, now).await? {
///         return Ok(None);
///     }
///     mail.send(&MailTo::Support, email).await.map(Some)
/// }
/// ```
pub trait SendEmail: Send + Sync {
    /// Sends it; returns SES's message id.
    fn send(
        &self,
        to: &MailTo,
        email: &Email,
    ) -> impl Future<Output = Result<String, SesError>> + Send;

    /// Whether the address is on the account's suppression list: SES accepts mail to it, but does
    /// not send it. `now` is the time of the query.
    fn is_suppressed(
        &self,
        to: &MailTo,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, SesError>> + Send;
}

/// Records metrics for the operator. It cannot fail: work never waits for its own measurement.
///
/// # Examples
///
/// ```
/// # use domain_auth_testkit::{RecordingMeter, TestClock};
/// use domain_auth::figures::Figure;
/// use domain_auth::ports::{Clock, Meter};
///
/// # let clock = TestClock::default();
/// let meter = RecordingMeter::default();
/// meter.record(clock.now(), &[Figure::count("Moved", 3)]);
/// assert_eq!(meter.values("Moved", None), [3.0]);
/// ```
pub trait Meter: Send + Sync {
    /// Records the metrics of a run or a request that ended at `now`.
    fn record(&self, now: Timestamp, figures: &[Figure]);
}
