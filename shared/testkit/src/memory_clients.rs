//! The data of clients as a whole, in memory: the number of their domains, their limits, and their
//! alerts, with the guarantees of the table.

use domain_auth::alerts::{
    Alert, AlertCounts, Place, PlaceAlerts, ReadAlertCounts, SAME_DOMAIN, Said,
};
use domain_auth::audience::EmailId;
use domain_auth::domain::{Change, Domain};
use domain_auth::instructions::Day;
use domain_auth::limits::{
    AdditionLimits, ClientCountChange, ClientRecord, OwnLimits, ReadClientRecord, SetLimits,
};
use domain_auth::names::ClientId;
use domain_auth::ports::{CommitError, StoreError};
use jiff::Timestamp;

use crate::MemoryStore;
use crate::memory_data::Clients;

impl Clients {
    /// Counts the effect of a change on the number of its client's domains. `there` counts the
    /// domains if there is no number yet.
    pub(crate) fn count(
        &mut self,
        change: &Change,
        there: impl FnOnce() -> usize,
    ) -> Result<(), CommitError> {
        let Some(counted) = change.client_count else {
            return Ok(());
        };
        let client = change.domain.client.clone();
        let record = self.records.entry(client).or_default();
        if let ClientCountChange::Added { .. } = counted {
            if record.erasure.is_some() {
                return Err(CommitError::Conflict);
            }
            record.erased_at = None;
        }
        let held = record
            .held
            .unwrap_or_else(|| u32::try_from(there()).unwrap_or(u32::MAX));
        record.held = Some(held);
        match counted {
            ClientCountChange::Removed => record.held = Some(held.saturating_sub(1)),
            ClientCountChange::Added { day, within } => {
                let within = within.unwrap_or(AdditionLimits::NONE);
                let added = record.added_on(day);
                if held >= within.domains || added >= within.added_per_day {
                    return Err(CommitError::Conflict);
                }
                let last = record.added.map_or(day, |(last, _)| last.max(day));
                record.held = Some(held + 1);
                record.added = Some((last, added + 1));
            }
        }
        Ok(())
    }
}

impl ReadClientRecord for MemoryStore {
    async fn client_record(&self, client: &ClientId) -> Result<ClientRecord, StoreError> {
        self.crash.pass("client record").await;
        let record = self.state().clients.records.get(client).cloned();
        Ok(record.unwrap_or_default())
    }

    async fn count_domains(&self, client: &ClientId) -> Result<u32, StoreError> {
        self.crash.pass("count domains").await;
        let counted = self.state().domains_there(client);
        Ok(u32::try_from(counted).unwrap_or(u32::MAX))
    }
}

impl SetLimits for MemoryStore {
    async fn set_limits(&self, client: &ClientId, own: &OwnLimits) -> Result<(), StoreError> {
        self.crash.pass("set limits").await;
        let mut state = self.state();
        let record = state.clients.records.entry(client.clone()).or_default();
        record.own = Some(own.clone());
        record.held = None;
        Ok(())
    }
}

impl PlaceAlerts for MemoryStore {
    async fn place(
        &self,
        alert: &Alert<'_>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Option<Place>, StoreError> {
        self.crash.pass("place").await;
        let place = {
            let mut state = self.state();
            let clients = &mut state.clients;
            if let Some(place) = clients.places.get(&alert.event_id) {
                return Ok(Some(*place));
            }
            let said = alert
                .said
                .map(|said| (alert.client.clone(), alert.name.clone(), said));
            let earlier = said.as_ref().and_then(|said| clients.said.get(said));
            let repeated = earlier.is_some_and(|(at, of_domain)| {
                *at > now - SAME_DOMAIN && *of_domain != alert.added_at
            });
            let day = Day::of(now);
            let counts = clients.alerts.entry((alert.client.clone(), day));
            let counts = counts.or_default();
            let place = if repeated {
                Place::Repeated
            } else {
                counts.next(limit, day)
            };
            match place {
                Place::Own => counts.own += 1,
                Place::Summary { .. } | Place::InSummary => counts.summarized += 1,
                Place::Repeated => {}
            }
            if let (Some(said), Place::Own | Place::Summary { .. }) = (said, place) {
                clients.said.insert(said, (now, alert.added_at));
            }
            clients.places.insert(alert.event_id, place);
            if matches!(place, Place::InSummary | Place::Repeated) {
                state.settle(EmailId::support(alert.event_id));
            }
            place
        };
        self.crash.pass("placed").await;
        Ok(Some(place))
    }
}

impl ReadAlertCounts for MemoryStore {
    async fn alerts_on(&self, client: &ClientId, day: Day) -> Result<AlertCounts, StoreError> {
        let state = self.state();
        let counts = state.clients.alerts.get(&(client.clone(), day));
        Ok(counts.copied().unwrap_or_default())
    }

    async fn was_said(
        &self,
        domain: &Domain,
        said: Said,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let key = (domain.client.clone(), domain.name.clone(), said);
        let state = self.state();
        let earlier = state.clients.said.get(&key);
        Ok(earlier.is_some_and(|(at, of_domain)| {
            *at > now - SAME_DOMAIN && *of_domain != domain.added_at
        }))
    }
}
