//! The main path with fakes: SES throttles, responses get lost, two requests race, and the process
//! crashes between any two of its steps.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

mod checks;
mod dying;
mod fair;
mod moving;

use std::sync::Arc;

use domain_auth::domain::{Domain, NewDomain};
use domain_auth::event::EventType;
use domain_auth::final_step::FinalStepPolicy;
use domain_auth::history::Actor;
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::limits::AdditionLimits;
use domain_auth::names::Eligibility;
use domain_auth::ports::{Clock, ReadClaims, ReadDomains};
use domain_auth::state::{FailureReason, State, Status, Trigger};
use domain_auth::use_cases::add::{self, AddError, Addition};
use domain_auth::use_cases::poll::{Counter, Poller, Report, Settings};
use domain_auth::use_cases::provision::{self, Provisioned};
use domain_auth::use_cases::publish::publish;
use domain_auth::use_cases::{SesBudget, StoreTools, Tools};
use domain_auth_testkit::{
    CrashPoint, FakeDns, FakeSes, MemoryStore, RecordingTopic, SequentialIds, SesFault, TestClock,
    TestPorts, client, domain_name, identity, new_domain,
};
use futures::FutureExt;
use jiff::SignedDuration;

struct World {
    crash: Arc<CrashPoint>,
    store: MemoryStore,
    ses: FakeSes,
    topic: RecordingTopic,
    clock: TestClock,
    ids: SequentialIds,
    dns: FakeDns,
    final_step: FinalStepPolicy,
}

impl World {
    fn new() -> Self {
        let crash = Arc::new(CrashPoint::default());
        Self {
            store: MemoryStore::new(Arc::clone(&crash)),
            ses: FakeSes::new(Arc::clone(&crash)),
            topic: RecordingTopic::new(Arc::clone(&crash)),
            clock: TestClock::default(),
            ids: SequentialIds::default(),
            dns: FakeDns::default(),
            final_step: FinalStepPolicy::default(),
            crash,
        }
    }

    /// Does the work of `POST /domains`. `None` if the process crashed.
    fn post(&self, new: &NewDomain) -> Option<Result<Domain, AddError>> {
        let actor = Actor::client_admin("1");
        let eligibility = Eligibility::default();
        let budget = SesBudget::unlimited();
        let request = async {
            let (tools, none) = (self.tools(&budget), AdditionLimits::NONE);
            let added = add::add(&tools, &eligibility, new, &actor, none).await?;
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
        };
        Box::pin(request).now_or_never()
    }

    fn added(&self, client_id: &str, name: &str) -> Domain {
        self.post(&new_domain(client_id, name)).unwrap().unwrap()
    }

    /// A run of the poller. `None` if the process crashed.
    fn poll(&self) -> Option<Report> {
        let budget = SesBudget::per_second(1);
        let poller = Poller {
            tools: self.tools(&budget),
            publisher: &self.topic,
            settings: Settings::default(),
            final_step: &self.final_step,
        };
        let deadline = self.clock.now() + SignedDuration::from_secs(59);
        Box::pin(poller.run(deadline))
            .now_or_never()
            .map(Result::unwrap)
    }

    fn poll_after(&self, wait: SignedDuration) -> Report {
        self.clock.advance(wait);
        self.poll().unwrap()
    }

    fn store_tools(&self) -> StoreTools<'_, TestPorts> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    fn tools<'a>(&'a self, budget: &'a SesBudget) -> Tools<'a, TestPorts> {
        self.store_tools()
            .with_ses(&self.ses, budget)
            .with_dns(&self.dns)
    }

    fn domain(&self, client_id: &str, name: &str) -> Domain {
        let (client, name) = (client(client_id), domain_name(name));
        let read = self.store.domain(&client, &name);
        read.now_or_never().unwrap().unwrap().unwrap()
    }

    fn status(&self, name: &str) -> Status {
        self.domain("maple", name).state.status()
    }

    fn published(&self) -> Vec<EventType> {
        self.topic
            .events()
            .iter()
            .map(|event| event.event_type)
            .collect()
    }
}

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
