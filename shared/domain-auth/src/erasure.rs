//! Erasing a client: its domains are removed as any other domain is, and then everything that names a
//! person is taken out of what is kept of it: history, events, links, counters and the answers to requests
//! that had a key.
//!
//! The client's own record says that it is being erased ([`Erasure`]). While it does, the write of every
//! addition is refused, so nothing new comes while the old goes. The record has a place in the index of
//! work, so the poller goes on wherever a process died.
//!
//! Records are found by an index, which follows the table a moment later and has no entry for what an
//! earlier release wrote, nor for what another client's event says of this one. So after the first step that
//! finds nothing the whole table is read once, in parts ([`EraseClients::sweep`]), and the erasure ends only
//! with a second step, some minutes after the first, that finds nothing either ([`SECOND_LOOK`]).
//!
//! Claims that have ended stay as tombstones: a name, a client's identifier and times. They keep the
//! records of the former holder from proving anything for the next one, and name no person.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::history::Actor;
use crate::names::ClientId;
use crate::ports::{PageStart, StoreError};

/// How long after its beginning the first records are erased. Requests that had read the client's domains
/// before have ended by then: none runs for longer than 28 s.
pub const FIRST_STEP: SignedDuration = SignedDuration::from_secs(35);
/// How long after a step the next one is due.
pub const PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// How long after a step that found nothing another one has to find nothing, too. The index in which records
/// are found follows the table later: usually within a second, and nothing bounds it (Amazon DynamoDB
/// developer guide, "Using Global Secondary Indexes").
pub const SECOND_LOOK: SignedDuration = SignedDuration::from_mins(3);

/// An erasure that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// When it was asked for. Tells this erasure from an earlier one of the same client.
    pub began_at: Timestamp,
    /// Who asked for it.
    pub by: Actor,
    /// When the poller goes on.
    pub next_step: Timestamp,
    /// Records that were deleted, or from which persons were taken.
    #[serde(default)]
    pub records_erased: u64,
    /// Since when no step has found a record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_since: Option<Timestamp>,
    /// How far the whole table has been read.
    #[serde(default, skip_serializing_if = "Sweep::is_to_begin")]
    pub sweep: Sweep,
}

/// How far the whole table has been read for records that no index has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sweep {
    /// It is read from its beginning.
    #[default]
    ToBegin,
    /// Up to here, in the store's own words.
    UpTo(String),
    /// All of it.
    Done,
}

/// What came of reading a part of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swept {
    /// Records that were deleted, or from which persons were taken.
    pub erased: u64,
    /// Where the next part begins; none after the last.
    pub next: Option<PageStart>,
}

/// What came of erasing some records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ErasedRecords {
    /// Records that were deleted, or from which persons were taken.
    pub erased: u64,
    /// Whether there are more of them, or domains that are still there.
    pub left: bool,
}

/// Erases what is kept of clients.
pub trait EraseClients: Send + Sync {
    /// Whether anything is kept of a client in its own name: its record, domains or counters. A client that
    /// has ever added a domain has a record for good, also once it is erased.
    fn knows(&self, client: &ClientId) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Begins an erasure. The answer is the one that is under way: this one, or an earlier one.
    fn begin_erasure(
        &self,
        client: &ClientId,
        erasure: &Erasure,
    ) -> impl Future<Output = Result<Erasure, StoreError>> + Send;

    /// Clients whose erasure was due by `now`, at most `limit`, the longest due first.
    fn erasures_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<ClientId>, StoreError>> + Send;

    /// Replaces what is noted of this erasure. If it is over, nothing is written.
    fn note_erasure(
        &self,
        client: &ClientId,
        erasure: &Erasure,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Erases at most about `limit` records of a client that has no domains: lines of history and events
    /// lose what names a person ([`HistoryEntry::without_persons`], [`Event::without_persons`]), and all
    /// others are deleted, but for the client's own record. Repeated, it erases what is left.
    ///
    /// [`HistoryEntry::without_persons`]: crate::history::HistoryEntry::without_persons
    /// [`Event::without_persons`]: crate::event::Event::without_persons
    fn erase_records(
        &self,
        client: &ClientId,
        limit: usize,
    ) -> impl Future<Output = Result<ErasedRecords, StoreError>> + Send;

    /// Reads a bounded part of everything that is stored, and erases what is there of a client that has no
    /// domains, as [`Self::erase_records`] does: also what has no entry in an index, and its contact in the
    /// events of other clients ([`Event::without_contact_of`]). Repeated, it erases what is left.
    ///
    /// [`Event::without_contact_of`]: crate::event::Event::without_contact_of
    fn sweep(
        &self,
        client: &ClientId,
        start: Option<&PageStart>,
    ) -> impl Future<Output = Result<Swept, StoreError>> + Send;

    /// Ends this erasure: of the client's own record it stays when that was. If it is over already,
    /// nothing is written.
    fn end_erasure(
        &self,
        client: &ClientId,
        erasure: &Erasure,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl Erasure {
    /// One that begins now.
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

    /// After a step that has erased so many records, and does not know of none that are left.
    #[must_use]
    pub fn after_step(&self, erased: u64, now: Timestamp) -> Self {
        Self {
            next_step: now + PAUSE,
            records_erased: self.records_erased.saturating_add(erased),
            quiet_since: None,
            ..self.clone()
        }
    }

    /// After a step that has found no record in the index, and has read the table this far, where so many
    /// were erased.
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

    /// Whether it ends with a step that finds nothing at `now`.
    pub fn ends_with_a_quiet_step(&self, now: Timestamp) -> bool {
        let since = self.quiet_since;
        self.sweep == Sweep::Done && since.is_some_and(|since| now >= since + SECOND_LOOK)
    }
}

impl Sweep {
    /// Where the next part begins.
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
