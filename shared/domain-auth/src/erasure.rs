//! Erasing a client: its domains are removed as any other domain is, and then everything that names a
//! person is taken out of what is kept of it: history, events, links, counters and the answers to requests
//! that had a key.
//!
//! The client's own record says that it is being erased ([`Erasure`]). While it does, the write of every
//! addition is refused, so nothing new comes while the old goes. The record has a place in the index of
//! work, so the poller goes on wherever a process died.
//!
//! Claims that have ended stay as tombstones: a name, a client's identifier and times. They keep the
//! records of the former holder from proving anything for the next one, and name no person.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::history::Actor;
use crate::names::ClientId;
use crate::ports::StoreError;

/// How long after its beginning the first records are erased. Requests that had read the client's domains
/// before have ended by then: none runs for longer than 28 s.
pub const FIRST_STEP: SignedDuration = SignedDuration::from_secs(35);
/// How long after a step the next one is due. An erasure ends with a step that finds nothing, and the index
/// in which records are found follows the table a moment later.
pub const PAUSE: SignedDuration = SignedDuration::from_secs(30);

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
        }
    }

    /// After a step that has erased so many records.
    #[must_use]
    pub fn after_step(&self, erased: u64, now: Timestamp) -> Self {
        Self {
            next_step: now + PAUSE,
            records_erased: self.records_erased.saturating_add(erased),
            ..self.clone()
        }
    }
}
