//! The results of looks at a domain and their meaning: broken records, dead name servers, a blind
//! resolver.

use domain_auth::diagnosis::DiagnosisCode;
use domain_auth::domain::Domain;
use domain_auth::event::EventType;
use domain_auth::identity::{AxisStatus, SesStatus};
use domain_auth::ports::Clock;
use domain_auth::state::{State, Status, Trigger};
use domain_auth::use_cases::poll::Counter;

use super::world::{DAY, HOUR, MINUTE, WELL, World, dkim_of, named, sum};

#[test]
fn a_broken_domain_gets_one_alert_and_one_recovery() {
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
fn a_suspended_domain_is_at_risk_with_one_alert() {
    let world = World::default();
    let domain = world.sending("example.com");
    world.run_for(DAY * 2);
    world.dns.set_suspended(true);
    for record in domain.records() {
        world.dns.unpublish(&record);
    }
    world.run_for(DAY * 2);
    assert_eq!(world.status("example.com"), Status::AtRisk);
    assert_eq!(world.published(), [EventType::AtRisk]);
    let look = world.look("example.com").diagnosis;
    let of_domain: Vec<_> = look.domain.iter().map(|diagnosis| diagnosis.code).collect();
    assert_eq!(of_domain, [DiagnosisCode::DomainSuspended]);
    let of_records = look.records.iter().map(|record| record.code);
    let all = of_records.filter(|code| *code == Some(DiagnosisCode::DomainSuspended));
    assert_eq!(all.count(), look.records.len(), "{look:?}");

    world.dns.set_suspended(false);
    for record in domain.records() {
        world.dns.publish(&record);
    }
    world.run_for(HOUR * 2);
    assert_eq!(world.published(), [EventType::AtRisk, EventType::Recovered]);
}

#[test]
fn doubtful_looks_put_no_domain_at_risk() {
    type Break = fn(&World, &Domain);
    let cases: [(&str, Break); 6] = [
        ("no server answers", |world, _| world.dns.set_silent(true)),
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
fn looks_without_answers_count_neither_as_bad_nor_as_good() {
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
fn a_good_look_cancels_an_earlier_bad_one() {
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
fn in_a_zone_with_one_server_ses_confirms_that_records_are_gone() {
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
fn a_domain_that_sends_with_only_the_txt_record_is_at_risk_without_it() {
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
fn a_verified_domain_whose_records_break_raises_no_alert() {
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
fn a_resolver_that_finds_nothing_puts_no_domain_at_risk() {
    let world = World::default();
    let domains: Vec<Domain> = (0..60)
        .map(|n| world.sending(&format!("d{n}.example{n}.com")))
        .collect();
    world.run_for(DAY * 2);
    for record in domains.iter().flat_map(dkim_of) {
        world.dns.unpublish(&record);
    }
    let reports = world.run_for(DAY * 2);
    assert_eq!(sum(&reports, Counter::AtRisk), 0);
    let doubted = sum(&reports, Counter::Doubted);
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

    // A really broken domain is still found.
    world.dns.unpublish(&dkim_of(&domains[7])[0]);
    world.run_for(DAY * 2);
    assert_eq!(world.published(), [EventType::AtRisk]);
}

#[test]
fn three_broken_domains_of_ten_are_found_despite_the_breaker() {
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
fn a_mail_from_name_that_ses_does_not_have_is_set_again_once() {
    let world = World::default();
    let domain = world.in_state("example.com", &[Trigger::SesVerified]);
    let without = SesStatus {
        mail_from: AxisStatus::NotStarted,
        ..WELL
    };
    world.ses.set_status(&domain.name, without);
    let calls = || world.ses.calls("PutEmailIdentityMailFromAttributes");
    world.run_for(DAY);
    assert_eq!(calls(), 0);
    for record in domain.records() {
        world.dns.publish(&record);
    }
    world.run_for(DAY * 3);
    assert_eq!(calls(), 1);
}

#[test]
fn records_published_late_restart_the_verification_at_ses() {
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
    assert_eq!(sum(&reports, Counter::RestartedAtSes), 1);
    assert_eq!(world.ses.calls("VerifyDomainDkim"), 1);
    assert_eq!(
        world.domain("example.com").ses.unwrap().status.dkim,
        AxisStatus::Pending
    );
}
