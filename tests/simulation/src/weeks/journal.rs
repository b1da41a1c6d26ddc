//! Watches every write, so that a broken rule is noticed when it happens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain_auth::domain::{Change, Domain};
use domain_auth::event::{Event, EventType};
use domain_auth::history::{Action, Actor, HistoryEntry};
use domain_auth::identity::ConfigurationSet;
use domain_auth::instructions::{Day, PER_CLIENT, PER_DOMAIN};
use domain_auth::names::{ClientId, DomainName, EventId};
use domain_auth::ports::Clock;
use domain_auth::run_memory::RunMemory;
use domain_auth_testkit::{MemoryStore, is_adopted, owner_of};
use jiff::{SignedDuration, Timestamp};

use super::answers;
use super::figures::Figures;
use super::holders::Holders;
use super::orphans::Orphans;
use super::steps::steps;
use super::truth::{Facts, Truth};
use crate::dns::SimDns;
use crate::ses::SimSes;
use crate::store::Observe;
use crate::time::SimClock;

/// How long a look may be due while there is no trouble: a minute until the next run, the timeout
/// for a domain with dead name servers, and the calls.
const LONGEST_WAIT: Duration = Duration::from_secs(100);
const RUN: Duration = Duration::from_mins(1);

/// The writes and their problems. Copies share it.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    clock: SimClock,
    dns: SimDns,
    ses: SimSes,
    orphans: Arc<Orphans>,
    /// Whether the answers about written domains are checked: only for a service without a fault.
    answers_are_checked: bool,
    /// The configuration set that the final step attaches.
    configuration_set: Option<ConfigurationSet>,
    state: Arc<Mutex<Entries>>,
}

type Key = (ClientId, DomainName);

#[derive(Debug, Default)]
struct Entries {
    written: Vec<Event>,
    marked: HashMap<EventId, Duration>,
    published: HashMap<EventId, usize>,
    /// The last event about the state of each domain.
    last: HashMap<Key, EventType>,
    /// The alerts to Lasso support about each domain in its present state.
    told: HashMap<Key, Vec<EventType>>,
    /// When a person's action, or another client's claim, last left the time of the next look
    /// unchanged.
    acted: HashMap<Key, Duration>,
    /// Emails with instructions, by client and day, and by domain.
    letters: HashMap<(ClientId, Day), HashMap<DomainName, u32>>,
    /// When SES's list is to be read.
    next_sweep: Option<Timestamp>,
    truth: Truth,
    holders: Holders,
    /// Since when there has been no trouble, if there is none.
    calm_since: Option<Duration>,
    wrong: Vec<String>,
    figures: Figures,
}

impl Journal {
    pub(crate) fn new(
        clock: SimClock,
        dns: SimDns,
        ses: SimSes,
        orphans: Orphans,
        configuration_set: Option<ConfigurationSet>,
        answers_are_checked: bool,
    ) -> Self {
        Self {
            clock,
            dns,
            ses,
            orphans: Arc::new(orphans),
            configuration_set,
            answers_are_checked,
            state: Arc::default(),
        }
    }

    /// Records a broken rule.
    pub(crate) fn wrong(&self, what: &str) {
        let at = self.clock.elapsed();
        let hours = at.as_secs() / 3600;
        self.entries()
            .wrong
            .push(format!("after {hours} h {} s: {what}", at.as_secs() % 3600));
    }

    /// All broken rules.
    pub(crate) fn all_wrong(&self) -> Vec<String> {
        self.entries().wrong.clone()
    }

    /// Sets since when nothing disturbs the service; `None` while something does.
    pub(crate) fn set_calm(&self, since: Option<Duration>) {
        self.entries().calm_since = since;
    }

    /// An event was published by a process that began at `started`.
    pub(crate) fn published(&self, event: &Event, started: Duration) {
        let mut entries = self.entries();
        entries.figures.published += 1;
        *entries.published.entry(event.event_id).or_default() += 1;
        let marked = entries.marked.get(&event.event_id).copied();
        drop(entries);
        if marked.is_some_and(|marked| marked < started) {
            self.wrong(&format!("{event:?} was published after it was marked"));
        }
    }

    /// Events that were written, and never published.
    pub(crate) fn lost(&self) -> Vec<Event> {
        let entries = self.entries();
        let lost = |event: &&Event| !entries.published.contains_key(&event.event_id);
        entries.written.iter().filter(lost).cloned().collect()
    }

    /// Sets the facts of a name from now on.
    pub(super) fn is(&self, name: &DomainName, facts: Facts) {
        self.entries().truth.is(name, facts, self.clock.elapsed());
    }

    /// Whether one client holds both names.
    pub(super) fn have_the_same_holder(&self, one: &DomainName, other: &DomainName) -> bool {
        self.entries().holders.have_the_same_holder(one, other)
    }

    /// Checks the changes and deletions at SES since the last write, with the domains as that write
    /// left them.
    fn at_ses(&self) {
        for change in self.ses.take_changes() {
            let outcome = self.entries().holders.touched(&change);
            if let Err(what) = outcome {
                self.wrong(&what);
            }
        }
        for deletion in self.ses.take_deletions() {
            let outcome = self.entries().holders.deleted(&deletion, &self.orphans);
            if let Err(what) = outcome {
                self.wrong(&what);
            }
        }
    }

    /// At the end, after calm times of this length, checks the identities at SES that no domain
    /// holds.
    pub(super) fn settled(&self, settling: SignedDuration) {
        self.at_ses();
        let now = self.clock.now();
        let (figures, wrong) = self.orphans.settled(&self.ses, now, settling);
        self.entries().figures.orphans = figures;
        let names = self.ses.names();
        let left = |name: &&DomainName| self.is_of_others(name) && !self.orphans.has(name);
        let left_alone = names.iter().filter(left).count();
        self.entries().holders.contests.left_alone = left_alone;
        for what in &wrong {
            self.wrong(what);
        }
    }

    /// Whether SES may have a name that no domain holds.
    pub(super) fn is_orphan(&self, name: &DomainName) -> bool {
        let never_held = !self.entries().holders.had.contains(name);
        self.is_of_others(name) || (self.orphans.has(name) && never_held)
    }

    /// Whether SES has an identity of the name that the service did not create: none of its clients
    /// has adopted it, or it is left after its domain was removed.
    fn is_of_others(&self, name: &DomainName) -> bool {
        let identity = self.ses.identity(name);
        identity.is_some_and(|identity| {
            let owner = owner_of(&identity);
            is_adopted(&identity) || !self.entries().holders.is_theirs(name, &owner)
        })
    }

    /// Checks for changes that the service should have noticed by now. SES is in trouble for `busy`
    /// longer.
    pub(super) fn weigh(&self, busy: Duration) {
        let wrong = self.entries().truth.weigh(self.clock.elapsed(), busy);
        for what in &wrong {
            self.wrong(what);
        }
    }

    /// The earliest time at which a domain is due, or SES's list is to be read.
    pub(super) fn next_check(&self) -> Option<Timestamp> {
        let entries = self.entries();
        let next_check = entries.holders.next_check();
        let next_sweep = entries.next_sweep.unwrap_or(Timestamp::MIN);
        next_check.map(|next_check| next_check.min(next_sweep))
    }

    /// The process that would notice a change is delayed by this long.
    pub(super) fn holds_up(&self, length: Duration) {
        self.entries().truth.holds_up(length);
    }

    /// The wall clock jumps ahead.
    pub(super) fn jumps_ahead(&self, by: Duration) {
        let now = self.clock.elapsed();
        self.entries().truth.jumps_ahead(now, by);
    }

    /// An email with instructions was sent.
    pub(super) fn letter(&self, client: &ClientId, name: &DomainName) {
        let day = Day::of(self.clock.now());
        let mut entries = self.entries();
        entries.figures.letters += 1;
        let of_client = entries.letters.entry((client.clone(), day)).or_default();
        let of_domain = of_client.entry(name.clone()).or_default();
        *of_domain += 1;
        let of_domain = *of_domain;
        let all: u32 = of_client.values().sum();
        drop(entries);
        if of_domain > PER_DOMAIN || all > PER_CLIENT {
            self.wrong(&format!(
                "{of_domain} emails for {name} on one day, {all} of {client}"
            ));
        }
    }

    /// A limit of emails was reached.
    pub(super) fn limited(&self, of_domain: bool) {
        let figures = &mut self.entries().figures;
        figures.domain_limits += usize::from(of_domain);
        figures.client_limits += usize::from(!of_domain);
    }

    /// How much was written, and how often each rule was checked.
    pub(super) fn figures(&self) -> Figures {
        let entries = self.entries();
        Figures {
            tested: entries.truth.tested,
            contests: entries.holders.contests,
            ..entries.figures
        }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Each event differs from the previous one about the state: one alert when a domain breaks,
    /// and one when it recovers. A person is asked only once in each state.
    fn event(&self, event: &Event, moves: bool) {
        let key = (event.client.clone(), event.domain.clone());
        let mut entries = self.entries();
        entries.written.push(event.clone());
        let (before, repeats) = match event.event_type {
            EventType::Added
            | EventType::Displaced
            | EventType::Verified
            | EventType::Authenticated
            | EventType::AtRisk
            | EventType::Recovered
            | EventType::Failed
            | EventType::Rejected
            | EventType::Removed => {
                let before = entries.last.insert(key, event.event_type);
                let alone =
                    event.event_type == EventType::Recovered && before != Some(EventType::AtRisk);
                (before, before == Some(event.event_type) || alone)
            }
            EventType::Contested if moves => {
                let before = entries.last.insert(key, event.event_type);
                (before, before == Some(event.event_type))
            }
            // For a proven claim, each holder is told of each claimant.
            EventType::Contested => (None, false),
            EventType::RecordsReady => (None, false),
            EventType::Ready | EventType::Stuck | EventType::Expiring => {
                let told = entries.told.entry(key).or_default();
                let repeats = told.contains(&event.event_type);
                told.push(event.event_type);
                (Some(event.event_type), repeats)
            }
        };
        drop(entries);
        if repeats {
            self.wrong(&format!(
                "{} came after {before:?}: {event:?}",
                event.event_type.as_str()
            ));
        }
    }

    /// After some transitions without an event, the same event may be sent again.
    fn begins_again(&self, entry: &HistoryEntry, domain: &Domain) {
        let again = match entry.action {
            Action::Restarted | Action::Reopened | Action::Provisioned => true,
            Action::Added | Action::Readded | Action::ProofFound | Action::Verified => false,
            Action::Failed | Action::Completed | Action::Rejected | Action::RecordsBroken => false,
            Action::RecordsRecovered | Action::Displaced | Action::Removed | Action::Stuck => false,
            Action::Ready | Action::InstructionsSent => false,
            Action::Challenged | Action::Unchallenged => false,
            Action::Checked | Action::Adopted | Action::Changed => false,
            Action::EmailRefused | Action::LinkMade | Action::LinkWithdrawn => false,
        };
        let key = (domain.client.clone(), domain.name.clone());
        let mut entries = self.entries();
        if entry.from != Some(entry.to) {
            entries.told.remove(&key);
        }
        if again {
            entries.last.remove(&key);
        }
    }

    /// Every domain that Lasso sends with has the operator's configuration set.
    fn completed(&self, entry: &HistoryEntry, domain: &Domain) {
        let attached = self.ses.identity(&domain.name);
        let attached = attached.and_then(|identity| identity.configuration_set);
        let wanted = self
            .configuration_set
            .as_ref()
            .map(ConfigurationSet::as_str);
        if entry.action == Action::Completed && attached.as_deref() != wanted {
            self.wrong(&format!("{} was completed with {attached:?}", domain.name));
        }
    }

    /// Changes from outside a domain do not change the time of its next look: a person's actions,
    /// and writes because of another client's claim.
    fn acted(&self, changes: &[&Change]) {
        let from_outside = |entry: &HistoryEntry| {
            !matches!(entry.actor, Actor::Service)
                || matches!(entry.action, Action::Challenged | Action::Unchallenged)
        };
        let asked = |change: &&Change| change.domain.check_asked_by.is_some();
        let touched = changes.iter().any(asked)
            || changes
                .iter()
                .flat_map(|change| &change.history)
                .any(from_outside);
        if changes.len() == 1 && !touched {
            return;
        }
        let now = self.clock.elapsed();
        let acted = &mut self.entries().acted;
        for change in changes {
            let key = (change.domain.client.clone(), change.domain.name.clone());
            acted.insert(key, now);
        }
    }

    fn wait(&self, before: &Domain, after: &Domain) {
        let calm_since = self.entries().calm_since;
        let now = self.clock.now();
        let wait = Duration::try_from(now.duration_since(before.next_check)).unwrap_or_default();
        let (Some(calm_since), true) = (calm_since, after.next_check > before.next_check) else {
            return;
        };
        let due = self.clock.elapsed().saturating_sub(wait);
        let entries = self.entries();
        let acted = entries
            .acted
            .get(&(before.client.clone(), before.name.clone()));
        // A look loses a conflict with a change from outside, and the next run looks again.
        let overtaken = acted.is_some_and(|at| *at >= due);
        drop(entries);
        let longest = if overtaken {
            LONGEST_WAIT + RUN
        } else {
            LONGEST_WAIT
        };
        if due >= calm_since && wait > longest {
            self.wrong(&format!("{} was due for {wait:?}", before.name));
        }
    }
}

impl Observe for Journal {
    fn committed(&self, before: &[Option<Domain>], changes: &[&Change]) {
        self.at_ses();
        let now = self.clock.elapsed();
        let mut entries = self.entries();
        entries.figures.commits += 1;
        let mut wrong = entries.holders.changed(before, changes, &self.dns);
        for change in changes {
            let name = &change.domain.name;
            let outcome = entries.truth.changed(change, now);
            wrong.extend(outcome.err().map(|what| format!("{name} {what}")));
        }
        drop(entries);
        for what in &wrong {
            self.wrong(what);
        }
        for (before, change) in before.iter().zip(changes) {
            if let Err(what) = steps(before.as_ref(), change) {
                self.wrong(&format!("{}: {what}", change.domain.name));
            }
            for entry in &change.history {
                if entry.evidence.is_none() {
                    self.wrong(&format!("{entry:?} has no evidence"));
                }
                self.begins_again(entry, &change.domain);
                self.completed(entry, &change.domain);
            }
            if let Some(before) = before {
                self.wait(before, &change.domain);
            }
            if let Some(event) = &change.event {
                let moves = change
                    .history
                    .iter()
                    .any(|entry| entry.from != Some(entry.to));
                self.event(event, moves);
            }
        }
        self.acted(changes);
    }

    fn stored(&self, store: &MemoryStore, changes: &[&Change]) {
        if !self.answers_are_checked {
            return;
        }
        let now = self.clock.now();
        for change in changes {
            let Some(wrong) = answers::wrong(store, &change.domain, now) else {
                continue;
            };
            self.entries().figures.answers += 1;
            for what in &wrong {
                self.wrong(what);
            }
        }
    }

    fn ended(&self, memory: &RunMemory) {
        self.entries().next_sweep = memory.next_sweep;
    }

    fn marked(&self, event: &Event) {
        let now = self.clock.elapsed();
        self.entries().marked.entry(event.event_id).or_insert(now);
    }
}
