//! Two clients, a store, an SES, a topic and a DNS in memory, and the operations of the functions
//! on them.

use std::sync::Arc;

use domain_auth::claims::ClaimRegister;
use domain_auth::domain::{Domain, NewDomain};
use domain_auth::event::{Event, EventType};
use domain_auth::final_step::MANUAL;
use domain_auth::history::{Action, Actor, HistoryEntry};
use domain_auth::limits::AdditionLimits;
use domain_auth::names::Eligibility;
use domain_auth::ports::{Clock, CommitChanges, ReadDomains};
use domain_auth::state::{Status, Trigger};
use domain_auth::use_cases::add::{self, AddError, Addition};
use domain_auth::use_cases::poll::{Poller, Report, Settings};
use domain_auth::use_cases::provision::{self, Provisioned};
use domain_auth::use_cases::publish::publish;
use domain_auth::use_cases::registers::find;
use domain_auth::use_cases::remove::{self, Confirmation, RemoveError};
use domain_auth::use_cases::{SesBudget, StoreTools, Tools};
use domain_auth_testkit::{
    CrashPoint, FakeDns, FakeSes, MemoryStore, RecordingTopic, SequentialIds, TestClock, TestPorts,
    client, domain_name, new_domain,
};
use futures::FutureExt;
use jiff::SignedDuration;

pub(crate) const MINUTE: SignedDuration = SignedDuration::from_mins(1);
pub(crate) const DAY: SignedDuration = SignedDuration::from_hours(24);

pub(crate) struct World {
    pub(crate) crash: Arc<CrashPoint>,
    pub(crate) store: MemoryStore,
    pub(crate) ses: FakeSes,
    pub(crate) topic: RecordingTopic,
    pub(crate) clock: TestClock,
    pub(crate) ids: SequentialIds,
    pub(crate) dns: FakeDns,
    pub(crate) limits: AdditionLimits,
}

pub(crate) type TestTools<'a> = Tools<'a, TestPorts>;

impl World {
    pub(crate) fn new() -> Self {
        let crash = Arc::new(CrashPoint::default());
        Self {
            store: MemoryStore::new(Arc::clone(&crash)),
            ses: FakeSes::new(Arc::clone(&crash)),
            topic: RecordingTopic::new(Arc::clone(&crash)),
            clock: TestClock::default(),
            ids: SequentialIds::default(),
            dns: FakeDns::default(),
            limits: AdditionLimits::NONE,
            crash,
        }
    }

    pub(crate) fn store_tools(&self) -> StoreTools<'_, TestPorts> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    pub(crate) fn tools<'a>(&'a self, budget: &'a SesBudget) -> TestTools<'a> {
        self.store_tools()
            .with_ses(&self.ses, budget)
            .with_dns(&self.dns)
    }

    /// Does the work of `POST /domains`.
    pub(crate) async fn post(&self, new: &NewDomain) -> Result<Domain, AddError> {
        let eligibility = Eligibility::default();
        let budget = SesBudget::unlimited();
        let tools = self.tools(&budget);
        let (actor, limits) = (admin(), self.limits);
        let added = add::add(&tools, &eligibility, new, &actor, limits).await?;
        let change = match added {
            Addition::Existing(domain) | Addition::ForOneMore(domain, _) => return Ok(*domain),
            Addition::Created(change) => change,
        };
        let until = self.clock.now() + MINUTE;
        publish(&tools, &self.topic, change.event.as_ref(), until).await;
        match provision::provision(&tools, change.domain.clone()).await {
            Ok(
                Provisioned::Done(domain)
                | Provisioned::Later(domain, _)
                | Provisioned::Waits(domain),
            ) => Ok(domain),
            Err(_) => Ok(change.domain),
        }
    }

    pub(crate) fn add(&self, client_id: &str, name: &str) -> Domain {
        let new = new_domain(client_id, name);
        Box::pin(self.post(&new)).now_or_never().unwrap().unwrap()
    }

    /// Does the work of `DELETE /domains/{domain}`.
    pub(crate) async fn delete(
        &self,
        client_id: &str,
        name: &str,
        confirmation: Confirmation,
    ) -> Result<(), RemoveError> {
        let (client, name) = (client(client_id), domain_name(name));
        let budget = SesBudget::unlimited();
        let tools = self.tools(&budget);
        let domain = (&client, &name);
        let marked = remove::mark(&tools, domain, confirmation, &admin()).await?;
        if let Some(change) = marked {
            let until = self.clock.now() + MINUTE;
            publish(&tools, &self.topic, change.event.as_ref(), until).await;
            // Whatever the result, the poller continues.
            remove::finish(&tools, change.domain).await.ok();
        }
        Ok(())
    }

    pub(crate) fn remove(&self, client_id: &str, name: &str) {
        let delete = self.delete(client_id, name, Confirmation::Absent);
        Box::pin(delete).now_or_never().unwrap().unwrap();
    }

    /// A run of the poller. `None` if the process crashed.
    pub(crate) fn try_poll(&self) -> Option<Report> {
        let budget = SesBudget::per_second(1);
        let poller = Poller {
            tools: self.tools(&budget),
            publisher: &self.topic,
            settings: Settings::default(),
            final_step: &MANUAL,
        };
        let deadline = self.clock.now() + SignedDuration::from_secs(59);
        let run = Box::pin(poller.run(deadline)).now_or_never();
        run.map(Result::unwrap)
    }

    pub(crate) fn poll_after(&self, wait: SignedDuration) -> Report {
        self.clock.advance(wait);
        self.try_poll().unwrap()
    }

    /// Runs the poller until no interrupted work can be left.
    pub(crate) fn settle(&self) {
        for _ in 0..5 {
            self.poll_after(MINUTE);
        }
    }

    /// A domain that SES has verified.
    pub(crate) fn verified(&self, client_id: &str, name: &str) -> Domain {
        self.add(client_id, name);
        self.ses.verify(&domain_name(name));
        self.poll_after(MINUTE);
        self.domain(client_id, name).unwrap()
    }

    /// A domain that Lasso sends for.
    pub(crate) fn authenticated(&self, client_id: &str, name: &str) -> Domain {
        self.verified(client_id, name);
        self.moves(client_id, name, Trigger::Completed)
    }

    /// A domain after a transition.
    pub(crate) fn moves(&self, client_id: &str, name: &str, trigger: Trigger) -> Domain {
        let (before, now) = (self.domain(client_id, name).unwrap(), self.clock.now());
        let change = before.transition(trigger, admin(), None, now, &self.ids);
        let change = change.unwrap();
        self.store.commit(&change).now_or_never().unwrap().unwrap();
        change.domain
    }

    pub(crate) fn domain(&self, client_id: &str, name: &str) -> Option<Domain> {
        let (client, name) = (client(client_id), domain_name(name));
        let read = self.store.domain(&client, &name);
        read.now_or_never().unwrap().unwrap()
    }

    pub(crate) fn status(&self, client_id: &str, name: &str) -> Option<Status> {
        self.domain(client_id, name)
            .map(|domain| domain.state.status())
    }

    pub(crate) fn claims(&self, name: &str) -> ClaimRegister {
        let name = domain_name(name);
        let read = find(&self.store, &name, name.organizational());
        read.now_or_never().unwrap().unwrap().register
    }

    /// The holder of exactly this name.
    pub(crate) fn holder(&self, name: &str) -> Option<String> {
        let claims = self.claims(name);
        claims.holder(&domain_name(name)).map(ToString::to_string)
    }

    /// Oldest first.
    pub(crate) fn history(&self, client_id: &str, name: &str) -> Vec<HistoryEntry> {
        let (client, name) = (client(client_id), domain_name(name));
        let read = self.store.history(&client, &name, 100, None);
        let mut items = read.now_or_never().unwrap().unwrap().items;
        items.reverse();
        items
    }

    pub(crate) fn actions(&self, client_id: &str, name: &str) -> Vec<Action> {
        let history = self.history(client_id, name);
        history.into_iter().map(|entry| entry.action).collect()
    }

    /// Events of a client's domain, each once, however often it was published.
    pub(crate) fn events(&self, client_id: &str, name: &str) -> Vec<Event> {
        let (client, name) = (client(client_id), domain_name(name));
        let mut events: Vec<Event> = Vec::new();
        for event in self.topic.events() {
            let known = events.iter().any(|known| known.event_id == event.event_id);
            if event.client == client && event.domain == name && !known {
                events.push(event);
            }
        }
        events
    }

    pub(crate) fn event_types(&self, client_id: &str, name: &str) -> Vec<EventType> {
        let events = self.events(client_id, name);
        events.iter().map(|event| event.event_type).collect()
    }
}

pub(crate) fn admin() -> Actor {
    Actor::client_admin("1")
}
