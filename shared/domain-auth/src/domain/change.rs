//! The only way to change a domain: the new state, the lines of history and the event together.

use jiff::{SignedDuration, Timestamp};

use super::{Domain, NewDomain};
use crate::claims::ClaimRegister;
use crate::diagnosis::{FormerTokens, Sightings};
use crate::dns::DnsLook;
use crate::event::{self, Event, EventType};
use crate::evidence::{self, Evidence};
use crate::history::{Action, Actor, HistoryEntry};
use crate::instructions::Day;
use crate::limits::{AdditionLimits, ClientCountChange};
use crate::links::NewLink;
use crate::pace;
use crate::ports::Ids;
use crate::state::{CONTESTED_WINDOW, State, Status, TransitionError, Trigger, TriggerKind};
use crate::watching::Watch;

/// A run of the poller looks at a new domain within this time, even if one run is skipped.
const NEXT_RUN: SignedDuration = SignedDuration::from_mins(2);

/// Everything that one step writes, in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The domain after the step. Its version is one more than the version that must be stored;
    /// version 1 means that the domain must not be stored yet.
    pub domain: Domain,
    /// Whether the domain is kept.
    pub fate: Fate,
    /// The claims after the step, if it changes them; the same rule for the version.
    pub claims: Option<ClaimRegister>,
    /// The lines of history; empty if only the time of the next look changes.
    pub history: Vec<HistoryEntry>,
    /// The event to publish.
    pub event: Option<Event>,
    /// The DNS look, if there was one.
    pub look: Option<DnsLook>,
    /// The change of the number of domains in the client's list.
    pub client_count: Option<ClientCountChange>,
    /// The link that it makes. The domain's list of links has it too.
    pub link: Option<NewLink>,
}

/// Whether a change keeps or deletes its domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is stored as it is after the step.
    Stored,
    /// It is deleted, with its last DNS look. Its history is kept.
    Deleted,
}

impl Change {
    /// How long after its addition the domain was verified, if this change verifies it.
    pub fn verified_after(&self) -> Option<SignedDuration> {
        let mut history = self.history.iter();
        let entry = history.find(|entry| entry.action == Action::Verified)?;
        Some(entry.at.duration_since(self.domain.added_at))
    }

    /// Adds limits to a change that adds a domain: the store writes it only while the client is
    /// within them.
    #[must_use]
    pub fn within(mut self, limits: AdditionLimits) -> Self {
        if let Some(ClientCountChange::Added { within, .. }) = &mut self.client_count {
            *within = Some(limits);
        }
        self
    }

    /// Adds another transition to the change: one version and one transaction, a line of history
    /// for each transition, and the event of the last one, which describes the whole change.
    pub fn then(
        self,
        trigger: Trigger,
        actor: Actor,
        evidence: Option<Evidence>,
        now: Timestamp,
        ids: &impl Ids,
    ) -> Result<Self, TransitionError> {
        let before = self.history.first().and_then(|line| line.from);
        let next = self.domain.transition(trigger, actor, evidence, now, ids)?;
        let mut change = Self {
            event: next.event.or(self.event),
            client_count: ClientCountChange::and(self.client_count, next.client_count),
            ..self
        };
        change.domain = next.domain;
        change.domain.version -= 1;
        let version = change.domain.version;
        change.history.extend(next.history);
        for line in &mut change.history {
            line.sequence = version;
        }
        if let Some(event) = &mut change.event {
            event.sequence = version;
            event.previous_status = before.or(event.previous_status);
        }
        Ok(change)
    }

    /// Whether the change adds a domain again that was being removed. Only then the stored
    /// [`Domain::added_at`] changes.
    pub fn begins_a_life(&self) -> bool {
        let from = self.history.first().and_then(|line| line.from);
        from == Some(Status::Removing) && self.domain.is_there()
    }

    /// Makes a change from `provisioning` to `contested` look as if the domain had been contested
    /// from the start. The client must not learn why a name is contested, and a later time would
    /// reveal it.
    pub(crate) fn contested_all_along(&mut self, before: &Domain, now: Timestamp) {
        let since = before.state_since;
        self.domain.state_since = since;
        if let State::Contested(contested) = &mut self.domain.state {
            contested.expires_at = since + CONTESTED_WINDOW;
        }
        // A domain that is contested when it is added is due immediately, until the next run. After
        // that it must not seem overdue.
        let is_seen_by_the_next_run = now.duration_since(since) < NEXT_RUN;
        self.domain.next_check = if is_seen_by_the_next_run { since } else { now };
    }

    /// The change without the parts that only explain it: the DNS look, the lists in the evidence,
    /// and the states of the records. Used if the store does not accept the whole change.
    #[must_use]
    pub fn without_details(&self) -> Self {
        let mut change = self.clone();
        if change.look.take().is_some() {
            change.domain.look_digest = None;
        }
        for line in &mut change.history {
            let evidence = line.evidence.as_ref();
            line.evidence = evidence.map(|evidence| evidence.without_details(line.action));
        }
        if let Some(event) = &mut change.event {
            event.records.clear();
            event.missing.clear();
        }
        change
    }

    /// If a person waits for the result of a check, adds the check to the history, before the lines
    /// of the change itself.
    pub(crate) fn answer_check(
        &mut self,
        before: &Domain,
        evidence: impl FnOnce() -> Evidence,
        now: Timestamp,
    ) {
        let Some(actor) = self.domain.check_asked_by.take() else {
            return;
        };
        let status = Some(before.state.status());
        let evidence = Some(evidence());
        let mut line = before.history_entry(Action::Checked, actor, status, evidence, now);
        line.sequence = self.domain.version;
        self.history.insert(0, line);
    }
}

impl Domain {
    fn history_entry(
        &self,
        action: Action,
        actor: Actor,
        from: Option<Status>,
        evidence: Option<Evidence>,
        now: Timestamp,
    ) -> HistoryEntry {
        HistoryEntry {
            at: now,
            sequence: self.version,
            actor,
            action,
            from,
            to: self.state.status(),
            evidence: evidence.map(|evidence| evidence.bounded(action)),
        }
    }

    /// A new domain. It is due immediately: if the caller crashes, the next run of the poller
    /// continues. If a run starts while the caller is still at work, both do the same work, and one
    /// of the two results is written.
    pub fn add(
        new: NewDomain,
        state: State,
        claims: Option<ClaimRegister>,
        actor: Actor,
        now: Timestamp,
        ids: &impl Ids,
    ) -> Change {
        let evidence = Some(evidence::of_addition(&new));
        let organizational = claims.as_ref().map_or_else(
            || new.name.organizational().to_owned(),
            |claims| claims.organizational.clone(),
        );
        let mut domain = Self {
            name: new.name,
            client: new.client,
            client_name: None,
            community: new.community,
            other_communities: Vec::new(),
            contact_email: new.contact_email,
            added_at: now,
            state,
            state_since: now,
            ses: None,
            dns_looked_at: None,
            checked_at: None,
            check_asked_by: None,
            hurried_at: None,
            ready: None,
            was_rejected: false,
            challengers: Vec::new(),
            challenged_at: None,
            former_tokens: FormerTokens::default(),
            watch: Watch::default(),
            stuck_at: None,
            warned_at: None,
            look_digest: None,
            restarting_until: None,
            next_check: now,
            version: 1,
            organizational: Some(organizational),
            never_verified: true,
            sightings: Sightings::default(),
            hidden_by: None,
            links: Vec::new(),
            mail_refusals: Vec::new(),
            latest_letter: None,
        };
        domain.learn_client_name(&actor);
        let event_type = event::of_addition(domain.state.status());
        Change {
            history: vec![domain.history_entry(Action::Added, actor, None, evidence, now)],
            event: domain.event(event_type, None, now, ids),
            claims,
            look: None,
            fate: Fate::Stored,
            client_count: Some(ClientCountChange::Added {
                day: Day::of(now),
                within: None,
            }),
            link: None,
            domain,
        }
    }

    /// The change that `trigger` makes. The time of the next look follows from the new state.
    pub fn transition(
        &self,
        trigger: Trigger,
        actor: Actor,
        evidence: Option<Evidence>,
        now: Timestamp,
        ids: &impl Ids,
    ) -> Result<Change, TransitionError> {
        let kind = trigger.kind();
        let previous = self.state.status();
        let mut domain = self.clone();
        domain.learn_client_name(&actor);
        domain.state = domain.state.apply(trigger, now)?;
        domain.was_rejected |= kind == TriggerKind::Refused;
        domain.never_verified &= kind != TriggerKind::SesVerified;
        domain.keep_organizational();
        if let (Some(identity), None) = (self.state.identity(), domain.state.identity()) {
            domain.former_tokens.remember(identity);
        }
        if forgets(kind) {
            domain.ses = None;
            domain.dns_looked_at = None;
            domain.look_digest = None;
            domain.hidden_by = None;
            domain.challengers = Vec::new();
            domain.challenged_at = None;
        }
        if forgets(kind) || domain.state.identity().is_none() {
            domain.sightings = Sightings::default();
        }
        if ends_links(kind) {
            domain.links = Vec::new();
        }
        domain.state_since = now;
        domain.carry_ready_over(self, kind, now);
        domain.stuck_at = None;
        domain.warned_at = None;
        domain.watch = match domain.state.status() {
            Status::Contested | Status::Provisioning | Status::Pending | Status::Removing => {
                Watch::default()
            }
            Status::Verified
            | Status::Authenticated
            | Status::AtRisk
            | Status::Failed
            | Status::Rejected => Watch {
                bad_since: None,
                held_back_since: None,
                ..domain.watch
            },
        };
        if let (State::Removing(removing), Some(until)) = (&mut domain.state, self.restarting_until)
        {
            removing.settles_at = removing
                .settles_at
                .max(Some(until).filter(|until| now < *until));
        }
        domain.version += 1;
        domain.next_check = match domain.state.status() {
            // SES may have verified it before the first query.
            Status::Pending => now,
            Status::Provisioning | Status::Removing => domain.after_calls_under_way(now),
            // A first look shows the rest of its DNS soon, and how long Lasso may leave it waiting.
            Status::Verified => now,
            // Treated as a domain that is contested when it is first added.
            Status::Contested if kind == TriggerKind::ReaddedContested => now,
            Status::Contested
            | Status::Authenticated
            | Status::AtRisk
            | Status::Failed
            | Status::Rejected => pace::next_check(&domain, now),
        };
        let from = Some(previous);
        let mut change = Change {
            history: vec![domain.history_entry(kind.into(), actor, from, evidence, now)],
            event: domain.event(domain.event_after(kind, now), from, now, ids),
            claims: None,
            look: None,
            fate: Fate::Stored,
            client_count: counted(kind, now),
            link: None,
            domain,
        };
        let looked = matches!(kind, TriggerKind::ProofFound | TriggerKind::Adopted);
        if forgets(kind) && !looked {
            change.answer_check(self, || evidence::of_look(None, None), now);
        }
        Ok(change)
    }

    /// A domain that is being removed is added again. It starts from the beginning if the client
    /// can have the name, and with a contested claim if not.
    pub fn readded(
        &self,
        new: NewDomain,
        contested: Option<String>,
        actor: Actor,
        now: Timestamp,
        ids: &impl Ids,
    ) -> Result<Change, TransitionError> {
        let trigger = contested.map_or(Trigger::Readded, |ownership_secret| {
            Trigger::ReaddedContested { ownership_secret }
        });
        let evidence = Some(evidence::of_addition(&new));
        let mut domain = self.clone();
        domain.set_communities(new.community.into_iter().collect());
        domain.contact_email = new.contact_email;
        // The new `added_at` is later than the old one, even if the clock of this function is late.
        domain.added_at = now.max(self.added_at + SignedDuration::from_nanos(1));
        domain.checked_at = None;
        domain.hurried_at = None;
        domain.ready = None;
        domain.forget_mail();
        domain.transition(trigger, actor, evidence, now, ids)
    }

    /// Tells Lasso support that the domain has waited for too long. Once for each time it enters a
    /// state.
    #[must_use]
    pub fn stuck(&self, now: Timestamp, ids: &impl Ids) -> Change {
        let mut change = self.updated(|domain| domain.stuck_at = Some(now));
        let status = self.state.status();
        change.history.push(change.domain.history_entry(
            Action::Stuck,
            Actor::Service,
            Some(status),
            Some(evidence::of_stuck(self.waits_since())),
            now,
        ));
        change.event = change
            .domain
            .event(Some(EventType::Stuck), Some(status), now, ids);
        change
    }

    /// A change without a new state, with a line of history and an event.
    pub(crate) fn noted(
        &self,
        update: impl FnOnce(&mut Self),
        (action, event_type): (Action, EventType),
        actor: Actor,
        evidence: Option<Evidence>,
        now: Timestamp,
        ids: &impl Ids,
    ) -> Change {
        let mut change = self.updated(update);
        change.domain.learn_client_name(&actor);
        let status = Some(self.state.status());
        let domain = &change.domain;
        change.history = vec![domain.history_entry(action, actor, status, evidence, now)];
        change.event = domain.event(Some(event_type), status, now, ids);
        change
    }

    /// The change after a look that changed no state: the result, and the time of the next look.
    #[must_use]
    pub fn looked_at(&self, update: impl FnOnce(&mut Self), now: Timestamp) -> Change {
        let mut change = self.updated(update);
        change.domain.next_check = pace::next_check(&change.domain, now);
        change
    }

    /// A change without a new state that adds a line of history: what a person did.
    #[must_use]
    pub fn acted(
        &self,
        action: Action,
        actor: Actor,
        evidence: Option<Evidence>,
        now: Timestamp,
        update: impl FnOnce(&mut Self),
    ) -> Change {
        let mut change = self.updated(update);
        change.domain.learn_client_name(&actor);
        let status = Some(self.state.status());
        let line = change
            .domain
            .history_entry(action, actor, status, evidence, now);
        change.history.push(line);
        change
    }

    /// A change without a new state or a new time for the next look.
    #[must_use]
    pub fn updated(&self, update: impl FnOnce(&mut Self)) -> Change {
        let mut domain = self.clone();
        domain.keep_organizational();
        update(&mut domain);
        domain.version += 1;
        Change {
            domain,
            fate: Fate::Stored,
            claims: None,
            history: Vec::new(),
            event: None,
            look: None,
            client_count: None,
            link: None,
        }
    }
}

/// The change of the number of domains in the client's list. A domain that is being removed is no
/// longer in the list.
fn counted(trigger: TriggerKind, now: Timestamp) -> Option<ClientCountChange> {
    match trigger {
        TriggerKind::Removed => Some(ClientCountChange::Removed),
        TriggerKind::Readded | TriggerKind::ReaddedContested => Some(ClientCountChange::Added {
            day: Day::of(now),
            within: None,
        }),
        TriggerKind::ProofFound | TriggerKind::Displaced | TriggerKind::Provisioned => None,
        TriggerKind::Adopted => None,
        TriggerKind::SesVerified | TriggerKind::SesFailed | TriggerKind::Restarted => None,
        TriggerKind::Completed | TriggerKind::Refused | TriggerKind::Reopened => None,
        TriggerKind::RecordsBroken | TriggerKind::RecordsRecovered => None,
    }
}

/// Whether the transition ends links to the domain: the client has lost the name, or starts again
/// with it.
fn ends_links(trigger: TriggerKind) -> bool {
    match trigger {
        TriggerKind::Displaced | TriggerKind::Removed => true,
        TriggerKind::Readded | TriggerKind::ReaddedContested => true,
        TriggerKind::ProofFound | TriggerKind::Adopted | TriggerKind::Provisioned => false,
        TriggerKind::SesVerified | TriggerKind::SesFailed | TriggerKind::Restarted => false,
        TriggerKind::Completed | TriggerKind::Refused | TriggerKind::Reopened => false,
        TriggerKind::RecordsBroken | TriggerKind::RecordsRecovered => false,
    }
}

/// Whether earlier observations do not apply to the domain after this transition.
fn forgets(trigger: TriggerKind) -> bool {
    match trigger {
        TriggerKind::ProofFound | TriggerKind::Displaced | TriggerKind::Removed => true,
        TriggerKind::Adopted => true,
        TriggerKind::Readded | TriggerKind::ReaddedContested => true,
        TriggerKind::Provisioned | TriggerKind::SesVerified | TriggerKind::SesFailed => false,
        TriggerKind::Restarted | TriggerKind::Completed | TriggerKind::Refused => false,
        TriggerKind::Reopened | TriggerKind::RecordsBroken | TriggerKind::RecordsRecovered => false,
    }
}
