//! Domains that SES has verified, and runs of the poller with fakes.

use domain_auth::dns::DnsLook;
use domain_auth::domain::Domain;
use domain_auth::event::EventType;
use domain_auth::final_step::MANUAL;
use domain_auth::history::Actor;
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::ports::{Clock, CommitChanges, ReadDomains, Reconciliations};
use domain_auth::reconciliation::Reconciliation;
use domain_auth::records::Record;
use domain_auth::state::{State, Status, Trigger};
use domain_auth::use_cases::poll::{Counter, Poller, Report, Settings};
use domain_auth::use_cases::{SesBudget, StoreTools};
use domain_auth_testkit::{
    FakeDns, FakeSes, MemoryStore, RecordingTopic, SequentialIds, TestClock, TestPorts, client,
    domain_name, identity, new_domain,
};
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};

pub(crate) const MINUTE: SignedDuration = SignedDuration::from_mins(1);
pub(crate) const HOUR: SignedDuration = SignedDuration::from_hours(1);
pub(crate) const DAY: SignedDuration = SignedDuration::from_hours(24);

pub(crate) const WELL: SesStatus = SesStatus {
    verification: AxisStatus::Success,
    dkim: AxisStatus::Success,
    mail_from: AxisStatus::Success,
};

pub(crate) const WAITS: SesStatus = SesStatus {
    verification: AxisStatus::Pending,
    dkim: AxisStatus::Pending,
    mail_from: AxisStatus::Pending,
};

#[derive(Default)]
pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) ses: FakeSes,
    pub(crate) topic: RecordingTopic,
    pub(crate) clock: TestClock,
    pub(crate) ids: SequentialIds,
    pub(crate) dns: FakeDns,
    pub(crate) reconcile_delete: bool,
}

impl World {
    /// A domain that Lasso sends for, with everything in DNS.
    pub(crate) fn sending(&self, name: &str) -> Domain {
        let domain = self.in_state(name, &[Trigger::SesVerified, Trigger::Completed]);
        for record in domain.records() {
            self.dns.publish(&record);
        }
        domain
    }

    /// A domain with an identity at SES that is verified, after these triggers.
    pub(crate) fn in_state(&self, name: &str, triggers: &[Trigger]) -> Domain {
        let name = domain_name(name);
        let now = self.clock.now();
        self.ses.add_orphan(&name, "maple");
        self.ses.set_status(&name, WELL);
        let new = new_domain("maple", name.as_str());
        let ids = &self.ids;
        let added = Domain::add(new, State::provisioning(), None, Actor::Service, now, ids);
        let mut domain = added.domain;
        let provisioned = Trigger::Provisioned(identity(&name));
        for trigger in [provisioned].iter().chain(triggers) {
            let change = domain.transition(trigger.clone(), Actor::Service, None, now, ids);
            domain = change.unwrap().domain;
        }
        domain.version = 1;
        let change = domain.updated(|_| {});
        let mut first = change;
        first.domain.version = 1;
        self.store.commit(&first).now_or_never().unwrap().unwrap();
        first.domain
    }

    pub(crate) fn store_tools(&self) -> StoreTools<'_, TestPorts> {
        StoreTools {
            store: &self.store,
            clock: &self.clock,
            ids: &self.ids,
        }
    }

    pub(crate) fn poll(&self) -> Report {
        let budget = SesBudget::per_second(1);
        let poller = Poller {
            tools: self
                .store_tools()
                .with_ses(&self.ses, &budget)
                .with_dns(&self.dns),
            publisher: &self.topic,
            settings: Settings {
                reconcile_delete: self.reconcile_delete,
                ..Settings::default()
            },
            final_step: &MANUAL,
        };
        let deadline = self.clock.now() + SignedDuration::from_secs(59);
        let run = Box::pin(poller.run(deadline)).now_or_never();
        run.unwrap().unwrap()
    }

    /// Runs the poller every five minutes for this long. Returns the results of the runs.
    pub(crate) fn run_for(&self, time: SignedDuration) -> Vec<Report> {
        let end = self.clock.now() + time;
        let mut reports = Vec::new();
        while self.clock.now() < end {
            reports.push(self.poll());
            self.clock.advance(MINUTE * 5);
        }
        reports
    }

    pub(crate) fn run_until_the_list_is_read(&self) {
        let lists = self.ses.calls("ListEmailIdentities");
        while self.ses.calls("ListEmailIdentities") == lists {
            self.run_for(MINUTE * 5);
        }
    }

    pub(crate) fn domain(&self, name: &str) -> Domain {
        let (client, name) = (client("maple"), domain_name(name));
        let read = self.store.domain(&client, &name);
        read.now_or_never().unwrap().unwrap().unwrap()
    }

    pub(crate) fn look(&self, name: &str) -> DnsLook {
        let (client, name) = (client("maple"), domain_name(name));
        let read = self.store.look(&client, &name);
        read.now_or_never().unwrap().unwrap().unwrap()
    }

    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut Domain, Timestamp)) {
        let now = self.clock.now();
        let changed = self.domain(name).updated(|domain| change(domain, now));
        let written = self.store.commit(&changed).now_or_never();
        written.unwrap().unwrap();
    }

    pub(crate) fn status(&self, name: &str) -> Status {
        self.domain(name).state.status()
    }

    pub(crate) fn published(&self) -> Vec<EventType> {
        let events = self.topic.events();
        events.iter().map(|event| event.event_type).collect()
    }

    pub(crate) fn reconciliation(&self) -> Reconciliation {
        let read = self.store.reconciliation();
        read.now_or_never().unwrap().unwrap().unwrap()
    }
}

pub(crate) fn dkim_of(domain: &Domain) -> Vec<Record> {
    let records = domain.records().into_iter();
    records
        .filter(|record| record.name.contains("_domainkey"))
        .collect()
}

pub(crate) fn named(domain: &Domain, part: &str) -> Record {
    let mut records = domain.records().into_iter();
    records.find(|record| record.name.contains(part)).unwrap()
}

pub(crate) fn sum(reports: &[Report], counter: Counter) -> usize {
    reports.iter().map(|report| report[counter]).sum()
}
