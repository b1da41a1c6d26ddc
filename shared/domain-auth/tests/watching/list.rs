//! The results of SES's list: verifications, lost identities, and identities without a holder.

use domain_auth::domain::Domain;
use domain_auth::event::EventType;
use domain_auth::history::Actor;
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::ports::{Clock, Refusal};
use domain_auth::state::{FailureReason, State, Status, Trigger};
use domain_auth::use_cases::SesBudget;
use domain_auth::use_cases::poll::Counter;
use domain_auth::use_cases::restart::restart;
use domain_auth_testkit::{SesFault, domain_name};
use futures::FutureExt;

use super::world::{DAY, HOUR, MINUTE, WAITS, WELL, World, named, sum};

#[test]
fn daily_looks_at_healthy_domains_cost_only_the_list() {
    let world = World::default();
    for n in 0..30 {
        world.sending(&format!("d{n}.example.com"));
    }
    let reports = world.run_for(DAY * 3);
    assert!(sum(&reports, Counter::LookedAt) >= 60);
    for operation in [
        "GetIdentityVerificationAttributes",
        "GetIdentityDkimAttributes",
        "GetEmailIdentity",
    ] {
        let calls = world.ses.calls(operation);
        // One call for each domain, to learn its status on all axes.
        assert!(calls <= 30, "{operation}: {calls}");
        world.run_for(DAY);
        assert_eq!(world.ses.calls(operation), calls, "{operation}");
    }
    let lists = world.ses.calls("ListEmailIdentities");
    assert!((120..=160).contains(&lists), "{lists} in six days");
}

#[test]
fn the_identity_list_shows_verifications_that_ses_revoked() {
    let world = World::default();
    let domain = world.sending("example.com");
    world.sending("example.org");
    world.run_for(HOUR * 2);
    let failed = SesStatus {
        verification: AxisStatus::Failed,
        ..WELL
    };
    for record in domain.records() {
        world.dns.unpublish(&record);
    }
    world.ses.set_status(&domain.name, failed);
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

    let by = Actor::client_admin("1");
    let budget = SesBudget::unlimited();
    let tools = world.store_tools().with_ses(&world.ses, &budget);
    let restarted = restart(&tools, (&domain.client, &domain.name), &by, 1);
    let restarted = restarted.now_or_never().unwrap().unwrap();
    assert_eq!(restarted.state.status(), Status::Provisioning);
    world.run_for(MINUTE * 10);
    assert!(world.ses.has(&domain.name));
    assert_eq!(world.status("example.com"), Status::Pending);
    world.run_for(DAY);
    assert_eq!(world.reconciliation().missing, 0);
}

#[test]
fn a_look_does_not_recreate_a_lost_identity() {
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
    world.run_until_the_list_is_read();
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
fn a_list_of_foreign_identities_fails_no_domain() {
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
fn a_throttled_identity_list_is_read_again() {
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
fn the_identity_list_is_read_again_at_once_if_a_finding_could_not_be_written() {
    let world = World::default();
    let domain = world.sending("example.com");
    world.sending("example.org");
    world.run_for(DAY * 2);
    world.run_until_the_list_is_read();
    world.clock.advance(HOUR);
    // This run looks the domain up in DNS and stores it as doubted, so the result of the list comes
    // too late.
    world.dns.unpublish(&named(&domain, "_domainkey"));
    world.ses.forget(&domain.name);
    world.change("example.com", |domain, now| domain.next_check = now);
    let report = world.poll();
    assert_eq!(
        (report[Counter::Doubted], report[Counter::Conflicts]),
        (1, 1)
    );
    assert_eq!(world.status("example.com"), Status::Authenticated);

    world.clock.advance(MINUTE);
    let report = world.poll();
    assert!(report.sweep.is_some(), "the list is not read for an hour");
    assert_eq!(world.status("example.com"), Status::Failed);
    assert_eq!(world.published(), [EventType::Failed]);
    world.clock.advance(MINUTE);
    assert!(world.poll().sweep.is_none(), "once is enough");
}

#[test]
fn only_unused_orphans_are_deleted_with_reconcile_delete() {
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
fn an_orphan_that_ses_once_verified_is_kept() {
    let world = World {
        reconcile_delete: true,
        ..World::default()
    };
    world.sending("example.com");
    let name = domain_name("verified.com");
    world.ses.add_orphan(&name, "maple");
    world.ses.set_status(&name, WELL);
    world.run_for(DAY * 2);
    let taken_back = SesStatus {
        verification: AxisStatus::Failed,
        ..WELL
    };
    world.ses.set_status(&name, taken_back);
    world.run_for(DAY * 31);
    assert!(world.ses.has(&name));
    assert!(world.reconciliation().orphan_identities[0].verified);
}

#[test]
fn verifications_are_noticed_soon_despite_rare_looks() {
    let gave_up = Trigger::SesFailed(FailureReason::SesGaveUp);
    for (triggers, status) in [(&[][..], Status::Pending), (&[gave_up], Status::Failed)] {
        let world = World::default();
        let name = world.in_state("example.com", triggers).name;
        world.ses.set_status(&name, WAITS);
        // After the time at which the contact of a pending domain is warned.
        world.run_for(DAY * 2 + MINUTE * 10);
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
        let mut expected = vec![EventType::Verified];
        if status == Status::Pending {
            expected.insert(0, EventType::Expiring);
        }
        assert_eq!(world.published(), expected, "{status}");
    }
}

#[test]
fn the_identity_list_is_read_hourly_if_no_domain_waits() {
    let world = World::default();
    world.sending("example.com");
    world.run_for(HOUR * 5);
    assert_eq!(world.ses.calls("ListEmailIdentities"), 5);
    world.in_state("example.org", &[]);
    world.ses.set_status(&domain_name("example.org"), WAITS);
    world.run_for(HOUR * 5);
    assert_eq!(world.ses.calls("ListEmailIdentities"), 5 + 60);
}

/// An account with so many foreign identities that its list takes several runs.
fn with_a_long_list(world: &World) {
    for number in 0..30_000 {
        let name = domain_name(&format!("n{number}.lasso-itself.com"));
        world.ses.add_foreign(&name, None, true);
    }
}

/// How many runs it takes until the list of all domains has been read to its end.
fn runs_until_swept(world: &World) -> usize {
    let swept = (1..=20).find(|_| {
        let report = world.poll();
        world.clock.advance(MINUTE);
        report.sweep.is_some()
    });
    swept.expect("the list never ends")
}

#[test]
fn an_identity_list_too_long_for_one_run_is_finished_by_the_next_runs() {
    let world = World::default();
    world.sending("a-first.com");
    world.sending("z-last.com");
    with_a_long_list(&world);
    let lists = world.ses.calls("ListEmailIdentities");
    let runs = runs_until_swept(&world);
    assert!((2..=4).contains(&runs), "{runs} runs");
    assert_eq!(
        world.ses.calls("ListEmailIdentities") - lists,
        31,
        "each page once"
    );
    let reconciliation = world.reconciliation();
    assert_eq!(reconciliation.identities, 30_002);
    assert_eq!(reconciliation.orphans, 30_000);
    assert_eq!(reconciliation.missing, 0, "both are on the list");
    assert!(world.published().is_empty());
    // The list of the next hour does not begin early.
    assert!(world.poll().sweep.is_none());
    assert_eq!(world.ses.calls("ListEmailIdentities") - lists, 31);
}

#[test]
fn only_lost_identities_are_noticed_at_the_end_of_a_long_list() {
    let world = World::default();
    for number in 0..30 {
        // On the first, the middle and the last pages.
        world.sending(&format!("a{number}.com"));
        world.sending(&format!("n3{number}.lasso-itself-not.com"));
        world.sending(&format!("z{number}.com"));
    }
    with_a_long_list(&world);
    runs_until_swept(&world);
    for lost in ["a3.com", "z3.com"] {
        world.ses.forget(&domain_name(lost));
    }
    world.clock.advance(HOUR);
    runs_until_swept(&world);
    assert_eq!(world.status("a3.com"), Status::Failed);
    assert_eq!(world.status("z3.com"), Status::Failed);
    for well in ["a4.com", "z4.com", "n34.lasso-itself-not.com"] {
        assert_eq!(world.status(well), Status::Authenticated, "{well}");
    }
    assert_eq!(world.published(), [EventType::Failed; 2]);
}

#[test]
fn a_verification_takes_effect_before_the_identity_list_ends() {
    let world = World::default();
    let first = world.in_state("a-first.com", &[]).name;
    with_a_long_list(&world);
    world.ses.set_status(&first, WAITS);
    runs_until_swept(&world);
    world.change("a-first.com", |domain, now| domain.next_check = now + DAY);
    assert_eq!(world.status("a-first.com"), Status::Pending);
    world.ses.set_status(&first, WELL);
    let lists = world.ses.calls("ListEmailIdentities");
    while world.status("a-first.com") == Status::Pending {
        world.poll();
        world.clock.advance(MINUTE);
    }
    assert!(world.ses.calls("ListEmailIdentities") - lists < 31);
}

#[test]
fn the_identity_list_is_begun_again_if_ses_refuses_its_page_token() {
    let world = World::default();
    world.sending("example.com");
    with_a_long_list(&world);
    assert!(world.poll().sweep.is_none());
    let lists = world.ses.calls("ListEmailIdentities");
    world.clock.advance(MINUTE);
    world.ses.fail(
        "ListEmailIdentities",
        &[SesFault::Refused(Refusal::BadRequest)],
    );
    assert!(world.poll().sweep.is_none());
    assert_eq!(world.ses.calls("ListEmailIdentities") - lists, 1);
    world.clock.advance(MINUTE);
    let lists = world.ses.calls("ListEmailIdentities");
    runs_until_swept(&world);
    assert_eq!(
        world.ses.calls("ListEmailIdentities") - lists,
        31,
        "from its first page"
    );
}

#[test]
fn an_interrupted_identity_list_continues_where_it_stopped() {
    let world = World::default();
    world.sending("example.com");
    with_a_long_list(&world);
    assert!(world.poll().sweep.is_none());
    let lists = world.ses.calls("ListEmailIdentities");
    world
        .ses
        .fail("ListEmailIdentities", &[SesFault::Throttled; 2]);
    world.clock.advance(MINUTE);
    assert!(world.poll().sweep.is_none());
    world.clock.advance(MINUTE);
    runs_until_swept(&world);
    assert_eq!(
        world.ses.calls("ListEmailIdentities"),
        31 + 2,
        "after {lists}"
    );
}
