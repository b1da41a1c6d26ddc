//! The store in memory, with DynamoDB's response times and charged units.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain_auth::check_limit::{CheckCount, CheckLimit, CountChecks};
use domain_auth::claims::{ClaimRegister, Tombstone};
use domain_auth::dns::DnsLook;
use domain_auth::domain::{Change, Domain};
use domain_auth::erasure::{EraseClients, ErasedRecords, Erasure, Swept};
use domain_auth::event::Event;
use domain_auth::history::HistoryEntry;
use domain_auth::idempotency::KeyOwner;
use domain_auth::instructions::{CountInstructions, Counted, Day, Left, Recipient};
use domain_auth::limits::{ClientRecord, ReadClientRecord};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{
    Clock, CommitChanges, CommitError, DomainKey, DomainsByState, Due, DueDomains, ListFilter,
    Outbox, Page, PageStart, ReadClaims, ReadDomains, Reconciliations, Runs, StoreError,
};
use domain_auth::reconciliation::Reconciliation;
use domain_auth::run_memory::RunMemory;
use domain_auth::ses_share::{SesTurns, Turn, TurnRequest};
use domain_auth::state::Status;
use domain_auth_testkit::MemoryStore;
use futures::FutureExt;
use jiff::Timestamp;

use crate::fault::Fault;
use crate::setting::Setting;
use crate::units::{self, Units};

/// The response time of DynamoDB.
const ANSWER: (Duration, Duration) = (Duration::from_millis(3), Duration::from_millis(3));
/// Partitions of the index over which due domains are spread.
const LOOK_SHARDS: usize = 8;

/// Observes writes.
pub(crate) trait Observe: Send + Sync {
    /// Changes were written, with the domains as stored before.
    fn committed(&self, before: &[Option<Domain>], changes: &[&Change]);
    /// The changes are stored, together with the rest of their transaction.
    fn stored(&self, _: &MemoryStore, _: &[&Change]) {}
    /// An event was taken out of the outbox.
    fn marked(&self, event: &Event);
    /// A run has ended, and leaves this for the next.
    fn ended(&self, _: &RunMemory) {}
}

/// The store.
#[derive(Debug)]
pub(crate) struct SimStore<O> {
    pub(crate) observer: O,
    inner: Arc<MemoryStore>,
    setting: Setting,
    units: Mutex<Units>,
    purpose: Purpose,
}

/// The use of the store in a simulation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Cost of all calls. DNS looks are only counted, because they would fill the memory.
    Cost,
    /// Content of the store.
    Content,
}

impl<O: Observe> SimStore<O> {
    pub(crate) fn new(observer: O, setting: Setting, purpose: Purpose) -> Self {
        Self {
            observer,
            inner: Arc::default(),
            setting,
            units: Mutex::default(),
            purpose,
        }
    }

    /// The cost of all calls so far.
    pub(crate) fn units(&self) -> Units {
        *self.charged()
    }

    /// The stored data, for inspection.
    pub(crate) fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    /// Adds a domain as if it had existed before.
    pub(crate) fn put(&self, change: &Change) {
        let written = self.inner.commit(change);
        let written = written.now_or_never();
        assert!(matches!(written, Some(Ok(()))), "nothing was there before");
    }

    /// Stores the result of a comparison with SES's list, as if it had been made before.
    pub(crate) fn put_reconciliation(&self, reconciliation: &Reconciliation) {
        let written = self.inner.write_reconciliation(reconciliation);
        let written = written.now_or_never();
        assert!(matches!(written, Some(Ok(()))), "the store takes it");
    }

    fn charge(&self, units: impl FnOnce() -> Units) {
        match self.purpose {
            Purpose::Cost => *self.charged() += units(),
            Purpose::Content => {}
        }
    }

    fn charged(&self) -> MutexGuard<'_, Units> {
        self.units.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call: the way there, the effect, and the way back. A process that is stopped on the way
    /// there has done nothing; one that is stopped on the way back does not know the result.
    async fn call<T>(&self, effect: impl Future<Output = T> + Send) -> T {
        let (least, mean) = ANSWER;
        self.setting
            .clock
            .sleep(self.setting.chance.latency(least, mean) / 2)
            .await;
        let answer = effect.await;
        self.setting
            .clock
            .sleep(self.setting.chance.latency(least, mean) / 2)
            .await;
        answer
    }

    fn now_or_never<T>(&self, effect: impl Future<Output = T>) -> T {
        // The store in memory never waits.
        #[expect(clippy::expect_used, reason = "a simulation fails loudly")]
        self.setting
            .apart
            .take(|| effect.now_or_never())
            .expect("an answer at once")
    }
}

impl<O: Observe> CommitChanges for SimStore<O> {
    async fn commit_all(&self, changes: &[&Change]) -> Result<(), CommitError> {
        let faulty: Vec<Change>;
        let mut made: Vec<&Change> = changes.to_vec();
        if let Some(fault) = self.setting.fault {
            let changes = changes
                .iter()
                .map(|change| fault.in_change((*change).clone()));
            faulty = changes.collect();
            made = faulty.iter().collect();
        }
        let changes = made.as_slice();
        self.call(async {
            let before = self.setting.apart.take(|| self.stored(changes));
            // Not excluded from the poller's time: the real store serializes all of it, too.
            self.charge(|| units::of_commit(changes, &before));
            self.setting.apart.take(|| {
                let written = self.write(&before, changes);
                if written.is_ok() {
                    self.observer.committed(&before, changes);
                    self.observer.stored(&self.inner, changes);
                }
                written
            })
        })
        .await
    }
}

impl<O: Observe> SimStore<O> {
    fn stored(&self, changes: &[&Change]) -> Vec<Option<Domain>> {
        let stored = changes.iter().map(|change| {
            let read = self
                .inner
                .domain(&change.domain.client, &change.domain.name);
            read.now_or_never()?.ok().flatten()
        });
        stored.collect()
    }

    fn write(&self, before: &[Option<Domain>], changes: &[&Change]) -> Result<(), CommitError> {
        let without_looks: Vec<Change>;
        let mut kept: Vec<&Change> = changes.to_vec();
        if let Some(fault) = self.setting.fault {
            let written = before.iter().zip(changes).map(|(before, change)| {
                let version = before.as_ref().map_or(0, |before| before.version);
                let claims = self.inner.claims(change.domain.name.organizational());
                let claims = self
                    .now_or_never(claims)
                    .unwrap_or_else(|_| ClaimRegister::empty(""));
                fault.in_write((*change).clone(), (version, &claims))
            });
            without_looks = written.collect();
            kept = without_looks.iter().collect();
            return self.now_or_never(self.inner.commit_all(&kept));
        }
        if self.purpose == Purpose::Cost && changes.iter().any(|change| change.look.is_some()) {
            let stripped = changes.iter().map(|change| Change {
                look: None,
                ..(*change).clone()
            });
            without_looks = stripped.collect();
            kept = without_looks.iter().collect();
        }
        let written = self.inner.commit_all(&kept).now_or_never();
        written.unwrap_or(Err(CommitError::Conflict))
    }
}

impl<O: Observe> ReadClientRecord for SimStore<O> {
    async fn client_record(&self, client: &ClientId) -> Result<ClientRecord, StoreError> {
        self.charge(|| units::GET);
        self.call(self.inner.client_record(client)).await
    }

    async fn count_domains(&self, client: &ClientId) -> Result<u32, StoreError> {
        self.charge(|| units::GET);
        self.call(self.inner.count_domains(client)).await
    }
}

impl<O: Observe> EraseClients for SimStore<O> {
    async fn knows(&self, client: &ClientId) -> Result<bool, StoreError> {
        self.call(self.inner.knows(client)).await
    }

    async fn begin_erasure(
        &self,
        client: &ClientId,
        erasure: &Erasure,
    ) -> Result<Erasure, StoreError> {
        self.call(self.inner.begin_erasure(client, erasure)).await
    }

    async fn erasures_due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ClientId>, StoreError> {
        self.charge(|| self.setting.apart.take(|| units::of_queue(1, [])));
        self.call(self.inner.erasures_due(now, limit)).await
    }

    async fn note_erasure(&self, client: &ClientId, erasure: &Erasure) -> Result<(), StoreError> {
        self.call(self.inner.note_erasure(client, erasure)).await
    }

    async fn erase_records(
        &self,
        client: &ClientId,
        limit: usize,
    ) -> Result<ErasedRecords, StoreError> {
        self.call(self.inner.erase_records(client, limit)).await
    }

    async fn sweep(
        &self,
        client: &ClientId,
        start: Option<&PageStart>,
    ) -> Result<Swept, StoreError> {
        self.call(self.inner.sweep(client, start)).await
    }

    async fn end_erasure(
        &self,
        client: &ClientId,
        erasure: &Erasure,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.call(self.inner.end_erasure(client, erasure, now))
            .await
    }
}

impl<O: Observe> ReadClaims for SimStore<O> {
    async fn claims(&self, organizational: &str) -> Result<ClaimRegister, StoreError> {
        self.charge(|| units::GET);
        self.call(self.inner.claims(organizational)).await
    }

    async fn tombstone(&self, name: &DomainName) -> Result<Option<Tombstone>, StoreError> {
        self.charge(|| units::GET);
        self.call(self.inner.tombstone(name)).await
    }
}

impl<O: Observe> DueDomains for SimStore<O> {
    async fn due_since(
        &self,
        since: Option<Timestamp>,
        queue: Due,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Domain>, StoreError> {
        self.call(async {
            let mut due = self.now_or_never(self.inner.due_since(since, queue, now, limit))?;
            if let Some(fault) = self.setting.fault {
                fault.in_due(&mut due, now);
            }
            let partitions = match queue {
                Due::Provisioning => 1,
                Due::Look => LOOK_SHARDS,
            };
            let sizes = due.iter().map(units::domain_size);
            self.charge(|| {
                self.setting
                    .apart
                    .take(|| units::of_queue(partitions, sizes))
            });
            Ok(due)
        })
        .await
    }

    async fn postpone(&self, domain: &Domain, until: Timestamp) -> Result<(), StoreError> {
        self.call(self.inner.postpone(domain, until)).await
    }
}

impl<O: Observe> Outbox for SimStore<O> {
    async fn unpublished_after(
        &self,
        last: Option<&Event>,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        self.call(async {
            let events = self.now_or_never(self.inner.unpublished_after(last, limit))?;
            let sizes = events.iter().map(units::event_size);
            self.charge(|| self.setting.apart.take(|| units::of_queue(1, sizes)));
            Ok(events)
        })
        .await
    }

    async fn mark_published(&self, event: &Event, now: Timestamp) -> Result<(), StoreError> {
        self.charge(|| self.setting.apart.take(|| units::of_mark(event)));
        self.call(async {
            if !self.setting.has(Fault::MarksForgotten) {
                self.now_or_never(self.inner.mark_published(event, now))?;
            }
            self.observer.marked(event);
            Ok(())
        })
        .await
    }
}

impl<O: Observe> DomainsByState for SimStore<O> {
    async fn keys_in(&self, status: Status) -> Result<Vec<DomainKey>, StoreError> {
        self.call(async {
            let keys = self.now_or_never(self.inner.keys_in(status))?;
            self.charge(|| units::of_keys(keys.len()));
            Ok(keys)
        })
        .await
    }

    async fn domains_at(&self, keys: &[DomainKey]) -> Result<Vec<Domain>, StoreError> {
        self.call(async {
            let domains = self.now_or_never(self.inner.domains_at(keys))?;
            let sizes = domains.iter().map(units::domain_size);
            self.charge(|| self.setting.apart.take(|| units::of_items(sizes)));
            Ok(domains)
        })
        .await
    }
}

impl<O: Observe> Runs for SimStore<O> {
    async fn begin_run(
        &self,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<RunMemory>, StoreError> {
        self.charge(|| units::PUT);
        self.call(self.inner.begin_run(now, until)).await
    }

    async fn end_run(&self, until: Timestamp, memory: &RunMemory) -> Result<(), StoreError> {
        self.charge(|| units::PUT);
        self.call(async {
            self.now_or_never(self.inner.end_run(until, memory))?;
            self.observer.ended(memory);
            Ok(())
        })
        .await
    }
}

impl<O: Observe> SesTurns for SimStore<O> {
    async fn turn(&self, request: &TurnRequest) -> Result<Turn, StoreError> {
        self.charge(|| units::PUT);
        self.call(async { self.now_or_never(self.inner.turn(request)) })
            .await
    }

    async fn keep_for_poller(&self, until: Timestamp) -> Result<(), StoreError> {
        self.charge(|| units::PUT);
        self.call(async { self.now_or_never(self.inner.keep_for_poller(until)) })
            .await
    }
}

impl<O: Observe> CountChecks for SimStore<O> {
    async fn count_check(
        &self,
        asker: &KeyOwner,
        limit: CheckLimit,
        now: Timestamp,
    ) -> Result<CheckCount, StoreError> {
        self.charge(|| units::PUT);
        self.call(async { self.now_or_never(self.inner.count_check(asker, limit, now)) })
            .await
    }
}

impl<O: Observe> Reconciliations for SimStore<O> {
    async fn reconciliation(&self) -> Result<Option<Reconciliation>, StoreError> {
        self.charge(|| units::GET);
        let mut read = self.call(self.inner.reconciliation()).await?;
        if let (Some(fault), Some(read)) = (self.setting.fault, &mut read) {
            for orphan in &mut read.orphan_identities {
                fault.in_orphan(orphan);
            }
        }
        Ok(read)
    }

    async fn write_reconciliation(
        &self,
        reconciliation: &Reconciliation,
    ) -> Result<(), StoreError> {
        self.charge(|| units::PUT);
        self.call(self.inner.write_reconciliation(reconciliation))
            .await
    }
}

impl<O: Observe> ReadDomains for SimStore<O> {
    async fn domain(
        &self,
        client: &ClientId,
        name: &DomainName,
    ) -> Result<Option<Domain>, StoreError> {
        self.charge(|| units::GET);
        self.call(self.inner.domain(client, name)).await
    }

    async fn look(
        &self,
        client: &ClientId,
        name: &DomainName,
    ) -> Result<Option<DnsLook>, StoreError> {
        self.charge(|| units::GET);
        self.call(self.inner.look(client, name)).await
    }

    async fn domains(
        &self,
        client: &ClientId,
        filter: &ListFilter,
        limit: usize,
        start: Option<&PageStart>,
    ) -> Result<Page<Domain>, StoreError> {
        self.inner.domains(client, filter, limit, start).await
    }

    async fn history(
        &self,
        client: &ClientId,
        name: &DomainName,
        limit: usize,
        start: Option<&PageStart>,
    ) -> Result<Page<HistoryEntry>, StoreError> {
        self.inner.history(client, name, limit, start).await
    }
}

impl<O: Observe> CountInstructions for SimStore<O> {
    async fn count(
        &self,
        client: &ClientId,
        name: &DomainName,
        to: &Recipient,
        day: Day,
    ) -> Result<Counted, StoreError> {
        if self.setting.has(Fault::LettersUncounted) {
            return Ok(Counted::Yes(Left {
                domain: 5,
                client: 50,
            }));
        }
        self.call(self.inner.count(client, name, to, day)).await
    }

    async fn give_back(
        &self,
        client: &ClientId,
        name: &DomainName,
        to: &Recipient,
        day: Day,
    ) -> Result<(), StoreError> {
        self.call(self.inner.give_back(client, name, to, day)).await
    }
}
