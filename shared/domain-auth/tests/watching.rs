//! What becomes of domains that SES has verified, run after run: broken records, dead name servers, a
//! blind resolver, lost identities, and a topic that is down.

#![allow(clippy::unwrap_used, reason = "a test says by panicking that it fails")]

use domain_auth::domain::Domain;
use domain_auth::event::EventType;
use domain_auth::history::Actor;
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::ports::{Clock, CommitChanges, ReadDomains, Reconciliations, Runs, STATUS_BATCH};
use domain_auth::reconciliation::Reconciliation;
use domain_auth::records::Record;
use domain_auth::state::{FailureReason, State, Status, Trigger};
use domain_auth::use_cases::SesBudget;
use domain_auth::use_cases::final_step::MANUAL;
use domain_auth::use_cases::poll::{Poller, Report, Settings};
use domain_auth::use_cases::provision::Tools;
use domain_auth::use_cases::restart::restart;
use domain_auth_testkit::{
    FakeDns, FakeSes, MemoryStore, RecordingTopic, SequentialIds, SesFault, TestClock, client,
    domain_name, identity, new_domain,
};
use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

const WELL: SesStatus = SesStatus {
    verification: AxisStatus::Success,
    dkim: AxisStatus::Success,
    mail_from: AxisStatus::Success,
};

const WAITS: SesStatus = SesStatus {
    verification: AxisStatus::Pending,
    dkim: AxisStatus::Pending,
    mail_from: AxisStatus::Pending,
};

#[derive(Default)]
struct World {
    store: MemoryStore,
    ses: FakeSes,
    topic: RecordingTopic,
    clock: TestClock,
    ids: SequentialIds,
    dns: FakeDns,
    reconcile_delete: bool,
}

impl World {
    /// A domain that Lasso sends for, with everything in DNS.
    fn sending(&self, name: &str) -> Domain {
        let domain = self.in_state(name, &[Trigger::SesVerified, Trigger::Completed]);
        for record in domain.records() {
            self.dns.publish(&record);
        }
        domain
    }

    /// A domain with an identity at SES that is verified, after these triggers.
    fn in_state(&self, name: &str, triggers: &[Trigger]) -> Domain {
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

    fn poll(&self) -> Report {
        let budget = SesBudget::per_second(1);
        let poller = Poller {
            tools: Tools {
                store: &self.store,
                ses: &self.ses,
                clock: &self.clock,
                ids: &self.ids,
                dns: &self.dns,
                budget: &budget,
            },
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

    /// Runs every five minutes for so long. What the runs did, added up.
    fn run_for(&self, time: SignedDuration) -> Vec<Report> {
        let end = self.clock.now() + time;
        let mut reports = Vec::new();
        while self.clock.now() < end {
            reports.push(self.poll());
            self.clock.advance(MINUTE * 5);
        }
        reports
    }

    fn domain(&self, name: &str) -> Domain {
        let (client, name) = (client("maple"), domain_name(name));
        let read = self.store.domain(&client, &name);
        read.now_or_never().unwrap().unwrap().unwrap()
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Domain, Timestamp)) {
        let now = self.clock.now();
        let changed = self.domain(name).updated(|domain| change(domain, now));
        let written = self.store.commit(&changed).now_or_never();
        written.unwrap().unwrap();
    }

    fn status(&self, name: &str) -> Status {
        self.domain(name).state.status()
    }

    fn published(&self) -> Vec<EventType> {
        let events = self.topic.events();
        events.iter().map(|event| event.event_type).collect()
    }

    fn reconciliation(&self) -> Reconciliation {
        let read = self.store.reconciliation();
        read.now_or_never().unwrap().unwrap().unwrap()
    }
}

fn dkim_of(domain: &Domain) -> Vec<Record> {
    let records = domain.records().into_iter();
    records
        .filter(|record| record.name.contains("_domainkey"))
        .collect()
}

fn named(domain: &Domain, part: &str) -> Record {
    let mut records = domain.records().into_iter();
    records.find(|record| record.name.contains(part)).unwrap()
}

fn sum(reports: &[Report], figure: impl Fn(&Report) -> usize) -> usize {
    reports.iter().map(figure).sum()
}

#[test]
fn a_broken_domain_is_alerted_once_after_two_looks_and_once_when_it_recovers() {
    let world = World::default();
    let domain = world.sending("example.com");
    world.run_for(DAY * 2);
    assert!(world.published().is_empty(), "all is well");
    let broken = named(&domain, "_domainkey");
    world.dns.unpublish(&broken);

    let mut first_doubt = None;
    let start = world.clock.now();
    while world.status("example.com") == Status::Authenticated {
        world.run_for(MINUTE * 5);
        first_doubt = first_doubt.or(world.domain("example.com").watch.bad_since);
        assert!(world.clock.now() < start + DAY * 2, "waited in vain");
    }
    let waited = world
        .domain("example.com")
        .state_since
        .duration_since(first_doubt.unwrap());
    assert!(waited >= HOUR * 6 && waited < HOUR * 7, "{waited}");
    let State::AtRisk(at_risk) = world.domain("example.com").state else {
        panic!("at risk");
    };
    assert_eq!(
        at_risk.reason,
        "Missing or wrong in DNS: 1 of the three DKIM records."
    );
    world.run_for(DAY);
    assert_eq!(world.published(), [EventType::AtRisk]);

    world.dns.publish(&broken);
    world.run_for(HOUR * 2);
    assert_eq!(world.status("example.com"), Status::Authenticated);
    world.run_for(DAY * 2);
    assert_eq!(world.published(), [EventType::AtRisk, EventType::Recovered]);
}

#[test]
fn what_is_no_bad_look_puts_no_domain_at_risk() {
    type Break = fn(&World, &Domain);
    let cases: [(&str, Break); 6] = [
        ("nobody answers", |world, _| world.dns.set_silent(true)),
        ("one of two servers has lost it", |world, domain| {
            world.dns.half_unpublish(&named(domain, "_domainkey"), true);
        }),
        ("a zone with one server", |world, domain| {
            world.dns.set_one_server(true);
            world.dns.unpublish(&named(domain, "_domainkey"));
        }),
        ("the TXT record, where DKIM is whole", |world, domain| {
            world.dns.unpublish(&named(domain, "_amazonses"));
        }),
        ("MAIL FROM", |world, domain| {
            for record in domain.records() {
                if record.name.starts_with("bounce.") {
                    world.dns.unpublish(&record);
                }
            }
        }),
        ("DMARC", |world, domain| {
            world.dns.unpublish(&named(domain, "_dmarc"));
        }),
    ];
    for (case, break_it) in cases {
        let world = World::default();
        let domain = world.sending("example.com");
        world.run_for(DAY * 2);
        break_it(&world, &domain);
        world.run_for(DAY * 4);
        assert_eq!(world.status("example.com"), Status::Authenticated, "{case}");
        assert_eq!(world.domain("example.com").watch.bad_since, None, "{case}");
        assert!(world.published().is_empty(), "{case}");
    }
}

#[test]
fn unknown_looks_neither_count_nor_forgive() {
    let world = World::default();
    let domain = world.sending("example.com");
    world.run_for(DAY * 2);
    let broken = named(&domain, "_domainkey");
    world.dns.unpublish(&broken);
    while world.domain("example.com").watch.bad_since.is_none() {
        world.run_for(MINUTE * 5);
    }
    world.dns.set_silent(true);
    world.run_for(DAY * 2);
    assert_eq!(world.status("example.com"), Status::Authenticated);
    assert!(world.domain("example.com").watch.bad_since.is_some());
    world.dns.set_silent(false);
    world.run_for(HOUR * 2);
    assert_eq!(world.status("example.com"), Status::AtRisk);
}

#[test]
fn a_good_look_forgives_a_bad_one() {
    let world = World::default();
    let domain = world.sending("example.com");
    world.run_for(DAY * 2);
    let broken = named(&domain, "_domainkey");
    for _ in 0..3 {
        world.dns.unpublish(&broken);
        while world.domain("example.com").watch.bad_since.is_none() {
            world.run_for(MINUTE * 5);
        }
        world.dns.publish(&broken);
        world.run_for(HOUR * 8);
        assert_eq!(world.domain("example.com").watch.bad_since, None);
    }
    assert!(world.published().is_empty());
}

#[test]
fn ses_is_the_second_witness_of_a_zone_with_one_server() {
    let world = World::default();
    world.dns.set_one_server(true);
    let domain = world.sending("example.com");
    world.run_for(DAY * 2);
    for record in dkim_of(&domain) {
        world.dns.unpublish(&record);
    }
    let lost = SesStatus {
        dkim: AxisStatus::TemporaryFailure,
        ..WELL
    };
    world.ses.set_status(&domain.name, lost);
    world.run_for(DAY * 2);
    assert_eq!(world.published(), [EventType::AtRisk]);
}

#[test]
fn a_domain_that_sends_with_the_txt_record_alone_needs_it() {
    let world = World::default();
    let domain = world.in_state("example.com", &[Trigger::SesVerified, Trigger::Completed]);
    let without_dkim = SesStatus {
        dkim: AxisStatus::Pending,
        ..WELL
    };
    world.ses.set_status(&domain.name, without_dkim);
    let txt = named(&domain, "_amazonses");
    world.dns.publish(&txt);
    world.run_for(DAY * 3);
    assert!(world.published().is_empty(), "DKIM never was there");
    world.dns.unpublish(&txt);
    world.run_for(DAY * 2);
    assert_eq!(world.published(), [EventType::AtRisk]);
}

#[test]
fn a_verified_domain_that_breaks_is_no_alert() {
    let world = World::default();
    let domain = world.in_state("example.com", &[Trigger::SesVerified]);
    for record in domain.records() {
        world.dns.publish(&record);
    }
    world.run_for(HOUR);
    world.dns.unpublish(&named(&domain, "_domainkey"));
    world.run_for(HOUR * 40);
    assert_eq!(world.status("example.com"), Status::Verified);
    assert!(world.published().is_empty());
}

#[test]
fn a_blind_resolver_downgrades_nobody_and_says_so_once_a_run() {
    let world = World::default();
    let domains: Vec<Domain> = (0..60)
        .map(|n| world.sending(&format!("d{n}.example{n}.com")))
        .collect();
    world.run_for(DAY * 2);
    for record in domains.iter().flat_map(dkim_of) {
        world.dns.unpublish(&record);
    }
    let reports = world.run_for(DAY * 2);
    assert_eq!(sum(&reports, |report| report.at_risk), 0);
    let doubted = sum(&reports, |report| report.doubted);
    assert!(
        doubted <= 3,
        "{doubted} were doubted before the breaker tripped"
    );
    assert!(reports.iter().any(|report| report.breaker_tripped));
    assert!(world.published().is_empty());

    for record in domains.iter().flat_map(dkim_of) {
        world.dns.publish(&record);
    }
    let reports = world.run_for(DAY * 2);
    assert!(reports[48..].iter().all(|report| !report.breaker_tripped));
    assert!(world.published().is_empty());

    // One that is really broken is still found.
    world.dns.unpublish(&dkim_of(&domains[7])[0]);
    world.run_for(DAY * 2);
    assert_eq!(world.published(), [EventType::AtRisk]);
}

#[test]
fn three_of_ten_that_are_really_broken_are_found_in_the_end() {
    let world = World::default();
    let domains: Vec<Domain> = (0..10)
        .map(|n| world.sending(&format!("d{n}.example{n}.com")))
        .collect();
    world.run_for(DAY * 2);
    for domain in &domains[..3] {
        world.dns.unpublish(&dkim_of(domain)[0]);
    }
    world.run_for(DAY * 4);
    assert_eq!(world.published(), [EventType::AtRisk; 3]);
}

#[test]
fn daily_looks_at_what_is_well_cost_no_call_but_the_list() {
    let world = World::default();
    for n in 0..30 {
        world.sending(&format!("d{n}.example.com"));
    }
    let reports = world.run_for(DAY * 3);
    assert!(sum(&reports, |report| report.looked_at) >= 60);
    for operation in [
        "GetIdentityVerificationAttributes",
        "GetIdentityDkimAttributes",
        "GetEmailIdentity",
    ] {
        let calls = world.ses.calls(operation);
        // Once, to learn of each what SES says of its axes.
        assert!(calls <= 30, "{operation}: {calls}");
        world.run_for(DAY);
        assert_eq!(world.ses.calls(operation), calls, "{operation}");
    }
    let lists = world.ses.calls("ListEmailIdentities");
    assert!((120..=160).contains(&lists), "{lists} in six days");
}

#[test]
fn the_list_tells_of_what_ses_has_taken_back() {
    let world = World::default();
    world.sending("example.com");
    world.sending("example.org");
    world.run_for(HOUR * 2);
    let failed = SesStatus {
        verification: AxisStatus::Failed,
        ..WELL
    };
    world.ses.set_status(&domain_name("example.com"), failed);
    world.run_for(HOUR * 2);
    let State::Failed(failed) = world.domain("example.com").state else {
        panic!("failed");
    };
    assert_eq!(failed.reason, FailureReason::SesRevoked);
    assert_eq!(world.status("example.org"), Status::Authenticated);
    assert_eq!(world.published(), [EventType::Failed]);
}

#[test]
fn a_lost_identity_is_a_failure_and_a_restart_makes_a_new_one() {
    let world = World::default();
    let domain = world.sending("example.com");
    world.sending("example.org");
    world.run_for(HOUR * 2);
    world.ses.forget(&domain.name);
    world.run_for(HOUR * 2);
    let State::Failed(failed) = world.domain("example.com").state else {
        panic!("failed");
    };
    assert_eq!(failed.reason, FailureReason::IdentityGone);
    world.run_for(DAY);
    let missing = world.reconciliation().missing_identities;
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].domain, domain.name);

    let by = Actor::ClientAdmin {
        subject: "1".to_owned(),
    };
    let restarted = restart(
        &world.store,
        &world.ses,
        &world.clock,
        &world.ids,
        (&domain.client, &domain.name),
        &by,
    );
    let restarted = restarted.now_or_never().unwrap().unwrap();
    assert_eq!(restarted.state.status(), Status::Provisioning);
    world.run_for(MINUTE * 10);
    assert!(world.ses.has(&domain.name));
    assert_eq!(world.status("example.com"), Status::Pending);
    world.run_for(DAY);
    assert_eq!(world.reconciliation().missing, 0);
}

#[test]
fn a_look_makes_no_identity_anew_that_is_lost() {
    let world = World::default();
    let domain = world.sending("example.com");
    world.sending("example.org");
    world.run_for(HOUR * 2);
    world.ses.forget(&domain.name);
    world.change("example.com", Domain::hurry);
    world.run_for(HOUR * 2);
    assert_eq!(world.ses.calls("VerifyDomainDkim"), 0);
    assert_eq!(world.status("example.com"), Status::Failed);
}

#[test]
fn a_domain_whose_identity_is_lost_does_not_recover() {
    let world = World::default();
    let domain = world.sending("example.com");
    world.sending("example.org");
    let broken = named(&domain, "_domainkey");
    world.dns.unpublish(&broken);
    while world.status("example.com") != Status::AtRisk {
        world.run_for(HOUR);
    }
    let lists = world.ses.calls("ListEmailIdentities");
    while world.ses.calls("ListEmailIdentities") == lists {
        world.run_for(MINUTE * 5);
    }
    world.ses.forget(&domain.name);
    world.dns.publish(&broken);
    world.change("example.com", |domain, now| domain.next_check = now);
    world.run_for(MINUTE * 30);
    assert_eq!(world.status("example.com"), Status::AtRisk);
    world.run_for(HOUR);
    assert_eq!(world.status("example.com"), Status::Failed);
    assert_eq!(world.published(), [EventType::AtRisk, EventType::Failed]);
}

#[test]
fn a_list_of_somebody_elses_identities_fails_nobody() {
    let world = World::default();
    for n in 0..20 {
        let domain = world.sending(&format!("d{n}.example.com"));
        world.ses.forget(&domain.name);
    }
    let reports = world.run_for(HOUR * 3);
    assert!(reports.iter().any(|report| report.breaker_tripped));
    assert_eq!(world.ses.calls("GetEmailIdentity"), 0);
    assert!(world.published().is_empty());
}

#[test]
fn a_throttled_list_is_read_again() {
    let world = World::default();
    world.sending("example.com");
    world
        .ses
        .fail("ListEmailIdentities", &[SesFault::Throttled; 3]);
    assert!(world.poll().sweep.is_none());
    world.clock.advance(MINUTE);
    let sweep = world.poll().sweep.unwrap();
    assert_eq!((sweep.identities, sweep.watched, sweep.asked), (1, 1, 0));
}

#[test]
fn orphans_are_reported_and_deleted_only_where_that_is_wanted_and_nobody_can_miss_them() {
    for (wanted, expected) in [(false, 3), (true, 2)] {
        let world = World {
            reconcile_delete: wanted,
            ..World::default()
        };
        world.sending("example.com");
        world.ses.add_orphan(&domain_name("abandoned.com"), "maple");
        world.ses.add_orphan(&domain_name("verified.com"), "maple");
        world.ses.set_status(&domain_name("verified.com"), WELL);
        world
            .ses
            .add_foreign(&domain_name("lasso-itself.com"), None, true);
        world.run_for(DAY * 29);
        assert_eq!(world.reconciliation().orphans, 3);
        let orphans = world.reconciliation().orphan_identities;
        assert_eq!(orphans[0].identity, domain_name("abandoned.com"));
        assert_eq!(orphans[0].tagged_client.as_deref(), Some("maple"));
        assert_eq!(
            orphans
                .iter()
                .map(|orphan| (orphan.ours, orphan.verified))
                .collect::<Vec<_>>(),
            [(true, false), (true, true), (false, false)]
        );
        let described = world.ses.calls("GetEmailIdentity");
        assert_eq!(described, 3, "once each");
        world.run_for(DAY * 3);
        assert_eq!(world.reconciliation().orphans, expected);
        assert_eq!(world.ses.has(&domain_name("abandoned.com")), !wanted);
        assert!(world.ses.has(&domain_name("example.com")));
    }
}

#[test]
fn records_that_came_late_make_ses_look_again() {
    let world = World::default();
    let domain = world.in_state("example.com", &[Trigger::SesVerified]);
    let too_late = SesStatus {
        dkim: AxisStatus::Failed,
        mail_from: AxisStatus::Failed,
        ..WELL
    };
    world.ses.set_status(&domain.name, too_late);
    world.dns.publish(&named(&domain, "_amazonses"));
    world.run_for(DAY * 2);
    assert_eq!(world.ses.calls("VerifyDomainDkim"), 0);
    for record in dkim_of(&domain) {
        world.dns.publish(&record);
    }
    let reports = world.run_for(DAY * 2);
    assert_eq!(sum(&reports, |report| report.restarted_at_ses), 1);
    assert_eq!(world.ses.calls("VerifyDomainDkim"), 1);
    assert_eq!(
        world.domain("example.com").ses.unwrap().status.dkim,
        AxisStatus::Pending
    );
}

#[test]
fn support_is_told_once_of_a_domain_that_is_stuck() {
    let world = World::default();
    world.in_state("example.com", &[Trigger::SesVerified]);
    world.run_for(HOUR * 47);
    assert!(world.published().is_empty());
    world.run_for(HOUR * 2);
    assert_eq!(world.published(), [EventType::Stuck]);
    world.run_for(DAY * 5);
    assert_eq!(world.published(), [EventType::Stuck]);
}

#[test]
fn support_is_told_once_of_a_domain_that_ses_does_not_register() {
    let world = World::default();
    let new = new_domain("maple", "example.com");
    let (state, now) = (State::provisioning(), world.clock.now());
    let added = Domain::add(new, state, None, Actor::Service, now, &world.ids);
    world.store.commit(&added).now_or_never().unwrap().unwrap();
    let down = [SesFault::Unavailable; 40];
    world.ses.fail("CreateEmailIdentity", &down);
    world.run_for(HOUR);
    assert_eq!(world.published(), [EventType::Added]);
    world.run_for(HOUR);
    assert_eq!(world.published(), [EventType::Added, EventType::Stuck]);
    world.run_for(HOUR * 3);
    assert_eq!(world.status("example.com"), Status::Pending);
    assert_eq!(world.published(), [EventType::Added, EventType::Stuck]);
}

#[test]
fn a_second_run_at_the_same_time_does_nothing() {
    let world = World::default();
    world.sending("example.com");
    let now = world.clock.now();
    let until = now + SignedDuration::from_secs(59);
    let begun = world.store.begin_run(now, until).now_or_never().unwrap();
    let memory = begun.unwrap().unwrap();
    assert!(world.poll().skipped);
    assert_eq!(world.ses.calls("ListEmailIdentities"), 0);
    // The run died: its right ends by itself.
    world.clock.advance(MINUTE);
    assert!(!world.poll().skipped);
    let late = world.store.end_run(until, &memory).now_or_never().unwrap();
    late.unwrap();
    assert!(
        !world.poll().skipped,
        "the one that died takes nothing back"
    );
}

#[test]
fn a_topic_that_is_down_costs_a_few_calls_a_run_and_loses_nothing() {
    let world = World::default();
    world.topic.set_down(true);
    let now = world.clock.now();
    for n in 0..40 {
        let new = new_domain("maple", &format!("d{n}.example.com"));
        let (state, ids) = (State::provisioning(), &world.ids);
        let added = Domain::add(new, state, None, Actor::Service, now, ids);
        world.store.commit(&added).now_or_never().unwrap().unwrap();
    }
    let report = world.poll();
    assert!(report.topic_down);
    assert_eq!(report.unpublished, 40);
    assert!(world.topic.attempts() <= 30, "{}", world.topic.attempts());
    assert!(report.provisioned > 10, "{}", report.provisioned);
    world.run_for(HOUR);
    world.topic.set_down(false);
    world.run_for(MINUTE * 5);
    assert_eq!(world.topic.events().len(), 40);
    assert_eq!(world.store.outbox_length(), 0);
}

#[test]
fn events_that_can_never_be_published_hold_up_nobody_else() {
    let world = World::default();
    let now = world.clock.now();
    for n in 0..1_200 {
        let name = format!("d{n}.example.com");
        let new = new_domain("maple", &name);
        let (state, ids) = (State::contested("s".repeat(32), now), &world.ids);
        let added = Domain::add(new, state, None, Actor::Service, now, ids);
        world.store.commit(&added).now_or_never().unwrap().unwrap();
        if n < 1_100 {
            world.topic.refuse(&domain_name(&name));
        }
        world.clock.advance(SignedDuration::from_millis(1));
    }
    let report = world.poll();
    assert_eq!(world.topic.events().len(), 100);
    assert_eq!(report.unpublished, 1_100);
    assert!(!report.topic_down);
}

#[test]
fn waiting_domains_are_asked_about_in_full_batches_and_others_not_at_all() {
    let world = World::default();
    for n in 0..250 {
        let domain = world.in_state(&format!("p{n}.example.com"), &[]);
        let waiting = SesStatus {
            verification: AxisStatus::Pending,
            dkim: AxisStatus::Pending,
            mail_from: AxisStatus::Pending,
        };
        world.ses.set_status(&domain.name, waiting);
        let now = world.clock.now();
        let contested = State::contested("s".repeat(32), now);
        let new = new_domain("cedar", &format!("p{n}.example.com"));
        let added = Domain::add(new, contested, None, Actor::Service, now, &world.ids);
        world.store.commit(&added).now_or_never().unwrap().unwrap();
    }
    world.poll();
    let calls = 250_usize.div_ceil(STATUS_BATCH);
    assert_eq!(world.ses.calls("GetIdentityVerificationAttributes"), calls);
}

#[test]
fn what_ses_verifies_is_known_soon_however_seldom_the_domain_is_looked_at() {
    let gave_up = Trigger::SesFailed(FailureReason::SesGaveUp);
    for (triggers, status) in [(&[][..], Status::Pending), (&[gave_up], Status::Failed)] {
        let world = World::default();
        let name = world.in_state("example.com", triggers).name;
        world.ses.set_status(&name, WAITS);
        world.run_for(DAY * 2);
        assert_eq!(world.status("example.com"), status);
        let next = world.domain("example.com").next_check;
        assert!(next > world.clock.now() + MINUTE * 6, "{next}");
        world.ses.set_status(&name, WELL);
        let known = (0..=6).find(|_| {
            world.poll();
            world.clock.advance(MINUTE);
            world.status("example.com") == Status::Verified
        });
        assert!(known.is_some(), "{status}");
        assert_eq!(world.published(), [EventType::Verified]);
    }
}

#[test]
fn the_list_is_read_hourly_where_nobody_waits() {
    let world = World::default();
    world.sending("example.com");
    world.run_for(HOUR * 5);
    assert_eq!(world.ses.calls("ListEmailIdentities"), 5);
    world.in_state("example.org", &[]);
    world.ses.set_status(&domain_name("example.org"), WAITS);
    world.run_for(HOUR * 5);
    assert_eq!(world.ses.calls("ListEmailIdentities"), 5 + 60);
}
