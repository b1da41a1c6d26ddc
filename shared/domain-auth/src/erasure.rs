//! Erasing a client. Its domains are removed as usual. Then all data that names a person is removed
//! from the client's records: history, events, links, counters and the stored responses to
//! idempotent requests.
//!
//! The client's record says that it is being erased ([`Erasure`]). Meanwhile no domain can be
//! added, so no new data arrives. The record is in the index of work, so the poller continues after
//! a crash.
//!
//! An index finds the records. It is eventually consistent, and lacks records of earlier releases
//! and events of other clients that mention this client. So after the first step that finds no
//! record, the whole table is read once, in parts ([`EraseClients::sweep`]). The erasure ends only
//! if a second step, some minutes later, finds no record either ([`SECOND_LOOK`]).
//!
//! Claims that have ended stay as tombstones: a name, a client's identifier and times. They name no
//! person, and they stop the records of the former holder from proving the name for the next one.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::history::Actor;
use crate::names::ClientId;
use crate::ports::{PageStart, StoreError};

/// How long after its beginning the first records are erased. Requests that had read the client's
/// domains before have ended by then, because none runs for longer than 28 s.
pub const FIRST_STEP: SignedDuration = SignedDuration::from_secs(35);
/// How long after a step the next one is due.
pub const PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// How long after a step that found no record the next step must find none either. The index that
/// finds records is eventually consistent: it usually follows within a second, but no limit is
/// guaranteed (Amazon DynamoDB developer guide, "Using Global Secondary Indexes").
pub const SECOND_LOOK: SignedDuration = SignedDuration::from_mins(3);

/// An erasure that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// When it was requested. Distinguishes this erasure from an earlier one of the same client.
    pub began_at: Timestamp,
    /// Who requested it.
    pub by: Actor,
    /// When the poller continues.
    pub next_step: Timestamp,
    /// Number of records that were deleted, or from which personal data was removed.
    #[serde(default)]
    pub records_erased: u64,
    /// The time since which no step has found a record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_since: Option<Timestamp>,
    /// How far the whole table has been read.
    #[serde(default, skip_serializing_if = "Sweep::is_to_begin")]
    pub sweep: Sweep,
}

/// How far the whole table has been read for records that are missing from the index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sweep {
    /// Reading has not begun.
    #[default]
    ToBegin,
    /// Read up to this position, which only the store interprets.
    UpTo(String),
    /// Read to the end.
    Done,
}

/// The result of reading a part of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// Number of records that were deleted, or from which personal data was removed.
    pub erased: u64,
    /// Where the next part begins; none after the last.
    pub next: Option<PageStart>,
}

/// The result of erasing some records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ErasedRecords {
    /// Number of records that were deleted, or from which personal data was removed.
    pub erased: u64,
    /// Whether there are more records, or domains that still exist.
    pub left: bool,
}

/// Erases the data of clients.
pub trait EraseClients: Send + Sync {
    /// Whether anything is stored for a client under its own identifier: its record, domains or counters. A client that
    /// has ever added a domain has a record for good, also after it is erased.
    fn knows(&self, client: &ClientId) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Begins an erasure. Returns the erasure that is running: this one, or an earlier one.
    fn begin_erasure(
        &self,
        client: &ClientId,
        erasure: &Erasure,
    ) -> impl Future<Output = Result<Erasure, StoreError>> + Send;

    /// Clients whose erasure was due by `now`, at most `limit`, the most overdue first.
    fn erasures_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<ClientId>, StoreError>> + Send;

    /// Replaces the stored state of this erasure. If it is over, nothing is written.
    fn note_erasure(
        &self,
        client: &ClientId,
        erasure: &Erasure,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Erases about `limit` records at most, of a client that has no domains. Lines of history and
    /// events lose the data that names a person ([`HistoryEntry::without_persons`],
    /// [`Event::without_persons`]). All others are deleted, except the client's own record. A
    /// repeated call erases the remaining records.
    ///
    /// [`HistoryEntry::without_persons`]: crate::history::HistoryEntry::without_persons
    /// [`Event::without_persons`]: crate::event::Event::without_persons
    fn erase_records(
        &self,
        client: &ClientId,
        limit: usize,
    ) -> impl Future<Output = Result<ErasedRecords, StoreError>> + Send;

    /// Reads a bounded part of the table, and erases the data of a client that has no domains, as
    /// [`Self::erase_records`] does. Also erases records without an entry in an index, and the
    /// client's contact in the events of other clients ([`Event::without_contact_of`]). A repeated
    /// call erases the remaining records.
    ///
    /// [`Event::without_contact_of`]: crate::event::Event::without_contact_of
    fn sweep(
        &self,
        client: &ClientId,
        start: Option<&PageStart>,
    ) -> impl Future<Output = Result<Swept, StoreError>> + Send;

    /// Ends this erasure; the client's own record keeps only its time. If it is over already,
    /// nothing is written.
    fn end_erasure(
        &self,
        client: &ClientId,
        erasure: &Erasure,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl Erasure {
    /// An erasure that begins now.
    pub fn begun_by(by: Actor, now: Timestamp) -> Self {
        Self {
            began_at: now,
            by,
            next_step: now + FIRST_STEP,
            records_erased: 0,
            quiet_since: None,
            sweep: Sweep::ToBegin,
        }
    }

    /// The state after a step that has erased `erased` records, or knows that some are left.
    #[must_use]
    pub fn after_step(&self, erased: u64, now: Timestamp) -> Self {
        Self {
            next_step: now + PAUSE,
            records_erased: self.records_erased.saturating_add(erased),
            quiet_since: None,
            ..self.clone()
        }
    }

    /// The state after a step that found no record in the index, has read the table up to `sweep`,
    /// and erased `swept` records there.
    #[must_use]
    pub fn after_quiet_step(&self, sweep: Sweep, swept: u64, now: Timestamp) -> Self {
        let since = self.quiet_since.unwrap_or(now);
        let again = now + PAUSE;
        Self {
            next_step: match sweep {
                Sweep::Done => again.max(since + SECOND_LOOK),
                Sweep::ToBegin | Sweep::UpTo(_) => again,
            },
            records_erased: self.records_erased.saturating_add(swept),
            quiet_since: Some(since),
            sweep,
            ..self.clone()
        }
    }

    /// Whether it ends if a step at `now` finds no record.
    pub fn ends_with_a_quiet_step(&self, now: Timestamp) -> bool {
        let since = self.quiet_since;
        self.sweep == Sweep::Done && since.is_some_and(|since| now >= since + SECOND_LOOK)
    }
}

impl Sweep {
    /// Where the next part of the table begins.
    pub fn start(&self) -> Option<PageStart> {
        match self {
            Self::ToBegin | Self::Done => None,
            Self::UpTo(position) => Some(PageStart(position.clone())),
        }
    }

    fn is_to_begin(&self) -> bool {
        *self == Self::ToBegin
    }
}

impl From<Option<PageStart>> for Sweep {
    fn from(next: Option<PageStart>) -> Self {
        next.map_or(Self::Done, |PageStart(position)| Self::UpTo(position))
    }
}
