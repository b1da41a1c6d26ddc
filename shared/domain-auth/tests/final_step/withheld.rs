//! Domains that the service does not complete automatically, and why.

use domain_auth::claims::Reservation;
use domain_auth::domain::Domain;
use domain_auth::identity::AxisStatus;
use domain_auth::ports::Refusal;
use domain_auth::records::RecordId;
use domain_auth::state::Status;
use domain_auth_testkit::{SesFault, client, domain_name};

use super::{ATTACH, DAY, MINUTE, World};

#[test]
fn a_domain_without_dkim_is_completed_after_ses_sees_it() {
    let world = World::with("automatic", None);
    let domain = world.domain_after("example.com", vec![]);
    world.verify_with_dkim(&domain.name, AxisStatus::Pending);
    world.poll_after(MINUTE);
    assert_eq!(world.status("example.com"), Status::Verified);
    let summary = world.summary_of_verified("example.com");
    assert!(
        summary.contains("has not seen the three DKIM records"),
        "{summary}"
    );
    assert!(
        summary.contains("tries it again automatically"),
        "{summary}"
    );
    let line = &world.history("example.com")[0];
    let evidence = line.evidence.as_ref().unwrap().for_support();
    assert_eq!(
        evidence["internal"]["final_step_withheld"],
        "dkim_not_verified"
    );
    world.verify(&domain.name);
    world.poll_after(MINUTE);
    world.poll_after(MINUTE * 2);
    assert_eq!(world.status("example.com"), Status::Authenticated);
}

#[test]
fn the_final_step_needs_records_at_two_servers_over_tcp() {
    type Dns = fn(&World, &Domain);
    let cases: [(&str, Dns); 4] = [
        ("1 of 2", |world, domain| {
            world.dns.half_unpublish(&domain.records()[1], true);
        }),
        ("0 of 2", |world, domain| {
            world.dns.unpublish(&domain.records()[2]);
        }),
        ("0 of 2", |world, domain| {
            world.dns.forge(&domain.records()[3]);
        }),
        ("1 of 2", |world, _| world.dns.set_second_without_tcp(true)),
    ];
    for (seen, dns) in cases {
        let world = World::with("automatic", Some("mass-mail"));
        let domain = world.domain_after("example.com", vec![]);
        let ids: Vec<RecordId> = domain.records()[1..4].iter().map(|it| it.id).collect();
        assert_eq!(ids, [RecordId::Dkim1, RecordId::Dkim2, RecordId::Dkim3]);
        dns(&world, &domain);
        world.verify(&domain.name);
        world.poll_after(MINUTE);
        assert_eq!(world.status("example.com"), Status::Verified, "{seen}");
        assert_eq!(world.ses.calls(ATTACH), 0, "nothing is given before");
        let summary = world.summary_of_verified("example.com");
        assert!(
            summary.contains(&format!("at {seen} name servers")),
            "{summary}"
        );
    }
    // One server is enough if the zone has no other.
    let world = World::with("automatic", None);
    let domain = world.domain_after("example.com", vec![]);
    world.dns.set_one_server(true);
    world.verify(&domain.name);
    world.poll_after(MINUTE);
    assert_eq!(world.status("example.com"), Status::Authenticated);
}

#[test]
fn a_domain_below_another_clients_is_completed_if_proven() {
    let above = domain_name("example.com");
    for proven in [false, true] {
        let world = World::with("automatic", None);
        let domain = world.domain_after("mail.example.com", vec![]);
        world.claim("mail.example.com", |claims, now| {
            let claims = claims.taken(&above, &client("cedar"), now);
            let mut claims = if proven {
                claims.proven(&domain.name, &client("maple"), &[], now)
            } else {
                claims.taken(&domain.name, &client("maple"), now)
            };
            // One write.
            claims.version = 1;
            claims
        });
        world.verify(&domain.name);
        world.poll_after(MINUTE);
        if proven {
            assert_eq!(world.status("mail.example.com"), Status::Authenticated);
        } else {
            let summary = world.summary_of_verified("mail.example.com");
            assert!(summary.contains("below a domain"), "{summary}");
            assert!(!summary.contains("cedar"), "{summary}");
        }
    }
}

#[test]
fn a_domain_below_an_unheld_identity_waits_for_a_person() {
    let world = World::with("automatic", None);
    let domain = world.domain_after("mail.example.com", vec![]);
    let above = domain_name("example.com");
    world.ses.add_foreign(&above, None, true);
    world.verify(&above);
    world.verify(&domain.name);
    world
        .ses
        .fail("GetEmailIdentity", &[SesFault::Throttled; 2]);
    world.poll_after(MINUTE);
    let waiting = world.status("mail.example.com");
    assert_eq!(waiting, Status::Pending, "SES did not say what is above");
    world.poll_after(MINUTE);
    assert_eq!(world.status("mail.example.com"), Status::Verified);
    let summary = world.summary_of_verified("mail.example.com");
    assert!(summary.contains("below a domain"), "{summary}");
}

#[test]
fn a_formerly_held_domain_is_completed_if_proven() {
    for proven in [false, true] {
        let world = World::with("automatic", None);
        let domain = world.domain_after("example.com", vec![]);
        world.claim("example.com", |claims, now| {
            let then = now - DAY * 500;
            let claims = claims.taken(&domain.name, &client("cedar"), then).released(
                &domain.name,
                &client("cedar"),
                Reservation::Full,
                then,
            );
            let mut claims = if proven {
                claims.proven(&domain.name, &client("maple"), &[], now)
            } else {
                claims.taken(&domain.name, &client("maple"), now)
            };
            // One write.
            claims.version = 1;
            claims
        });
        world.verify(&domain.name);
        world.poll_after(MINUTE);
        if proven {
            assert_eq!(world.status("example.com"), Status::Authenticated);
        } else {
            let summary = world.summary_of_verified("example.com");
            assert!(
                summary.contains("another client held this domain before"),
                "{summary}"
            );
        }
    }
}

#[test]
fn support_is_told_why_it_has_to_take_the_final_step() {
    let world = World::with("automatic", Some("deleted-by-hand"));
    let imitating = world.domain_after("ex\u{430}mple.com", vec![]);
    world.verify(&imitating.name);
    world.domain_after("refused.com", vec![]);
    world.verify(&domain_name("refused.com"));
    world.ses.fail(ATTACH, &[SesFault::Refused(Refusal::Other)]);
    world.poll_after(MINUTE);
    let why = world.summary_of_verified(imitating.name.as_str());
    assert!(why.contains("mixes scripts"), "{why}");
    let why = world.summary_of_verified("refused.com");
    assert!(why.contains("refused the configuration set"), "{why}");
}
