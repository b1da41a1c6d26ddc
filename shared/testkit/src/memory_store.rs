//! The store in memory: the same versions, transactions, order and limits as the table. Tests run
//! the same scenarios on both, to show that it behaves like the table.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use domain_auth::audience::EmailId;
use domain_auth::claims::{ClaimRegister, Tombstone};
use domain_auth::dns::DnsLook;
use domain_auth::domain::{Change, Domain, Fate};
use domain_auth::erasure::Swept;
use domain_auth::event::Event;
use domain_auth::history::HistoryEntry;
use domain_auth::links::{LinkTarget, LinkToken, ReadLinks};
use domain_auth::mail_limits::{MailWindow, Mailbox};
use domain_auth::names::{ClientId, DomainName};
use domain_auth::ports::{
    CommitChanges, CommitError, DomainKey as Key, DomainsByState, Due, DueDomains, ListFilter,
    Outbox, Page, PageStart, ReadClaims, ReadDomains, Reconciliations, Runs, StaffQueue,
    StoreError, StoreFailure,
};
use domain_auth::reconciliation::Reconciliation;
use domain_auth::run_memory::RunMemory;
use domain_auth::state::{QueuePart, Status};
use domain_auth::turns::in_turns;
use jiff::{SignedDuration, Timestamp};

use crate::memory_data::{Clients, EmailState, Keys, Room};
use crate::memory_limits;
use crate::{CrashPoint, TestClock};

type DomainKey = (ClientId, DomainName);

/// Domains, claims, history, events and emails in memory. Its clones are the same store.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    pub(crate) crash: Arc<CrashPoint>,
    pub(crate) keys: Arc<Mutex<Keys>>,
    state: Arc<Mutex<State>>,
    slow: Arc<Mutex<Option<(TestClock, SignedDuration)>>>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    domains: BTreeMap<DomainKey, Domain>,
    looks: HashMap<DomainKey, DnsLook>,
    claims: HashMap<String, ClaimRegister>,
    tombstones: HashMap<DomainName, Tombstone>,
    history: HashMap<DomainKey, Vec<HistoryEntry>>,
    links: HashMap<LinkToken, LinkTarget>,
    outbox: Vec<Event>,
    pub(crate) emails: HashMap<EmailId, EmailState>,
    pub(crate) emails_to: HashMap<(Mailbox, MailWindow), u32>,
    run_until: Option<Timestamp>,
    run_memory: RunMemory,
    reconciliation: Option<Reconciliation>,
    /// Domains whose changes are too large.
    refused: HashSet<DomainName>,
    /// Domains that are removed from their queue until then.
    postponed: HashMap<DomainKey, (u64, Timestamp)>,
    pub(crate) clients: Clients,
}

impl MemoryStore {
    /// A store in which a caller can crash.
    pub fn new(crash: Arc<CrashPoint>) -> Self {
        Self {
            crash,
            ..Self::default()
        }
    }

    /// From now on each write takes time, on this clock.
    pub fn slow_down(&self, clock: &TestClock, each_write: SignedDuration) {
        let mut slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
        *slow = Some((clock.clone(), each_write));
    }

    fn take_time(&self) {
        let slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((clock, each_write)) = &*slow {
            clock.advance(*each_write);
        }
    }

    /// Writes a register as an earlier release may have written it.
    pub fn put_claims(&self, claims: &ClaimRegister) {
        let organizational = claims.organizational.clone();
        self.state().claims.insert(organizational, claims.clone());
    }

    /// All its data as text, to search for data that should not be there.
    pub fn contents(&self) -> String {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        format!("{:?} {keys:?}", self.state())
    }

    /// All domains of all clients.
    pub fn all_domains(&self) -> Vec<Domain> {
        self.state().domains.values().cloned().collect()
    }

    /// Sets whether every change of a domain is too large.
    pub fn refuse_as_too_large(&self, name: &DomainName, refused: bool) {
        let mut state = self.state();
        if refused {
            state.refused.insert(name.clone());
        } else {
            state.refused.remove(name);
        }
    }

    /// How many domains are in a client's list.
    pub fn domains_there(&self, client: &ClientId) -> usize {
        self.state().domains_there(client)
    }

    /// How many events wait to be published.
    pub fn outbox_length(&self) -> usize {
        self.state().outbox.len()
    }

    pub(crate) fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The claims under an organizational domain, if there are any.
    pub(crate) fn register(&self, organizational: &str) -> Option<ClaimRegister> {
        self.claims.get(organizational).cloned()
    }

    /// Counts the effects of changes on the numbers of their clients' domains: all of them, or
    /// none.
    fn count(&mut self, changes: &[&Change]) -> Result<(), CommitError> {
        if changes.iter().all(|change| change.client_count.is_none()) {
            return Ok(());
        }
        let mut clients = self.clients.clone();
        for change in changes {
            clients.count(change, || self.domains_there(&change.domain.client))?;
        }
        self.clients = clients;
        Ok(())
    }

    /// How many domains are in a client's list.
    pub(crate) fn domains_there(&self, client: &ClientId) -> usize {
        let domains = self.domains.values();
        domains
            .filter(|domain| domain.client == *client && domain.is_there())
            .count()
    }

    /// Whether a client has domains, including domains that are being removed.
    pub(crate) fn has_domains(&self, client: &ClientId) -> bool {
        self.domains.keys().any(|(of, _)| of == client)
    }

    /// Removes personal data from a client's history and events, and deletes its links and counts.
    pub(crate) fn erase(&mut self, client: &ClientId, room: &mut Room) {
        let lines = self.history.iter_mut().filter(|((of, _), _)| of == client);
        for line in lines.flat_map(|(_, lines)| lines) {
            let erased = line.clone().without_persons();
            if *line != erased && room.takes() {
                *line = erased;
            }
        }
        let events = self
            .outbox
            .iter_mut()
            .filter(|event| event.client == *client);
        for event in events {
            let erased = event.clone().without_persons();
            if *event != erased && room.takes() {
                *event = erased;
            }
        }
        self.links
            .retain(|_, target| target.client != *client || !room.takes());
        self.clients.erase(client, room);
    }

    /// Removes a client's contact from the next events of other clients, in the order of their
    /// identifiers.
    pub(crate) fn sweep(
        &mut self,
        client: &ClientId,
        start: Option<&PageStart>,
        events: usize,
    ) -> Swept {
        let mut outbox: Vec<(String, &mut Event)> = self
            .outbox
            .iter_mut()
            .map(|event| (event.event_id.to_string(), event))
            .filter(|(id, _)| start.is_none_or(|start| *id > start.0))
            .collect();
        outbox.sort_by(|one, other| one.0.cmp(&other.0));
        let more = outbox.len() > events;
        let (mut erased, mut last) = (0, None);
        for (id, event) in outbox.into_iter().take(events) {
            let without = event.clone().without_contact_of(client);
            if *event != without {
                *event = without;
                erased += 1;
            }
            last = Some(PageStart(id));
        }
        Swept {
            erased,
            next: last.filter(|_| more),
        }
    }

    fn check(&self, change: &Change) -> Result<(), CommitError> {
        if self.refused.contains(&change.domain.name) {
            return Err(CommitError::Store(StoreError {
                action: "write a change",
                failure: StoreFailure::TooLarge,
                source: "an item is too large".into(),
            }));
        }
        let stored = self.domains.get(&key_of(change));
        if stored.map_or(0, |domain| domain.version) + 1 != change.domain.version {
            return Err(CommitError::Conflict);
        }
        let in_life = stored.is_none_or(|stored| stored.added_at == change.domain.added_at);
        if !in_life && !change.begins_a_life() {
            return Err(CommitError::Conflict);
        }
        if let Some(claims) = &change.claims {
            let stored = self.claims.get(&claims.organizational);
            if stored.map_or(0, |stored| stored.version) + 1 != claims.version {
                return Err(CommitError::Conflict);
            }
        }
        Ok(())
    }

    fn write(&mut self, change: &Change) {
        let key = key_of(change);
        if let Some(claims) = &change.claims {
            self.claims
                .insert(claims.organizational.clone(), claims.stored());
            for tombstone in claims.tombstones_written() {
                self.tombstones
                    .insert(tombstone.name.clone(), tombstone.clone());
            }
        }
        match change.fate {
            Fate::Stored => {
                self.domains.insert(key.clone(), change.domain.clone());
                if let Some(look) = &change.look {
                    self.looks.insert(key.clone(), look.clone());
                }
            }
            Fate::Deleted => {
                self.domains.remove(&key);
                self.looks.remove(&key);
            }
        }
        let history = self.history.entry(key).or_default();
        history.extend(change.history.iter().cloned());
        self.outbox.extend(change.event.clone());
        let link = change.link.clone();
        self.links
            .extend(link.map(|link| (link.token, link.target)));
    }
}

fn key_of(change: &Change) -> DomainKey {
    (change.domain.client.clone(), change.domain.name.clone())
}

impl CommitChanges for MemoryStore {
    async fn commit_all(&self, changes: &[&Change]) -> Result<(), CommitError> {
        self.crash.pass("commit").await;
        self.take_time();
        memory_limits::check(changes)?;
        let outcome = {
            let mut state = self.state();
            let outcome = changes.iter().try_for_each(|change| state.check(change));
            let outcome = outcome.and_then(|()| state.count(changes));
            if outcome.is_ok() {
                for change in changes {
                    state.write(change);
                }
            }
            outcome
        };
        self.crash.pass("committed").await;
        outcome
    }
}

impl ReadClaims for MemoryStore {
    async fn claims(&self, organizational: &str) -> Result<ClaimRegister, StoreError> {
        self.crash.pass("claims").await;
        let stored = self.state().claims.get(organizational).cloned();
        Ok(stored.unwrap_or_else(|| ClaimRegister::empty(organizational)))
    }

    async fn tombstone(&self, name: &DomainName) -> Result<Option<Tombstone>, StoreError> {
        self.crash.pass("tombstone").await;
        Ok(self.state().tombstones.get(name).cloned())
    }
}

impl ReadLinks for MemoryStore {
    async fn link(&self, token: &LinkToken) -> Result<Option<LinkTarget>, StoreError> {
        self.crash.pass("link").await;
        Ok(self.state().links.get(token).cloned())
    }
}

impl ReadDomains for MemoryStore {
    async fn domain(
        &self,
        client: &ClientId,
        name: &DomainName,
    ) -> Result<Option<Domain>, StoreError> {
        self.crash.pass("domain").await;
        Ok(self
            .state()
            .domains
            .get(&(client.clone(), name.clone()))
            .cloned())
    }

    async fn look(
        &self,
        client: &ClientId,
        name: &DomainName,
    ) -> Result<Option<DnsLook>, StoreError> {
        Ok(self
            .state()
            .looks
            .get(&(client.clone(), name.clone()))
            .cloned())
    }

    async fn domains(
        &self,
        client: &ClientId,
        filter: &ListFilter,
        limit: usize,
        start: Option<&PageStart>,
    ) -> Result<Page<Domain>, StoreError> {
        let state = self.state();
        let mut matching = state
            .domains
            .values()
            .filter(|domain| domain.client == *client)
            .filter(|domain| start.is_none_or(|start| domain.name.as_str() > start.0.as_str()))
            .filter(|domain| {
                filter
                    .status
                    .is_none_or(|status| domain.state.status() == status)
            })
            .filter(|domain| {
                let community = filter.community.as_ref();
                community.is_none_or(|wanted| domain.communities().any(|known| known == wanted))
            });
        let items: Vec<Domain> = matching.by_ref().take(limit).cloned().collect();
        let more = matching.next().is_some();
        let last = items
            .last()
            .map(|domain| PageStart(domain.name.to_string()));
        Ok(Page {
            next: last.filter(|_| more),
            items,
        })
    }

    async fn history(
        &self,
        client: &ClientId,
        name: &DomainName,
        limit: usize,
        start: Option<&PageStart>,
    ) -> Result<Page<HistoryEntry>, StoreError> {
        let skip = start
            .and_then(|start| start.0.parse().ok())
            .unwrap_or(0_usize);
        let state = self.state();
        let entries = state.history.get(&(client.clone(), name.clone()));
        let items: Vec<HistoryEntry> = entries
            .into_iter()
            .flatten()
            .rev()
            .skip(skip)
            .take(limit)
            .cloned()
            .collect();
        let seen = skip + items.len();
        let more = entries.is_some_and(|entries| entries.len() > seen);
        Ok(Page {
            items,
            next: more.then(|| PageStart(seen.to_string())),
        })
    }
}

impl DueDomains for MemoryStore {
    async fn due_since(
        &self,
        since: Option<Timestamp>,
        queue: Due,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Domain>, StoreError> {
        self.crash.pass("due").await;
        let state = self.state();
        let postponed = |domain: &Domain| {
            let key = (domain.client.clone(), domain.name.clone());
            let postponed = state.postponed.get(&key);
            postponed.is_some_and(|(version, until)| *version == domain.version && now < *until)
        };
        let mut due: Vec<Domain> = state
            .domains
            .values()
            .filter(|domain| domain.next_check <= now && !postponed(domain))
            .filter(|domain| since.is_none_or(|since| since <= domain.next_check))
            .filter(|domain| {
                let identities = [Status::Provisioning, Status::Removing];
                let of_identities = identities.contains(&domain.state.status());
                of_identities == (queue == Due::Provisioning)
            })
            .cloned()
            .collect();
        due.sort_by_key(|domain| domain.next_check);
        Ok(in_turns(due, limit, |domain| domain.client.clone()))
    }

    async fn postpone(&self, domain: &Domain, until: Timestamp) -> Result<(), StoreError> {
        self.crash.pass("postpone").await;
        let key = (domain.client.clone(), domain.name.clone());
        let mut state = self.state();
        state.postponed.insert(key, (domain.version, until));
        Ok(())
    }
}

impl StaffQueue for MemoryStore {
    async fn waiting(
        &self,
        parts: &[QueuePart],
        limit: usize,
        start: Option<&PageStart>,
    ) -> Result<Page<Domain>, StoreError> {
        let position = |domain: &Domain| {
            let since = domain.waiting_since();
            format!("{since}#{}#{}", domain.client, domain.name)
        };
        let mut waiting: Vec<Domain> = self
            .state()
            .domains
            .values()
            .filter(|domain| parts.contains(&domain.queue_part()))
            .filter(|domain| start.is_none_or(|start| position(domain) > start.0))
            .cloned()
            .collect();
        waiting.sort_by_key(position);
        let more = waiting.len() > limit;
        waiting.truncate(limit);
        let last = waiting.last().map(|domain| PageStart(position(domain)));
        Ok(Page {
            items: waiting,
            next: last.filter(|_| more),
        })
    }
}

impl Outbox for MemoryStore {
    async fn unpublished_after(
        &self,
        last: Option<&Event>,
        limit: usize,
    ) -> Result<Vec<Event>, StoreError> {
        self.crash.pass("unpublished").await;
        let mut waiting = self.state().outbox.clone();
        waiting.sort_by_key(position);
        waiting.retain(|event| last.is_none_or(|last| position(event) > position(last)));
        waiting.truncate(limit);
        Ok(waiting)
    }

    async fn mark_published(&self, event: &Event, _: Timestamp) -> Result<(), StoreError> {
        self.crash.pass("mark").await;
        self.state()
            .outbox
            .retain(|waiting| waiting.event_id != event.event_id);
        self.crash.pass("marked").await;
        Ok(())
    }
}

/// The order of events in the table's index.
fn position(event: &Event) -> (Timestamp, ClientId, DomainName, u64) {
    (
        event.occurred_at,
        event.client.clone(),
        event.domain.clone(),
        event.sequence,
    )
}

impl DomainsByState for MemoryStore {
    async fn keys_in(&self, status: Status) -> Result<Vec<Key>, StoreError> {
        let state = self.state();
        let in_state = state
            .domains
            .iter()
            .filter(|(_, domain)| domain.state.status() == status);
        let key = |(client, name): &(ClientId, DomainName)| Key {
            client: client.clone(),
            name: name.clone(),
        };
        Ok(in_state.map(|(domain_key, _)| key(domain_key)).collect())
    }

    async fn domains_at(&self, keys: &[Key]) -> Result<Vec<Domain>, StoreError> {
        let state = self.state();
        let stored = |key: &Key| {
            let key = (key.client.clone(), key.name.clone());
            state.domains.get(&key).cloned()
        };
        Ok(keys.iter().filter_map(stored).collect())
    }
}

impl Runs for MemoryStore {
    async fn begin_run(
        &self,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<RunMemory>, StoreError> {
        self.crash.pass("begin_run").await;
        let memory = {
            let mut state = self.state();
            if state.run_until.is_some_and(|taken| now < taken) {
                return Ok(None);
            }
            state.run_until = Some(until);
            state.run_memory.clone()
        };
        self.crash.pass("run_begun").await;
        Ok(Some(memory))
    }

    async fn end_run(&self, until: Timestamp, memory: &RunMemory) -> Result<(), StoreError> {
        self.crash.pass("end_run").await;
        {
            let mut state = self.state();
            if state.run_until == Some(until) {
                state.run_until = None;
                state.run_memory = memory.clone();
            }
        }
        self.crash.pass("run_ended").await;
        Ok(())
    }
}

impl Reconciliations for MemoryStore {
    async fn reconciliation(&self) -> Result<Option<Reconciliation>, StoreError> {
        Ok(self.state().reconciliation.clone())
    }

    async fn write_reconciliation(
        &self,
        reconciliation: &Reconciliation,
    ) -> Result<(), StoreError> {
        self.crash.pass("reconcile").await;
        self.state().reconciliation = Some(reconciliation.clone());
        Ok(())
    }
}
