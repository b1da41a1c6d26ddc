//! What the use cases need from outside, in the words of the domain.

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

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page starts; none after the last.
    pub next: Option<PageStart>,
}

impl<T> Page<T> {
    /// The same page of other entries.
    pub fn map<U>(self, entry: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(entry).collect(),
            next: self.next,
        }
    }
}

/// What to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListFilter {
    /// Only domains in this state.
    pub status: Option<Status>,
    /// Only domains of this community, whichever others they are for.
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

    /// What stays of the last claim on exactly this name; none where there was none, or after its time.
    fn tombstone(
        &self,
        name: &DomainName,
    ) -> impl Future<Output = Result<Option<Tombstone>, StoreError>> + Send;
}

/// Writes changes.
pub trait CommitChanges: Send + Sync {
    /// Writes all of several changes, of different domains, or nothing. At most one of them has
    /// claims of the same organizational domain. Where an item would be too large for the store, it
    /// writes them [without their details](Change::without_details), and only where that is too large
    /// as well it fails with [`StoreFailure::TooLarge`].
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
    /// Domains that were due by `now`, at most `limit`: clients take turns
    /// ([`crate::turns::in_turns`]), and of each client the oldest comes first. One
    /// that cannot be read is left out and is not due again for an hour.
    fn due(
        &self,
        queue: Due,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Domain>, StoreError>> + Send {
        self.due_since(None, queue, now, limit)
    }

    /// Those of them that became due at `since` or later.
    fn due_since(
        &self,
        since: Option<Timestamp>,
        queue: Due,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Domain>, StoreError>> + Send;

    /// Keeps a domain, of which no change can be written, out of its queue until `until`. Where it
    /// has been changed since it was read, nothing is done.
    fn postpone(
        &self,
        domain: &Domain,
        until: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
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
    /// The oldest of them, in the order in which they were written: those that come after `last`, where
    /// it is given. One that cannot be read is left out and holds up no other.
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
    /// SES has just refused it, and would refuse it again.
    HeldBack,
    /// It has been sent, or is not to be sent.
    Sent,
}

/// As many events as one email may list: DynamoDB writes 100 items in a transaction, which notes all of
/// them at once.
pub const LISTED_AT_ONCE: usize = 100;

/// Which events have been emailed, and to whom.
pub trait EmailLedger: Send + Sync {
    /// Asks for the right to send an email.
    fn lease(
        &self,
        id: EmailId,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<Lease, StoreError>> + Send;

    /// Notes that SES accepted one email for all of `ids`, at most [`LISTED_AT_ONCE`]: all of them or
    /// none.
    fn sent(
        &self,
        ids: &[EmailId],
        message_id: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Notes that there is no email, and never will be.
    fn settle(
        &self,
        id: EmailId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Keeps every copy from sending until `until`, after SES refused this email: [`Lease::HeldBack`].
    fn hold_back(
        &self,
        id: EmailId,
        until: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Gives the right back after an attempt that certainly sent nothing.
    fn release(&self, id: EmailId) -> impl Future<Output = Result<(), StoreError>> + Send;
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

/// Whom an email about events is for.
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
    /// Whom an answer reaches.
    pub reply_to: Option<crate::names::EmailAddress>,
    /// The event, for the header `X-Lasso-Event-Id`.
    pub event_id: EventId,
    /// The conversation, for the header `References`; none of an email about several domains.
    pub thread: Option<EmailThread>,
    /// The domain whose client hears of it if the email does not reach its reader: of a list, the first.
    pub about: Option<AboutDomain>,
}

/// Sends email.
pub trait SendEmail: Send + Sync {
    /// Sends it; the answer is SES's message id.
    fn send(
        &self,
        to: &MailTo,
        email: &Email,
    ) -> impl Future<Output = Result<String, SesError>> + Send;

    /// Whether the address is on the suppression list of the account: SES accepts mail to it, and does
    /// not send it. `now` is the time of the question.
    fn is_suppressed(
        &self,
        to: &MailTo,
        now: Timestamp,
    ) -> impl Future<Output = Result<bool, SesError>> + Send;
}

/// Takes figures for the operator. It cannot fail: work never waits for its own measuring.
pub trait Meter: Send + Sync {
    /// The figures of a run or a request that ended at `now`.
    fn record(&self, now: Timestamp, figures: &[Figure]);
}
