//! Erasing clients in memory, with the guarantees of the table.

use std::sync::PoisonError;

use domain_auth::erasure::{EraseClients, ErasedRecords, Erasure, Swept};
use domain_auth::idempotency::KeyOwner;
use domain_auth::limits::ClientRecord;
use domain_auth::names::ClientId;
use domain_auth::ports::{PageStart, StoreError};
use jiff::Timestamp;

use crate::MemoryStore;
use crate::memory_data::{Clients, Keys, Room};

/// Events in one part of the whole table.
const PART: usize = 4;

impl EraseClients for MemoryStore {
    async fn knows(&self, client: &ClientId) -> Result<bool, StoreError> {
        self.crash.pass("knows").await;
        let state = self.state();
        Ok(state.clients.records.contains_key(client) || state.has_domains(client))
    }

    async fn begin_erasure(
        &self,
        client: &ClientId,
        erasure: &Erasure,
    ) -> Result<Erasure, StoreError> {
        self.crash.pass("begin erasure").await;
        let begun = {
            let mut state = self.state();
            let record = state.clients.records.entry(client.clone()).or_default();
            record.erased_at = None;
            record
                .erasure
                .get_or_insert_with(|| erasure.clone())
                .clone()
        };
        self.crash.pass("erasure begun").await;
        Ok(begun)
    }

    async fn erasures_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ClientId>, StoreError> {
        self.crash.pass("erasures due").await;
        let state = self.state();
        let mut due: Vec<(Timestamp, ClientId)> = state
            .clients
            .records
            .iter()
            .filter_map(|(client, record)| {
                let next_step = record.erasure.as_ref()?.next_step;
                (next_step <= now).then(|| (next_step, client.clone()))
            })
            .collect();
        due.sort();
        Ok(due
            .into_iter()
            .map(|(_, client)| client)
            .take(limit)
            .collect())
    }

    async fn note_erasure(&self, client: &ClientId, erasure: &Erasure) -> Result<(), StoreError> {
        self.crash.pass("note erasure").await;
        self.state().clients.of_erasure(client, erasure, |record| {
            record.erasure = Some(erasure.clone());
        });
        self.crash.pass("erasure noted").await;
        Ok(())
    }

    async fn erase_records(
        &self,
        client: &ClientId,
        limit: usize,
    ) -> Result<ErasedRecords, StoreError> {
        self.crash.pass("erase").await;
        let erased = {
            let mut room = Room::of(limit);
            let mut state = self.state();
            state.erase(client, &mut room);
            let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            keys.erase(client, &mut room);
            let erased = limit - room.left();
            ErasedRecords {
                erased: u64::try_from(erased).unwrap_or(u64::MAX),
                left: room.left() == 0 || state.has_domains(client),
            }
        };
        self.crash.pass("erased").await;
        Ok(erased)
    }

    async fn sweep(
        &self,
        client: &ClientId,
        start: Option<&PageStart>,
    ) -> Result<Swept, StoreError> {
        self.crash.pass("sweep").await;
        let swept = self.state().sweep(client, start, PART);
        self.crash.pass("swept").await;
        Ok(swept)
    }

    async fn end_erasure(
        &self,
        client: &ClientId,
        erasure: &Erasure,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.crash.pass("end erasure").await;
        self.state().clients.of_erasure(client, erasure, |record| {
            *record = ClientRecord {
                erased_at: Some(now),
                ..ClientRecord::default()
            };
        });
        self.crash.pass("erasure ended").await;
        Ok(())
    }
}

impl Clients {
    fn of_erasure(
        &mut self,
        client: &ClientId,
        erasure: &Erasure,
        change: impl FnOnce(&mut ClientRecord),
    ) {
        let record = self.records.get_mut(client);
        let under_way = record.filter(|record| {
            let stored = record.erasure.as_ref();
            stored.is_some_and(|stored| stored.began_at == erasure.began_at)
        });
        if let Some(record) = under_way {
            change(record);
        }
    }

    /// Deletes the counts of alerts, and the alerts that Lasso support got.
    pub(crate) fn erase(&mut self, client: &ClientId, room: &mut Room) {
        self.alerts
            .retain(|(of, _), _| of != client || !room.takes());
        self.said
            .retain(|(of, ..), _| of != client || !room.takes());
    }
}

impl Keys {
    fn erase(&mut self, client: &ClientId, room: &mut Room) {
        let own = KeyOwner::Client(client.clone());
        self.requests.retain(|(owner, _), (attempt, _)| {
            let theirs = *owner == own || attempt.client.as_ref() == Some(client);
            !theirs || !room.takes()
        });
        self.checks
            .retain(|owner, _| *owner != own || !room.takes());
        self.emails
            .retain(|(of, _), _| of != client || !room.takes());
        self.to_recipient
            .retain(|(of, ..), _| of != client || !room.takes());
    }
}
